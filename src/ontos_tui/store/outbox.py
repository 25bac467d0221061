"""What has changed here and is not at the team's hub yet: kept by triggers, in the transaction that changes it.

The tables and triggers are made when somebody begins to share, so that nobody else pays for them. A row that changes
twice waits once, under a new number; what was pushed under an old number is then still waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.store.connection import Connection

_TABLES = (
    "CREATE TABLE IF NOT EXISTS sync_outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT NOT NULL, "
    "key TEXT NOT NULL, UNIQUE (entity, key))",
    "CREATE TABLE IF NOT EXISTS sync_rows (entity TEXT NOT NULL, key TEXT NOT NULL, hub_version INTEGER NOT NULL, "
    "PRIMARY KEY (entity, key)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS sync_state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # Holds a row only inside the transaction that takes the hub's rows in: those are no changes of ours.
    "CREATE TABLE IF NOT EXISTS sync_applying (yes INTEGER)",
)


@dataclass(frozen=True)
class Waiting:
    """A changed row: its number in the outbox, its key, its columns as they are stored, and the hub's last version.

    `values` is None when the row is gone.
    """

    seq: int
    key: str
    values: dict[str, Any] | None
    hub_version: int


def is_on(connection: Connection) -> bool:
    """Whether this workspace shares."""
    return connection.one("SELECT 1 FROM sqlite_master WHERE name = 'sync_outbox'") is not None


def switch_on(connection: Connection) -> None:
    """Begin to share: all that is here waits to be pushed. Again, it changes nothing."""
    if is_on(connection):
        return
    for statement in _TABLES:
        connection.execute(statement)
    for record in SHARED:
        for statement in _triggers(record):
            connection.execute(statement)
        connection.execute(
            f"INSERT INTO sync_outbox (entity, key) SELECT '{record.TABLE}', {record.KEY} FROM {record.TABLE}"  # noqa: S608
        )


def _triggers(record: type[Record]) -> Iterator[str]:
    for verb, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
        noted = f"INSERT OR REPLACE INTO sync_outbox (entity, key) VALUES ('{record.TABLE}', {row}.{record.KEY})"  # noqa: S608
        trigger = f"CREATE TRIGGER {record.TABLE}_shared_{verb.lower()} AFTER {verb} ON {record.TABLE}"
        yield f"{trigger} WHEN NOT EXISTS (SELECT 1 FROM sync_applying) BEGIN {noted}; END"  # noqa: S608


def count(connection: Connection) -> int:
    """Rows that wait."""
    return int(connection.scalar("SELECT count(*) FROM sync_outbox"))


def waiting(connection: Connection, record: type[Record], after: int, limit: int) -> list[Waiting]:
    """The next changed rows of a table, oldest change first, without those that are in conflict."""
    query = (
        "SELECT o.seq, o.key, coalesce(r.hub_version, 0) FROM sync_outbox o "
        "LEFT JOIN sync_rows r ON r.entity = o.entity AND r.key = o.key "
        "WHERE o.entity = ? AND o.seq > ? AND NOT EXISTS (SELECT 1 FROM sync_conflicts c WHERE c.entity = o.entity "
        "AND c.entity_id = o.key AND c.state = 'open') ORDER BY o.seq LIMIT ?"
    )
    changes = connection.rows(query, (record.TABLE, after, limit))
    rows = stored_rows(connection, record, [key for _, key, _ in changes])
    return [Waiting(seq, key, rows.get(key), version) for seq, key, version in changes]


def stored_rows(connection: Connection, record: type[Record], keys: list[str]) -> dict[str, dict[str, Any]]:
    """Rows by key, their columns as SQLite stores them."""
    names = list(record.model_fields)
    by_key: dict[str, dict[str, Any]] = {}
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        query = (
            f"SELECT {', '.join(names)} FROM {record.TABLE} "  # noqa: S608
            f"WHERE {record.KEY} IN ({', '.join('?' * len(some))})"
        )
        for row in connection.execute(query, tuple(some)):
            values = dict(zip(names, row, strict=True))
            by_key[str(values[record.KEY])] = values
    return by_key


def pushed(connection: Connection, record: type[Record], done: dict[str, tuple[int, int]]) -> None:
    """These are at the hub: key to the number that was pushed and the hub's version of it."""
    connection.executemany("DELETE FROM sync_outbox WHERE seq = ?", [(seq,) for seq, _ in done.values()])
    for key, (_, version) in done.items():
        know(connection, record, key, version)


def know(connection: Connection, record: type[Record], key: str, version: int) -> None:
    """This is the hub's version of a row that is here."""
    connection.execute(
        "INSERT INTO sync_rows VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET hub_version = excluded.hub_version",
        (record.TABLE, key, version),
    )


def known(connection: Connection, record: type[Record], key: str) -> int:
    """The hub's version of a row as it was last seen here; 0 when never."""
    row = connection.one("SELECT hub_version FROM sync_rows WHERE entity = ? AND key = ?", (record.TABLE, key))
    return int(row[0]) if row else 0


def number_of(connection: Connection, record: type[Record], key: str) -> int | None:
    """Under which number a row waits, if it does."""
    row = connection.one("SELECT seq FROM sync_outbox WHERE entity = ? AND key = ?", (record.TABLE, key))
    return int(row[0]) if row else None


def forget(connection: Connection, record: type[Record], key: str) -> None:
    """Nothing of this row is to be pushed any more."""
    connection.execute("DELETE FROM sync_outbox WHERE entity = ? AND key = ?", (record.TABLE, key))


def push_again(connection: Connection, record: type[Record], key: str) -> None:
    """This row, which may be gone, is to be pushed as it is."""
    connection.execute("INSERT OR REPLACE INTO sync_outbox (entity, key) VALUES (?, ?)", (record.TABLE, key))


@contextmanager
def applying(connection: Connection) -> Iterator[None]:
    """What is written meanwhile, in this transaction, came from the hub and does not go back there."""
    connection.execute("INSERT INTO sync_applying VALUES (1)")
    yield
    connection.execute("DELETE FROM sync_applying")


def state(connection: Connection, name: str) -> str:
    """Something that is remembered between two runs; empty when it is not."""
    row = connection.one("SELECT value FROM sync_state WHERE name = ?", (name,))
    return str(row[0]) if row else ""


def remember(connection: Connection, name: str, value: str) -> None:
    """Remember it."""
    connection.execute(
        "INSERT INTO sync_state VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value)
    )
