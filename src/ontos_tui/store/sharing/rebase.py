"""Entries of the log into the workspace: what waits here is lifted off, the log goes below, and it is put on again.

The screen always shows the log with one's own decisions on top. Where the next entry of the log is the first that
waits, and brings only new rows, as the first sharing of a workspace does, nothing moves: it is in the log now.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ontos_tui.domain.records.labeling import LabelingTask, TaskItem
from ontos_tui.domain.sharing.apply import Fits, apply
from ontos_tui.domain.sharing.entries import Entry, Thing
from ontos_tui.domain.sharing.table_rules import HISTORY
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.outgoing.pending import forget_pending, pending, pending_ids
from ontos_tui.store.sharing.rows import COLUMNS, write_rows
from ontos_tui.store.sharing.state import PendingState, StoreState, applying

_ITEMS = TaskItem.TABLE


def take_in(connection: Connection, entries: Sequence[Entry], fits: Fits) -> int:
    """Take in the next entries of the log; returns how many were another's and decide something.

    Raises GapInLogError.
    """
    others = 0
    with applying(connection):
        waiting = pending_ids(connection)
        numbers = {id: number for number, id, _ in waiting}
        state = StoreState(connection)
        state.load_changes(change for entry in entries for group in entry.groups for change in group.changes)
        place, lifted, confirmed = 0, False, False
        for entry in entries:
            if entry.id.seq <= state.last_seq(entry.id.writer):
                continue
            is_next = place < len(waiting) and waiting[place][1] == entry.id
            if is_next and not lifted and waiting[place][2] and _is_new(entry):
                _confirm(connection, state, entry)
                confirmed = True
            else:
                if not lifted:
                    lifted = True
                    if lift(connection) or confirmed:
                        state = _after(connection, state, entries)
                apply(state, entry, fits)
            place += is_next
            others += entry.id not in numbers and bool(entry.groups or entry.settlements or entry.reopened)
        state.flush()
        for entry_id, number in numbers.items():
            if entry_id.seq <= state.last_seq(entry_id.writer):
                forget_pending(connection, number)
        if lifted:
            _put_on(connection, fits)
    return others


def _after(connection: Connection, before: StoreState, entries: Sequence[Entry]) -> StoreState:
    """The state after what waits was lifted off: the rows that were read before are others now."""
    before.flush()
    state = StoreState(connection)
    state.load_changes(change for entry in entries for group in entry.groups for change in group.changes)
    return state


def _is_new(entry: Entry) -> bool:
    """Whether the entry only brings rows that were not there: then nothing in the log can have a say in it.

    Items of a task that was there are work in it, from which its lease is counted.
    """
    changes = [change for group in entry.groups for change in group.changes]
    if any(change.base is not None or change.values is None for change in changes):
        return False
    things = {change.thing for change in changes}
    tasks = {str(change.values["task_id"]) for change in changes if change.values and change.thing.table == _ITEMS}
    return all(Thing(LabelingTask.TABLE, task) in things for task in tasks)


def _confirm(connection: Connection, state: StoreState, entry: Entry) -> None:
    """The entry is in the log as it is here: its rows are the log's, unless a later decision changed them again."""
    state.advance(entry.id)
    number = state.number(entry.id.writer)
    at = None if entry.at is None else entry.at.isoformat()
    for group in entry.groups:
        for change in group.changes:
            if change.thing.table in HISTORY:
                continue
            newest = connection.one("SELECT writer, seq FROM shared_rows WHERE entity = ? AND key = ?", change.thing)
            if newest == (number, entry.id.seq):
                connection.execute("DELETE FROM shared_base WHERE entity = ? AND key = ?", change.thing)
                connection.execute("UPDATE shared_rows SET at = ? WHERE entity = ? AND key = ?", (at, *change.thing))
            else:
                names = COLUMNS[change.thing.table]
                row = None if change.values is None else json.dumps([change.values[name] for name in names])
                sql = "INSERT OR REPLACE INTO shared_base VALUES (?, ?, ?, ?, ?, ?)"
                connection.execute(sql, (*change.thing, row, number, entry.id.seq, at))


def lift(connection: Connection) -> bool:
    """Put every row back as the log has it; whether there was any."""
    bases = connection.rows("SELECT entity, key, row FROM shared_base")
    if not bases:
        return False
    write_rows(
        connection,
        {
            Thing(entity, key): None if row is None else dict(zip(COLUMNS[entity], json.loads(row), strict=True))
            for entity, key, row in bases
        },
    )
    connection.execute("DELETE FROM shared_rows WHERE (entity, key) IN (SELECT entity, key FROM shared_base)")
    connection.execute(
        "INSERT INTO shared_rows SELECT entity, key, writer, seq, at FROM shared_base WHERE writer IS NOT NULL"
    )
    connection.execute("DELETE FROM shared_base")
    return True


def put_on_again(connection: Connection, fits: Fits) -> None:
    """Put everything that waits on top of the log anew."""
    with applying(connection):
        lift(connection)
        _put_on(connection, fits)


def _put_on(connection: Connection, fits: Fits) -> None:
    """Apply what waits onto the log's state; what does not fit there shows what stands until it is in the log."""
    state = PendingState(connection)
    for number, entry, _ in pending(connection):
        put_on_top(connection, state, number, entry, fits)


def put_on_top(connection: Connection, state: PendingState, number: int, entry: Entry, fits: Fits) -> None:
    """Apply one entry that waits; where more comes of it than its own rows, the log will have to say what."""
    state.clean = not (entry.settlements or entry.reopened)
    apply(state, entry, fits)
    state.flush()
    connection.execute("UPDATE shared_pending SET clean = ? WHERE number = ?", (state.clean, number))
