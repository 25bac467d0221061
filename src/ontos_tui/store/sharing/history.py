"""When people worked, by the events that the whole team has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ontos_tui.store.connection import Connection


def moments(connection: Connection, since: datetime) -> Iterator[tuple[str, datetime]]:
    """Who changed something, and when, by person and time; what was done at one moment counts once."""
    sql = "SELECT actor, at FROM events WHERE at >= ? AND actor <> '' GROUP BY actor, at ORDER BY actor, at"
    for actor, at in connection.execute(sql, (since,)):
        yield str(actor), datetime.fromisoformat(at)
