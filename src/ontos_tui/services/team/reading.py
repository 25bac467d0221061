"""A page of the team's log into a workspace, whichever it is: the own one, or an empty one to compare with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from ontos_tui.domain.sharing.apply import Fits, GapInLogError
from ontos_tui.domain.sharing.entries import Entry, EntryId, LogRow
from ontos_tui.domain.sharing.wire import MalformedEntryError, NewerFormatError, from_text
from ontos_tui.services.team.log_port import NewerLogError, NotTheLogError, TeamLog
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.sharing import queries
from ontos_tui.store.sharing.completing import complete
from ontos_tui.store.sharing.outgoing.memory import remember
from ontos_tui.store.sharing.rebase import take_in
from ontos_tui.store.sharing.state import StoreState


def take_all(store: Store, log: TeamLog, after: int, fits: Fits) -> int:
    """Take in what the log has after a version, page by page; returns how many entries of others came.

    A page may end within a version: that one counts as read when the next page begins another, or nothing more comes.
    """
    others, version = 0, after
    for page in log.read(after):
        # What a failure of the power takes back is read again: it is in the log.
        with store.write(on_disk=False) as connection:
            others += take_page(connection, page, fits)
            version = page[-1].version
            remember(connection, "version", str(version - 1))
        store.sync()
    if version != after:
        with store.write() as connection:
            remember(connection, "version", str(version))
    return others


def readable(page: Sequence[LogRow]) -> Iterator[Entry]:
    """The entries of a page without those that nobody can read. Raises NewerLogError."""
    for row in page:
        with suppress(MalformedEntryError):
            yield _parsed(row)


def take_page(connection: Connection, page: Sequence[LogRow], fits: Fits) -> int:
    """Take in a page; returns how many of its entries are others' and decide something. The caller notes the version.

    Raises NotTheLogError and NewerLogError; the caller's transaction then changes nothing.
    """
    entries = [_entry(connection, row) for row in page]
    try:
        others = take_in(connection, entries, fits)
    except GapInLogError as error:
        raise NotTheLogError(
            f"The team's log is not the one that this workspace shared with: {error}.",
            "Nothing was changed. Ask who restored or replaced it.",
        ) from error
    queries.note_writers(connection, [(row, entry.read) for row, entry in zip(page, entries, strict=True)])
    return others


def _entry(connection: Connection, row: LogRow) -> Entry:
    try:
        return complete(connection, _parsed(row))
    except MalformedEntryError as error:
        # Everybody refuses it alike; as an empty entry, so that its writer's later ones count.
        empty = Entry(EntryId(row.writer, row.seq), row.actor, at=row.at)
        StoreState(connection).refuse(empty, 0, str(error))
        return empty


def _parsed(row: LogRow) -> Entry:
    try:
        return from_text(EntryId(row.writer, row.seq), row.actor, row.format, row.at, row.body)
    except NewerFormatError as error:
        raise NewerLogError(
            f"The team's log has an entry of a newer Ontos ({error}).", "Update Ontos; nothing is lost meanwhile."
        ) from error
