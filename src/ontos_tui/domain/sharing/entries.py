"""What the team's log holds: entries, each with the changes that somebody made together.

An entry is appended by one writer and never changed. A writer is one opening of a workspace that shares, so that a
copy or a restored backup never writes under another's name. The log's order is the order of everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ontos_tui.domain.errors import PlatformError

FORMAT = 1
"""The newest form of entries that this program reads and writes."""


class EntryId(NamedTuple):
    """The place of an entry among those of its writer: 1, 2, 3 … without a gap."""

    writer: str
    seq: int

    def __str__(self) -> str:
        return f"{self.writer}:{self.seq}"


class Thing(NamedTuple):
    """One row of one shared table."""

    table: str
    key: str


class Change(NamedTuple):
    """A row as it is after a change; `values` are its columns as the store keeps them, None when it is gone.

    `base` is the entry that had set the row last, as the writer saw it: None when the writer knew of none. `before` are
    the columns that the change decides, as the writer's log had them; it is only shown. `old_version` is how often the
    row was written in the tables that a team shared by before, where it comes from there.
    """

    thing: Thing
    values: Mapping[str, Any] | None
    base: EntryId | None = None
    before: Mapping[str, Any] | None = None
    old_version: int | None = None


@dataclass(frozen=True)
class Group:
    """Changes that hold together or not at all: a pair, its canonical label, and the events about them."""

    changes: tuple[Change, ...]


class EntryTooLargeError(PlatformError):
    """The log cannot take this entry; what is before it, it has."""

    def __init__(self, entry: EntryId, what: str, todo: str) -> None:
        super().__init__(what, todo)
        self.entry = entry


class Choice(StrEnum):
    """How a conflict is settled."""

    CURRENT = "current"
    CANDIDATE = "candidate"


@dataclass(frozen=True)
class Settlement:
    """A decision between the answers of a conflict.

    `seen` are the answers between which it was decided: the entry that stands, then the candidates. Where the answers
    are others by now, it does not count.
    """

    conflict: str
    choice: Choice
    candidate: EntryId | None
    seen: tuple[EntryId | None, ...]


@dataclass(frozen=True)
class Entry:
    """One entry of the log. `at` is the log's own time, None while it waits to be sent."""

    id: EntryId
    actor: str
    groups: tuple[Group, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    reopened: tuple[str, ...] = ()
    """Conflicts whose settlement is taken back."""
    read: int | None = None
    """Up to which version of the log the writer had read."""
    at: datetime | None = None
    format: int = FORMAT


@dataclass(frozen=True)
class LogRow:
    """One row of the log: where it stands, the log's time, and the entry as it was appended."""

    version: int
    at: datetime
    writer: str
    seq: int
    actor: str
    format: int
    body: str
