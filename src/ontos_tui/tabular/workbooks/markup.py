"""What a workbook's own markup says and its values do not: errors, percent formats, what is hidden, what was joined."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
"""The errors of cells that stand for no value; any other is read as #N/A."""

Area = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last cell of joined ones, as rows and columns from 0."""


@dataclass
class Markup:
    """What the markup of one sheet says; rows and columns are counted from 0."""

    rows: int = 0
    columns: int = 26
    """How far the sheet may reach; more than it does where cells are empty."""
    percents: Counter[int] = field(default_factory=Counter)
    """Cells that are shown as percent, by their column."""
    hidden_rows: int = 0
    hidden_columns: int = 0
    without_result: int = 0
    """Formulas without a stored result."""
    merged: list[Area] = field(default_factory=list)
    _rows: array[int] = field(default_factory=lambda: array("L"))
    _columns: array[int] = field(default_factory=lambda: array("L"))
    _words: array[int] = field(default_factory=lambda: array("B"))

    def add_error(self, row: int, column: int, word: str) -> None:
        """Note a cell with an error; rows come in their order."""
        self._rows.append(row)
        self._columns.append(column)
        self._words.append(ERRORS.index(word) if word in ERRORS else ERRORS.index("#N/A"))

    @property
    def errors(self) -> int:
        """Cells that hold an error."""
        return len(self._rows)

    def error_cells(self) -> Iterator[tuple[int, int, str]]:
        """Row, column and word of every error, in the order of the rows."""
        for row, column, word in zip(self._rows, self._columns, self._words, strict=True):
            yield row, column, ERRORS[word]
