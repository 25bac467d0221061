"""The cells of a sheet as rows of texts, with what its markup adds: errors, and the values of joined cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from ontos_tui.tabular.workbooks.cells import column_texts
from ontos_tui.tabular.workbooks.markup import Area, Markup

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

Row = list[str]
BATCH = 1_000
"""Rows that are converted at once."""


@dataclass
class Grid:
    """A sheet's used area. `first` is the column of the area's first cell, from 0; `width` how many columns it has.

    While rows are read, `kinds` gathers the types of each column's cells.
    """

    sheet: CalamineSheet
    markup: Markup
    is_open_document: bool = False
    kinds: list[set[type]] = field(default_factory=list)

    def __post_init__(self) -> None:
        start = self.sheet.start or (0, 0)
        self.first = start[1]
        self.width = self.sheet.width
        self.merged: list[Area] = [*(self.sheet.merged_cell_ranges or ()), *self.markup.merged]
        self.kinds = [set() for _ in range(self.width)]

    def rows(self) -> Iterator[tuple[int, Row]]:
        """The number of each row, from 1, and its texts; of joined cells only one has the value, as `Joined` says."""
        errors = _Errors(self.markup, self.first)
        number = 0
        cells = self.sheet.iter_rows()
        while batch := list(islice(cells, BATCH)):
            for row in self._texts(batch):
                if number == errors.row:
                    errors.fill(row)
                number += 1
                yield number, row

    def _texts(self, batch: list[list[Any]]) -> Iterator[Row]:
        columns = []
        for place, column in enumerate(zip(*batch, strict=True)):
            kinds = set(map(type, column))
            self.kinds[place] |= kinds
            columns.append(column_texts(column, kinds, is_open_document=self.is_open_document))
        return map(list, zip(*columns, strict=True))


class _Errors:
    """Writes the words of error cells into rows, which come in their order."""

    def __init__(self, markup: Markup, first: int) -> None:
        self._cells = markup.error_cells()
        self._next = next(self._cells, None)
        self._first = first

    @property
    def row(self) -> int:
        """The next row with an error, from 0; -1 when there is none."""
        return -1 if self._next is None else self._next[0]

    def fill(self, row: Row) -> None:
        """Write the words into their row."""
        at = self.row
        while self._next is not None and self._next[0] == at:
            place = self._next[1] - self._first
            if 0 <= place < len(row) and not row[place]:
                row[place] = self._next[2]
            self._next = next(self._cells, None)


class Joined:
    """Repeats the value of joined cells in all of them, row by row."""

    def __init__(self, areas: list[Area], first: int, width: int) -> None:
        self._first = first
        self._width = width
        self._waiting = sorted(areas, reverse=True)
        self._open: list[tuple[Area, str]] = []
        self.areas = 0
        """Areas with a value that were filled."""

    def fill(self, number: int, row: Row) -> None:
        """Fill a row, whose number is counted from 1; rows come in their order."""
        while self._waiting and self._waiting[-1][0][0] <= number - 1:
            area = self._waiting.pop()
            place = area[0][1] - self._first
            value = row[place] if 0 <= place < self._width and area[0][0] == number - 1 else ""
            if value:
                self._open.append((area, value))
                self.areas += 1
        if self._open:
            self._open = [(area, value) for area, value in self._open if area[1][0] >= number - 1]
            for ((_, left), (_, right)), value in self._open:
                for place in range(max(0, left - self._first), min(self._width, right - self._first + 1)):
                    row[place] = value
