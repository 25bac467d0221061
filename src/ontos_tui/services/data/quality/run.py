"""A look at a table that is under way: what it does now, how much of that is done, and how it is ended."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import OntosError

if TYPE_CHECKING:
    from ontos_tui.tabular.quality.table_rows import TableRows


class CancelledError(OntosError):
    """The user ended the look at a table."""

    def __init__(self) -> None:
        super().__init__("The quality check was cancelled; nothing was changed.", "Start it again: Q in DATA.")


@dataclass
class QualityRun:
    """Shared by the thread that looks and the one that shows it."""

    step: str = "opening"
    _rows: TableRows | None = None
    _cancelled: threading.Event = field(default_factory=threading.Event)

    def begin(self, rows: TableRows) -> None:
        """The table is open."""
        self._rows = rows
        if self._cancelled.is_set():
            rows.cancel()

    def enter(self, step: str) -> None:
        """Say what comes next. Raises CancelledError after `cancel`."""
        if self._cancelled.is_set():
            raise CancelledError
        self.step = step

    def cancel(self) -> None:
        """End it as soon as possible."""
        self._cancelled.set()
        if self._rows is not None:
            self._rows.cancel()

    @property
    def text(self) -> str:
        """What is done now, with the part of it that is done where that is known."""
        done = self._rows.progress() if self._rows is not None else None
        return self.step if done is None else f"{self.step}, {done:.0%}"
