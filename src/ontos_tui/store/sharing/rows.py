"""Rows of shared tables, many at once: as the log has them, and as they are written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import compress
from operator import ne
from typing import Any

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.pairs import Decidable
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.entries import EntryId, Thing
from ontos_tui.domain.sharing.state import Standing
from ontos_tui.domain.sharing.table_rules import HISTORY, ORDER
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.triggers import row_as_json, shared_columns
from ontos_tui.store.tables import FIELDS
from ontos_tui.store.values import uses_as_json, uses_from_json

RECORDS: dict[str, type[Record]] = {record.TABLE: record for record in SHARED}
COLUMNS = {table: shared_columns(record) for table, record in RECORDS.items()}
Values = Mapping[str, Any]
_CHUNK = 500
_USES = "allowed_uses"
_PAIRS = {
    table: (names.index(FIELDS), names.index(_USES))
    for table, names in COLUMNS.items()
    if issubclass(RECORDS[table], Decidable)
}
"""Where pairs have what is stored in a shorter form than the log has it: the log's numbers would be others' lists."""


def as_in_log(connection: Connection, table: str, rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    """Rows with the shared columns of a table as the log has them; those that are like that already stay so."""
    if table not in _PAIRS:
        return rows
    fields, uses = _PAIRS[table]

    def written_out(row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        values[fields] = connection.fields.as_object(row[fields])
        values[uses] = uses_as_json(row[uses])
        return values

    return map(written_out, rows)


def row_as_in_log(connection: Connection, table: str, row: Sequence[Any]) -> dict[str, Any]:
    """One such row, by its columns."""
    (values,) = as_in_log(connection, table, [row])
    return dict(zip(COLUMNS[table], values, strict=True))


def _as_stored(connection: Connection, table: str, names: Sequence[str], values: Iterable[Any]) -> Iterable[Any]:
    """Values of these columns, which are as the log has them, as they are stored here."""
    if table not in _PAIRS:
        return values
    encoders = {FIELDS: connection.fields.from_object, _USES: uses_from_json}
    return [encoders[name](one) if name in encoders else one for name, one in zip(names, values, strict=True)]


def read_standings(
    connection: Connection, table: str, keys: Sequence[str], writers: Mapping[int, str]
) -> Iterator[tuple[str, Standing]]:
    """The rows of these keys that some entry has set, with that entry."""
    names = COLUMNS[table]
    key = RECORDS[table].KEY
    sql = (
        f"SELECT r.key, r.writer, r.seq, r.at, {', '.join(f't.{name}' for name in names)} FROM shared_rows r "  # noqa: S608
        f"LEFT JOIN {table} t ON t.{key} = r.key WHERE r.entity = ? AND r.key IN (SELECT value FROM json_each(?))"
    )
    key_at = names.index(key)
    for start in range(0, len(keys), _CHUNK):
        for row in connection.rows(sql, (table, json.dumps(keys[start : start + _CHUNK]))):
            name, writer, seq, at, *values = row
            there = None if values[key_at] is None else row_as_in_log(connection, table, values)
            moment = None if at is None else datetime.fromisoformat(at)
            yield str(name), Standing(there, EntryId(writers[writer], int(seq)), moment)


def write_rows(
    connection: Connection, rows: Mapping[Thing, Values | None], before: Mapping[Thing, Values | None] | None = None
) -> None:
    """Make rows what is given, whatever is there; None removes one. What goes, goes first.

    `before` are rows as they are now: of those only the columns that change are written, and their indexes.
    """
    by_table: dict[str, list[Values]] = {}
    gone: dict[str, list[tuple[str]]] = {}
    updates: dict[str, dict[tuple[str, ...], list[tuple[Any, ...]]]] = {}
    for thing, values in rows.items():
        there = before.get(thing) if before else None
        if values is None:
            gone.setdefault(thing.table, []).append((thing.key,))
        elif there is None:
            by_table.setdefault(thing.table, []).append(values)
        elif names := _changed(COLUMNS[thing.table], there, values):
            update = (*_as_stored(connection, thing.table, names, map(values.get, names)), thing.key)
            updates.setdefault(thing.table, {}).setdefault(names, []).append(update)
    for table in sorted(gone, key=ORDER.__getitem__, reverse=True):
        connection.executemany(f"DELETE FROM {table} WHERE {RECORDS[table].KEY} = ?", gone[table])  # noqa: S608
    for table in sorted({*by_table, *updates}, key=ORDER.__getitem__):
        if table in by_table:
            _upsert(connection, table, by_table[table])
        for names, changed in updates.get(table, {}).items():
            sets = ", ".join(f"{name} = ?" for name in names)
            sql = f"UPDATE {table} SET {sets} WHERE {RECORDS[table].KEY} = ?"  # noqa: S608
            connection.executemany(sql, changed)


def _upsert(connection: Connection, table: str, rows: Sequence[Values]) -> None:
    record = RECORDS[table]
    own = {
        name: record.model_fields[name].get_default(call_default_factory=True)
        for name in record.model_fields
        if name not in COLUMNS[table]
    }
    names = [*COLUMNS[table], *own]
    marks = ", ".join("?" * len(names))
    sets = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[table] if name != record.KEY)
    done = "DO NOTHING" if table in HISTORY else f"({record.KEY}) DO UPDATE SET {sets}"
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT {done}"  # noqa: S608
    shared, rest = COLUMNS[table], tuple(own.values())
    stored = (_as_stored(connection, table, shared, map(values.get, shared)) for values in rows)
    connection.executemany(sql, [(*values, *rest) for values in stored])


def _changed(columns: tuple[str, ...], there: Values, values: Values) -> tuple[str, ...]:
    return tuple(compress(columns, map(ne, map(there.get, columns), map(values.get, columns))))


def keep_bases(connection: Connection, things: Sequence[Thing]) -> None:
    """Keep these rows as they are now, and what set them, unless an earlier state of them is kept."""
    by_table: dict[str, list[str]] = {}
    for thing in things:
        by_table.setdefault(thing.table, []).append(thing.key)
    for table, keys in by_table.items():
        key = RECORDS[table].KEY
        row = f"CASE WHEN t.{key} IS NOT NULL THEN {row_as_json(RECORDS[table], 't')} END"
        sql = (
            f"INSERT OR IGNORE INTO shared_base SELECT ?, k.value, {row}, r.writer, r.seq, r.at FROM json_each(?) k "  # noqa: S608
            f"LEFT JOIN {table} t ON t.{key} = k.value LEFT JOIN shared_rows r ON r.entity = ? AND r.key = k.value"
        )
        connection.execute(sql, (table, json.dumps(keys), table))
