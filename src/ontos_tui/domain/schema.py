"""The output schema of a template: what a structured answer looks like, checked and taken apart into fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ontos_tui.domain import json_schema
from ontos_tui.domain.errors import InvalidTemplateError
from ontos_tui.domain.spans import SpanRules

Answer = dict[str, Any]
"""A structured answer: field name to value, as the output schema says."""


class FieldKind(StrEnum):
    ENUM = "enum"
    BOOLEAN = "boolean"
    NUMBER = "number"
    INTEGER = "integer"
    TEXT = "text"
    SPANS = "spans"


@dataclass(frozen=True)
class AnswerField:
    """One field of an answer. `choices` are an enum's values in the order of the schema, `spans` the rules of spans.

    `format` is what the schema says of a text, such as `date`.
    """

    name: str
    kind: FieldKind
    required: bool
    title: str = ""
    description: str = ""
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    spans: SpanRules | None = None
    format: str = ""

    @property
    def is_choice(self) -> bool:
        """Whether a value is one of a few: an enum's, or yes and no."""
        return bool(self.choices) or self.kind is FieldKind.BOOLEAN

    @property
    def classes(self) -> tuple[Any, ...]:
        """What the classes of a labelset can be: the choices, or the labels of spans."""
        return self.choices if self.spans is None else self.spans.labels


@dataclass(frozen=True)
class Problem:
    """Why an answer does not fit: the path of the offending part, such as `defect_class`, and the reason."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raise InvalidTemplateError unless `schema` is a JSON schema of an object whose fields a form can show."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if problems := [*json_schema.problems_of_schema(schema)]:
        raise json_schema.unaccepted(problems)
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path)
        raise InvalidTemplateError(
            f"The output schema is not a valid JSON schema: {error.message}{f' (at {where})' if where else ''}.",
            "Correct it; JSON Schema draft 2020-12 is expected.",
        ) from error
    if schema.get("type") != "object" or not schema.get("properties"):
        raise InvalidTemplateError(
            "The output schema does not describe an object with properties.",
            'Write {"type": "object", "properties": {…}}, one property for each field of the answer.',
        )
    answer_fields(schema)


def answer_fields(schema: Mapping[str, Any]) -> tuple[AnswerField, ...]:
    """The fields of the answer in the order of the schema. Raises InvalidTemplateError for a kind not known here."""
    required = set(schema.get("required", ()))
    return tuple(_field(name, spec, name in required) for name, spec in schema["properties"].items())


def span_rules(schema: Mapping[str, Any]) -> dict[str, SpanRules]:
    """The rules of the fields that hold spans, by name; of any schema, also one with fields that no form can show."""
    return {
        name: SpanRules.of(name, spec)
        for name, spec in schema.get("properties", {}).items()
        if isinstance(spec, Mapping) and spec.get("type") == "array"
    }


def _field(name: str, spec: Mapping[str, Any] | bool, required: bool) -> AnswerField:
    # JSON schema allows true for "anything"; no form can show that.
    spec = spec if isinstance(spec, Mapping) else {}
    declared = spec.get("type")
    if "enum" in spec:
        kind = FieldKind.ENUM
    elif declared in ("boolean", "number", "integer"):
        kind = FieldKind(declared)
    elif declared == "string":
        kind = FieldKind.TEXT
    elif declared == "array":
        kind = FieldKind.SPANS
    else:
        raise InvalidTemplateError(
            f"The field {name!r} of the output schema is of type {declared!r}.",
            "A field is an enum, a boolean, a number, an integer, a string or an array of spans.",
        )
    return AnswerField(
        name=name,
        kind=kind,
        required=required,
        title=str(spec.get("title", "")),
        description=str(spec.get("description", "")),
        choices=tuple(spec.get("enum", ())),
        minimum=spec.get("minimum"),
        maximum=spec.get("maximum"),
        max_length=spec.get("maxLength"),
        spans=SpanRules.of(name, spec) if kind is FieldKind.SPANS else None,
        format=str(spec.get("format", "")),
    )


def answer_problems(schema: Mapping[str, Any], answer: object) -> tuple[Problem, ...]:
    """Everything that is wrong with `answer`, all at once; empty when it fits."""
    problems = (Problem(path, message) for path, message in json_schema.Validator(schema).problems(answer))
    return tuple(sorted(problems, key=lambda problem: problem.path))
