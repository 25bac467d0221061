"""Answers in bulk: checked fast against an output schema, and made from what a column or a file holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ontos_tui.domain import json_schema
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind, answer_fields, answer_problems, span_rules
from ontos_tui.domain.spans import sort_spans, span_problems
from ontos_tui.domain.text.numbers import parse_number

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row

Check = Callable[[Any], bool]

MAX_SHOWN = 120
"""Characters of one reason; a value that does not fit may be of any length."""


class AnswerChecker:
    """Tells whether answers fit one schema, many thousand times a second; the verdicts are `answer_problems`'."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self._fits = _compiled(schema)
        self._spans = span_rules(schema)

    def fits(self, answer: object) -> bool:
        """Whether the answer has no problem."""
        return self._fits(answer)

    def reason(self, answer: object) -> str:
        """Everything that is wrong with the answer in one sentence; empty when it fits."""
        if self._fits(answer):
            return ""
        texts = (str(problem) for problem in answer_problems(self.schema, answer))
        return "; ".join(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…" for text in texts)

    @property
    def looks_at_items(self) -> bool:
        """Whether there is something that `misplaced` would check."""
        return bool(self._spans)

    def misplaced(self, answer: Answer, item: Row) -> str:
        """Where spans of an answer that fits are not borne out by the item's text; empty when all are."""
        if not self._spans:
            return ""
        problems = (
            span_problems(name, answer.get(name), item.get(of.text_field), of) for name, of in self._spans.items()
        )
        return "; ".join(text for some in problems for text in some)


class AnswerReader:
    """Makes answers from plain values, as a column of a source or a CSV file holds them."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._fields = {field.name: _reader(field) for field in answer_fields(schema)}

    def read(self, values: Mapping[str, Any]) -> Answer:
        """The answer whose fields have these values; an empty value leaves its field out.

        A value that cannot be what its field asks for stays as it is, so that a check can say what is wrong with it.
        """
        return {
            name: self._fields[name](value)
            for name, value in values.items()
            if value is not None and not (isinstance(value, str) and not value.strip())
        }


# Checking. What is not known here is left to jsonschema, which takes 50 times as long.

_SIMPLE = {"type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"}
_OF_AN_OBJECT = {"type", "properties", "required", "additionalProperties"}
_FREE = {"format"}
"""Keywords that jsonschema knows and, as we use it, does not check."""

_TYPES: Mapping[str, Check] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
}


def _compiled(schema: Mapping[str, Any]) -> Check:
    from jsonschema import Draft202012Validator

    known = set(Draft202012Validator.VALIDATORS)
    properties = schema.get("properties", {})
    simple = (
        _meant(schema, known) <= _OF_AN_OBJECT
        and schema.get("type") == "object"
        and isinstance(schema.get("additionalProperties", True), bool)
        and all(isinstance(spec, dict) and _is_simple(spec, known) for spec in properties.values())
    )
    if not simple:
        return json_schema.Validator(schema).is_valid
    required = tuple(schema.get("required", ()))
    closed = schema.get("additionalProperties", True) is False
    checks = {name: _checks(spec) for name, spec in properties.items()}

    def fits(answer: object) -> bool:
        if not isinstance(answer, dict):
            return False
        for name in required:
            if name not in answer:
                return False
        for name, value in answer.items():
            own = checks.get(name)
            if own is None:
                if closed:
                    return False
                continue
            for check in own:
                if not check(value):
                    return False
        return True

    return fits


def _meant(spec: Mapping[str, Any], known: set[str]) -> set[str]:
    """The keywords of a schema that jsonschema acts on; it passes over titles, examples and unknown words."""
    return (set(spec) & known) - _FREE


def _is_simple(spec: Mapping[str, Any], known: set[str]) -> bool:
    declared = spec.get("type", [])
    kinds = [declared] if isinstance(declared, str) else declared
    values = spec.get("enum", ())
    return (
        _meant(spec, known) <= _SIMPLE
        and all(kind in _TYPES for kind in kinds)
        and all(value is None or isinstance(value, (str, bool, int, float)) for value in values)
    )


def _checks(spec: Mapping[str, Any]) -> tuple[Check, ...]:
    checks: list[Check] = []
    declared = spec.get("type")
    if isinstance(declared, str):
        checks.append(_TYPES[declared])
    elif declared is not None:
        kinds = [_TYPES[kind] for kind in declared]
        checks.append(lambda value: any(kind(value) for kind in kinds))
    if "enum" in spec:
        checks.append(_one_of(spec["enum"]))
    number, text = _TYPES["number"], _TYPES["string"]
    limits: tuple[tuple[str, Check, Callable[[Any, Any], bool]], ...] = (
        ("minimum", number, lambda value, limit: not value < limit),
        ("maximum", number, lambda value, limit: not value > limit),
        ("exclusiveMinimum", number, lambda value, limit: not value <= limit),
        ("exclusiveMaximum", number, lambda value, limit: not value >= limit),
        ("minLength", text, lambda value, limit: not len(value) < limit),
        ("maxLength", text, lambda value, limit: not len(value) > limit),
    )
    checks += [_within(spec[word], of, keeps) for word, of, keeps in limits if word in spec]
    return tuple(checks)


def _one_of(values: list[Any]) -> Check:
    # To JSON 1 and 1.0 are one value and true is another, to Python all three are equal.
    choices = frozenset((isinstance(value, bool), value) for value in values)

    def check(value: Any) -> bool:
        return not isinstance(value, (dict, list)) and (isinstance(value, bool), value) in choices

    return check


def _within(limit: Any, of: Check, keeps: Callable[[Any, Any], bool]) -> Check:
    return lambda value: not of(value) or keeps(value, limit)


# Reading.

_WORDS = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


def _reader(field: AnswerField) -> Callable[[Any], Any]:
    if field.kind is FieldKind.ENUM:
        return _choice(field.choices)
    readers = {
        FieldKind.BOOLEAN: _boolean,
        FieldKind.NUMBER: _number,
        FieldKind.INTEGER: _integer,
        FieldKind.TEXT: _text,
        FieldKind.SPANS: _spans,
    }
    return readers[field.kind]


def _boolean(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return bool(value) if value in (0, 1) else value
    return _WORDS.get(value.strip().lower(), value) if isinstance(value, str) else value


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    number = parse_number(value)
    return value if number is None else number


def _integer(value: Any) -> Any:
    number = _number(value)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


def _spans(value: Any) -> Any:
    """A list of spans, also from its JSON, in the order of the text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    return sort_spans(value)


def _choice(choices: tuple[Any, ...]) -> Callable[[Any], Any]:
    """Finds the choice that a value means: exactly, or by its text without case and outer spaces when only one fits."""
    exact = {(isinstance(choice, bool), choice): choice for choice in choices if not isinstance(choice, (dict, list))}
    by_text: dict[str, list[Any]] = {}
    for choice in choices:
        by_text.setdefault(_plain(choice), []).append(choice)

    def read(value: Any) -> Any:
        if isinstance(value, (dict, list)):
            return value
        match = exact.get((isinstance(value, bool), value))
        if match is not None:
            return match
        alike = by_text.get(_plain(value), ())
        return alike[0] if len(alike) == 1 else value

    return read


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().casefold()
