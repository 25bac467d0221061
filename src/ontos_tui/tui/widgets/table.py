"""A list with columns and a cursor. Only the rows in view are formatted, so a million cost what ten cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rich.cells import cell_len
from textual import events
from textual.message import Message

from ontos_tui.tui.widgets.column_layout import ColumnLayout, fit_right, lay_out, needed_widths
from ontos_tui.tui.widgets.lines import EMPTY, Line, LineView, Span, fit, line, span
from ontos_tui.tui.widgets.names import fit_ends

T = TypeVar("T")
CACHED_LINES = 2_000
"""Lines that are cached at most."""
SAMPLED = 300
"""Rows that say how wide the columns have to be, at most."""


@dataclass(frozen=True)
class ColumnSpec:
    """A column: its heading, its width in cells (0: what its content needs and a share of the rest), how it is filled.

    `ends` is for names that begin alike: what all of them share is shortened first, then the middle of what is left.
    """

    title: str
    width: int
    right: bool = False
    ends: bool = False


def _text(cell: object) -> str:
    return cell.text if isinstance(cell, Span) else span("" if cell is None else cell).text


class Table(LineView, Generic[T], can_focus=True):
    """Rows under a cursor. `cells` turns a row into as many texts or spans as there are columns."""

    BINDINGS = [
        ("down,j", "move(1)", "Next row"),
        ("up,k", "move(-1)", "Previous row"),
        ("pagedown", "page(1)", "Page down"),
        ("pageup", "page(-1)", "Page up"),
        ("ctrl+d", "half_page(1)", "Half a page down"),
        ("ctrl+u", "half_page(-1)", "Half a page up"),
        ("home", "go(0)", "First row"),
        ("end,G", "go(-1)", "Last row"),
        ("enter", "choose", "Choose"),
    ]
    DEFAULT_CSS = """
    Table { border-left: outer $surface-lighten-1; &:focus { border-left: outer $accent; } }
    """

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, table: Table[Any], index: int) -> None:
            super().__init__()
            self.table, self.index = table, index

        @property
        def control(self) -> Table[Any]:
            return self.table

    class Chosen(Message):
        """Enter was pressed on a row, or it was clicked twice."""

        def __init__(self, table: Table[Any], index: int) -> None:
            super().__init__()
            self.table, self.index = table, index

        @property
        def control(self) -> Table[Any]:
            return self.table

    def __init__(
        self,
        columns: Sequence[ColumnSpec],
        cells: Callable[[T], Sequence[object]],
        *,
        empty: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._cells = cells
        self._empty = empty
        self._top = 0
        # Lines by index, each with the row that it shows: rows are never changed in place, only replaced.
        self._lines: dict[int, tuple[T, Line]] = {}
        self._layout: ColumnLayout | None = None
        self.rows: Sequence[T] = ()
        self.cursor = 0

    def show(self, rows: Sequence[T], cursor: int | None = None, columns: Sequence[ColumnSpec] | None = None) -> None:
        """Show these rows; the cursor stays on its place unless another one is given."""
        if rows is not self.rows:
            self._layout = None
        self.rows = rows
        if columns is not None:
            self._columns = tuple(columns)
            self._lines.clear()
            self._layout = None
        if len(self._lines) > CACHED_LINES:
            self._lines.clear()
        self.cursor = max(0, min(self.cursor if cursor is None else cursor, len(rows) - 1))
        self._follow()
        self.repaint()

    def refresh_rows(self) -> None:
        """What rows look like has changed, though the rows have not."""
        self._lines.clear()
        self._layout = None
        self.repaint()

    def repaint_row(self, index: int) -> None:
        """What one row looks like has changed, though the row has not."""
        self._lines.pop(index, None)
        self.repaint()

    def set_empty_text(self, empty: str) -> None:
        """What stands there while there are no rows: why, and what to do next."""
        self._empty = empty
        self.repaint()

    @property
    def current(self) -> T | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    @property
    def in_view(self) -> range:
        """The rows that are on the screen."""
        return range(self._top, min(self._top + max(1, self.size.height - 1), len(self.rows)))

    def line_at(self, y: int, width: int) -> Line:
        if y == 0:
            return self._heading(width)
        index = self._top + y - 1
        if not len(self.rows):
            return line(span(self._empty_line(y - 1, width), "muted")) if self._empty else EMPTY
        if index >= len(self.rows):
            return EMPTY
        row = self.rows[index]
        cached = self._lines.get(index)
        if cached is None or cached[0] is not row:
            cached = self._lines[index] = (row, self._row(row, width))
        return cached[1]

    def _empty_line(self, index: int, width: int) -> str:
        from textwrap import wrap

        lines = [part for paragraph in self._empty.split("\n") for part in wrap(paragraph, max(8, width - 2)) or [""]]
        return " " + lines[index] if index < len(lines) else ""

    def marked(self, y: int) -> bool:
        return y > 0 and len(self.rows) > 0 and self._top + y - 1 == self.cursor

    def _sample(self) -> list[Sequence[str]]:
        """The texts of some rows, which say how wide columns have to be.

        A list is in memory: its rows are taken from all over it. Other rows are read when they are looked at: of them,
        those in view when they were first shown.
        """
        rows: Sequence[T]
        if isinstance(self.rows, list | tuple):
            rows = self.rows[:: -(-len(self.rows) // SAMPLED) or 1]
        else:
            rows = [self.rows[index] for index in self.in_view[:SAMPLED]]
        return [[_text(cell) for cell in self._cells(row)] for row in rows]

    def _laid_out(self, width: int) -> ColumnLayout:
        """The widths of the columns; they stay while the rows do, so that moving repaints no column."""
        layout = self._layout
        if layout is None or layout.width != width:
            layout = self._layout = lay_out(self._columns, self._sample(), width)
            self._lines.clear()
        return layout

    @property
    def natural_width(self) -> int:
        """Cells in which nothing of the rows in view is cut."""
        needs = needed_widths(self._columns, self._sample())
        return sum(needs) + len(needs) + 1

    def _heading(self, width: int) -> Line:
        parts = [Span(" ")]
        for column, room in zip(self._columns, self._laid_out(width).widths, strict=True):
            title = fit(column.title, room)
            if column.right:
                title = fit_right(title, room)
            parts.append(Span(title + " ", "muted"))
        if len(self.rows) > self.size.height - 1 > 0:
            place = f"{self.cursor + 1}/{len(self.rows)} "
            used = sum(cell_len(part.text) for part in parts)
            if used + len(place) <= width:
                parts.append(Span(" " * (width - used - len(place)) + place, "muted"))
        return tuple(parts)

    def _row(self, row: T, width: int) -> Line:
        parts = [Span(" ")]
        layout = self._laid_out(width)
        for cell, column, room, shared in zip(
            self._cells(row), self._columns, layout.widths, layout.shared, strict=True
        ):
            part = cell if isinstance(cell, Span) else span("" if cell is None else cell)
            shown = part.text
            if shared and cell_len(shown) > room and shown.startswith(shared):
                shown = f"…{shown[len(shared) :]}"
            text = fit_ends(shown, room) if column.ends else fit(shown, room)
            if column.right:
                text = fit_right(text, room)
            parts.append(Span(text + " ", part.style))
        return tuple(parts)

    def _follow(self) -> None:
        """Bring the cursor into view, in leaps, so that walking down repaints the list only now and then."""
        room = max(1, self.size.height - 1)
        if self.cursor < self._top:
            self._top = self.cursor - room + 1 + room // 4
        elif self.cursor >= self._top + room:
            self._top = self.cursor - room // 4
        self._top = max(0, min(self._top, max(0, len(self.rows) - room)))

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and post that it moved."""
        index = max(0, min(index, len(self.rows) - 1))
        if index == self.cursor or not len(self.rows):
            return
        self.cursor = index
        self._follow()
        self.repaint()
        self.post_moved()

    def post_moved(self) -> None:
        """The cursor stands on another row now."""
        self.post_message(self.Moved(self, self.cursor))

    def action_move(self, by: int) -> None:
        self.move_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        self.move_to(self.cursor + by * max(1, self.size.height - 2))

    def action_half_page(self, by: int) -> None:
        self.move_to(self.cursor + by * max(1, (self.size.height - 1) // 2))

    def action_go(self, index: int) -> None:
        self.move_to(len(self.rows) - 1 if index < 0 else index)

    def action_choose(self) -> None:
        if len(self.rows):
            self.post_message(self.Chosen(self, self.cursor))

    def on_resize(self) -> None:
        self._lines.clear()
        self._layout = None
        super().on_resize()
        self._follow()

    def on_click(self, event: events.Click) -> None:
        index = self._top + event.y - 1
        if 0 <= index < len(self.rows) and event.y > 0:
            self.move_to(index)
            if event.chain == 2:
                self.action_choose()

    def on_mouse_scroll_down(self) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-3)
