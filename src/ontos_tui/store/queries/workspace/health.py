"""Whether the database is whole, and which version of the schema it has."""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.store.connection import Connection


@dataclass(frozen=True)
class Health:
    """`damage` is what SQLite reports, empty when the database is whole; `version` is that of its schema."""

    damage: str
    version: int


def health(connection: Connection) -> Health:
    """Check the whole database, which takes about as long as reading it."""
    result = str(connection.scalar("PRAGMA quick_check(1)"))
    return Health("" if result == "ok" else result, int(connection.scalar("PRAGMA user_version")))
