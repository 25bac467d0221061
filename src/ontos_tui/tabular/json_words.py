"""What is wrong with a text that is not JSON, in our words; and tables that a JSON document holds in another way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_REASONS = (
    ("Extra data", "something follows the end of the object, such as a comma or another object"),
    ("Expecting ',' delimiter", "a comma or a closing bracket is missing"),
    ("Expecting ':' delimiter", "a colon is missing behind a name"),
    ("Expecting property name", "a name in double quotes is missing"),
    ("Illegal trailing comma", "a comma stands before a closing bracket"),
    ("Expecting value", "a value is missing or is no JSON"),
    ("Unterminated string", "a text in quotes does not end"),
    ("Invalid control character", "a text holds a character that has to be written as an escape"),
    ("Invalid \\", "a backslash begins no escape"),
)


def json_reason(error: json.JSONDecodeError) -> str:
    """The reason of a decoder in our words."""
    return next((ours for theirs, ours in _REASONS if error.msg.startswith(theirs)), "it is not written as JSON is")


def rows_of_object(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of an object that holds no list of objects: a column in each list, a row in each object, or one row."""
    names, rows = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(rows, list) and _is_split(names, rows):
        yield from (dict(zip(names, row, strict=True)) for row in rows)
    elif _is_columns(value):
        yield from (dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True))
    elif _is_rows(value):
        yield from ({_free("key", row): key, **row} for key, row in value.items())
    else:
        yield value


def _is_split(names: list[Any], rows: list[Any]) -> bool:
    return (
        bool(names)
        and len(set(map(str, names))) == len(names)
        and all(isinstance(name, str) for name in names)
        and all(isinstance(row, list) and len(row) == len(names) for row in rows)
    )


def _is_columns(value: dict[str, Any]) -> bool:
    """Whether every value is a list of single values, all equally long."""
    lists = list(value.values())
    if len(lists) < 2 or not all(isinstance(one, list) for one in lists):
        return False
    lengths = {len(one) for one in lists}
    return len(lengths) == 1 and lengths != {0} and not any(_is_nested(cell) for one in lists for cell in one)


def _is_rows(value: dict[str, Any]) -> bool:
    """Whether every value is an object with the same names, which hold single values."""
    objects = list(value.values())
    if len(objects) < 2 or not all(isinstance(one, dict) and one for one in objects):
        return False
    return all(one.keys() == objects[0].keys() and not any(map(_is_nested, one.values())) for one in objects)


def _is_nested(value: Any) -> bool:
    return isinstance(value, (list, dict))


def _free(name: str, row: dict[str, Any]) -> str:
    while name in row:
        name += "_"
    return name
