"""SQLAlchemy tables, made from the records: a column's name, type and nullability stand in the record alone."""

from __future__ import annotations

import json
import types
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from sqlalchemy import Boolean, Column, Dialect, Float, Index, Integer, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.types import TypeDecorator, TypeEngine

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.tables import RECORDS

METADATA = MetaData()


class UtcTime(TypeDecorator[datetime]):
    """An aware time as ISO text of fixed width in UTC, so that text order is time order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        # isoformat, not strftime: the latter writes the year 999 in three digits.
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Day(TypeDecorator[date]):
    """A calendar day as ISO text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(value)


def to_json(value: Any) -> str:
    """JSON for a column. Lone surrogates, which SQLite's UTF-8 cannot hold, are escaped."""
    text = _encode(value)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), default=_plain)
    return text


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


# json.dumps makes an encoder for every call, which takes longer than a row.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


class JsonText(TypeDecorator[Any]):
    """A dict or a list as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class EnumText(TypeDecorator[Enum]):
    """A string enum as its value; read back as the plain string, which the record turns into the enum."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else str(value.value if isinstance(value, Enum) else value)


def storage_type(annotation: Any) -> tuple[type, bool]:
    """The Python type that a column stores, and whether it may be null: `str | None` is (str, True)."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        (inner,) = (arm for arm in get_args(annotation) if arm is not type(None))
        return storage_type(inner)[0], True
    return (origin or annotation), False


def _sqlite_type(python: type) -> TypeEngine[Any]:
    if issubclass(python, Enum):
        return EnumText()
    if issubclass(python, (dict, list, BaseModel)):
        return JsonText()
    simple: dict[type, TypeEngine[Any]] = {
        str: Text(),
        bool: Boolean(),
        int: Integer(),
        float: Float(),
        datetime: UtcTime(),
        date: Day(),
    }
    return simple[python]


def _make(record: type[Record]) -> Table:
    columns = []
    for name, field in record.model_fields.items():
        python, nullable = storage_type(field.annotation)
        columns.append(Column(name, _sqlite_type(python), primary_key=name == record.KEY, nullable=nullable))
    unique = [UniqueConstraint(*names) for names in record.UNIQUE]
    indexes = [Index(f"ix_{record.TABLE}_{'_'.join(names)}", *names) for names in record.INDEXES]
    return Table(record.TABLE, METADATA, *columns, *unique, *indexes)


_TABLES = {record: _make(record) for record in RECORDS}


@cache
def table(record: type[Record]) -> Table:
    """The table that keeps `record`."""
    return _TABLES[record]
