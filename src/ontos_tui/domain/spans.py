"""Spans: stretches of one text of an item, each with a label.

A field of an answer holds spans when its schema is an array of objects with integer `start` and `end` and an enum
`label`, and names the item's text field in `x-ontos-text`. Positions count characters of that text as it is stored,
from 0; `end` is the first one behind the span. A `text` among the object's properties holds the stretch itself. Spans
stand in the order of the text, and do not overlap unless `x-ontos-overlap` is true.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from ontos_tui.domain.errors import InvalidInputError, InvalidTemplateError

TEXT, OVERLAP = "x-ontos-text", "x-ontos-overlap"
"""The words of the schema that name the item's text field and allow spans to overlap."""


@dataclass(frozen=True)
class SpanRules:
    """What the schema of a span field says; `with_text` when each span also holds its text."""

    text_field: str
    labels: tuple[str, ...]
    overlap: bool = False
    with_text: bool = False

    @classmethod
    def of(cls, name: str, schema: Mapping[str, Any]) -> SpanRules:
        """The rules of the field `name`. Raises InvalidTemplateError for an array that is no span field."""
        one = schema.get("items")
        properties = one.get("properties", {}) if isinstance(one, Mapping) and one.get("type") == "object" else {}
        parts = {key: value if isinstance(value, Mapping) else {} for key, value in properties.items()}
        labels = parts.get("label", {}).get("enum", ())
        whole = all(parts.get(key, {}).get("type") == "integer" for key in ("start", "end"))
        text_field = schema.get(TEXT)
        if not (whole and labels and all(isinstance(one, str) for one in labels) and isinstance(text_field, str)):
            raise InvalidTemplateError(
                f"The field {name!r} of the output schema is an array, but not a span field.",
                'A span field is {"type": "array", "x-ontos-text": "NAME OF THE TEXT FIELD", "items": {"type": '
                '"object", "properties": {"start": {"type": "integer"}, "end": {"type": "integer"}, '
                '"label": {"enum": […]}}}}.',
            )
        return cls(text_field, tuple(labels), schema.get(OVERLAP) is True, "text" in parts)


def with_labels(schema: Mapping[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    """The schema of a span field with these labels in place of its own."""
    items = schema["items"]
    properties = items["properties"]
    label = {**properties["label"], "enum": list(labels)}
    return {**schema, "items": {**items, "properties": {**properties, "label": label}}}


@dataclass(frozen=True, order=True)
class Span:
    """The characters from `start` up to `end`, without it, and what they are."""

    start: int
    end: int
    label: str

    def overlaps(self, other: Span) -> bool:
        """Whether they share a character."""
        return self.start < other.end and other.start < self.end


def spans_of(value: Any, text: str) -> tuple[Span, ...]:
    """The spans of an answer that lie in the text, in its order; what is none is left out, whatever it is."""
    spans = {
        Span(int(one["start"]), int(one["end"]), one["label"])
        for one in (value if isinstance(value, list) else ())
        if isinstance(one, dict) and _is_placed(one, len(text)) and isinstance(one.get("label"), str)
    }
    return tuple(sorted(spans))


def valid_spans(value: Any, text: str, rules: SpanRules) -> tuple[tuple[Span, ...], int]:
    """The spans of any answer that may stand together, and how many others had to be left out."""
    valid: tuple[Span, ...] = ()
    for one in spans_of(value, text):
        if one.label in rules.labels and (rules.overlap or not any(one.overlaps(other) for other in valid)):
            valid = add_span(valid, one, rules)
    return valid, (len(value) if isinstance(value, list) else 0) - len(valid)


def answer_of(spans: Iterable[Span], text: str, rules: SpanRules) -> list[dict[str, Any]]:
    """Spans as the answer holds them, in the order of the text."""
    return [
        {"start": one.start, "end": one.end, "label": one.label}
        | ({"text": text[one.start : one.end]} if rules.with_text else {})
        for one in sorted(spans)
    ]


def span_problems(name: str, value: Any, text: Any, rules: SpanRules) -> list[str]:
    """Everything in a span field, of an answer that fits its schema, that the item's text does not bear out."""
    if not value:
        return []
    if not isinstance(text, str):
        return [f"{name}: the item has no text in {rules.text_field!r} for spans"]
    problems = []
    for place, one in enumerate(value):
        where = f"{name}.{place}"
        if not _is_placed(one, len(text)):
            problems.append(f"{where}: {one.get('start')}–{one.get('end')} is not inside the text, 0–{len(text)}")
        elif "text" in one and one["text"] != text[int(one["start"]) : int(one["end"])]:
            problems.append(f"{where}.text: it is not the text at {one['start']}–{one['end']}")
    if problems:
        return problems
    spans = [Span(int(one["start"]), int(one["end"]), one["label"]) for one in value]
    if spans != sorted(spans):
        return [f"{name}: the spans are not in the order of the text"]
    if len(set(spans)) < len(spans):
        return [f"{name}: a span appears twice"]
    if not rules.overlap:
        # In order of their starts, any overlap shows between neighbors.
        return [
            f"{name}: {describe_span(a)} and {describe_span(b)} overlap" for a, b in pairwise(spans) if a.overlaps(b)
        ]
    return []


def add_span(spans: Sequence[Span], new: Span, rules: SpanRules) -> tuple[Span, ...]:
    """The spans with a new one among them; one on the very same characters gets the new label instead.

    Where spans may overlap, the same characters may have several labels. Raises InvalidInputError for one that
    overlaps where it may not.
    """
    others = [one for one in spans if rules.overlap or (one.start, one.end) != (new.start, new.end)]
    if not rules.overlap and (other := next((one for one in others if one.overlaps(new)), None)) is not None:
        raise InvalidInputError(
            f"It would overlap with {describe_span(other)}.", "Remove that span first, or select less."
        )
    return tuple(sorted({*others, new}))


def span_at(spans: Iterable[Span], position: int) -> Span | None:
    """The shortest span that holds this character."""
    holding = [one for one in spans if one.start <= position < one.end]
    return min(holding, key=lambda one: one.end - one.start, default=None)


def describe_span(one: Span) -> str:
    """A span in words."""
    return f"{one.label} {one.start}–{one.end}"


def describe_spans(value: Any, text: Any = None) -> list[str]:
    """The spans of an answer as people read them: label "text", or the positions where the text is not known."""
    parts = []
    for one in value if isinstance(value, list) else ():
        known = isinstance(one, dict)
        if known and isinstance(text, str) and _is_placed(one, len(text)):
            parts.append(f'{one.get("label")} "{text[int(one["start"]) : int(one["end"])]}"')
        elif known and isinstance(one.get("text"), str):
            parts.append(f'{one.get("label")} "{one["text"]}"')
        else:
            parts.append(f"{one.get('label')} {one.get('start')}–{one.get('end')}" if known else str(one))
    return parts


def sort_spans(value: Any) -> Any:
    """Spans from elsewhere in the order of the text; anything else stays as it is, for a check to say what it is."""
    try:
        return sorted(value, key=lambda one: (one["start"], one["end"], str(one["label"])))
    except (TypeError, KeyError, IndexError):
        return value


class Words:
    """Where the words of a text begin and end. What is neither a letter, a digit nor a space makes words of its own."""

    def __init__(self, text: str) -> None:
        self._last = max(0, len(text) - 1)
        self._starts: list[int] = []
        self._ends: list[int] = []
        place = 0
        for kind, run in groupby(text, _kind):
            length = sum(1 for _ in run)
            if kind:
                self._starts.append(place)
                self._ends.append(place + length)
            place += length

    def next_start(self, position: int) -> int:
        """Where the next word begins; the last character behind the last word."""
        index = bisect_right(self._starts, position)
        return self._starts[index] if index < len(self._starts) else self._last

    def previous_start(self, position: int) -> int:
        """Where this word begins, or from there the one before; the first character before the first word."""
        index = bisect_left(self._starts, position)
        return self._starts[index - 1] if index else 0

    def next_end(self, position: int) -> int:
        """The last character of this word, or from there of the next one."""
        index = bisect_right(self._ends, position + 1)
        return self._ends[index] - 1 if index < len(self._ends) else self._last

    def around(self, position: int) -> tuple[int, int] | None:
        """The word that holds this character, from and up to; None between words."""
        index = bisect_right(self._starts, position) - 1
        return (self._starts[index], self._ends[index]) if index >= 0 and position < self._ends[index] else None


def _kind(character: str) -> int:
    if character.isspace():
        return 0
    # Marks belong to the letter that they stand on: a decomposed é is one letter of a word.
    return 1 if character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M" else 2


def _is_placed(one: Any, length: int) -> bool:
    start, end = one.get("start"), one.get("end")
    return _is_whole(start) and _is_whole(end) and 0 <= start < end <= length


def _is_whole(number: Any) -> bool:
    # To JSON schema 3.0 is an integer.
    whole = isinstance(number, int) and not isinstance(number, bool)
    return whole or (isinstance(number, float) and number.is_integer())
