"""Results of an export or an import: how many, what was held back or refused, and why."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ontos_tui.domain.file_formats import Format, Newer

MOST_PROBLEMS = 1_000
"""Problems of a file that are listed one by one; further ones are only counted."""


CLOCK = timedelta(seconds=2)
"""How exactly a file's own time is known; file systems round it."""


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

    `skipped` lines have nothing to import, such as a task without a label. `newer` decisions here were made after what
    the file says; while nobody has chosen what becomes of them, the import is `undecided` and nothing was changed.
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
    format: Format | None = None
    newer: int = 0
    newer_lines: list[LineProblem] = field(default_factory=list)
    undecided: bool = False

    @property
    def nothing_done(self) -> bool:
        """Whether nothing was changed: something is wrong, is to be chosen, or only a dry run was asked for."""
        return self.refused or self.undecided or self.dry_run

    @property
    def refused(self) -> bool:
        """Whether something is wrong with the file, so that nothing was imported."""
        return self.problem_count > 0

    def problem(self, line: int, reason: str) -> None:
        """Note what is wrong with a line."""
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            insort(self.problems, LineProblem(line, reason), key=_line)

    def add(self, part: ImportReport) -> None:
        """Take over what was reported of a part of the file."""
        for name in ("created", "updated", "unchanged", "skipped", "problem_count", "newer"):
            setattr(self, name, getattr(self, name) + getattr(part, name))
        self.undecided = self.undecided or part.undecided
        self.notes += part.notes
        self.problems += part.problems[: MOST_PROBLEMS - len(self.problems)]
        self.newer_lines += part.newer_lines[: MOST_PROBLEMS - len(self.newer_lines)]

    def newer_decision(self, line: int, what: str, choice: Newer | None) -> None:
        """Note that a decision here is newer than what a line says, and what becomes of it."""
        self.newer += 1
        self.undecided = choice is None
        if len(self.newer_lines) < MOST_PROBLEMS:
            self.newer_lines.append(LineProblem(line, what))

    def is_newer(self, decided: datetime | None, said: datetime | None) -> bool:
        """Whether a decision here was made after what a line says, or the file, where the line says no time."""
        if decided is None:
            return False
        if said is not None:
            return decided > said
        try:
            written = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except OSError:
            return False
        return decided > written + CLOCK


def _line(problem: LineProblem) -> int:
    return problem.line
