"""What the tables are like: a column's name, type and nullability stand in the record alone."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.pairs import Decidable
from ontos_tui.store.values import enum_text, from_json, time_text, to_json, uses_from_text, uses_to_text

__all__ = ["Column", "columns", "create", "storage_type", "to_json"]


@dataclass(frozen=True)
class Column:
    """A column: its SQLite type, and what makes a value fit for it and back; None where the driver does."""

    name: str
    type: str
    nullable: bool
    encode: Callable[[Any], Any] | None
    decode: Callable[[str], Any] | None

    @property
    def sql(self) -> str:
        """Its definition in CREATE TABLE."""
        return f"{_quoted(self.name)} {self.type}{'' if self.nullable else ' NOT NULL'}"


@cache
def columns(record: type[Record]) -> tuple[Column, ...]:
    """The columns of the table that keeps `record`, in their order."""
    described = (_column(name, field.annotation) for name, field in record.model_fields.items())
    if not issubclass(record, Decidable):
        return tuple(described)
    # Their fields are stored by the lists of a database, so that only the verbs of store/rows.py read and write them.
    encoders = {"allowed_uses": (uses_to_text, uses_from_text), FIELDS: (None, None)}
    return tuple(
        replace(one, encode=encoders[one.name][0], decode=encoders[one.name][1]) if one.name in encoders else one
        for one in described
    )


FIELDS = "source_data"
"""The column of a pair that has its item's fields: see store/field_lists.py."""


def _column(name: str, annotation: Any) -> Column:
    python, nullable = storage_type(annotation)
    if issubclass(python, Enum):
        return Column(name, "TEXT", nullable, enum_text, None)
    if issubclass(python, (dict, list, BaseModel)):
        return Column(name, "TEXT", nullable, to_json, from_json)
    kind, encode, decode = _SIMPLE[python]
    return Column(name, kind, nullable, encode, decode)


_SIMPLE: dict[type, tuple[str, Callable[[Any], Any] | None, Callable[[str], Any] | None]] = {
    str: ("TEXT", None, None),
    bool: ("BOOLEAN", None, None),
    int: ("INTEGER", None, None),
    float: ("FLOAT", None, None),
    datetime: ("TEXT", time_text, datetime.fromisoformat),
    date: ("TEXT", date.isoformat, date.fromisoformat),
}


def storage_type(annotation: Any) -> tuple[type, bool]:
    """The Python type that a column stores, and whether it may be null: `str | None` is (str, True)."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        (inner,) = (arm for arm in get_args(annotation) if arm is not type(None))
        return storage_type(inner)[0], True
    return (origin or annotation), False


def create(record: type[Record]) -> Iterator[str]:
    """The statements that make the table of a record and its indexes, for a step of the migrations."""
    lines = [column.sql for column in columns(record)]
    lines.append(f"PRIMARY KEY ({record.KEY})")
    lines += [f"UNIQUE ({', '.join(map(_quoted, names))})" for names in record.UNIQUE]
    yield f"CREATE TABLE {record.TABLE} (\n\t" + ", \n\t".join(lines) + "\n)"
    for names in record.INDEXES:
        yield f"CREATE INDEX ix_{record.TABLE}_{'_'.join(names)} ON {record.TABLE} ({', '.join(map(_quoted, names))})"
    for name, expressions in SHORT_INDEXES.get(record.TABLE, {}).items():
        yield f"CREATE INDEX {name} ON {record.TABLE} ({', '.join(expressions)})"


def milliseconds(time: str) -> str:
    """SQL for a stored time as a number, in the order of the times; two that are nearer than that may be one number."""
    return f"CAST((julianday({time}) - 2440587.5) * 86400000 AS INTEGER)"


SHORT_INDEXES = {
    "qa_pairs": {
        "ix_qa_pairs_changed": (
            "substr(training_sheet_id, 1, 8)",
            milliseconds("updated_at"),
        )
    }
}
"""Indexes of expressions, by table and name: a third of the bytes of the columns. Queries compare the columns too."""


_RESERVED = {"after", "before", "by"}


def _quoted(name: str) -> str:
    return f'"{name}"' if name in _RESERVED else name
