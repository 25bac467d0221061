"""FOR DELETION: SQLAlchemy upon the store's own connections, until every query stands in store/queries/.

What goes with it: all lines marked BRIDGE in store/, `tables.table`, and the dependency. Nothing here is imported
before somebody hands the store a clause of SQLAlchemy or asks for one of its tables.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    and_,
    cast,
    create_engine,
    event,
    exists,
    func,
    select,
    type_coerce,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator, TypeEngine

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.tables import RECORDS
from ontos_tui.store.tables import storage_type
from ontos_tui.store.values import enum_text, time_text, to_json

R = TypeVar("R", bound=Record)

METADATA = MetaData()


# Connections -------------------------------------------------------------------------------------------------------


class _Lent:
    """The driver's connection without its ends: the store alone begins, commits, takes back and closes."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def commit(self) -> None:
        """Does nothing."""

    def rollback(self) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


_next = threading.local()
_ENGINE = create_engine("sqlite://", creator=lambda: _next.raw, poolclass=NullPool, pool_reset_on_return=None)


@event.listens_for(_ENGINE, "handle_error")
def _as_the_driver_says(context: ExceptionContext) -> None:
    """Errors are the driver's own, whoever runs a statement."""
    error = context.original_exception
    if isinstance(error, sqlite3.Error):
        raise type(error)(*error.args)


def connect(raw: sqlite3.Connection) -> Connection:
    """SQLAlchemy's connection upon this one. It never begins or ends a transaction: the store does that."""
    _next.raw = _Lent(raw)
    return _ENGINE.connect()


# Records -----------------------------------------------------------------------------------------------------------


def find(
    connection: Connection,
    record: type[R],
    where: Sequence[Any],
    order_by: Sequence[Any],
    limit: int | None,
    offset: int,
) -> list[R]:
    """As `rows.find`, by SQLAlchemy's conditions."""
    query = select(table(record)).where(*where).order_by(*order_by)
    if limit is not None or offset:
        query = query.limit(-1 if limit is None else limit).offset(offset)
    return [record.model_validate(dict(row)) for row in connection.execute(query).mappings()]


def count(connection: Connection, record: type[Record], where: Sequence[Any]) -> int:
    """As `rows.count`, by SQLAlchemy's conditions."""
    return connection.execute(select(func.count()).select_from(table(record)).where(*where)).scalar_one()


def references(record: type[Record], ref: str) -> list[Any]:
    """What `rows.resolve` looks for, as SQLAlchemy's conditions."""
    columns = table(record).c
    key = columns[record.KEY]
    names = [columns["name"] == ref] if "name" in columns else []
    beginning = [key.startswith(ref, autoescape=True)] if len(ref) >= 4 else []
    return [key == ref, *names, *beginning]


def among_values(column: Any, text: str) -> Any:
    """As `conditions.value_contains`."""
    value = func.json_each(column).table_valued("value").c.value
    return and_(
        type_coerce(column, Text).contains(json.dumps(text, ensure_ascii=False)[1:-1], autoescape=True),
        func.json_valid(column) == 1,
        exists(select(1).where(cast(value, Text).contains(text, autoescape=True))),
    )


# Tables ------------------------------------------------------------------------------------------------------------


class UtcTime(TypeDecorator[datetime]):
    """An aware time."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else time_text(value)

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
        return None if value is None else enum_text(value)


def _type(python: type) -> TypeEngine[Any]:
    from pydantic import BaseModel

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
        columns.append(Column(name, _type(python), primary_key=name == record.KEY, nullable=nullable))
    unique = [UniqueConstraint(*names) for names in record.UNIQUE]
    indexes = [Index(f"ix_{record.TABLE}_{'_'.join(names)}", *names) for names in record.INDEXES]
    return Table(record.TABLE, METADATA, *columns, *unique, *indexes)


_TABLES = {record: _make(record) for record in RECORDS}


@cache
def table(record: type[Record]) -> Table:
    """The table that keeps `record`."""
    return _TABLES[record]
