"""What has changed in a source since pairs were made of it, and what the user says about that."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ontos_tui.domain.errors import ConflictError

NAMED = 5
"""Items of each kind that are named."""


class ChangedSource(StrEnum):
    """What to do when a source is not what it was when pairs were made of it."""

    STOP = "stop"
    CONTINUE = "continue"


@dataclass
class Changed:
    """Some items: how many, and the first few."""

    count: int = 0
    refs: list[str] = field(default_factory=list)

    def add(self, ref: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.refs) < NAMED:
            self.refs.append(ref)

    def in_words(self, what: str) -> str:
        """Such as `3 new (a, b, c)`; empty for none."""
        if not self.count:
            return ""
        more = ", …" if self.count > len(self.refs) else ""
        return f"{self.count:,} {what} ({', '.join(self.refs)}{more})"


@dataclass
class SourceChanges:
    """How the items of a sheet differ from its pairs.

    `new` have no pair. The rows of `gone` pairs are no longer in the source. `changed` are items with the same id whose
    cells differ from what is stored in their pairs; where the content is the name there can be none.
    """

    new: Changed = field(default_factory=Changed)
    gone: Changed = field(default_factory=Changed)
    changed: Changed = field(default_factory=Changed)

    def __bool__(self) -> bool:
        return bool(self.new.count or self.gone.count or self.changed.count)

    def in_words(self) -> str:
        """Counts, with the first items of each kind."""
        parts = (self.new.in_words("new"), self.gone.in_words("gone"), self.changed.in_words("changed"))
        return ", ".join(part for part in parts if part)


class SourceChangedError(ConflictError):
    """The source of a sheet has changed since pairs were made of it, and nobody has said what to do. See `changes`."""

    def __init__(self, sheet_name: str, changes: SourceChanges) -> None:
        super().__init__(
            f"The source of {sheet_name!r} has changed since its pairs were made: {changes.in_words()}.",
            "To go on: `--changed-source continue`, or g in GENERATE. New items get pairs; every pair keeps its row, "
            "its answer and its label.",
        )
        self.changes = changes
