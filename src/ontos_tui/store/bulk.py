"""Rows by the thousand: tuples straight into SQLite, without a record and its checks for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import repeat
from typing import Any, TypeVar

from ontos_tui.domain.records.base import Record
from ontos_tui.store.connection import Connection
from ontos_tui.store.tables import columns

T = TypeVar("T")


def stored(record: type[Record], column: str, value: Any) -> Any:
    """The value as SQLite keeps it in this column: JSON, a time in UTC, the word of an enum."""
    return _encoded(value, _encoders(record)[column])


def _encoded(value: Any, encode: Callable[[Any], Any] | None) -> Any:
    return value if value is None or encode is None else encode(value)


@cache
def _encoders(record: type[Record]) -> dict[str, Callable[[Any], Any] | None]:
    return {column.name: column.encode for column in columns(record)}


class RowMaker:
    """Makes rows that are all like one record but for the named columns."""

    def __init__(self, like: Record) -> None:
        names = list(type(like).model_fields)
        self._like = [stored(type(like), name, getattr(like, name)) for name in names]
        self._at = {name: place for place, name in enumerate(names)}
        self._insert = f"INSERT INTO {like.TABLE} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608

    def row(self, **columns: Any) -> tuple[Any, ...]:
        """A row with these values, as they are stored (see `stored`)."""
        values = self._like.copy()
        for name, value in columns.items():
            values[self._at[name]] = value
        return tuple(values)

    def insert(self, connection: Connection, rows: list[tuple[Any, ...]]) -> None:
        """Insert rows that this maker made."""
        connection.executemany(self._insert, rows)

    def insert_columns(self, connection: Connection, count: int, **columns: Iterable[Any]) -> None:
        """Insert so many rows whose values, as they are stored, come by the column."""
        values = [repeat(value, count) for value in self._like]
        for name, given in columns.items():
            values[self._at[name]] = given  # type: ignore[call-overload]
        connection.executemany(self._insert, zip(*values, strict=True))


def update_records(connection: Connection, records: Sequence[Record], names: Sequence[str]) -> None:
    """Write these columns of stored records of one type, as the records have them now."""
    if not records:
        return
    kind = type(records[0])
    encoders = [(place, encode) for place, name in enumerate(names) if (encode := _encoders(kind)[name]) is not None]

    def row(one: Record) -> list[Any]:
        fields = one.__dict__
        values = [*(fields[name] for name in names), one.key()]
        for place, encode in encoders:
            if values[place] is not None:
                values[place] = encode(values[place])
        return values

    update_rows(connection, kind, names, map(row, records))


def update_rows(
    connection: Connection, record: type[Record], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write these columns of stored rows: each of `rows` is their values, as they are stored, and then the key."""
    connection.executemany(_update(record, tuple(names)), rows)


@cache
def _update(record: type[Record], names: tuple[str, ...]) -> str:
    unknown = [name for name in names if name not in record.model_fields]
    if unknown:
        raise ValueError(f"{record.TABLE} has no column {unknown[0]!r}.")
    return f"UPDATE {record.TABLE} SET {', '.join(f'{name} = ?' for name in names)} WHERE {record.KEY} = ?"  # noqa: S608


def new_ids(count: int) -> list[str]:
    """As many ids as `record.new_id` would make one by one, in a thirtieth of the time."""
    drawn = os.urandom(16 * count).hex()
    return [drawn[start : start + 32] for start in range(0, len(drawn), 32)]


def chunks(values: Sequence[T], size: int = 1_000) -> Iterator[Sequence[T]]:
    """The values in pieces that a query can name one by one."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def marks(values: Sequence[Any]) -> str:
    """One question mark for each value, for `IN (…)`."""
    return ", ".join("?" * len(values))
