"""What is remembered of the log, and what is to be shown of it."""

from __future__ import annotations

from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.entries import EntryId
from ontos_tui.domain.sharing.state import Conflict
from ontos_tui.domain.sharing.table_rules import HISTORY
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.conflict_text import conflict_from

_OWN = "writer IN (SELECT writer FROM shared_writers WHERE own)"


def recall(connection: Connection, name: str) -> str:
    """Something that is remembered between two runs; empty when it is not."""
    value = connection.scalar("SELECT value FROM shared_state WHERE name = ?", (name,))
    return "" if value is None else str(value)


def remember(connection: Connection, name: str, value: str) -> None:
    """Remember it."""
    connection.execute("INSERT OR REPLACE INTO shared_state VALUES (?, ?)", (name, value))


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


def open_conflict_count(connection: Connection) -> int:
    """How many conflicts are open."""
    return int(connection.scalar("SELECT count(*) FROM shared_conflicts WHERE status = 'open'"))


def refusal_count(connection: Connection) -> int:
    """How many parts of entries that were written here do not count."""
    return int(connection.scalar(f"SELECT count(*) FROM shared_refused WHERE {_OWN}"))  # noqa: S608


def refusals(connection: Connection) -> list[tuple[EntryId, str]]:
    """What of the entries that were written here does not count, and why."""
    rows = connection.rows(f"SELECT writer, seq, reason FROM shared_refused WHERE {_OWN} ORDER BY writer, seq")  # noqa: S608
    return [(EntryId(str(writer), int(seq)), str(reason)) for writer, seq, reason in rows]
