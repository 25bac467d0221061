"""What a workspace that shares remembers between two runs, by name: the log, up to where it was read, what failed."""

from __future__ import annotations

from ontos_tui.store.connection import Connection


def recall(connection: Connection, name: str) -> str:
    """Something that is remembered; empty when it is not."""
    value = connection.scalar("SELECT value FROM shared_state WHERE name = ?", (name,))
    return "" if value is None else str(value)


def remember(connection: Connection, name: str, value: str) -> None:
    """Remember it; an empty value forgets it."""
    if value:
        connection.execute("INSERT OR REPLACE INTO shared_state VALUES (?, ?)", (name, value))
    else:
        connection.execute("DELETE FROM shared_state WHERE name = ?", (name,))
