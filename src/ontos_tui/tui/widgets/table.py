"""A list with columns and a cursor. Only the rows in view are formatted, so a million cost what ten cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual import events
from textual.message import Message

from ontos_tui.tui.widgets.lines import EMPTY, Line, LineView, Span, fit, fit_ends, line, span

T = TypeVar("T")
CACHED_LINES = 2_000
"""Lines that are cached at most."""


@dataclass(frozen=True)
class ColumnSpec:
    """A column: its heading, its width in cells (0 takes what is left, shared), and how it is filled.

    `ends` keeps both ends of what is too long, for names that begin alike.
    """

    title: str
    width: int
    right: bool = False
    ends: bool = False


class Table(LineView, Generic[T], can_focus=True):
    """Rows under a cursor. `cells` turns a row into as many texts or spans as there are columns."""

    BINDINGS = [
        ("down,j", "move(1)", "Next row"),
        ("up,k", "move(-1)", "Previous row"),
        ("pagedown", "page(1)", "Page down"),
        ("pageup", "page(-1)", "Page up"),
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
        self.rows: Sequence[T] = ()
        self.cursor = 0

    def show(self, rows: Sequence[T], cursor: int | None = None, columns: Sequence[ColumnSpec] | None = None) -> None:
        """Show these rows; the cursor stays on its place unless another one is given."""
        self.rows = rows
        if columns is not None:
            self._columns = tuple(columns)
            self._lines.clear()
        if len(self._lines) > CACHED_LINES:
            self._lines.clear()
        self.cursor = max(0, min(self.cursor if cursor is None else cursor, len(rows) - 1))
        self._follow()
        self.repaint()

    def refresh_rows(self) -> None:
        """What rows look like has changed, though the rows have not."""
        self._lines.clear()
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

    def _widths(self, width: int) -> list[int]:
        fixed = sum(column.width for column in self._columns) + len(self._columns) - 1
        flexible = sum(1 for column in self._columns if not column.width)
        share = max(4, (width - fixed - 1) // flexible) if flexible else 0
        return [column.width or share for column in self._columns]

    def _heading(self, width: int) -> Line:
        parts = [Span(" ")]
        for column, room in zip(self._columns, self._widths(width), strict=True):
            title = fit(column.title, room) if not column.right else fit(column.title, room).strip().rjust(room)
            parts.append(Span(title + " ", "muted"))
        if len(self.rows) > self.size.height - 1 > 0:
            place = f"{self.cursor + 1}/{len(self.rows)} "
            used = sum(len(part.text) for part in parts)
            if used + len(place) <= width:
                parts.append(Span(" " * (width - used - len(place)) + place, "muted"))
        return tuple(parts)

    def _row(self, row: T, width: int) -> Line:
        parts = [Span(" ")]
        for cell, column, room in zip(self._cells(row), self._columns, self._widths(width), strict=True):
            part = cell if isinstance(cell, Span) else span("" if cell is None else cell)
            text = fit_ends(part.text, room) if column.ends else fit(part.text, room)
            if column.right:
                text = text.rstrip().rjust(room)
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

    def action_go(self, index: int) -> None:
        self.move_to(len(self.rows) - 1 if index < 0 else index)

    def action_choose(self) -> None:
        if len(self.rows):
            self.post_message(self.Chosen(self, self.cursor))

    def on_resize(self) -> None:
        self._lines.clear()
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
