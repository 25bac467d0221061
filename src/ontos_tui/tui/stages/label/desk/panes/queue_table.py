"""The queue's rows: as wide as they need, with what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, ClassVar

from ontos_tui.domain.rules.confidence_text import short_certainty
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.label.desk.desk_keys import DESK_COMMANDS, DeskKeys
from ontos_tui.tui.stages.label.desk.panes.status_marks import STATUS_MARKS
from ontos_tui.tui.widgets.lines import span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.label.service import QueueRow

NARROW = (ColumnSpec("", 2), ColumnSpec("item", 0, ends=True), ColumnSpec("answer", 0))
WIDE = (ColumnSpec("#", 6, right=True), *NARROW, ColumnSpec("sure", 6, right=True))
ROOMY = 44
"""Cells from which on the list also has the number and the confidence."""
BETWEEN = " · "


class QueueTable(Table["QueueRow"], DeskKeys):
    """The rows of the queue."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = DESK_COMMANDS

    def __init__(self, moved: Callable[[], None]) -> None:
        """`moved`: the cursor is elsewhere."""
        super().__init__(WIDE, self._row_cells, empty="Loading…", id="queue")
        self._moved = moved
        self.marked_rows: Container[str] = frozenset()
        self.changed_rows: Container[str] = frozenset()
        """The ids of items whose answer was changed here and not approved yet."""
        self.shared = ""
        """What the names of all items begin with: it is not repeated in every row."""

    def on_resize(self) -> None:
        self._columns = WIDE if self.size.width >= ROOMY else NARROW
        super().on_resize()

    def _row_cells(self, row: QueueRow) -> Sequence[object]:
        mark, style = STATUS_MARKS[row.status.value]
        if row.claimed_by and row.status is PairStatus.UNLABELED:
            mark, style = "⧗", "warn"
        elif row.id in self.changed_rows:
            mark, style = "✎", "warn"
        chosen = row.id in self.marked_rows
        shared = self.shared
        item = f"…{row.item_ref[len(shared) :]}" if shared and row.item_ref.startswith(shared) else row.item_ref
        cells = (span(f"{'▪' if chosen else ' '}{mark}", "key" if chosen else style), item, _short_answer(row.summary))
        if self._columns is NARROW:
            return cells
        sure = short_certainty(row.confidence, row.certainty)
        return (row.sequence, *cells, span(sure, "muted"))

    def post_moved(self) -> None:
        self._moved()


def _short_answer(summary: str) -> str:
    """The answer on one line; what is said twice in a row is said once."""
    parts = summary.split(BETWEEN)
    return BETWEEN.join(part for at, part in enumerate(parts) if not at or part != parts[at - 1])
