"""The fields of an answer as lines that people can write: `defect = none | scratch`, `depth? = number 0..10`.

A line for each field: its name, with `?` where it may be left out, and what it holds: values separated by `|`,
`yes/no`, `number` or `integer` (`0..10` with bounds, each of which may be missing), or `text`. What the notation cannot
say of a field, such as its description, stays as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ontos_tui.domain.errors import InvalidTemplateError
from ontos_tui.domain.schema import AnswerField, FieldKind, answer_fields
from ontos_tui.domain.spans import with_labels

HINT = "a line each: defect = none | scratch · depth? = number 0..10 · ok = yes/no · note? = text"

_LINE = re.compile(r"(?P<name>[^=?]+?)\s*(?P<optional>\?)?\s*=\s*(?P<holds>.+)")
_VALUES = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^|]*?)\s*(?:\||$)')
_NUMBER = re.compile(r"(?P<kind>number|integer)(?:\s+(?P<low>-?[\d.]*?\d)?\.\.(?P<high>-?[\d.]*\d)?)?")
_SPANS = "spans:"


def answer_text(schema: Mapping[str, Any]) -> str:
    """The fields of an output schema as lines."""
    return "\n".join(_line(field) for field in answer_fields(schema)) if schema else ""


def answer_schema(text: str, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The output schema that these lines describe; of a field that is as `before`, all stays as it was there.

    Raises InvalidTemplateError with the number of the line that cannot be read.
    """
    old = dict(before or {"type": "object", "additionalProperties": False})
    known = {field.name: field for field in answer_fields(old)} if old.get("properties") else {}
    properties: dict[str, Any] = {}
    required: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        name = match["name"].strip() if match else ""
        if match is None or not name or name in properties:
            raise _unreadable(number, f"{name!r} stands there twice" if name in properties else f"{line.strip()!r}")
        if not match["optional"]:
            required.append(name)
        spec = dict(old.get("properties", {}).get(name, {}))
        field = known.get(name)
        if field is not None and _holds(field) == match["holds"].strip():
            properties[name] = spec
        else:
            properties[name] = _spec(match["holds"].strip(), number, spec)
    if not properties:
        raise InvalidTemplateError("The answer has no field.", f"Write at least one: {HINT}.")
    schema = {**old, "properties": properties, "required": required}
    return schema if required else {name: value for name, value in schema.items() if name != "required"}


def _line(field: AnswerField) -> str:
    return f"{field.name}{'' if field.required else '?'} = {_holds(field)}"


def _holds(field: AnswerField) -> str:
    if field.kind is FieldKind.ENUM:
        return " | ".join(map(_word, field.choices))
    if field.kind is FieldKind.BOOLEAN:
        return "yes/no"
    if field.kind is FieldKind.TEXT:
        return "text"
    if field.spans is not None:
        return f"{_SPANS} {' | '.join(map(_word, field.spans.labels))}"
    bounds = ["" if bound is None else f"{bound:g}" for bound in (field.minimum, field.maximum)]
    return f"{field.kind} {'..'.join(bounds)}" if any(bounds) else str(field.kind)


def _word(value: Any) -> str:
    """A value of an enum; in quotes where it would be read as something else."""
    if not isinstance(value, str):
        return json.dumps(value)
    plain = value.isprintable() and "|" not in value and value not in _WORDS
    return value if plain and _read_word(value) == value else json.dumps(value)


_WORDS = ("yes/no", "text", "number", "integer", "")


def _read_word(text: str) -> Any:
    """The value that a word means: what is JSON, as such; everything else is text."""
    stripped = text.strip()
    try:
        return json.loads(stripped)
    except ValueError:
        return stripped


def _spec(holds: str, number: int, before: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of one field; its title and description stay."""
    about = {name: before[name] for name in ("title", "description") if name in before}
    if holds.startswith(_SPANS):
        if before.get("type") != "array":
            raise _unreadable(number, "spans need a schema; import such a template from a file")
        return with_labels(dict(before), [str(value) for value in _values(holds.removeprefix(_SPANS))])
    if holds == "yes/no":
        return {**about, "type": "boolean"}
    if holds == "text":
        return {**about, "type": "string"}
    if match := _NUMBER.fullmatch(holds):
        bounds = {"minimum": match["low"], "maximum": match["high"]}
        return {**about, "type": match["kind"], **{name: json.loads(text) for name, text in bounds.items() if text}}
    values = _values(holds)
    if len(values) < 2 or any(isinstance(value, dict | list) for value in values):
        raise _unreadable(number, f"{holds!r} is neither a list of values nor a kind")
    return {**about, "enum": values}


def _values(text: str) -> list[Any]:
    return [_read_word(match[1]) for match in _VALUES.finditer(text) if match[1]]


def _unreadable(number: int, what: str) -> InvalidTemplateError:
    return InvalidTemplateError(f"Line {number} of the answer cannot be read: {what}.", f"Write {HINT}.")
