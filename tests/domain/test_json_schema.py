"""Schemas are data: they reach nothing outside of themselves, and checking an answer ends."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ontos_tui.domain.errors import InvalidTemplateError
from ontos_tui.domain.json_schema import problem_of_pattern, problems_of_schema
from ontos_tui.domain.schema import answer_problems, check_schema


def _schema(**field: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"note": {"type": "string", **field}}}


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/x.json", "file:///etc/passwd", "other.json", "//host/x", "urn:x", "data:,{}"]
)
def test_a_reference_that_leads_out_is_refused_when_it_comes_in_and_when_it_is_used(reference: str) -> None:
    for schema in (
        _schema(**{"$ref": reference}),
        {"type": "object", "properties": {"a": {"type": "string"}}, "allOf": [{"$dynamicRef": reference}]},
        {**_schema(), "$defs": {"deep": {"items": {"anyOf": [{"$ref": reference}]}}}},
    ):
        with pytest.raises(InvalidTemplateError, match="leads out of the schema"):
            check_schema(schema)
        with pytest.raises(InvalidTemplateError, match="leads out of the schema"):
            answer_problems(schema, {"note": "x"})


def test_a_reference_inside_the_schema_is_followed() -> None:
    schema = {**_schema(**{"$ref": "#/$defs/short"}), "$defs": {"short": {"maxLength": 2}}}
    check_schema(schema)
    assert not answer_problems(schema, {"note": "ab"})
    assert answer_problems(schema, {"note": "abc"})


def test_a_base_address_changes_nothing_about_where_a_reference_leads() -> None:
    schema = {"$id": "http://127.0.0.1:9/base", **_schema(**{"$ref": "#/$defs/none"}), "$defs": {"none": {}}}
    check_schema(schema)
    assert not answer_problems(schema, {"note": "ab"})


def test_a_reference_that_leads_nowhere_is_named() -> None:
    with pytest.raises(InvalidTemplateError, match="leads nowhere"):
        check_schema(_schema(**{"$ref": "#/$defs/gone"}))


def test_a_schema_that_refers_to_itself_ends() -> None:
    (problem,) = answer_problems({**_schema(), "$ref": "#"}, {"note": "x"})
    assert "refers to itself without end" in str(problem)


def test_a_field_may_be_called_like_a_keyword() -> None:
    names = ("$ref", "pattern", "patternProperties", "enum", "properties")
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    assert not [*problems_of_schema(schema)]
    assert not answer_problems(schema, dict.fromkeys(names, "x"))


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|a)*b", "(.*)*x", "([a-z]+)+[0-9]"])
def test_a_pattern_ends_soon_whatever_it_says(pattern: str) -> None:
    before = time.process_time()
    assert answer_problems(_schema(pattern=pattern), {"note": "a" * 50_000 + "!"})
    assert time.process_time() - before < 2


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "(", "a{1001}", "x" * 1_001])
def test_a_pattern_that_has_no_bounded_time_is_refused(pattern: str) -> None:
    assert problem_of_pattern(pattern)
    with pytest.raises(InvalidTemplateError, match="the pattern"):
        check_schema(_schema(pattern=pattern))


def test_names_by_pattern_are_refused() -> None:
    with pytest.raises(InvalidTemplateError, match="patternProperties"):
        check_schema({**_schema(), "patternProperties": {"^(a+)+$": {}}, "additionalProperties": False})


@pytest.mark.parametrize("schema", [{"a": None}, {"items": None}])
def test_a_schema_without_end_is_refused(schema: dict[str, Any]) -> None:
    (name,) = schema
    inner: dict[str, Any] = {}
    for _ in range(200):
        inner = {name: inner}
    with pytest.raises(InvalidTemplateError, match="levels deep"):
        check_schema({**_schema(), "allOf": [inner]})
    with pytest.raises(InvalidTemplateError, match="parts"):
        check_schema({**_schema(), "allOf": [{} for _ in range(30_000)]})
