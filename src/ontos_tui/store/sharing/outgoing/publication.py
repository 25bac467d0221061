"""Rows of shared tables as the log has them, for the tables that a team's dashboards read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ontos_tui.domain.records.base import Record
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.rows import as_in_log

_CHUNK = 500
Values = dict[str, Any]


def all_rows(connection: Connection, record: type[Record]) -> Iterator[tuple[str, Values | None]]:
    """Every row, by its key."""
    names = list(record.model_fields)
    place = names.index(record.KEY)
    rows = connection.execute(f"SELECT {', '.join(names)} FROM {record.TABLE}")  # noqa: S608
    for row in as_in_log(connection, record.TABLE, rows):
        yield str(row[place]), dict(zip(names, row, strict=True))


def rows_of(connection: Connection, record: type[Record], keys: Sequence[str]) -> Iterator[tuple[str, Values | None]]:
    """The rows of these keys; None for one that is not there."""
    names = list(record.model_fields)
    place = names.index(record.KEY)
    sql = f"SELECT {', '.join(names)} FROM {record.TABLE} WHERE {record.KEY} IN (SELECT value FROM json_each(?))"  # noqa: S608
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        rows = connection.rows(sql, (json.dumps(some),))
        there = {str(row[place]): row for row in as_in_log(connection, record.TABLE, rows)}
        for key in some:
            row = there.get(key)
            yield key, None if row is None else dict(zip(names, row, strict=True))


def changed_keys(connection: Connection, table: str, since: datetime) -> list[str]:
    """The keys of the rows that entries of the log have set since then, by the log's time."""
    sql = "SELECT key FROM shared_rows WHERE entity = ? AND at >= ?"
    return [str(key) for key in connection.scalars(sql, (table, since.isoformat()))]
