"""A workspace made equal to a replay of the log: only rows that differ are written, and what waits stays on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.apply import Fits
from ontos_tui.domain.sharing.entries import EntryId, Thing
from ontos_tui.domain.sharing.table_rules import HISTORY
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.digest import hashes
from ontos_tui.store.sharing.outgoing.pending import forget_pending, pending
from ontos_tui.store.sharing.rebase import lift, put_on_again
from ontos_tui.store.sharing.rows import COLUMNS, RECORDS, row_as_in_log, write_rows
from ontos_tui.store.sharing.state import applying

_COPIED = ("shared_rows", "shared_aliases", "shared_conflicts", "shared_conflict_things")
_CHUNK = 500


def differing_keys(here: Connection, log: Connection, part: str) -> tuple[set[str], set[str], set[str]]:
    """The keys of rows that only the log has, that only this workspace has, and that differ."""
    ours, theirs = dict(hashes(here, part)), dict(hashes(log, part))
    both = ours.keys() & theirs.keys()
    return theirs.keys() - both, ours.keys() - both, {key for key in both if ours[key] != theirs[key]}


def make_equal(connection: Connection, log: Connection, fits: Fits) -> None:
    """Take over every row of the replay that differs. What was never noted of history is noted now, and goes out."""
    differences = {record.TABLE: differing_keys(connection, log, record.TABLE) for record in SHARED}
    with applying(connection):
        lift(connection)
        for table, (missing, extra, changed) in differences.items():
            keys = sorted(missing | changed)
            for start in range(0, len(keys), _CHUNK):
                some = keys[start : start + _CHUNK]
                write_rows(connection, {Thing(table, key): row for key, row in _rows(log, table, some)})
            if table not in HISTORY:
                write_rows(connection, {Thing(table, key): None for key in sorted(extra)})
        _copy_beside(connection, log)
        seqs = {str(writer): int(seq) for writer, seq in connection.rows("SELECT writer, seq FROM shared_writers")}
        for number, entry, _ in list(pending(connection)):
            if entry.id.seq <= seqs.get(entry.id.writer, 0):
                forget_pending(connection, number)
    put_on_again(connection, fits)
    for table, (_, extra, _) in differences.items():
        if table in HISTORY:
            noted = [(table, key) for key in sorted(extra)]
            connection.executemany("INSERT OR IGNORE INTO shared_changes VALUES (?, ?)", noted)


def _rows(connection: Connection, table: str, keys: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    names, key = COLUMNS[table], RECORDS[table].KEY
    marks = ", ".join("?" * len(keys))
    sql = f"SELECT {', '.join(names)} FROM {table} WHERE {key} IN ({marks})"  # noqa: S608
    for row in connection.execute(sql, tuple(keys)):
        values = row_as_in_log(connection, table, row)
        yield str(values[key]), values


def _copy_beside(connection: Connection, log: Connection) -> None:
    """What is known beside the rows. The short numbers of writers are the replay's."""
    own = connection.rows("SELECT writer, actor FROM shared_writers WHERE own")
    dismissed = connection.rows("SELECT writer, seq, part FROM shared_refused WHERE dismissed")
    for table in (*_COPIED, "shared_refused", "shared_writers"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608
        for block in log.blocks(f"SELECT * FROM {table}"):  # noqa: S608
            marks = ", ".join("?" * len(block[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", block)  # noqa: S608
    sql = (
        "INSERT INTO shared_writers (writer, seq, own, actor) VALUES (?, 0, 1, ?) "
        "ON CONFLICT (writer) DO UPDATE SET own = 1"
    )
    connection.executemany(sql, own)
    sql = "UPDATE shared_refused SET dismissed = 1 WHERE writer = ? AND seq = ? AND part = ?"
    connection.executemany(sql, [(*EntryId(str(writer), int(seq)), part) for writer, seq, part in dismissed])
