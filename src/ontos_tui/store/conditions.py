"""Conditions on rows: a piece of SQL with question marks, and the values for them.

The SQL and the names of columns are written in our own code; whatever comes from data is a value.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Condition:
    """What stands behind WHERE. `a & b`, `a | b` and `~a` make one condition of two, and the opposite."""

    sql: str
    values: tuple[Any, ...] = ()

    def __and__(self, other: Condition) -> Condition:
        return all_of(self, other)

    def __or__(self, other: Condition) -> Condition:
        return any_of(self, other)

    def __invert__(self) -> Condition:
        return Condition(f"NOT ({self.sql})", self.values)


def where(sql: str, *values: Any) -> Condition:
    """A condition as SQL: `where("sequence_number > ?", after)`."""
    return Condition(sql, values)


def equal(**columns: Any) -> Condition:
    """Each of these columns has this value; None is no value."""
    pieces = [f"{_checked(name)} {'IS NULL' if value is None else '= ?'}" for name, value in columns.items()]
    return Condition(" AND ".join(pieces) or "1", tuple(value for value in columns.values() if value is not None))


def among(column: str, values: Collection[Any]) -> Condition:
    """The column has one of these values: as many as one statement can bind, some 30,000 (see `bulk.chunks`)."""
    return Condition(f"{_checked(column)} IN ({', '.join('?' * len(values))})", tuple(values))


def contains(column: str, text: str) -> Condition:
    """The text stands somewhere in the column, in any case of ASCII letters."""
    return Condition(f"{_checked(column)} LIKE ? ESCAPE '\\'", (f"%{_escaped(text)}%",))


def starts_with(column: str, text: str) -> Condition:
    """The column begins with the text, in any case of ASCII letters."""
    return Condition(f"{_checked(column)} LIKE ? ESCAPE '\\'", (f"{_escaped(text)}%",))


def value_contains(column: str, text: str) -> Condition:
    """A value of the JSON in this column holds the text: a look at the whole first, at the values where it fits.

    In the whole, the text stands with its quotes and line ends escaped; and the names of an object's fields stand there
    too. The first value of an array is the number of the list of its names (store/field_lists.py).
    """
    whole = contains(column, json.dumps(text, ensure_ascii=False)[1:-1])
    value = contains("value_text", text)
    texts = f"SELECT CAST(value AS TEXT) AS value_text FROM json_each({column}) WHERE key IS NOT 0"  # noqa: S608
    values = f"SELECT 1 FROM ({texts}) WHERE {value.sql}"  # noqa: S608
    return all_of(whole, Condition(f"json_valid({column}) AND EXISTS ({values})", value.values))


def all_of(*conditions: Condition) -> Condition:
    """Every one of them holds; so it does of none."""
    return _joined(conditions, " AND ", "1")


def any_of(*conditions: Condition) -> Condition:
    """At least one of them holds; of none, none does."""
    return _joined(conditions, " OR ", "0")


def _joined(conditions: tuple[Condition, ...], word: str, nothing: str) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    sql = word.join(f"({one.sql})" for one in conditions)
    return Condition(sql or nothing, tuple(value for one in conditions for value in one.values))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _checked(column: str) -> str:
    if not all(part.isidentifier() for part in column.split(".")):
        raise ValueError(f"{column!r} is no column.")
    return column
