"""Which answer of a conflict stays, by a rule: for one conflict, or for many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from ontos_tui.domain.sharing.entries import Choice, EntryId
from ontos_tui.services.team.conflict_views import Answer, TeamConflict

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Keep(StrEnum):
    """The rules. `mine` and `theirs` are meant from the view of who settles."""

    MINE = "mine"
    THEIRS = "theirs"
    NEWEST = "newest"
    PERSON = "person"


@dataclass(frozen=True)
class Settling:
    """One conflict and the answer that stays: the one that stands (None), or the one of an entry."""

    conflict: TeamConflict
    answer: Answer

    @property
    def choice(self) -> tuple[str, Choice, EntryId | None]:
        """As SharingService.settle takes it."""
        entry = self.answer.entry
        return self.conflict.id, Choice.CURRENT if entry is None else Choice.CANDIDATE, entry


def settlings(conflicts: Iterable[TeamConflict], keep: Keep, me: Collection[str], person: str = "") -> list[Settling]:
    """The conflicts in which a rule names exactly one answer, with that answer; the others stay open.

    `me` are the names of who settles: the login, and the name before there was one.
    """
    chosen = ((conflict, _answer(conflict, keep, me, person)) for conflict in conflicts)
    return [Settling(conflict, answer) for conflict, answer in chosen if answer is not None]


def _answer(conflict: TeamConflict, keep: Keep, me: Collection[str], person: str) -> Answer | None:
    answers = conflict.answers
    if keep is Keep.NEWEST:
        return max(reversed(answers), key=lambda one: one.at or _LONG_AGO)  # of two at once, the later in the log
    if keep is Keep.THEIRS:
        fitting = [one for one in answers if one.by not in me]
    else:
        fitting = [one for one in answers if one.by in (me if keep is Keep.MINE else (person,))]
    return fitting[0] if len(fitting) == 1 else None
