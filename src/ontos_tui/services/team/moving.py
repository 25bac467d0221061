"""From the tables that a team shared by in an earlier version to its log, in one step that loses nothing.

Every member runs it once, whenever they like: the first one's rows are the log's, and what the log has already is not
noted again, whatever became of it since. What a member had not sent, and what an earlier version wrote into the tables
after others had moved, comes on top of the log; where it was decided otherwise meanwhile, everybody sees the conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ontos_tui.domain.errors import ConflictError, NotReadyError
from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.moving import OldRow
from ontos_tui.services.team.fitting import fits_checker
from ontos_tui.services.team.log_port import TeamLog
from ontos_tui.services.team.reading import readable, take_page
from ontos_tui.store.engine import Store
from ontos_tui.store.sharing.old_tables import moving, old_outbox
from ontos_tui.store.sharing.outgoing.memory import remember
from ontos_tui.store.sharing.triggers import is_on


class OldTables(Protocol):
    """The tables that a team shared by."""

    def rows(self, record: type[Record]) -> Iterator[Sequence[OldRow]]:
        """All rows of a table, page by page; none where there is no such table. Raises PlatformError."""
        ...


@dataclass(frozen=True)
class MoveReport:
    """What was created, how many rows the team's tables had, and how many rows here had not been sent."""

    created: list[str]
    rows: int
    unsent: int


def begin(store: Store, log: TeamLog, old: OldTables) -> MoveReport:
    """Share by the log from now on: all rows, the team's and those here, wait for it. Repeated, it begins anew."""
    with store.read() as connection:
        if is_on(connection):
            raise ConflictError("This workspace shares by the log already.", "Synchronize: ontos sync")
        if not old_outbox.is_on(connection):
            raise NotReadyError("This workspace does not share yet.", "Start sharing: ontos sync --start")
    created, login, identity = log.prepare(), log.login(), log.identity()
    rows = _read(store, log, old)
    fits = fits_checker()
    with store.write() as connection:
        for page in moving.log_pages(connection):
            moving.note_moved(connection, readable(page))
        counted = moving.own_columns(connection)
        unsent = moving.begin(connection, store.writer, login)
        for page in moving.log_pages(connection):
            take_page(connection, page, fits)
            remember(connection, "version", str(page[-1].version))
        moving.put_back(connection, store.writer, login, fits)
        for sql, values in counted:
            connection.execute(sql, values)
        remember(connection, "log", identity)
        remember(connection, "login", login)
    return MoveReport(created, rows, unsent)


def _read(store: Store, log: TeamLog, old: OldTables) -> int:
    """Read the team's tables and the log so far into this database, aside; returns how many rows the tables have."""
    with store.write() as connection:
        moving.forget(connection)
    for entries in log.read(-1):
        with store.write() as connection:
            moving.keep_log_rows(connection, entries)
    rows = 0
    for record in SHARED:
        for page in old.rows(record):
            rows += len(page)
            with store.write() as connection:
                moving.keep_old_rows(connection, record, page)
    return rows
