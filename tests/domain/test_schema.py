"""Output schemas: checked, and taken apart into the fields of a form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidTemplateError
from ontos_tui.domain.schema import AnswerField, FieldKind, Problem, answer_fields, answer_problems, check_schema

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "defect": {"enum": ["none", "crack"], "title": "Defect", "description": "what is wrong"},
        "sure": {"type": "boolean"},
        "depth": {"type": "number", "minimum": 0, "maximum": 10},
        "count": {"type": "integer"},
        "note": {"type": "string", "maxLength": 5},
    },
    "required": ["defect", "depth"],
    "additionalProperties": False,
}
GOOD = {"defect": "crack", "sure": True, "depth": 1.5, "count": 2, "note": "ok"}


def test_fields_come_in_the_order_of_the_schema() -> None:
    check_schema(SCHEMA)
    assert answer_fields(SCHEMA) == (
        AnswerField("defect", FieldKind.ENUM, True, "Defect", "what is wrong", ("none", "crack")),
        AnswerField("sure", FieldKind.BOOLEAN, False),
        AnswerField("depth", FieldKind.NUMBER, True, minimum=0, maximum=10),
        AnswerField("count", FieldKind.INTEGER, False),
        AnswerField("note", FieldKind.TEXT, False, max_length=5),
    )


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object"},
        {"type": "object", "properties": {}},
        {"type": "array", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "strnig"}}},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {"a": {"type": "array"}}},
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
        {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}}},
        {"type": "object", "properties": {"a": {"type": "string", "minLength": -1}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": "a"},
        {"type": "object", "properties": [1]},
    ],
)
def test_a_schema_that_no_form_can_show_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidTemplateError) as caught:
        check_schema(schema)
    assert caught.value.todo


def test_an_answer_that_fits_has_no_problem() -> None:
    assert answer_problems(SCHEMA, GOOD) == ()
    assert answer_problems(SCHEMA, {"defect": "none", "depth": 0}) == ()


def test_all_problems_are_told_at_once_with_their_field() -> None:
    wrong = {"defect": "dent", "sure": "yes", "depth": 11, "count": 1.5, "note": "too long", "extra": 1}
    problems = answer_problems(SCHEMA, wrong)
    assert {problem.path for problem in problems} == {"", "count", "defect", "depth", "note", "sure"}
    assert str(problems[-1]) == "sure: 'yes' is not of type 'boolean'"
    assert str(Problem("", "no")) == "no"
    (missing,) = answer_problems(SCHEMA, {"defect": "none"})
    assert "'depth' is a required property" in str(missing)


@pytest.mark.parametrize("answer", [None, [], "text", 5, {"defect": None, "depth": None}])
def test_what_is_no_answer_has_problems(answer: object) -> None:
    assert answer_problems(SCHEMA, answer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(["type", "properties", "enum", "object", "string", "required", "$ref", "minimum", "allOf", "a"])
SCHEMAS = st.recursive(
    JSON | WORDS, lambda inner: st.dictionaries(WORDS, inner, max_size=4) | st.lists(inner, max_size=3), max_leaves=12
)


@given(
    st.dictionaries(WORDS, SCHEMAS, max_size=5)
    | st.dictionaries(WORDS, SCHEMAS).map(lambda properties: {"type": "object", "properties": properties})
)
def test_any_schema_is_refused_or_has_fields(schema: dict[str, Any]) -> None:
    try:
        check_schema(schema)
    except InvalidTemplateError:
        return
    assert [field.name for field in answer_fields(schema)] == list(schema["properties"])


@given(JSON)
def test_any_answer_is_judged(answer: object) -> None:
    assert isinstance(answer_problems(SCHEMA, answer), tuple)
