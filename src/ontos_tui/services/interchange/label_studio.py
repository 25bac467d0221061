"""Label Studio's JSON: a task for each pair, and a labeling config from the output schema.

A task has the question, the item's fields, the proposal as a prediction and the decision as an annotation. The config
is to be pasted into a new project there. What comes back is read in annotations/label_studio.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind, answer_fields
from ontos_tui.services.interchange.selection import OutgoingPair, parse_list

ITEM, QUESTION, FIELDS = "item_ref", "question", "fields"
"""Keys of a task's data: the item's reference, the rendered question, and the item's fields."""

_MIN_KEYS = {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"}
TAKEN = {ITEM, QUESTION, FIELDS, *_MIN_KEYS}
"""Names that no control may have."""

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
    taken = set(TAKEN)
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
