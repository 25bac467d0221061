"""Results of an export or an import: how many, what was held back or refused, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

MOST_PROBLEMS = 1_000
"""Problems of a file that are listed one by one; further ones are only counted."""


@dataclass(frozen=True)
class LineProblem:
    """Why a line (of JSON lists and Parquet: an entry, a row) cannot be used; lines count from 1."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line:,}: {self.reason}"


@dataclass(frozen=True)
class Selection:
    """The pairs of a training sheet by what an export does with them: written, or held back for a reason."""

    written: int
    held_back: dict[str, int]

    @property
    def total(self) -> int:
        """All pairs of the training sheet."""
        return self.written + sum(self.held_back.values())


@dataclass(frozen=True)
class ExportReport(Selection):
    """What an export wrote: pairs by file; further files that belong to them, such as a labeling config; notes."""

    files: dict[Path, int]
    beside: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class ImportReport:
    """What an import did, or would do when `dry_run`. With problems, nothing was changed at all.

    `skipped` lines have nothing to import, such as a task without a label.
    """

    path: Path
    dry_run: bool = False
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    problem_count: int = 0
    problems: list[LineProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether something is wrong with the file, so that nothing was imported."""
        return self.problem_count > 0

    def problem(self, line: int, reason: str) -> None:
        """Note what is wrong with a line."""
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(LineProblem(line, reason))
