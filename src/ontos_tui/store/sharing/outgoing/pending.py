"""What was decided here and is not in the team's log yet: made into entries in the transaction that decides it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.pairs import CanonicalLabelVersion
from ontos_tui.domain.sharing.entries import Change, Entry, EntryId, Group, Thing
from ontos_tui.domain.sharing.table_rules import HISTORY, differing
from ontos_tui.domain.sharing.wire import from_text, to_text
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.outgoing.batches import batches
from ontos_tui.store.sharing.outgoing.memory import recall
from ontos_tui.store.sharing.rows import COLUMNS, RECORDS, row_as_in_log

MOST_CHANGES = 100
"""Changes of one entry at most, as far as what belongs together allows: an import becomes many entries."""
MOST_CHARACTERS = 200_000
"""Characters of one entry at most, so that one large change holds up little else."""
HELD_WRITER = "held_writer"
"""Under what the name is remembered by whose entries are set aside (held.py)."""
_CHUNK = 500
_READ_AT_ONCE = 100
_EMPTY = '{"read":'
"""How the body of an entry begins that only says how far its writer has read."""


def compose(connection: Connection, writer: str, actor: str, old_versions: Mapping[Thing, int] | None = None) -> None:
    """Make what this transaction has changed into entries. Called at the end of each transaction that writes.

    `old_versions` are how often rows were written in the tables of an earlier version, where they come from there.
    """
    if connection.one("SELECT 1 FROM shared_changes LIMIT 1") is None:
        return
    for things in batches(connection):
        changes = list(_changes(connection, things))
        if old_versions:
            changes = [change._replace(old_version=old_versions.get(change.thing)) for change in changes]
        for groups in entries_of(changes):
            append_pending(connection, writer, actor, groups)


def entries_of(changes: Sequence[Change]) -> Iterator[list[Group]]:
    """Changes as groups of what belongs together, and these as entries of at most MOST_CHANGES if that can be."""
    return _entries(_groups(changes))


def append_pending(
    connection: Connection, writer: str, actor: str, groups: Sequence[Group], **rest: object
) -> tuple[int, Entry]:
    """Put one entry behind those that wait, and note that it is what set its rows here."""
    seq = 1 + int(
        connection.scalar(
            "SELECT max(coalesce((SELECT max(seq) FROM shared_pending WHERE writer = ?), 0), "
            "coalesce((SELECT seq FROM shared_writers WHERE writer = ?), 0))",
            (writer, writer),
        )
    )
    id = EntryId(writer, seq)
    version = recall(connection, "version")
    read = int(version) if version else None
    entry = Entry(id, actor, tuple(groups), read=read, **rest)  # type: ignore[arg-type]
    sql = "INSERT INTO shared_pending (writer, seq, actor, body) VALUES (?, ?, ?, ?)"
    waiting = connection.execute(sql, (*id, actor, to_text(entry))).lastrowid
    sql = "INSERT INTO shared_writers (writer, seq, own) VALUES (?, 0, 1) ON CONFLICT (writer) DO UPDATE SET own = 1"
    connection.execute(sql, (writer,))
    number = connection.scalar("SELECT number FROM shared_writers WHERE writer = ?", (writer,))
    rows = [
        (*change.thing, number, seq, now().isoformat())
        for group in groups
        for change in group.changes
        if change.thing.table not in HISTORY
    ]
    connection.executemany("INSERT OR REPLACE INTO shared_rows VALUES (?, ?, ?, ?, ?)", rows)
    return int(waiting or 0), entry


def pending(connection: Connection) -> Iterator[tuple[int, Entry, bool]]:
    """What waits, in the order in which it was decided: its number, the entry, and whether nothing of it clashes."""
    sql = (
        "SELECT number, writer, seq, actor, body, clean FROM shared_pending WHERE number > ? ORDER BY number "  # noqa: S608
        f"LIMIT {_READ_AT_ONCE}"
    )
    last = -1
    while some := connection.rows(sql, (last,)):
        for number, writer, seq, actor, body, clean in some:
            yield int(number), from_text(EntryId(writer, int(seq)), actor, 1, None, body), bool(clean)
        last = int(some[-1][0])


def pending_ids(connection: Connection) -> list[tuple[int, EntryId, bool]]:
    """What waits without what it says: its number, its place, and whether nothing of it clashes."""
    rows = connection.rows("SELECT number, writer, seq, clean FROM shared_pending ORDER BY number")
    return [(int(number), EntryId(str(writer), int(seq)), bool(clean)) for number, writer, seq, clean in rows]


def pending_texts(
    connection: Connection, after: int, limit: int, *, held: bool = False
) -> list[tuple[int, EntryId, str]]:
    """The next of what waits, as it is appended: its number, its place, and its body. Either what goes out, or what is
    `held` aside."""
    sql = (
        f"SELECT number, writer, seq, body FROM shared_pending WHERE number > ? AND writer {'=' if held else '<>'} ? "  # noqa: S608
        "ORDER BY number LIMIT ?"
    )
    rows = connection.rows(sql, (after, recall(connection, HELD_WRITER), limit))
    return [(int(number), EntryId(str(writer), int(seq)), str(body)) for number, writer, seq, body in rows]


def number_of(connection: Connection, id: EntryId) -> int:
    """The number of an entry that waits."""
    return int(connection.scalar("SELECT number FROM shared_pending WHERE writer = ? AND seq = ?", id))


def count_between(connection: Connection, after: int, last: int) -> int:
    """How many entries with something in them have numbers after the first, up to the last."""
    sql = "SELECT count(*) FROM shared_pending WHERE number > ? AND number <= ? AND substr(body, 1, 8) <> ?"
    return int(connection.scalar(sql, (after, last, _EMPTY)))


def pending_count(connection: Connection) -> int:
    """How many entries with something in them wait to be appended."""
    sql = "SELECT count(*) FROM shared_pending WHERE substr(body, 1, 8) <> ? AND writer <> ?"
    return int(connection.scalar(sql, (_EMPTY, recall(connection, HELD_WRITER))))


def says_something(body: str) -> bool:
    """Whether an entry with this body does more than say how far its writer has read."""
    return not body.startswith(_EMPTY)


def forget_pending(connection: Connection, number: int) -> None:
    """The log has it."""
    connection.execute("DELETE FROM shared_pending WHERE number = ?", (number,))


def _changes(connection: Connection, things: Sequence[Thing]) -> Iterator[Change]:
    by_table: dict[str, list[str]] = defaultdict(list)
    for thing in things:
        by_table[thing.table].append(thing.key)
    writers = {int(n): str(name) for n, name in connection.rows("SELECT number, writer FROM shared_writers")}
    for table, keys in by_table.items():
        names = COLUMNS[table]
        for start in range(0, len(keys), _CHUNK):
            some = json.dumps(keys[start : start + _CHUNK])
            among = "IN (SELECT value FROM json_each(?))"
            sql = f"SELECT {', '.join(names)} FROM {table} WHERE {RECORDS[table].KEY} {among}"  # noqa: S608
            key_at = names.index(RECORDS[table].KEY)
            rows = {str(row[key_at]): row_as_in_log(connection, table, row) for row in connection.rows(sql, (some,))}
            sql = f"SELECT key, writer, seq FROM shared_rows WHERE entity = ? AND key {among}"  # noqa: S608
            bases = {key: EntryId(writers[n], int(seq)) for key, n, seq in connection.rows(sql, (table, some))}
            before = _rows_in_log(connection, table, some)
            for key in keys[start : start + _CHUNK]:
                if key in rows or key in bases:  # else made and removed at once
                    now_, was = rows.get(key), before.get(key)
                    decided = None if was is None else {name: was[name] for name in differing(table, now_, was)}
                    yield Change(Thing(table, key), now_, bases.get(key), decided)


def _rows_in_log(connection: Connection, table: str, keys: str) -> dict[str, dict[str, Any]]:
    """The rows as the log has them, where they were changed here since."""
    sql = (
        "SELECT key, row FROM shared_base WHERE entity = ? AND key IN (SELECT value FROM json_each(?)) "
        "AND row IS NOT NULL"
    )
    stored = connection.rows(sql, (table, keys))
    return {str(key): row_as_in_log(connection, table, json.loads(row)) for key, row in stored}


def _groups(changes: Sequence[Change]) -> list[list[Change]]:
    """What is about one item together; all that is about no item together."""
    item_of: dict[str, tuple[str, str]] = {}
    for change in changes:
        values = change.values
        if values is not None and "item_ref" in values:
            item_of[change.thing.key] = (str(values["sheet_id"]), str(values["item_ref"]))
    groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        values = change.values or {}
        about = change.thing.key
        if change.thing.table == CanonicalLabelVersion.TABLE:
            about = str(values.get("canonical_label_id"))
        elif change.thing.table in HISTORY:
            about = str(values.get("entity_id", about))
        groups[item_of.get(about, ("", ""))].append(change)
    return list(groups.values())


def _entries(groups: Sequence[list[Change]]) -> Iterator[list[Group]]:
    some: list[Group] = []
    size = characters = 0
    for changes in groups:
        texts = sum(len(value) for change in changes for value in (change.values or {}).values() if type(value) is str)
        if some and (size + len(changes) > MOST_CHANGES or characters + texts > MOST_CHARACTERS):
            yield some
            some, size, characters = [], 0, 0
        some.append(Group(tuple(changes)))
        size += len(changes)
        characters += texts
    if some:
        yield some
