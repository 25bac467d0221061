"""The answer that a line of an annotation tool's file gives, by the fields of a schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.file_formats import Offsets
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind, answer_fields
from ontos_tui.domain.spans import SpanRules, sort_spans
from ontos_tui.services.interchange.annotations.annotated import Annotated, MarkedSpan, marked_spans
from ontos_tui.services.interchange.annotations.offsets import moved
from ontos_tui.services.records.answers import AnswerReader

LABELS, SPANS = "label", "spans"
"""How a mapping names the classes of a line and its spans, where several fields could take them."""

MOST_NAMED = 12
"""Labels that are listed when one is unknown."""

_TEXTS, _NUMBERS = (FieldKind.TEXT,), (FieldKind.NUMBER, FieldKind.INTEGER)


class AnswerMaker:
    """Makes answers by one schema. `mapping` says which field takes what the file calls by another name."""

    def __init__(self, schema: Mapping[str, Any], mapping: Mapping[str, str]) -> None:
        """Raises InvalidInputError when the mapping names a field that the answer has not."""
        self._fields = {field.name: field for field in answer_fields(schema)}
        unknown = [name for name in mapping if name not in self._fields]
        if unknown:
            raise InvalidInputError(
                f"The answer has no field {unknown[0]!r}.", f"Map item_ref or one of {', '.join(self._fields)}."
            )
        self._field_of = {name: field for field, name in mapping.items()}
        self._values = AnswerReader(schema)

    @property
    def text_field(self) -> str | None:
        """The field of an item whose text spans are in, if the answer has one field of spans."""
        rules = [field.spans for field in self._fields.values() if field.spans is not None]
        return rules[0].text_field if len({one.text_field for one in rules}) == 1 else None

    def answer(self, one: Annotated, text: str | None, unit: Offsets) -> Answer | str:
        """The answer of a line about this text, or what is wrong with it."""
        answer: Answer = {}
        given: list[tuple[str, Any]] = list(one.values.items())
        if one.labels is not None:
            given.append((LABELS, list(one.labels)))
        for name, value in given:
            if one.named_only and name not in self._field_of:
                continue
            field = self._field(name, value, typed=name in one.typed)
            if isinstance(field, str):
                return field
            result = self._value(field, value, text, unit)
            if isinstance(result, str):
                return result
            if field.name in answer:
                return f"{field.name}: answered twice"
            answer |= result
        if one.spans is not None:
            field = self._field(SPANS, list(one.spans))
            result = field if isinstance(field, str) else self._spans(field, one.spans, text, unit)
            if isinstance(result, str):
                return result
            answer |= result
        for name, value in one.answer.items():
            if name in answer:
                return f"{name}: answered twice"
            answer[name] = value
        return answer

    def _field(self, name: str, value: Any, *, typed: bool = False) -> AnswerField | str:
        """The field for what the file calls so: as mapped, of that name, or the only one that can take such a value."""
        if name in self._field_of:
            return self._fields[self._field_of[name]]
        if name in self._fields:
            return self._fields[name]
        able = [field for field in self._fields.values() if _takes(field, value) and not (typed and field.is_choice)]
        if len(able) == 1 and able[0].name not in self._field_of.values():
            return able[0]
        if not able:
            advice = f"name one, --map FIELD={name}, or leave it out, --leave-out {name}"
            return f"{name}: the answer has no field for it; {advice}"
        names = ", ".join(field.name for field in able)
        return f"{name}: it could be {names}; say which: --map {able[0].name}={name}"

    def _value(self, field: AnswerField, value: Any, text: str | None, unit: Offsets) -> Answer | str:
        if field.spans is not None:
            spans = marked_spans(value, field.name)
            return spans if isinstance(spans, str) else self._spans(field, spans, text, unit)
        if isinstance(value, (list, tuple)):
            if len(value) != 1:
                return f"{field.name}: {len(value)} values ({_listed(value)}); one is expected"
            value = value[0]
        answer = {field.name: value} if isinstance(value, str) and field.kind is FieldKind.TEXT else None
        answer = answer or self._values.read({field.name: value})
        if field.choices and answer.get(field.name) not in field.choices:
            return _unknown(field.name, value, field.choices)
        return answer

    def _spans(self, field: AnswerField, given: Sequence[MarkedSpan], text: str | None, unit: Offsets) -> Answer | str:
        rules = field.spans
        if rules is None:
            return f"{field.name}: spans are given, but it takes none"
        if text is None:
            return f"{field.name}: the text of the item is not known, so that its spans cannot be checked"
        spans = []
        for place, one in enumerate(given):
            span = _placed(one, text, unit, rules)
            if isinstance(span, str):
                return f"{field.name}.{place}: {span}"
            spans.append(span)
        return {field.name: sort_spans(spans)}


def _placed(one: MarkedSpan, text: str, unit: Offsets, rules: SpanRules) -> dict[str, Any] | str:
    """The span as an answer has it, or what is wrong with it."""
    if one.label not in rules.labels:
        return _unknown("label", one.label, rules.labels)
    span = moved(one, text, unit)
    if span is None:
        return f"{one.start}–{one.end} is not inside the text, 0–{len(text)}"
    shown = text[span.start : span.end]
    if one.text not in (None, shown):
        return f"its text {_short(one.text)} is not the text at {one.start}–{one.end}, {_short(shown)}"
    placed = {"start": span.start, "end": span.end, "label": span.label}
    return placed | ({"text": shown} if rules.with_text else {})


def _takes(field: AnswerField, value: Any) -> bool:
    """Whether a field can take a value of another tool's, by its kind."""
    inner = value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (MarkedSpan, Mapping)):
        return field.spans is not None
    if isinstance(inner, (list, tuple)):
        return field.spans is not None if not inner else field.is_choice
    if isinstance(inner, bool):
        return field.kind is FieldKind.BOOLEAN
    if isinstance(inner, (int, float)):
        return field.kind in _NUMBERS or (field.is_choice and inner in field.choices)
    return field.is_choice or field.kind in _TEXTS


def _unknown(where: str, value: Any, known: Sequence[Any]) -> str:
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"{where}: {_short(value)} is not one of {_listed(known[:MOST_NAMED])}{more}"


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(str(value)[:40] for value in values[:MOST_NAMED])


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
