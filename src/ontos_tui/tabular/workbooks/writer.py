"""Rows as an Excel workbook (.xlsx): one sheet, written row by row in flat memory.

A text is a text, never a formula or a link, whatever it begins with.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError

MOST_ROWS = 1_048_576
"""Rows of a sheet, that of the names among them."""
MOST_COLUMNS = 16_384
LONGEST_TEXT = 32_767
"""Characters of a cell as Excel counts them: those beyond the first 65,536 of Unicode are two."""
LARGEST_WHOLE = 2**53
_NO_TEXT = re.compile("[\ud800-\udfff]")
OTHER_FORMATS = "Choose .csv, .parquet or .jsonl, which have no such limit."
Write = Callable[[Sequence[Any]], None]


def check_row_count(rows: int) -> None:
    """Raise InvalidInputError for more rows than a sheet may have below the names."""
    if rows >= MOST_ROWS:
        raise InvalidInputError(f"A sheet of .xlsx has at most {MOST_ROWS - 1:,} rows.", OTHER_FORMATS)


@contextmanager
def sheet_writer(path: Path, columns: Sequence[str], *, name: str = "Table", cut: bool = False) -> Iterator[Write]:
    """Writes rows of plain values under the names of the columns; None is an empty cell.

    With `cut`, a text that is longer than a cell may hold loses its end, and an ellipsis says so. Raises
    InvalidInputError for such a text otherwise, and for more rows or columns than a sheet may have; OSError where the
    file cannot be written. Whatever was raised inside is raised, and leaves no workbook.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    from ontos_tui.tabular.workbooks.exact_sheet import ExactSheet

    if len(columns) > MOST_COLUMNS:
        raise InvalidInputError(f"A sheet of .xlsx has at most {MOST_COLUMNS:,} columns.", OTHER_FORMATS)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(str(path), options)
        sheet = book.add_worksheet(name, ExactSheet)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [_text(column, column, cut=True) for column in columns], book.add_format({"bold": True}))
        row = 0

        def write(values: Sequence[Any]) -> None:
            nonlocal row
            row += 1
            check_row_count(row)
            for place, value in enumerate(values):
                _write(sheet, row, place, value, columns[place], cut=cut)

        try:
            yield write
        except BaseException:
            sheet.fh.close()
            book.fileclosed = 1  # or its end would try to write it
            raise
        try:
            book.close()
        except FileCreateError as error:
            raise OSError(str(error)) from error


def _write(sheet: Any, row: int, place: int, value: Any, column: str, *, cut: bool) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int) and abs(value) <= LARGEST_WHOLE:
        sheet.write_number(row, place, value)
    elif isinstance(value, float):
        if math.isfinite(value):
            sheet.write_number(row, place, value)
    else:
        text = _text(str(value), column, cut=cut)
        if text:
            sheet.write_string(row, place, text)


def _text(text: str, column: str, *, cut: bool) -> str:
    """A text as a cell may hold it. What is no Unicode is written out as an escape."""
    if not text.isascii():
        text = _NO_TEXT.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    length = len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
    if length <= LONGEST_TEXT:
        return text
    if cut:
        return text.encode("utf-16-le")[: 2 * LONGEST_TEXT - 4].decode("utf-16-le", "ignore") + "…"
    raise InvalidInputError(
        f"A text of {column!r} has {length:,} characters; a cell of .xlsx holds {LONGEST_TEXT:,}.", OTHER_FORMATS
    )
