"""Pairs as an Excel workbook, and the rows of workbooks as labels.

A blank text gets an apostrophe before it, as it would look like none; an import takes it away again. Formulas need
none: a text is written as a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.services.interchange.reading import Entry
from ontos_tui.services.interchange.tabular import ANSWER, TableMaker, Write
from ontos_tui.store.values import to_json

_BLANK = re.compile(r"'*\s*")
_NO_XML = {"_xFFFE_": "\ufffe", "_xFFFF_": "\uffff"}


@contextmanager
def xlsx_writer(path: Path, maker: TableMaker) -> Iterator[Write]:
    """Writes pairs to a workbook, one after the other. Raises as `sheet_writer` does."""
    from ontos_tui.tabular.workbooks.writer import sheet_writer

    columns = maker.columns
    answers = [name.startswith(ANSWER) for name in columns]
    with sheet_writer(path, columns, name="Pairs") as write:
        yield lambda pair: write(
            [_cell(value, is_answer) for value, is_answer in zip(maker.row(pair), answers, strict=True)]
        )


def _cell(value: Any, is_answer: bool) -> Any:
    if isinstance(value, (dict, list)):
        return to_json(value)
    if isinstance(value, str) and (value or is_answer) and _BLANK.fullmatch(value):
        return f"'{value}"
    return value


class CellNumber(float):
    """A number of a cell. Spreadsheets know no integers: as a text, 5.0 is 5."""

    def __str__(self) -> str:
        return str(int(self)) if self.is_integer() and abs(self) < 1e15 else float.__repr__(self)


def workbook_rows(path: Path) -> tuple[list[str], Iterator[Entry]]:
    """The columns that the first row of a workbook's only sheet names, and the rows below by their number in it.

    Raises InvalidInputError when there are several sheets, or the file is none that can be read.
    """
    from ontos_tui.tabular.workbooks.container import check_container
    from ontos_tui.tabular.workbooks.sheets import Workbook

    check_container(path)
    book = Workbook(path)
    choice = book.choose("")
    if choice.question is not None:
        what = choice.question.text.removesuffix(" Which one is the table?")
        raise InvalidInputError(what, "Delete all but the one with the labels, or save that one as CSV.")
    rows = (
        (number, row) for number, row in enumerate(book.sheet(choice.place).iter_rows(), 1) if any(map(_is_filled, row))
    )
    names = [str(_value(cell) or "").strip() for cell in next(rows, (0, []))[1]]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise InvalidInputError(f"Two columns of {path.name} have the name {twice[0]!r}.", "Rename one of them.")
    return [name for name in names if name], _entries(names, rows)


def _entries(names: list[str], rows: Iterator[tuple[int, list[Any]]]) -> Iterator[Entry]:
    for number, row in rows:
        yield number, {name: _value(cell) for name, cell in zip(names, row, strict=True) if name}


def _is_filled(cell: Any) -> bool:
    return not isinstance(cell, str) or cell != ""


def _value(cell: Any) -> Any:
    """The value of a cell, None where it is empty."""
    if isinstance(cell, str):
        if not cell:
            return None
        for escape, sign in _NO_XML.items():
            cell = cell.replace(escape, sign)
        return cell[1:] if cell.startswith("'") and _BLANK.fullmatch(cell) else cell
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    return cell if isinstance(cell, bool) or not isinstance(cell, float) else CellNumber(cell)
