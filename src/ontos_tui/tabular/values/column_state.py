"""A column on the way to being understood, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ontos_tui.domain.records.reading import Question
from ontos_tui.tabular.values.guess import Guess
from ontos_tui.tabular.values.scan import Scanned, Word


class Note(NamedTuple):
    """What is said of columns: before and after their names."""

    before: str
    after: str


@dataclass
class ColumnState:
    """A column on the way to being understood."""

    name: str
    sample: list[str]
    guess: Guess
    scanned: Scanned = field(default_factory=Scanned)
    words: list[Word] = field(default_factory=list)
    missing: dict[str, int] = field(default_factory=dict)
    unfit: list[Word] = field(default_factory=list)
    unfit_count: int = 0
    sentinels: dict[float, int] = field(default_factory=dict)
    trimmed: bool = False
    any_order: bool = False
    """Whether its dates are the same days in more than one order."""
    notes: list[Note] = field(default_factory=list)
    question: Question | None = None
    done: bool = False

    @property
    def known(self) -> int:
        """Rows with a value that is not a word for none."""
        return self.scanned.values - sum(self.missing.values())
