"""Rows of data as they are: columns as wide as their values, shifted sideways when they do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from ontos_tui.domain.spans import describe_spans
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.tui.widgets.table import ColumnSpec, Table

MOST_COLUMNS = 200
WIDEST = 28
SAMPLED_ROWS = 50


class DataGrid(Table[Mapping[str, Any]]):
    """A table over mappings. `left` and `right` shift the columns; the first one stays."""

    BINDINGS = [("left,h", "shift(-1)", "Columns to the left"), ("right,l", "shift(1)", "Columns to the right")]

    def __init__(self, *, empty: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__((), self._texts, empty=empty, id=id, classes=classes)
        self._names: tuple[str, ...] = ()
        self._room: dict[str, int] = {}
        self._first = 1

    def show_rows(self, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Show these rows under these columns."""
        if tuple(names) != self._names:
            self._first = 1
        self._names = tuple(names)[:MOST_COLUMNS]
        self._room = {name: self._width(name, rows[:SAMPLED_ROWS]) for name in self._names}
        self._lay_out(rows)

    @staticmethod
    def _width(name: str, rows: Sequence[Mapping[str, Any]]) -> int:
        longest = max((cell_len(value_text(row.get(name))) for row in rows), default=0)
        return max(3, min(WIDEST, max(longest, cell_len(safe_line(name, 60)))))

    def _shown(self) -> list[str]:
        return [*self._names[:1], *self._names[self._first :]]

    def _lay_out(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.show(rows, columns=[ColumnSpec(safe_line(name, 60), self._room[name]) for name in self._shown()])

    def _texts(self, row: Mapping[str, Any]) -> list[str]:
        return [value_text(row.get(name)) for name in self._shown()]

    def action_shift(self, by: int) -> None:
        """Shift the columns after the first one."""
        self._first = max(1, min(self._first + by, max(1, len(self._names) - 1)))
        self._lay_out(self.rows)


def value_text(value: Any) -> str:
    """A value of data as one displayable line; an empty one is a middle dot, to differ from a space."""
    if value is None:
        return "·"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list) and value and all(isinstance(one, dict) and "label" in one for one in value):
        return safe_line(", ".join(describe_spans(value)), 200)
    return safe_line(value, 200)
