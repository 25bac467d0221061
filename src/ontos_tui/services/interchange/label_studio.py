"""Label Studio's JSON, both ways.

Out: a task for each pair with the question, the item's fields, the proposal as a prediction and the decision as an
annotation; and a labeling config made from the output schema, to be pasted into a new project there. Back: the full
JSON export and JSON-MIN. A task is told by the `item_ref` in its data. An annotation of ours comes back as it went.

A skipped annotation decides nothing. Of several annotations of a task the ground truth counts; without one they have
to agree.
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
from ontos_tui.services.interchange.reading import Entry
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.interchange.selection import OutgoingPair, listed
from ontos_tui.services.interchange.tabular import LabelRow
from ontos_tui.services.label.decisions import storable
from ontos_tui.services.records.answers import AnswerReader

ITEM, QUESTION, FIELDS = "item_ref", "question", "fields"
"""What a task's data holds: the item's reference, the question as it is asked, and the item's fields."""

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
    """What asks for one field of the answer in Label Studio."""

    name: str
    field: AnswerField
    type: str
    choices: Mapping[str, Any]
    """What is chosen by the text that stands for it."""
    words: Mapping[Any, str]
    """The text by what is chosen, which is its key (see `_key`)."""


def controls(schema: Mapping[str, Any]) -> list[Control]:
    """One control for each field of the answer. It is called like the field where Label Studio's formats allow that."""
    taken = set(_TAKEN)
    made = []
    for number, field in enumerate(answer_fields(schema), 1):
        name = field.name if _NAME.fullmatch(field.name) and field.name not in taken else f"answer_{number}"
        while name in taken:
            name += "_"
        taken.add(name)
        choices = dict(zip(_words(field), _choices(field), strict=True))
        words = {_key(choice): word for word, choice in choices.items()}
        made.append(Control(name, field, _TYPES.get(field.kind, "choices"), choices, words))
    return made


def _choices(field: AnswerField) -> tuple[Any, ...]:
    return (True, False) if field.kind is FieldKind.BOOLEAN else field.choices


def _words(field: AnswerField) -> list[str]:
    """The choices as texts, all different: as they are read, or as JSON where that would make two of them alike."""
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
            told = "".join(f' {name}="{limit}"' for name, limit in limits.items() if limit is not None)
            step = ' step="1"' if field.kind is FieldKind.INTEGER else ' step="any"'
            lines.append(f"  <Number {tag}{told}{step}/>")
        else:
            lines.append(f'  <TextArea {tag} maxSubmissions="1" editable="true"/>')
    return "\n".join([*lines, "</View>", ""])


def _attribute(text: str) -> str:
    """A text as an attribute of XML 1.0, which knows no control characters."""
    legal = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    return quoteattr(legal, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


# Out


class TaskMaker:
    """Makes tasks of pairs of one schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._controls = controls(schema)

    def task(self, pair: OutgoingPair, question: str) -> dict[str, Any]:
        """The task of a pair. What Label Studio has no place for stands in its `meta`."""
        meta = {
            "status": pair.status,
            "reject_reason": pair.text("reject_reason"),
            "notes": pair.text("notes"),
            "allowed_uses": listed(pair.value("allowed_uses")),
            "prohibited_uses": listed(pair.value("prohibited_uses")),
            "data_classification": pair.text("data_classification"),
            "reviewed_by": pair.text("reviewed_by"),
            "reviewed_at": pair.value("reviewed_at"),
        }
        task: dict[str, Any] = {
            "data": {ITEM: pair.item_ref, QUESTION: question, FIELDS: pair.fields},
            "meta": {"ontos": {name: value for name, value in meta.items() if value}},
        }
        if pair.proposal is not None:
            about = {"model_version": pair.text("proposed_by") or None, "score": pair.value("confidence")}
            told = {name: value for name, value in about.items() if value is not None}
            task["predictions"] = [{**told, "result": self.result(pair.proposal)}]
        if pair.answer is not None and pair.status == PairStatus.LABELED:
            # Without `completed_by`: Label Studio refuses addresses that it does not know.
            task["annotations"] = [{"was_cancelled": False, "ground_truth": False, "result": self.result(pair.answer)}]
        return task

    def result(self, answer: Answer) -> list[dict[str, Any]]:
        """The regions that say this answer."""
        return [
            {
                "id": control.name,
                "from_name": control.name,
                "to_name": QUESTION,
                "type": control.type,
                "value": {_VALUES[control.type]: _told(control, answer[control.field.name])},
            }
            for control in self._controls
            if control.field.name in answer
        ]


def _told(control: Control, value: Any) -> Any:
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
    """Reads what tasks with annotations say, by a schema. `item_key` is the key of the data that names the item."""

    def __init__(self, schema: Mapping[str, Any], item_key: str = ITEM) -> None:
        self._item_key = item_key
        self._controls = {control.name: control for control in controls(schema)}
        # A project that was set up by hand calls its controls like the fields.
        self._by_field = {control.field.name: control for control in self._controls.values()}
        self._controls |= {name: control for name, control in self._by_field.items() if name not in _TAKEN}
        self._values = AnswerReader(schema)

    def read(self, entries: Iterable[Entry], report: ImportReport) -> Iterator[LabelRow]:
        """What each task says; tasks that say nothing are counted, and what is wrong is noted."""
        for number, task in entries:
            said = self._said(number, task) if isinstance(task, dict) else "it is no JSON object"
            if isinstance(said, str):
                report.problem(number, said)
            elif said is None:
                report.skipped += 1
            else:
                yield said

    def _said(self, number: int, task: dict[str, Any]) -> LabelRow | str | None:
        """What a task says, None when nothing; a text says what is wrong with it."""
        full = isinstance(task.get("data"), dict)
        item = (task["data"] if full else task).get(self._item_key)
        if item is None or item == "" or isinstance(item, (dict, list)):
            return f"it names no item: {self._item_key} is not in its data"
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
        by = ", ".join(dict.fromkeys(_who(one.get("completed_by")) for one in truths))
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
                return f"{control.field.name}: it is answered twice in one annotation"
            values[control.field.name] = region.get("value")
        return self._read(values)

    def _read(self, values: Mapping[str, Any]) -> Answer:
        """The answer that fields with these values make; a text is what was typed, be it empty."""
        answer: Answer = {}
        for name, wrapped in values.items():
            control, value = self._by_field[name], _unwrapped(wrapped)
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
        by = _who(task.get("annotator"))
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


def _unwrapped(value: Any) -> Any:
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


def _who(completed_by: object) -> str:
    """The annotator: an id, or an object with an address."""
    if isinstance(completed_by, dict):
        named = (completed_by.get(key) for key in ("email", "username", "id"))
        completed_by = next((one for one in named if one not in (None, "")), None)
    return "somebody" if completed_by in (None, "") else storable(str(completed_by))[:200]
