"""A workspace that shared by tables becomes one that shares by the log, without losing a row of either.

First the team's tables are read into `shared_old_rows`, and the log so far into `shared_log_rows`. Then all is done in
one transaction: what was not sent, and what the log does not have of others, is put aside into `shared_moving`; the
rows here become what the log says, or the team's where nobody has moved before; and what was put aside comes on top.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.sync import OWN_COLUMNS
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.apply import Fits
from ontos_tui.domain.sharing.entries import Change, Entry, EntryId, LogRow, Thing
from ontos_tui.domain.sharing.moving import Known, OldRow, Ours, placement
from ontos_tui.domain.sharing.table_rules import HISTORY, ORDER, differing, same
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.completing import defaults_of
from ontos_tui.store.sharing.old_tables import old_outbox
from ontos_tui.store.sharing.outgoing.pending import append_pending, compose, entries_of
from ontos_tui.store.sharing.queries import note_everything
from ontos_tui.store.sharing.rebase import put_on_again
from ontos_tui.store.sharing.rows import COLUMNS, RECORDS, keep_bases, row_as_in_log, write_rows
from ontos_tui.store.sharing.state import StoreState, applying
from ontos_tui.store.sharing.triggers import create_triggers

Values = Mapping[str, Any]
THEIRS, OURS = 0, 1
"""The parts of what is put aside: the team's row, where it was written after others had moved, and the one here."""
STAGED = ("shared_old_rows", "shared_log_rows", "shared_moved", "shared_moving")
_CHUNK = 500


# What is read before


def forget(connection: Connection) -> None:
    """Nothing was read yet, or it is not needed any more."""
    for table in STAGED:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608


def keep_old_rows(connection: Connection, record: type[Record], rows: Iterable[OldRow]) -> None:
    """Keep a page of a team's table."""
    stored = [(record.TABLE, one.key, json.dumps(dict(one.values)), one.version, one.gone) for one in rows]
    sql = "INSERT OR REPLACE INTO shared_old_rows (entity, key, row, version, gone) VALUES (?, ?, ?, ?, ?)"
    connection.executemany(sql, stored)


def keep_log_rows(connection: Connection, rows: Iterable[LogRow]) -> None:
    """Keep a page of the log."""
    stored = [(r.version, r.at.isoformat(), r.writer, r.seq, r.actor, r.format, r.body) for r in rows]
    sql = "INSERT INTO shared_log_rows (version, at, writer, seq, actor, format, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
    connection.executemany(sql, stored)


def log_pages(connection: Connection) -> Iterator[list[LogRow]]:
    """The log as it was kept."""
    after = 0
    sql = "SELECT * FROM shared_log_rows WHERE number > ? ORDER BY number LIMIT ?"
    while rows := connection.rows(sql, (after, _CHUNK)):
        after = int(rows[-1][0])
        yield [LogRow(row[1], datetime.fromisoformat(row[2]), *row[3:]) for row in rows]


def note_moved(connection: Connection, entries: Iterable[Entry]) -> None:
    """Which rows of the team's tables these entries of the log brought into it."""
    moved = [
        (*change.thing, change.old_version, *entry.id)
        for entry in entries
        for group in entry.groups
        for change in group.changes
        if change.old_version is not None
    ]
    sql = (
        "INSERT INTO shared_moved VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, "
        "writer = excluded.writer, seq = excluded.seq WHERE excluded.version > version"
    )
    connection.executemany(sql, moved)


# The step itself


def own_columns(connection: Connection) -> list[tuple[str, tuple[Any, ...]]]:
    """What this workspace alone counts, as statements that put it back once the rows are here again."""
    statements = []
    for record in SHARED:
        names = [name for name in record.model_fields if name in OWN_COLUMNS]
        if names:
            sets = ", ".join(f"{name} = ?" for name in names)
            sql = f"UPDATE {record.TABLE} SET {sets} WHERE {record.KEY} = ?"  # noqa: S608
            select = f"SELECT {', '.join(names)}, {record.KEY} FROM {record.TABLE}"  # noqa: S608
            statements += [(sql, row) for row in connection.rows(select) if any(row[:-1])]
    return statements


def begin(connection: Connection, writer: str, actor: str) -> int:
    """Put aside what the log will not bring, and have the rows here be the team's; where others have moved before, none
    are here, for the log to bring them. Share by the log from here on. Returns how many rows had not been sent.
    """
    unsent = old_outbox.unsent(connection)
    later = connection.one("SELECT 1 FROM shared_log_rows LIMIT 1") is not None
    with applying(connection):
        for record in SHARED:
            seen: set[str] = set()
            versions = old_outbox.known_versions(connection, record.TABLE)
            for rows in _old_rows(connection, record):
                seen |= {row.key for row in rows}
                _place(connection, record, rows, versions, unsent, later)
            if record.TABLE not in HISTORY:
                mine = {thing.key for thing in unsent if thing.table == record.TABLE}
                _put_rest_aside(connection, record, seen, mine, versions, later)
        _take(connection, later)
    old_outbox.drop(connection)
    create_triggers(connection)
    if later:
        _note_history(connection)
    else:
        note_everything(connection)
    read = connection.rows("SELECT entity, key, version FROM shared_old_rows WHERE version IS NOT NULL")
    compose(connection, writer, actor, {Thing(str(entity), str(key)): int(version) for entity, key, version in read})
    return int(connection.scalar("SELECT count(*) FROM shared_moving WHERE part = ?", (OURS,)))


def put_back(connection: Connection, writer: str, actor: str, fits: Fits) -> None:
    """Write what was put aside on top of the log."""
    own = {str(one) for one in connection.scalars("SELECT writer FROM shared_writers WHERE own")}
    moved = {
        Thing(str(entity), str(key)): EntryId(str(by), int(seq))
        for entity, key, by, seq in connection.rows("SELECT entity, key, writer, seq FROM shared_moved")
    }
    for part in (THEIRS, OURS):
        state, changes = StoreState(connection), []
        sql = "SELECT entity, key, row, follows, version FROM shared_moving WHERE part = ?"
        for entity, key, row, follows, version in connection.rows(sql, (part,)):
            thing = Thing(str(entity), str(key))
            values = None if row is None else json.loads(row)
            standing = state.standing(thing)
            stands = None if standing is None else standing.values
            if same(thing.table, values, stands):
                continue
            before = None if stands is None else {name: stands[name] for name in differing(thing.table, values, stands)}
            in_view = standing is not None and (standing.entry.writer in own or standing.entry == moved.get(thing))
            base = standing.entry if standing is not None and follows and in_view else None
            changes.append(Change(thing, values, base, before, version))
        changes.sort(key=lambda change: ORDER[change.thing.table])
        keep_bases(connection, [change.thing for change in changes])
        for groups in entries_of(changes):
            append_pending(connection, writer, actor, groups)
    forget(connection)
    put_on_again(connection, fits)


# Its parts


def _old_rows(connection: Connection, record: type[Record]) -> Iterator[list[OldRow]]:
    after = ""
    sql = "SELECT key, row, version, gone FROM shared_old_rows WHERE entity = ? AND key > ? ORDER BY key LIMIT ?"
    while rows := connection.rows(sql, (record.TABLE, after, _CHUNK)):
        after = str(rows[-1][0])
        yield [OldRow(str(key), json.loads(row), int(version), bool(gone)) for key, row, version, gone in rows]


def _place(
    connection: Connection,
    record: type[Record],
    rows: Sequence[OldRow],
    seen: Mapping[str, int],
    unsent: set[Thing],
    later: bool,
) -> None:
    table = record.TABLE
    ours = _rows_here(connection, table, [row.key for row in rows])
    moved = _moved(connection, table)
    defaults = defaults_of(connection, table)
    taken: list[tuple[object, ...]] = []
    aside: list[tuple[object, ...]] = []
    for row in rows:
        mine, thing = ours.get(row.key), Thing(table, row.key)
        theirs = None if row.gone else {**defaults, **(mine or {}), **_of(table, row.values)}
        known = Known(row.version, seen.get(row.key, 0), moved.get(row.key), thing in unsent, later)
        place = placement(table, mine, theirs, known)
        if place.theirs_on_top:
            aside.append((*thing, THEIRS, _text(theirs), True, row.version))
        if place.ours is not Ours.NOTHING:
            aside.append((*thing, OURS, _text(mine), place.ours is Ours.FOLLOWS, None))
        if place.take:
            taken.append((_text(theirs) or "", theirs is None, *thing))
    connection.executemany("INSERT OR REPLACE INTO shared_moving VALUES (?, ?, ?, ?, ?, ?)", aside)
    sql = "UPDATE shared_old_rows SET row = ?, gone = ?, take = 1 WHERE entity = ? AND key = ?"
    connection.executemany(sql, taken)


def _put_rest_aside(
    connection: Connection,
    record: type[Record],
    placed: set[str],
    unsent: set[str],
    seen: Mapping[str, int],
    later: bool,
) -> None:
    """Rows that the team's tables do not have: what was not sent, and where the log is there, what it does not have."""
    moved = _moved(connection, record.TABLE)
    here = connection.scalars(f"SELECT {record.KEY} FROM {record.TABLE}")  # noqa: S608
    keys = [key for key in map(str, here) if key not in placed and (key in unsent or (later and key not in moved))]
    for start in range(0, len(keys), _CHUNK):
        ours = _rows_here(connection, record.TABLE, keys[start : start + _CHUNK])
        aside = [
            (record.TABLE, key, OURS, _text(row), key in moved and seen.get(key, 0) >= moved[key], None)
            for key, row in ours.items()
        ]
        connection.executemany("INSERT OR REPLACE INTO shared_moving VALUES (?, ?, ?, ?, ?, ?)", aside)
        gone = [(record.TABLE, key) for key in ours]
        connection.executemany("INSERT INTO shared_old_rows VALUES (?, ?, '', NULL, 1, 1)", gone)


def _take(connection: Connection, later: bool) -> None:
    """Make the rows here the team's: first what goes, then what comes, so that no two are in each other's way."""
    for record in reversed(SHARED):
        if later and record.TABLE not in HISTORY:
            connection.execute(f"DELETE FROM {record.TABLE}")  # noqa: S608
            continue
        gone = connection.scalars("SELECT key FROM shared_old_rows WHERE entity = ? AND take AND gone", (record.TABLE,))
        write_rows(connection, {Thing(record.TABLE, str(key)): None for key in gone})
    for record in SHARED:
        if later and record.TABLE not in HISTORY:
            continue
        sql = "SELECT row FROM shared_old_rows WHERE entity = ? AND take AND NOT gone"
        for block in list(connection.blocks(sql, (record.TABLE,))):
            rows = [json.loads(row) for (row,) in block]
            write_rows(connection, {Thing(record.TABLE, str(row[record.KEY])): row for row in rows})


def _note_history(connection: Connection) -> None:
    """What is told here of what was done, and the log does not have, waits for it."""
    for table in HISTORY:
        sql = (
            f"INSERT OR IGNORE INTO shared_changes SELECT '{table}', {RECORDS[table].KEY} FROM {table} "  # noqa: S608
            f"WHERE {RECORDS[table].KEY} NOT IN (SELECT key FROM shared_moved WHERE entity = '{table}')"
        )
        connection.execute(sql)


def _moved(connection: Connection, table: str) -> dict[str, int]:
    """Of the rows that the log brought from a table: how often each had been written there."""
    rows = connection.rows("SELECT key, version FROM shared_moved WHERE entity = ?", (table,))
    return {str(key): int(version) for key, version in rows}


def _rows_here(connection: Connection, table: str, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    names, key = COLUMNS[table], RECORDS[table].KEY
    sql = f"SELECT {', '.join(names)} FROM {table} WHERE {key} IN (SELECT value FROM json_each(?))"  # noqa: S608
    rows = [row_as_in_log(connection, table, row) for row in connection.rows(sql, (json.dumps(list(keys)),))]
    return {str(row[key]): row for row in rows}


def _text(values: Values | None) -> str | None:
    return None if values is None else json.dumps(dict(values))


def _of(table: str, values: Values) -> dict[str, Any]:
    return {name: values[name] for name in COLUMNS[table] if name in values}
