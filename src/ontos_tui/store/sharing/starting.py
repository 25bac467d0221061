"""Beginning to share anew: what a workspace knows of a log it shared with before is forgotten, its rows stay."""

from __future__ import annotations

from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.triggers import drop_triggers

OF_THE_LOG = (
    "shared_writers",
    "shared_rows",
    "shared_changes",
    "shared_base",
    "shared_pending",
    "shared_aliases",
    "shared_conflicts",
    "shared_conflict_things",
    "shared_refused",
)
"""What is only true of one log."""


def begin_again(connection: Connection) -> None:
    """Share no longer. What waits is in the rows, and goes with them to the next log."""
    drop_triggers(connection)
    for table in OF_THE_LOG:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608
    connection.execute("DELETE FROM shared_state WHERE name <> 'login'")
