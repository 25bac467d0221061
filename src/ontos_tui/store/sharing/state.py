"""The rules' view of a workspace: its tables, and beside them which entry set each row.

Must be used inside of `applying`, so that nothing that the log brings is noted as a change of this workspace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.sharing.entries import Change, Entry, EntryId, Thing
from ontos_tui.domain.sharing.state import Conflict, ConflictStatus, Standing
from ontos_tui.domain.sharing.table_rules import HISTORY, UNIQUE
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.conflict_text import conflict_from, conflict_text
from ontos_tui.store.sharing.page import PageOfRows
from ontos_tui.store.sharing.rows import COLUMNS, keep_bases, read_standings, write_rows


@contextmanager
def applying(connection: Connection) -> Iterator[None]:
    """What is written meanwhile, in this transaction, is the log's and no change of this workspace."""
    connection.execute("INSERT INTO sync_applying VALUES (1)")
    yield
    connection.execute("DELETE FROM sync_applying")


class StoreState:
    """SharedState over the tables of a workspace, as far as the log was read.

    Rows are read once and written together by `flush`: a page of the log touches many of them more than once.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = {str(name): int(n) for n, name in connection.rows("SELECT number, writer FROM shared_writers")}
        self._names = {number: name for name, number in self._numbers.items()}
        self._seqs = {str(name): int(seq) for name, seq in connection.rows("SELECT writer, seq FROM shared_writers")}
        self._joined = {str(key): str(of) for key, of in connection.rows("SELECT key, of FROM shared_aliases")}
        self._open_about: dict[Thing, str] = {}
        for entity, key, conflict in connection.rows("SELECT entity, key, conflict FROM shared_conflict_things"):
            self._open_about[Thing(entity, key)] = str(conflict)
        self._rows: dict[Thing, Standing | None] = {}
        self._changed: dict[Thing, None] = {}
        self._touched: dict[Thing, None] = {}
        self._twins: dict[tuple[str, tuple[Any, ...]], str] = {}
        self._pairs: dict[tuple[Any, Any], set[str]] = {}
        self._before: dict[Thing, Mapping[str, Any] | None] = {}
        self._page = PageOfRows(connection)

    # Entries

    def last_seq(self, writer: str) -> int:
        return self._seqs.get(writer, 0)

    def advance(self, entry: EntryId) -> None:
        self._seqs[entry.writer] = entry.seq

    def number(self, writer: str) -> int:
        """The short number of a writer here; a new one gets the next."""
        if writer not in self._numbers:
            cursor = self._connection.execute("INSERT INTO shared_writers (writer, seq) VALUES (?, 0)", (writer,))
            self._numbers[writer] = number = int(cursor.lastrowid or 0)
            self._names[number] = writer
        return self._numbers[writer]

    # Rows

    def load(self, things: Iterable[Thing]) -> None:
        """Read these rows at once: they are about to be asked for."""
        by_table: dict[str, list[str]] = {}
        for thing in things:
            if thing not in self._rows and thing.table in COLUMNS and thing.table not in HISTORY:
                by_table.setdefault(thing.table, []).append(thing.key)
        for table, keys in by_table.items():
            self._rows.update((Thing(table, key), None) for key in keys)
            for key, standing in read_standings(self._connection, table, keys, self._names):
                self._rows[Thing(table, key)] = standing

    def load_changes(self, changes: Iterable[Change]) -> None:
        """Read all that the rules will look for when they see these changes, in a few statements."""
        changes = list(changes)
        self.load(change.thing for change in changes)
        self._page.load(changes)

    def standing(self, thing: Thing) -> Standing | None:
        if thing not in self._rows:
            self.load([thing])
            self._rows.setdefault(thing, None)
        return self._rows[thing]

    def twin(self, table: str, key: str, values: Mapping[str, Any]) -> str | None:
        for names in UNIQUE[table]:
            unique = tuple([values[name] for name in names])
            if (other := self._twins.get((table, unique), key)) != key:
                return other
            for other in self._page.twins(table, names, unique):
                if other != key and Thing(table, other) not in self._changed:
                    return other
        return None

    def put(self, thing: Thing, values: Mapping[str, Any] | None, entry: EntryId, at: datetime | None) -> None:
        if thing.table in HISTORY:
            self._rows[thing] = Standing(values, entry, at)
            self._changed[thing] = None
            return
        before = self.standing(thing)
        there = None if before is None else before.values
        is_again = thing in self._changed
        if not is_again:
            self._before[thing] = there
        for names in UNIQUE[thing.table]:
            if is_again and there is not None:
                self._twins.pop((thing.table, tuple([there[name] for name in names])), None)
            if values is not None:
                self._twins[thing.table, tuple([values[name] for name in names])] = thing.key
        if thing.table == QAPair.TABLE and values is not None:
            self._pairs.setdefault((values["sheet_id"], values["item_ref"]), set()).add(thing.key)
        self._rows[thing] = Standing(values, entry, at)
        self._changed[thing] = None

    def touch(self, thing: Thing, at: datetime | None) -> None:
        standing = self.standing(thing)
        if standing is not None and at is not None:
            self._rows[thing] = standing._replace(at=at)
            self._touched[thing] = None

    def pairs_of(self, label: str, values: Mapping[str, Any]) -> Iterator[str]:
        about = (values["sheet_id"], values["item_ref"])
        for key in sorted({*self._page.pairs(about), *self._pairs.get(about, ())}):
            standing = self.standing(Thing(QAPair.TABLE, key))
            if standing is not None and standing.values and standing.values["canonical_label_id"] == label:
                yield key

    def flush(self) -> None:
        """Write what changed."""
        self._keep_bases()
        write_rows(self._connection, {thing: self._values(thing) for thing in self._changed}, self._before)
        self._connection.executemany("INSERT OR REPLACE INTO shared_rows VALUES (?, ?, ?, ?, ?)", self._marks())
        self._write_seqs()
        self._page.clear()
        for noticed in (self._changed, self._touched, self._twins, self._pairs, self._before):
            noticed.clear()

    def _marks(self) -> list[tuple[str, str, int, int, str | None]]:
        """Which entry set each row that changed, as `shared_rows` has it."""
        marks = []
        texts: dict[datetime | None, str | None] = {None: None}
        for thing in {**self._changed, **self._touched}:
            standing = self._rows[thing]
            if standing is not None and thing.table not in HISTORY:
                _, (writer, seq), at = standing
                if at not in texts:
                    texts[at] = None if at is None else at.isoformat()
                marks.append((*thing, self.number(writer), seq, texts[at]))
        return marks

    def _values(self, thing: Thing) -> Mapping[str, Any] | None:
        standing = self._rows[thing]
        return None if standing is None else standing.values

    def _keep_bases(self) -> None:
        """Called before rows are written; the log's own state needs nothing."""

    def _write_seqs(self) -> None:
        seqs = [(seq, self.number(writer)) for writer, seq in self._seqs.items()]
        self._connection.executemany("UPDATE shared_writers SET seq = ? WHERE number = ? AND seq <> ?1", seqs)

    # Rows that became one

    def has_aliases(self) -> bool:
        return bool(self._joined)

    def alias(self, key: str) -> str:
        while key in self._joined:
            key = self._joined[key]
        return key

    def add_alias(self, key: str, of: str) -> None:
        self._joined[key] = of
        self._connection.execute("INSERT OR REPLACE INTO shared_aliases VALUES (?, ?)", (key, of))

    # Conflicts

    def open_conflict(self, thing: Thing) -> Conflict | None:
        id = self._open_about.get(thing)
        return None if id is None else self.conflict(id)

    def conflict(self, id: str) -> Conflict | None:
        body = self._connection.scalar("SELECT body FROM shared_conflicts WHERE id = ?", (id,))
        return None if body is None else conflict_from(str(body))

    def put_conflict(self, conflict: Conflict) -> None:
        values = (conflict.id, conflict.status.value, conflict_text(conflict))
        self._connection.execute("INSERT OR REPLACE INTO shared_conflicts VALUES (?, ?, ?)", values)
        self._connection.execute("DELETE FROM shared_conflict_things WHERE conflict = ?", (conflict.id,))
        self._open_about = {thing: id for thing, id in self._open_about.items() if id != conflict.id}
        if conflict.status is ConflictStatus.OPEN:
            things = [(*thing, conflict.id) for thing in conflict.things]
            self._connection.executemany("INSERT OR REPLACE INTO shared_conflict_things VALUES (?, ?, ?)", things)
            self._open_about.update(dict.fromkeys(conflict.things, conflict.id))

    def refuse(self, entry: Entry, part: int, reason: str) -> None:
        at = None if entry.at is None else entry.at.isoformat()
        sql = "INSERT OR REPLACE INTO shared_refused (writer, seq, part, actor, reason, at) VALUES (?, ?, ?, ?, ?, ?)"
        self._connection.execute(sql, (*entry.id, part, entry.actor, reason, at))


class PendingState(StoreState):
    """The same with what is not in the log yet on top: rows are written, and can be put back as the log has them.

    What the rules say of conflicts and refusals counts only when the log has the entry; here it is forgotten again.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.clean = True
        self._conflicts: dict[str, Conflict] = {}
        self._aliases: dict[str, str] = {}

    def _write_seqs(self) -> None:
        """What waits is not taken in."""

    def _keep_bases(self) -> None:
        """Keep the rows as the log has them, the first time that they change on top of it."""
        things = [thing for thing in self._changed if thing.table not in HISTORY]
        keep_bases(self._connection, things)

    def has_aliases(self) -> bool:
        return bool(self._aliases) or super().has_aliases()

    def alias(self, key: str) -> str:
        key = super().alias(key)
        while key in self._aliases:
            key = super().alias(self._aliases[key])
        return key

    def add_alias(self, key: str, of: str) -> None:
        self.clean = False
        self._aliases[key] = of

    def open_conflict(self, thing: Thing) -> Conflict | None:
        for conflict in self._conflicts.values():
            if conflict.status is ConflictStatus.OPEN and thing in conflict.things:
                return conflict
        conflict_there = super().open_conflict(thing)
        return None if conflict_there is None or conflict_there.id in self._conflicts else conflict_there

    def conflict(self, id: str) -> Conflict | None:
        return self._conflicts.get(id) or super().conflict(id)

    def put_conflict(self, conflict: Conflict) -> None:
        self.clean = False
        self._conflicts[conflict.id] = conflict

    def refuse(self, entry: Entry, part: int, reason: str) -> None:
        self.clean = False
