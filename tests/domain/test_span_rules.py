"""Spans: whatever one does to them, they lie in the text, in its order, and overlap only where they may."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidInputError, InvalidTemplateError
from ontos_tui.domain.schema import FieldKind, answer_fields, answer_problems, check_schema
from ontos_tui.domain.spans import (
    Span,
    SpanRules,
    Words,
    add_span,
    answer_of,
    describe_spans,
    sort_spans,
    span_at,
    span_problems,
    spans_of,
)

LABELS = ("org", "place")
ITEMS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "start": {"type": "integer", "minimum": 0},
        "end": {"type": "integer"},
        "label": {"enum": list(LABELS)},
        "text": {"type": "string"},
    },
    "required": ["start", "end", "label"],
    "additionalProperties": False,
}
FIELD: dict[str, Any] = {"type": "array", "x-ontos-text": "note", "items": ITEMS}
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"names": FIELD}, "required": ["names"]}
RULES = SpanRules("note", LABELS, with_text=True)

TEXTS = st.text(min_size=1, max_size=60)
EDITS = st.lists(st.tuples(st.integers(0, 59), st.integers(1, 60), st.sampled_from(LABELS)), max_size=12)


def _edited(text: str, edits: list[tuple[int, int, str]], rules: SpanRules) -> tuple[Span, ...]:
    spans: tuple[Span, ...] = ()
    for expected, length, label in edits:
        start = min(expected, len(text) - 1)
        new = Span(start, min(start + length, len(text)), label)
        try:
            spans = add_span(spans, new, rules)
        except InvalidInputError:
            assert any(new.overlaps(one) for one in spans), "only an overlap is refused"
    return spans


@given(TEXTS, EDITS, st.booleans())
def test_whatever_is_put_there_makes_an_answer_without_problems(
    text: str, edits: list[tuple[int, int, str]], overlap: bool
) -> None:
    rules = replace(RULES, overlap=overlap)
    spans = _edited(text, edits, rules)
    answer = answer_of(spans, text, rules)
    assert span_problems("names", answer, text, rules) == []
    assert answer_problems(SCHEMA, {"names": answer}) == ()
    assert spans_of(json.loads(json.dumps(answer)), text) == spans
    for position in range(len(text)):
        holding = [one for one in spans if one.start <= position < one.end]
        result = span_at(spans, position)
        assert (result is None) == (not holding)
        assert result is None or result in holding
    if not overlap:
        covered = [position for one in spans for position in range(one.start, one.end)]
        assert len(covered) == len(set(covered))


ODD = st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), st.lists)
ODD_SPANS = st.lists(
    st.dictionaries(
        st.sampled_from(["start", "end", "label", "text"]),
        st.none() | st.floats() | st.integers(-3, 9) | st.text(max_size=3),
    )
)


@given(ODD | ODD_SPANS, st.text(max_size=6))
def test_nothing_that_an_answer_may_hold_breaks_the_reading(value: Any, text: str) -> None:
    for one in spans_of(value, text):
        assert 0 <= one.start < one.end <= len(text)
    assert all(isinstance(part, str) for part in describe_spans(value, text))
    sort_spans(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([{"start": 0, "end": 9, "label": "org"}], "names.0: 0–9 is not inside the text, 0–8"),
        ([{"start": 2, "end": 2, "label": "org"}], "names.0: 2–2 is not inside"),
        ([{"start": -1, "end": 2, "label": "org"}], "names.0: -1–2 is not inside"),
        ([{"start": 0, "end": 4, "label": "org", "text": "ACME"}], "names.0.text: it is not the text at 0–4"),
        ([{"start": 5, "end": 8, "label": "org"}, {"start": 0, "end": 4, "label": "org"}], "not in the order"),
        ([{"start": 0, "end": 4, "label": "org"}] * 2, "appears twice"),
        ([{"start": 0, "end": 4, "label": "org"}, {"start": 3, "end": 8, "label": "place"}], "org 0–4 and place 3–8"),
    ],
)
def test_what_the_text_does_not_bear_out_is_told(value: list[dict[str, Any]], reason: str) -> None:
    (result,) = span_problems("names", value, "Acme Bonn"[:8], RULES)
    assert reason in result


def test_spans_need_a_text() -> None:
    one = [{"start": 0, "end": 1, "label": "org"}]
    assert "has no text in 'note'" in span_problems("names", one, None, RULES)[0]
    assert "has no text in 'note'" in span_problems("names", one, 12, RULES)[0]
    assert span_problems("names", [], None, RULES) == []


def test_overlaps_are_allowed_where_the_schema_says_so() -> None:
    overlapping = {**FIELD, "x-ontos-overlap": True}
    rules = answer_fields({"type": "object", "properties": {"names": overlapping}})[0].spans
    assert rules is not None
    outer, inner = Span(0, 9, "org"), Span(5, 9, "place")
    both = add_span((outer,), inner, rules)
    assert both == (outer, inner)
    assert span_at(both, 6) == inner
    assert add_span(both, Span(5, 9, "org"), rules) == (outer, Span(5, 9, "org"), inner)
    with pytest.raises(InvalidInputError, match="org 0–9"):
        add_span((outer,), inner, RULES)
    assert add_span((outer,), Span(0, 9, "place"), RULES) == (Span(0, 9, "place"),), "the same characters are renamed"


def test_a_span_field_is_known_by_its_schema() -> None:
    check_schema(SCHEMA)
    (field,) = answer_fields(SCHEMA)
    assert (field.kind, field.spans, field.choices) == (FieldKind.SPANS, RULES, ())


@pytest.mark.parametrize(
    "field",
    [
        {"type": "array"},
        {"type": "array", "items": {"type": "string"}, "x-ontos-text": "note"},
        {"type": "array", "items": ITEMS},
        {"type": "array", "items": ITEMS, "x-ontos-text": 3},
        {**FIELD, "items": {**ITEMS, "properties": {**ITEMS["properties"], "label": {"type": "string"}}}},
        {**FIELD, "items": {**ITEMS, "properties": {**ITEMS["properties"], "label": {"enum": [1]}}}},
        {**FIELD, "items": {**ITEMS, "properties": {**ITEMS["properties"], "end": True}}},
    ],
)
def test_another_array_is_refused(field: dict[str, Any]) -> None:
    with pytest.raises(InvalidTemplateError, match="not a span field"):
        check_schema({"type": "object", "properties": {"names": field}})


@given(st.text(alphabet="ab1_ .,-é\u0301\u200b\n日", max_size=40), st.integers(0, 39))
def test_words_are_walked_through_in_both_directions(text: str, position: int) -> None:
    words = Words(text)
    position = min(position, max(0, len(text) - 1))
    ahead, back, end = words.next_start(position), words.previous_start(position), words.next_end(position)
    last = max(0, len(text) - 1)
    assert position < ahead <= last or ahead == last
    assert 0 <= back < position or back == 0
    assert position < end <= last or end == last
    around = words.around(position)
    if around is None:
        assert not text or text[position].isspace()
    else:
        start, stop = around
        assert start <= position < stop
        assert not any(character.isspace() for character in text[start:stop])
        assert words.previous_start(stop) == start
        assert start == stop - 1 or words.next_end(start) == stop - 1


def test_words_are_what_a_reader_calls_words() -> None:
    text = "Acme-Werke, in Cafe\u0301 7"
    words = Words(text)
    starts, position = [0], 0
    while (position := words.next_start(position)) != starts[-1]:
        starts.append(position)
    result = [words.around(one) for one in starts]
    assert [text[one[0] : one[1]] for one in result if one] == ["Acme", "-", "Werke", ",", "in", "Cafe\u0301", "7"]


def test_spans_are_told_with_their_text() -> None:
    value = [{"start": 0, "end": 4, "label": "org"}, {"start": 5, "end": 99, "label": "place", "text": "Bonn"}, 7]
    assert describe_spans(value, "Acme Bonn") == ['org "Acme"', 'place "Bonn"', "7"]
    assert describe_spans(value[:1]) == ["org 0–4"]
