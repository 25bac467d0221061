"""What everybody who has read the log to the same place has: rows, conflicts, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from ontos_tui.domain.sharing.entries import Change, Entry, EntryId, Thing


class Standing(NamedTuple):
    """A row as it stands, the entry that set it, and the log's time at which something last happened to it."""

    values: Mapping[str, Any] | None
    entry: EntryId
    at: datetime | None = None


@dataclass(frozen=True)
class Candidate:
    """An answer that waits beside the one that stands: the changes that its author made together."""

    entry: EntryId
    actor: str
    changes: tuple[Change, ...]
    at: datetime | None = None


class ConflictStatus(StrEnum):
    """Whether a conflict waits, and else how it ended."""

    OPEN = "open"
    SETTLED = "settled"
    AGREED = "agreed"
    JOINED = "joined"


@dataclass(frozen=True)
class Conflict:
    """One disagreement about one thing and what hangs on it."""

    id: str
    things: tuple[Thing, ...]
    candidates: tuple[Candidate, ...]
    status: ConflictStatus = ConflictStatus.OPEN
    settled_by: str = ""
    settled_in: EntryId | None = None
    before: tuple[Change, ...] = ()
    """The rows that a settlement replaced, to take it back."""
    chosen: EntryId | None = None


class SharedState(Protocol):
    """Where the rules read and write. The store has one over its tables; `MemoryState` is one in memory."""

    def last_seq(self, writer: str) -> int:
        """The newest entry of a writer that was taken in; 0 when there is none."""
        ...

    def advance(self, entry: EntryId) -> None:
        """This entry is taken in."""
        ...

    def standing(self, thing: Thing) -> Standing | None:
        """A row; None for one that nobody ever set. The values of one that was removed are None."""
        ...

    def twin(self, table: str, key: str, values: Mapping[str, Any]) -> str | None:
        """The key of another row that is there with the same unique columns."""
        ...

    def put(self, thing: Thing, values: Mapping[str, Any] | None, entry: EntryId, at: datetime | None) -> None:
        """A row is this from now on."""
        ...

    def touch(self, thing: Thing, at: datetime | None) -> None:
        """Something happened to a row that did not change it: work in a task."""
        ...

    def has_aliases(self) -> bool:
        """Whether any row became one with another."""
        ...

    def alias(self, key: str) -> str:
        """The key of the row that a row of this key became one with; the same key when there is none."""
        ...

    def add_alias(self, key: str, of: str) -> None:
        """From now on the row `key` is the row `of`."""
        ...

    def pairs_of(self, label: str, values: Mapping[str, Any]) -> Iterator[str]:
        """Keys of the pairs that are there and linked to a canonical label, sorted; `values` tell its item."""
        ...

    def open_conflict(self, thing: Thing) -> Conflict | None:
        """The open conflict about a thing."""
        ...

    def conflict(self, id: str) -> Conflict | None:
        """A conflict, open or not."""
        ...

    def put_conflict(self, conflict: Conflict) -> None:
        """A conflict is new, or is this from now on."""
        ...

    def refuse(self, entry: Entry, part: int, reason: str) -> None:
        """A part of an entry does not count; its author sees why."""
        ...


@dataclass
class MemoryState:
    """The state in dictionaries. `unique` gives the unique columns of a table."""

    unique: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    rows: dict[Thing, Standing] = field(default_factory=dict)
    writers: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    refused: dict[tuple[EntryId, int], tuple[str, str]] = field(default_factory=dict)

    def copy(self) -> MemoryState:
        """The same state, to go on differently."""
        names = ("rows", "writers", "aliases", "conflicts", "refused")
        return replace(self, **{name: dict(getattr(self, name)) for name in names})

    def last_seq(self, writer: str) -> int:
        return self.writers.get(writer, 0)

    def advance(self, entry: EntryId) -> None:
        self.writers[entry.writer] = entry.seq

    def standing(self, thing: Thing) -> Standing | None:
        return self.rows.get(thing)

    def twin(self, table: str, key: str, values: Mapping[str, Any]) -> str | None:
        for columns in self.unique.get(table, ()):
            for other, standing in self.rows.items():
                there = standing.values
                is_other = other.table == table and other.key != key
                if is_other and there is not None and all(there.get(name) == values.get(name) for name in columns):
                    return other.key
        return None

    def put(self, thing: Thing, values: Mapping[str, Any] | None, entry: EntryId, at: datetime | None) -> None:
        self.rows[thing] = Standing(values, entry, at)

    def touch(self, thing: Thing, at: datetime | None) -> None:
        if thing in self.rows and at is not None:
            self.rows[thing] = self.rows[thing]._replace(at=at)

    def has_aliases(self) -> bool:
        return bool(self.aliases)

    def alias(self, key: str) -> str:
        while key in self.aliases:
            key = self.aliases[key]
        return key

    def add_alias(self, key: str, of: str) -> None:
        self.aliases[key] = of

    def pairs_of(self, label: str, values: Mapping[str, Any]) -> Iterator[str]:
        linked = (
            thing.key
            for thing, standing in self.rows.items()
            if thing.table == "qa_pairs" and standing.values and standing.values.get("canonical_label_id") == label
        )
        return iter(sorted(linked))

    def open_conflict(self, thing: Thing) -> Conflict | None:
        for conflict in self.conflicts.values():
            if conflict.status is ConflictStatus.OPEN and thing in conflict.things:
                return conflict
        return None

    def conflict(self, id: str) -> Conflict | None:
        return self.conflicts.get(id)

    def put_conflict(self, conflict: Conflict) -> None:
        self.conflicts[conflict.id] = conflict

    def refuse(self, entry: Entry, part: int, reason: str) -> None:
        self.refused[entry.id, part] = (entry.actor, reason)
