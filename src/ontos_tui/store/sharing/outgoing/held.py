"""Entries that the log cannot take: set aside with what depends on them, so that everything else goes on.

What is set aside stays on top of the log in this workspace, under another writer's name; its place among the entries
of its own writer is filled by one that says nothing, since readers refuse a gap.
"""

from __future__ import annotations

from dataclasses import replace

from ontos_tui.domain.sharing.entries import Change, Entry, EntryId, Group, Thing
from ontos_tui.domain.sharing.table_rules import HISTORY
from ontos_tui.domain.sharing.wire import to_text
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.outgoing.memory import recall, remember
from ontos_tui.store.sharing.outgoing.pending import HELD_WRITER, append_pending, pending

_REASON, _SEEN = "held_reason", "held_seen"
_DEPENDS = "It depends on a change that the log cannot take."


def hold(connection: Connection, first: EntryId | None, reason: str, new_writer: str) -> int:
    """Set an entry aside, and what depends on it or on those that were before; returns how many.

    Without `first` only what depends on earlier ones. `new_writer` is the name under which they wait from now on,
    unless there is one.
    """
    if first is not None:
        remember(connection, HELD_WRITER, recall(connection, HELD_WRITER) or new_writer)
        remember(connection, _REASON, reason)
    writer = recall(connection, HELD_WRITER)
    if not writer:
        return 0
    held, number = _Held(), 0
    for place, entry, _ in list(pending(connection)):
        if entry.id.writer == writer:
            held.add(entry, entry.id)
        elif entry.id == first or held.holds_up(entry):
            moved = held.renamed(entry)
            _, again = append_pending(
                connection,
                writer,
                entry.actor,
                moved.groups,
                settlements=moved.settlements,
                reopened=moved.reopened,
            )
            held.add(entry, again.id)
            empty = to_text(Entry(entry.id, entry.actor, read=-1 if entry.read is None else entry.read))
            connection.execute("UPDATE shared_pending SET body = ?, clean = 1 WHERE number = ?", (empty, place))
            number += 1
    return number


class _Held:
    """What is set aside: rows that it changes, rows that only it brings, and the new names of its entries."""

    def __init__(self) -> None:
        self._ids: dict[EntryId, EntryId] = {}
        self._things: set[Thing] = set()
        self._brought: set[str] = set()

    def add(self, entry: Entry, id: EntryId) -> None:
        """One more."""
        self._ids[entry.id] = self._ids[id] = id
        for change in _rows(entry):
            self._things.add(change.thing)
            if change.base is None:
                self._brought.add(change.thing.key)

    def holds_up(self, entry: Entry) -> bool:
        """Whether an entry changes the same rows, refers to one that is set aside, or settles something about it."""
        if any(seen in self._ids for one in entry.settlements for seen in one.seen):
            return True
        return any(
            change.thing in self._things
            or change.base in self._ids
            or not self._brought.isdisjoint(value for value in (change.values or {}).values() if type(value) is str)
            for change in _rows(entry)
        )

    def renamed(self, entry: Entry) -> Entry:
        """The entry with the new names of what it was decided upon."""
        groups = tuple(
            Group(tuple(change._replace(base=self._ids.get(change.base, change.base)) for change in group.changes))  # type: ignore[arg-type]
            for group in entry.groups
        )
        settlements = tuple(
            replace(one, seen=tuple(None if seen is None else self._ids.get(seen, seen) for seen in one.seen))
            for one in entry.settlements
        )
        return replace(entry, groups=groups, settlements=settlements)


def _rows(entry: Entry) -> list[Change]:
    return [change for group in entry.groups for change in group.changes if change.thing.table not in HISTORY]


def is_any(connection: Connection) -> bool:
    """Whether anything was ever set aside."""
    return bool(recall(connection, HELD_WRITER))


def held_count(connection: Connection) -> int:
    """How many entries are set aside that their author has not dismissed."""
    return len(held_entries(connection))


def held_entries(connection: Connection) -> list[tuple[str, str]]:
    """What is set aside and not dismissed: under which id, and why."""
    writer = recall(connection, HELD_WRITER)
    if not writer:
        return []
    seen = int(recall(connection, _SEEN) or 0)
    sql = "SELECT seq FROM shared_pending WHERE writer = ? ORDER BY seq"
    places = [int(seq) for seq in connection.scalars(sql, (writer,))]
    reasons = {seq: recall(connection, _REASON) if seq == places[0] else _DEPENDS for seq in places}
    return [(f"{writer}:{seq}/0", reason) for seq, reason in reasons.items() if seq > seen]


def dismiss_held(connection: Connection) -> None:
    """Their author has seen all that is set aside by now; it waits all the same."""
    last = connection.scalar("SELECT max(seq) FROM shared_pending WHERE writer = ?", (recall(connection, HELD_WRITER),))
    if last is not None:
        remember(connection, _SEEN, str(last))
