"""From the tables that a team shared by in an earlier version to its log: what becomes of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ontos_tui.domain.sharing.table_rules import HISTORY, same

Values = Mapping[str, Any]


@dataclass(frozen=True)
class OldRow:
    """A row of a team's table: the columns that are there, how often it was written, and whether it was removed."""

    key: str
    values: Values
    version: int
    gone: bool


@dataclass(frozen=True)
class Known:
    """What is known of a row: `version`, how often it was written at the team; `seen`, which of these was seen here;
    `moved`, which of them the log has already, None when it has none; whether it was changed here since it was sent;
    and whether others have moved before."""

    version: int
    seen: int
    moved: int | None = None
    unsent: bool = False
    later: bool = False

    @property
    def written_after(self) -> bool:
        """Whether the team's row was written after others had moved, by an earlier version."""
        return self.later and (self.moved is None or self.version > self.moved)


class Ours(StrEnum):
    """What becomes of the row that is here."""

    NOTHING = "nothing"
    """The team's row, or the log's, says all that it says."""
    FOLLOWS = "follows"
    """It comes on top of the log as a decision that was made with the team's row in view."""
    APART = "apart"
    """It comes on top as a decision that was made without it: where they differ, it is a conflict."""


@dataclass(frozen=True)
class Placement:
    """Whether the team's row is taken here, where nobody has moved before; whether it comes on top of the log; and what
    becomes of the row here."""

    take: bool
    theirs_on_top: bool = False
    ours: Ours = Ours.NOTHING


def placement(table: str, ours: Values | None, theirs: Values | None, known: Known) -> Placement:
    """What becomes of a row that is here, at the team, or both; `theirs` is None for one that was removed there."""
    if table in HISTORY:
        return Placement(take=ours is None and theirs is not None)
    if not known.unsent:
        if known.later:
            return Placement(take=False, theirs_on_top=known.written_after and theirs is not None)
        if ours is None or known.version > known.seen or same(table, ours, theirs):
            return Placement(take=ours != theirs)
        return Placement(take=True, ours=Ours.APART)
    if same(table, ours, theirs):
        return Placement(take=ours != theirs, theirs_on_top=known.written_after)
    if known.seen >= known.version:
        return Placement(take=True, ours=Ours.FOLLOWS)
    return Placement(take=True, theirs_on_top=known.written_after, ours=Ours.APART)
