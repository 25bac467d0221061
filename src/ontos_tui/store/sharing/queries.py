"""What is remembered of the log, and what is to be shown of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.entries import LogRow
from ontos_tui.domain.sharing.state import Conflict
from ontos_tui.domain.sharing.table_rules import HISTORY
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.conflict_text import conflict_from
from ontos_tui.store.sharing.outgoing.pending import pending

_OWN = "NOT dismissed AND writer IN (SELECT writer FROM shared_writers WHERE own)"


@dataclass(frozen=True)
class Refusal:
    """A part of an entry of this workspace that does not count, and why. `at` is the log's time."""

    id: str
    reason: str
    at: datetime | None


@dataclass(frozen=True)
class Member:
    """A person by the log: how many entries they wrote, the newest's version and time, and up to where they had read
    when they wrote it. `here` is whether this workspace is one of theirs."""

    name: str
    entries: int
    version: int
    at: datetime
    read: int
    here: bool


def note_everything(connection: Connection) -> None:
    """All rows that are shared are changes of this workspace: it has never shared before."""
    for record in SHARED:
        here = f"'{record.TABLE}', {record.KEY}"
        connection.execute(f"INSERT OR IGNORE INTO shared_changes SELECT {here} FROM {record.TABLE}")  # noqa: S608
        if record.TABLE not in HISTORY:
            nothing = "NULL, NULL, NULL, NULL"
            sql = f"INSERT OR IGNORE INTO shared_base SELECT {here}, {nothing} FROM {record.TABLE}"  # noqa: S608
            connection.execute(sql)


def open_conflicts(connection: Connection) -> list[Conflict]:
    """The open conflicts, in the order of their ids."""
    bodies = connection.scalars("SELECT body FROM shared_conflicts WHERE status = 'open' ORDER BY id")
    return [conflict_from(str(body)) for body in bodies]


def settled_here(connection: Connection) -> set[str]:
    """The conflicts that were settled here, and not taken back, by entries that wait."""
    settled: set[str] = set()
    for _, entry, _ in pending(connection):
        settled |= {one.conflict for one in entry.settlements}
        settled -= set(entry.reopened)
    return settled


def open_conflict_count(connection: Connection) -> int:
    """How many conflicts are open."""
    return int(connection.scalar("SELECT count(*) FROM shared_conflicts WHERE status = 'open'"))


def refusal_count(connection: Connection) -> int:
    """How many parts of entries that were written here do not count."""
    return int(connection.scalar(f"SELECT count(*) FROM shared_refused WHERE {_OWN}"))  # noqa: S608


def refusals(connection: Connection) -> list[Refusal]:
    """What of the entries that were written here does not count, and why; the newest first."""
    sql = f"SELECT writer, seq, part, reason, at FROM shared_refused WHERE {_OWN} ORDER BY at DESC, writer, seq, part"  # noqa: S608
    return [
        Refusal(f"{writer}:{seq}/{part}", str(reason), None if at is None else datetime.fromisoformat(at))
        for writer, seq, part, reason, at in connection.rows(sql)
    ]


def dismiss(connection: Connection, refusals: Iterable[Refusal]) -> None:
    """Their author has seen them."""
    keys = [(one.id,) for one in refusals]
    connection.executemany(
        "UPDATE shared_refused SET dismissed = 1 WHERE writer || ':' || seq || '/' || part = ?", keys
    )


def note_writers(connection: Connection, rows: Iterable[tuple[LogRow, int | None]]) -> None:
    """What is known of each writer: who it is, its newest entry, and up to where it had read then."""
    newest = {row.writer: (row.actor, row.version, row.at.isoformat(), read, row.writer) for row, read in rows}
    sql = "UPDATE shared_writers SET actor = ?, version = ?, at = ?, read = coalesce(?, read) WHERE writer = ?"
    connection.executemany(sql, newest.values())


def actors(connection: Connection) -> dict[str, str]:
    """Who each writer is, by the log."""
    rows = connection.rows("SELECT writer, actor FROM shared_writers WHERE actor <> ''")
    return {str(writer): str(actor) for writer, actor in rows}


def members(connection: Connection) -> list[Member]:
    """Who has written into the log, who has written last first; one person may have written under many names."""
    sql = (
        "SELECT actor, sum(seq), max(version), max(at), max(coalesce(read, -1)), max(own) "
        "FROM shared_writers WHERE actor <> '' GROUP BY actor ORDER BY 3 DESC"
    )
    return [
        Member(str(actor), int(entries), int(version), datetime.fromisoformat(at), int(read), bool(own))
        for actor, entries, version, at, read, own in connection.rows(sql)
    ]
