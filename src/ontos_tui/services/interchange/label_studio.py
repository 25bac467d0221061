"""Label Studio's JSON, both ways.

Out: a task for each pair with the question, the item's fields, the proposal as a prediction and the decision as an
annotation; and a labeling config from the output schema, to be pasted into a new project there. Back: the full JSON
export and JSON-MIN. A task is identified by the `item_ref` in its data. An annotation of ours comes back unchanged.

A skipped annotation decides nothing. Of several annotations of a task the ground truth counts; without one they must
agree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from ontos_tui.domain.records.pairs import answer_digest
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind, answer_fields
from ontos_tui.domain.text import storable
from ontos_tui.services.interchange.reading import Entry
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.selection import OutgoingPair, parse_list
from ontos_tui.services.interchange.tabular import LabelRow
from ontos_tui.services.records.answers import AnswerReader

ITEM, QUESTION, FIELDS = "item_ref", "question", "fields"
"""Keys of a task's data: the item's reference, the rendered question, and the item's fields."""

_MIN_KEYS = {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"}
_TAKEN = {ITEM, QUESTION, FIELDS, *_MIN_KEYS}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TYPES = {
    FieldKind.NUMBER: "number",
    FieldKind.INTEGER: "number",
    FieldKind.TEXT: "textarea",
    FieldKind.SPANS: "textarea",
}
_VALUES = {"choices": "choices", "number": "number", "textarea": "text"}
"""Where a region of each type has its value."""


@dataclass(frozen=True)
class Control:
    """The input control for one field of the answer in Label Studio."""

    name: str
    field: AnswerField
    type: str
    choices: Mapping[str, Any]
    """Values by the text that is shown for each."""
    words: Mapping[Any, str]
    """The text of each value, by the value's key (see `_key`)."""


def controls(schema: Mapping[str, Any]) -> list[Control]:
    """One control for each field of the answer. It has the field's name if Label Studio's formats allow it."""
    taken = set(_TAKEN)
    result = []
    for number, field in enumerate(answer_fields(schema), 1):
        name = field.name if _NAME.fullmatch(field.name) and field.name not in taken else f"answer_{number}"
        while name in taken:
            name += "_"
        taken.add(name)
        choices = dict(zip(_words(field), _choices(field), strict=True))
        words = {_key(choice): word for word, choice in choices.items()}
        result.append(Control(name, field, _TYPES.get(field.kind, "choices"), choices, words))
    return result


def _choices(field: AnswerField) -> tuple[Any, ...]:
    return (True, False) if field.kind is FieldKind.BOOLEAN else field.choices


def _words(field: AnswerField) -> list[str]:
    """The choices as distinct texts: as they are, or as JSON if two would be the same."""
    choices = _choices(field)
    words = [choice if isinstance(choice, str) else json.dumps(choice) for choice in choices]
    return words if len(set(words)) == len(words) else [json.dumps(choice) for choice in choices]


def config(schema: Mapping[str, Any], guidelines: str = "") -> str:
    """The labeling config of a project that these tasks can be imported into, as XML."""
    lines = ["<View>"]
    if guidelines.strip():
        lines.append(f'  <Header value={_attribute(guidelines)} size="6"/>')
    lines += [f'  <Text name="{QUESTION}" value="${QUESTION}"/>', f'  <Table name="{FIELDS}" value="${FIELDS}"/>']
    for control in controls(schema):
        field = control.field
        required = ' required="true"' if field.required else ""
        tag = f'name="{control.name}" toName="{QUESTION}"{required}'
        lines.append(f"  <Header value={_attribute(field.title or field.name)}/>")
        if control.type == "choices":
            lines.append(f'  <Choices {tag} choice="single">')
            lines += [f"    <Choice value={_attribute(word)}/>" for word in control.choices]
            lines.append("  </Choices>")
        elif control.type == "number":
            limits = {"min": field.minimum, "max": field.maximum}
            limit_attributes = "".join(f' {name}="{limit}"' for name, limit in limits.items() if limit is not None)
            step = ' step="1"' if field.kind is FieldKind.INTEGER else ' step="any"'
            lines.append(f"  <Number {tag}{limit_attributes}{step}/>")
        else:
            lines.append(f'  <TextArea {tag} maxSubmissions="1" editable="true"/>')
    return "\n".join([*lines, "</View>", ""])


def _attribute(text: str) -> str:
    """A text as an attribute of XML 1.0, which knows no control characters."""
    legal = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    return quoteattr(legal, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


# Out


class TaskMaker:
    """Builds tasks from pairs of one schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._controls = controls(schema)

    def task(self, pair: OutgoingPair, question: str) -> dict[str, Any]:
        """The task of a pair. What Label Studio has no place for is in its `meta`."""
        meta = {
            "status": pair.stored.status,
            "reject_reason": pair.stored.reject_reason,
            "notes": pair.stored.notes,
            "allowed_uses": parse_list(pair.stored.allowed_uses),
            "prohibited_uses": parse_list(pair.stored.prohibited_uses),
            "data_classification": pair.stored.data_classification,
            "reviewed_by": pair.stored.reviewed_by,
            "reviewed_at": pair.stored.reviewed_at,
        }
        task: dict[str, Any] = {
            "data": {ITEM: pair.item_ref, QUESTION: question, FIELDS: pair.fields},
            "meta": {"ontos": {name: value for name, value in meta.items() if value}},
        }
        if pair.proposal is not None:
            about = {"model_version": pair.stored.proposed_by or None, "score": pair.stored.confidence}
            details = {name: value for name, value in about.items() if value is not None}
            task["predictions"] = [{**details, "result": self.result(pair.proposal)}]
        if pair.answer is not None and pair.stored.status == PairStatus.LABELED:
            # Without `completed_by`: Label Studio refuses addresses that it does not know.
            task["annotations"] = [{"was_cancelled": False, "ground_truth": False, "result": self.result(pair.answer)}]
        return task

    def result(self, answer: Answer) -> list[dict[str, Any]]:
        """The regions of this answer."""
        return [
            {
                "id": control.name,
                "from_name": control.name,
                "to_name": QUESTION,
                "type": control.type,
                "value": {_VALUES[control.type]: _region_value(control, answer[control.field.name])},
            }
            for control in self._controls
            if control.field.name in answer
        ]


def _region_value(control: Control, value: Any) -> Any:
    if control.type == "choices":
        return [control.words.get(_key(value)) or str(value)]
    if control.field.kind is FieldKind.SPANS:
        return [json.dumps(value, ensure_ascii=False)]
    return [value] if control.type == "textarea" else value


def _key(choice: Any) -> Any:
    """To Python 1 and true are one key, and lists are none."""
    return json.dumps(choice) if isinstance(choice, (dict, list)) else (isinstance(choice, bool), choice)


# Back


class TaskReader:
    """Reads tasks with annotations by a schema. `item_key` is the key of the data that names the item."""

    def __init__(self, schema: Mapping[str, Any], item_key: str = ITEM) -> None:
        self._item_key = item_key
        self._controls = {control.name: control for control in controls(schema)}
        # A project that was set up by hand names its controls like the fields.
        self._by_field = {control.field.name: control for control in self._controls.values()}
        self._controls |= {name: control for name, control in self._by_field.items() if name not in _TAKEN}
        self._values = AnswerReader(schema)

    def read(self, entries: Iterable[Entry], report: ImportReport) -> Iterator[LabelRow]:
        """The label of each task; tasks without one are counted, and problems are reported."""
        for number, task in entries:
            row = self._read_task(number, task) if isinstance(task, dict) else "not a JSON object"
            if isinstance(row, str):
                report.problem(number, row)
            elif row is None:
                report.skipped += 1
            else:
                yield row

    def _read_task(self, number: int, task: dict[str, Any]) -> LabelRow | str | None:
        """The label of a task, None when it has none, or a text with its problem."""
        full = isinstance(task.get("data"), dict)
        item = (task["data"] if full else task).get(self._item_key)
        if item is None or item == "" or isinstance(item, (dict, list)):
            return f"the item is not named: {self._item_key} is missing in its data"
        ref = storable(str(item))
        if not full:
            return self._from_min(number, ref, task)
        annotations = task.get("annotations") or []
        if not isinstance(annotations, list) or not all(isinstance(one, dict) for one in annotations):
            return "annotations: a list of objects is expected"
        done = [one for one in annotations if not one.get("was_cancelled")]
        if not done:
            return _from_meta(number, ref, task.get("meta"))
        return self._from_annotations(number, ref, done)

    def _from_annotations(self, number: int, ref: str, done: Sequence[dict[str, Any]]) -> LabelRow | str | None:
        truths = [one for one in done if one.get("ground_truth")] or done
        answers = [self._answer(one.get("result")) for one in truths]
        wrong = next((answer for answer in answers if isinstance(answer, str)), None)
        if wrong is not None:
            return wrong
        if len(answers) > 1 and len({answer_digest(one) for one in answers if isinstance(one, dict)}) > 1:
            return f"its {len(truths)} annotations differ; mark one of them as ground truth, or adjudicate them first"
        answer = answers[-1]
        assert isinstance(answer, dict)
        by = ", ".join(dict.fromkeys(_annotator(one.get("completed_by")) for one in truths))
        return LabelRow(number, ref, answer, reason=f"Label Studio, completed by {by}") if answer else None

    def _answer(self, result: object) -> Answer | str:
        if not isinstance(result, list):
            return "annotations.result: a list is expected"
        values: dict[str, Any] = {}
        for region in result:
            control = self._controls.get(str(region.get("from_name"))) if isinstance(region, dict) else None
            if control is None:
                continue  # a control of the project's own, or a relation between regions
            if control.field.name in values:
                return f"{control.field.name}: answered twice in one annotation"
            values[control.field.name] = region.get("value")
        return self._read(values)

    def _read(self, values: Mapping[str, Any]) -> Answer:
        """The answer with these field values; a text stays as it was typed, even if empty."""
        answer: Answer = {}
        for name, wrapped in values.items():
            control, value = self._by_field[name], _unwrap(wrapped)
            if value is None or value == []:
                continue
            if control.field.kind is FieldKind.TEXT or not isinstance(value, str):
                answer[name] = value
            elif value in control.choices:
                answer[name] = control.choices[value]
            else:
                answer |= self._values.read({name: value})
        return answer

    def _from_min(self, number: int, ref: str, task: dict[str, Any]) -> LabelRow | None:
        values = {self._controls[name].field.name: value for name, value in task.items() if name in self._controls}
        answer = self._read(values)
        by = _annotator(task.get("annotator"))
        return LabelRow(number, ref, answer, reason=f"Label Studio, completed by {by}") if answer else None


def _from_meta(number: int, ref: str, meta: object) -> LabelRow | None:
    """Without an annotation: that the pair was rejected or flagged when we wrote the task."""
    ours = meta.get("ontos") if isinstance(meta, dict) else None
    if not isinstance(ours, dict) or ours.get("status") not in (PairStatus.REJECTED, PairStatus.FLAGGED):
        return None
    reason, notes = (ours.get(name) for name in ("reject_reason", "notes"))
    return LabelRow(
        number,
        ref,
        status=PairStatus(ours["status"]),
        reason=reason if isinstance(reason, str) else "",
        notes=notes if isinstance(notes, str) else None,
    )


def _unwrap(value: Any) -> Any:
    """The value of a region, or of a key of JSON-MIN, which unwraps single ones: 1.5, [1.5], [{"number": 1.5}]."""
    for _ in range(3):
        if isinstance(value, dict):
            inner = [value[key] for key in _VALUES.values() if key in value]
            if len(inner) != 1:
                return value
            value = inner[0]
        elif isinstance(value, list) and len(value) == 1:
            value = value[0]
    return value


def _annotator(completed_by: object) -> str:
    """The annotator: an id, or an object with an address."""
    if isinstance(completed_by, dict):
        named = (completed_by.get(key) for key in ("email", "username", "id"))
        completed_by = next((one for one in named if one not in (None, "")), None)
    return "unknown" if completed_by in (None, "") else storable(str(completed_by))[:200]
