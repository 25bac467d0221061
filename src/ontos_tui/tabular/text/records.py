"""The first and the last lines of a text file as records of cells, each with the number of its line."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from ontos_tui.tabular.values.missing import is_missing_word
from ontos_tui.tabular.values.numbers import is_number
from ontos_tui.tabular.values.times import is_time

SPACES = " "
"""The separator that stands for any number of blanks or tabs."""


@dataclass(frozen=True)
class TextRecord:
    """A line, or the lines that quotes hold together: the number of its first line (from 1) and of the one after it."""

    line: int
    stop: int
    cells: tuple[str, ...]
    text: str

    @property
    def width(self) -> int:
        """How many values it holds."""
        return len(self.cells)

    @property
    def filled(self) -> int:
        """How many of them are not empty."""
        return sum(bool(cell.strip()) for cell in self.cells)


def split(lines: Sequence[str], separator: str, first: int = 1) -> list[TextRecord]:
    """Lines as records; blank lines are left out. `first` is the number of the first line."""
    if separator == SPACES:
        return [
            TextRecord(number, number + 1, tuple(_unquoted(cell) for cell in line.split()), line)
            for number, line in enumerate(lines, first)
            if line.strip()
        ]
    if not separator:
        return [
            TextRecord(number, number + 1, (line,), line) for number, line in enumerate(lines, first) if line.strip()
        ]
    records, start = [], 0
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    try:
        for cells in reader:
            text = "\n".join(lines[start : reader.line_num])
            if text.strip():
                whole = (*cells[:-1], cells[-1].removesuffix("\n"))
                records.append(TextRecord(first + start, first + reader.line_num, whole, text))
            start = reader.line_num
    except csv.Error:  # a cell longer than the csv module allows; what came before is enough to go by
        pass
    return records


def _unquoted(cell: str) -> str:
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def kind_of(cell: str) -> str:
    """What a cell holds: `empty`, `number`, `time`, `flag` or `text`."""
    text = cell.strip()
    if not text or is_missing_word(text):
        return "empty"
    if text.lower() in ("true", "false"):
        return "flag"
    if is_number(text):
        return "number"
    return "time" if is_time(text) else "text"
