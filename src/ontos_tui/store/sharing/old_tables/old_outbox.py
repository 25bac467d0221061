"""What a workspace kept that shared by the tables of an earlier version: which rows it had not sent.

Its triggers go on noting changes until the workspace moves to the log, so that nothing is lost meanwhile.
"""

from __future__ import annotations

from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.entries import Thing
from ontos_tui.store.connection import Connection


def is_on(connection: Connection) -> bool:
    """Whether this workspace shares by the tables of an earlier version."""
    return connection.one("SELECT 1 FROM sqlite_master WHERE name = 'sync_outbox'") is not None


def count(connection: Connection) -> int:
    """Rows that were not sent."""
    return int(connection.scalar("SELECT count(*) FROM sync_outbox"))


def unsent(connection: Connection) -> set[Thing]:
    """The rows that were not sent."""
    return {Thing(str(entity), str(key)) for entity, key in connection.rows("SELECT entity, key FROM sync_outbox")}


def known_versions(connection: Connection, table: str) -> dict[str, int]:
    """The newest write of each row of a table at the team that was seen here."""
    rows = connection.rows("SELECT key, hub_version FROM sync_rows WHERE entity = ?", (table,))
    return {str(key): int(version) for key, version in rows}


def drop(connection: Connection) -> None:
    """Note nothing more for the tables of an earlier version, and forget what was noted."""
    for record in SHARED:
        for verb in ("insert", "update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS {record.TABLE}_shared_{verb}")
    for table in ("sync_outbox", "sync_rows", "sync_state"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
