"""The form of an answer: its fields from the output schema, and how what is typed becomes a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.text.numbers import parse_number
from ontos_tui.tui.dialogs.forms.form import FormField, Values

if TYPE_CHECKING:
    from ontos_tui.domain.schema import FieldKind


def read_number(text: str) -> float:
    """A number as typed. Raises ValueError in plain words."""
    number = parse_number(text.replace(",", "."))
    if number is None:
        raise ValueError(f"{text!r} is not a number")
    return float(number)


def read_integer(text: str) -> int:
    """A whole number as typed. Raises ValueError in plain words."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def read_spans(text: str) -> Any:
    """Spans as JSON. Raises ValueError in plain words."""
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("this is not valid JSON; S in the queue marks spans in the text") from None


def read_fraction(text: str) -> float:
    """A fraction from 0 to 1, also typed as a percentage. Raises ValueError in plain words."""
    number = text.strip().replace(",", ".")
    try:
        fraction = float(number.removesuffix("%")) / (100 if number.endswith("%") else 1)
    except ValueError:
        raise ValueError(f"{text!r} is not a number, such as 0.1 or 10%") from None
    if not 0 <= fraction <= 1:
        raise ValueError(f"{text!r} is not between 0 and 1 (0% and 100%)")
    return fraction


def schema_fields(schema: Mapping[str, Any], answer: Mapping[str, Any] | None) -> list[FormField]:
    """The form of an answer, built from its output schema and pre-filled with `answer`."""
    from ontos_tui.domain.schema import FieldKind, answer_fields

    readers: dict[FieldKind, Callable[[str], Any]] = {
        FieldKind.NUMBER: read_number,
        FieldKind.INTEGER: read_integer,
        FieldKind.TEXT: str,
        FieldKind.SPANS: read_spans,
    }
    answer = answer or {}
    return [
        FormField(
            name=field.name,
            label=field.title or field.name,
            value=_as_typed(field.kind, answer.get(field.name)),
            choices=(True, False) if field.kind is FieldKind.BOOLEAN else field.choices,
            required=field.required,
            hint=field.description,
            read=readers.get(field.kind, str),
        )
        for field in answer_fields(schema)
    ]


def _as_typed(kind: FieldKind, value: Any) -> Any:
    import json

    # In ASCII, so that what is shown is what is read again.
    return json.dumps(value) if kind == "spans" and value is not None else value


def schema_check(schema: Mapping[str, Any]) -> Callable[[Values], list[str]]:
    """A check of a whole answer against its output schema; empty optional fields are left out."""
    from ontos_tui.domain.schema import answer_problems

    return lambda values: [str(problem) for problem in answer_problems(schema, without_empty(values))]


def without_empty(values: Values) -> Values:
    """The values that were given."""
    return {name: value for name, value in values.items() if value is not None}
