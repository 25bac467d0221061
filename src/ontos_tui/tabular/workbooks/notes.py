"""What is said of a sheet: titles and totals that are no rows, errors, percent cells, joined and hidden cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ontos_tui.domain.records.reading import Reading
from ontos_tui.tabular.workbooks.markup import Markup


def sheet_notes(
    reading: Reading, markup: Markup, *, joined: int, percents: Sequence[str], durations: Sequence[str], is_old: bool
) -> Iterator[str]:
    """Notes on a sheet. `joined` areas were filled with their value; the others are names of columns."""
    if reading.lines_above:
        where = "above the names" if reading.header_line else "above the rows"
        what = _count(reading.lines_above, "row stands", "rows stand")
        what += f" {where} and {'is no row' if reading.lines_above == 1 else 'are no rows'} of the table"
        yield f"{what}: {reading.above[0].strip()[:60]!r}{' …' if reading.lines_above > 1 else ''}."
    if reading.left_out:
        what = _count(len(reading.left_out), "row", "rows")
        yield f"{what} below the others left out: {reading.left_out[0].strip()[:60]!r}."
    if markup.errors:
        what = _count(markup.errors, "cell holds an error", "cells hold an error")
        yield f"{what}, such as #DIV/0!: taken as missing."
    elif is_old:
        yield "An .xls file does not tell error cells from empty ones; saved as .xlsx it does."
    if markup.without_result:
        what = _count(markup.without_result, "formula has", "formulas have")
        yield f"{what} no stored result and is empty here: open the workbook in a spreadsheet program and save it."
    if percents:
        yield f"Percent cells were read as fractions (60.3% is 0.603): {_names(percents)}."
    if durations:
        yield f"Times that may last longer than a day were read as seconds: {_names(durations)}."
    if joined:
        yield f"{_count(joined, 'area', 'areas')} of joined cells: the value stands in each of them."
    hidden = [
        _count(number, one, many)
        for number, one, many in (
            (markup.hidden_rows, "hidden row", "hidden rows"),
            (markup.hidden_columns, "hidden column", "hidden columns"),
        )
        if number
    ]
    if hidden:
        yield f"{' and '.join(hidden)} of the sheet read like all others."


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
