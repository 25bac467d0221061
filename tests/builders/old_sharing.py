"""A workspace that shares by one table for each record, as earlier versions did, and the team's tables in memory.

As much of it as moving to the log has to do with: what was noted here, what was sent, and what was seen of others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.moving import OldRow
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.sharing.rows import as_in_log

TABLES = (
    "CREATE TABLE sync_outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT NOT NULL, "
    "key TEXT NOT NULL, UNIQUE (entity, key))",
    "CREATE TABLE sync_rows (entity TEXT NOT NULL, key TEXT NOT NULL, hub_version INTEGER NOT NULL, "
    "PRIMARY KEY (entity, key)) WITHOUT ROWID",
    "CREATE TABLE sync_state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS sync_applying (yes INTEGER)",
)


@dataclass
class TeamTables:
    """The team's tables: by table and key, the row and how often it was written; a row that was removed is None."""

    tables: dict[str, dict[str, tuple[dict[str, Any] | None, int]]] = field(default_factory=dict)

    def rows(self, record: type[Record]) -> Iterator[list[OldRow]]:
        stored = self.tables.get(record.TABLE, {})
        yield [OldRow(key, row or {}, version, row is None) for key, (row, version) in sorted(stored.items())]


def switch_on(store: Store) -> None:
    """Share by tables, as an earlier version began to."""
    with store.write() as connection:
        for statement in TABLES:
            connection.execute(statement)
        for record in SHARED:
            for verb, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
                noted = (
                    f"INSERT OR REPLACE INTO sync_outbox (entity, key) VALUES ('{record.TABLE}', {row}.{record.KEY})"
                )
                name = f"{record.TABLE}_shared_{verb.lower()}"
                connection.execute(
                    f"CREATE TRIGGER {name} AFTER {verb} ON {record.TABLE} "
                    f"WHEN NOT EXISTS (SELECT 1 FROM sync_applying) BEGIN {noted}; END"
                )
            connection.execute(
                f"INSERT INTO sync_outbox (entity, key) SELECT '{record.TABLE}', {record.KEY} FROM {record.TABLE}"
            )


def sync(store: Store, team: TeamTables) -> None:
    """Take what others wrote, where nothing waits here, and send what waits, where nobody wrote since."""
    with store.write() as connection:
        connection.execute("INSERT INTO sync_applying VALUES (1)")
        for record in SHARED:
            _pull(connection, record, team.tables.setdefault(record.TABLE, {}))
        for record in SHARED:
            _push(connection, record, team.tables[record.TABLE])
        connection.execute("DELETE FROM sync_applying")


def _pull(connection: Connection, record: type[Record], stored: dict[str, tuple[dict[str, Any] | None, int]]) -> None:
    waiting = set(connection.scalars("SELECT key FROM sync_outbox WHERE entity = ?", (record.TABLE,)))
    for key, (row, version) in stored.items():
        if version <= _known(connection, record, key) or key in waiting:
            continue
        if row is None:
            connection.execute(f"DELETE FROM {record.TABLE} WHERE {record.KEY} = ?", (key,))
        else:
            marks = ", ".join("?" * len(row))
            sql = f"INSERT OR REPLACE INTO {record.TABLE} ({', '.join(row)}) VALUES ({marks})"
            connection.execute(sql, tuple(row.values()))
        _know(connection, record, key, version)


def _push(connection: Connection, record: type[Record], stored: dict[str, tuple[dict[str, Any] | None, int]]) -> None:
    names = list(record.model_fields)
    for key in connection.scalars("SELECT key FROM sync_outbox WHERE entity = ?", (record.TABLE,)):
        version = stored[key][1] if key in stored else 0
        if version != _known(connection, record, key):
            continue  # somebody wrote it first: an earlier version had a conflict here
        row = connection.one(f"SELECT {', '.join(names)} FROM {record.TABLE} WHERE {record.KEY} = ?", (key,))
        sent = None if row is None else dict(zip(names, *as_in_log(connection, record.TABLE, [row]), strict=True))
        stored[key] = (sent, version + 1)
        _know(connection, record, key, version + 1)
        connection.execute("DELETE FROM sync_outbox WHERE entity = ? AND key = ?", (record.TABLE, key))


def _known(connection: Connection, record: type[Record], key: str) -> int:
    sql = "SELECT coalesce(max(hub_version), 0) FROM sync_rows WHERE entity = ? AND key = ?"
    return int(connection.scalar(sql, (record.TABLE, key)))


def _know(connection: Connection, record: type[Record], key: str, version: int) -> None:
    connection.execute("INSERT OR REPLACE INTO sync_rows VALUES (?, ?, ?)", (record.TABLE, key, version))
