"""The numbered changes of the database's shape. Each runs once, in its own transaction.

Step 1 is the shape as of the first release. Later steps are appended here as functions that change what is there;
a released step is never edited, since workspaces out there have already taken it.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, text

from ontos_tui.domain.tables import APPEND_ONLY
from ontos_tui.store import counts
from ontos_tui.store.tables import METADATA


def _first(connection: Connection) -> None:
    METADATA.create_all(connection)
    for record in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            connection.execute(
                text(
                    f"CREATE TRIGGER {record.TABLE}_no_{verb.lower()} BEFORE {verb} ON {record.TABLE} "
                    f"BEGIN SELECT RAISE(ABORT, '{record.TABLE} is append-only'); END"
                )
            )


STEPS: tuple[Callable[[Connection], None], ...] = (_first, counts.keep)

VERSION = len(STEPS)
"""The version of a database that this program writes; kept in SQLite's user_version."""
