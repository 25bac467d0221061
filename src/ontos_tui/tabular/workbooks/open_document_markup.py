"""The markup of the sheets of an OpenDocument workbook (.ods), looked through row by row in flat memory.

Only rows with something to tell are taken apart: a million cells in a second, where a parser takes several.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import IO

from ontos_tui.tabular.workbooks.markup import Markup

PERCENT_ROWS = 2_000
"""Rows with percent cells that tell which columns hold such."""
_PIECE = 1 << 22
_MOST = 1 << 21
"""Rows or columns that one element may stand for."""
_ENDS = (b"</table:table-row>", b"</table:table>", b"</office:automatic-styles>")
_PART = re.compile(rb"<table:table(?:-(?P<kind>row|column))?(?P<marks>\s[^>]*|/?)>")
_ROW_END = b"</table:table-row>"
_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*)>")
_MARK = re.compile(rb'([\w:-]+)="([^"]*)"')
_TEXT = re.compile(rb"<text:p[^>]*>([^<]*)")
_PERCENT = b'value-type="percentage"'
_SIGNS = (b"-spanned=", b'value-type="error"', b"table:formula")
_HIDDEN = (b"collapse", b"filter")


def sheet_markup(path: Path, place: int) -> Markup:
    """What the markup of a sheet says, by its place from 0. Raises zipfile.BadZipFile where the file is damaged."""
    reader = _Reader(place)
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as file:
        for piece in _pieces(file):
            reader.look(piece)
    return reader.markup


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Pieces of the content, none of which ends within a row."""
    rest = b""
    while piece := file.read(_PIECE):
        piece = rest + piece
        ends = (piece.rfind(end) + len(end) for end in _ENDS if end in piece)
        end = max(ends, default=0)
        rest = piece[end:]
        yield piece[:end]
    yield rest


class _Reader:
    """Follows the rows of one sheet."""

    def __init__(self, place: int) -> None:
        self.markup = Markup()
        self._place = place
        self._sheet = -1
        self._row = 0
        self._percent_rows = 0

    def look(self, piece: bytes) -> None:
        """Take in a piece."""
        at = 0
        while match := _PART.search(piece, at):
            at = match.end()
            kind, marks = match["kind"], match["marks"]
            if kind is None:
                self._sheet += 1
                self._row = 0
            elif self._sheet != self._place:
                continue
            elif kind == b"column":
                self._column(_marks(marks))
            elif marks.endswith(b"/"):
                self._row += _count(_marks(marks), b"table:number-rows-repeated")
            else:
                end = piece.find(_ROW_END, at)
                self._take(_marks(marks), piece[at : end if end >= 0 else len(piece)])
                at = max(at, end)

    def _column(self, marks: dict[bytes, bytes]) -> None:
        if marks.get(b"table:visibility") in _HIDDEN:
            self.markup.hidden_columns += min(_count(marks, b"table:number-columns-repeated"), 16_384)

    def _take(self, marks: dict[bytes, bytes], content: bytes) -> None:
        count = _count(marks, b"table:number-rows-repeated")
        if marks.get(b"table:visibility") in _HIDDEN and b"office:value" in content:
            self.markup.hidden_rows += count
        percent = _PERCENT in content and self._percent_rows < PERCENT_ROWS
        self._percent_rows += percent
        if percent or any(sign in content for sign in _SIGNS):
            column = 0
            for match in _CELL.finditer(content):
                column += self._cell(_marks(match[1]), column, content, match.end())
        self._row += count

    def _cell(self, marks: dict[bytes, bytes], column: int, content: bytes, end: int) -> int:
        """Take in a cell, and return how many columns it stands for."""
        count = min(_count(marks, b"table:number-columns-repeated"), 16_384)
        kind = marks.get(b"office:value-type")
        if kind == b"percentage":
            self.markup.percents.update(range(column, column + count))
        if marks.get(b"calcext:value-type") == b"error":
            text = _TEXT.search(content, end)
            self.markup.add_error(self._row, column, unescape(text[1].decode("utf-8", "replace")) if text else "")
        elif kind is None and b"table:formula" in marks:
            self.markup.without_result += count
        rows, columns = _count(marks, b"table:number-rows-spanned"), _count(marks, b"table:number-columns-spanned")
        if rows > 1 or columns > 1:
            self.markup.merged.append(((self._row, column), (self._row + rows - 1, column + columns - 1)))
        return count


def _marks(text: bytes) -> dict[bytes, bytes]:
    return dict(_MARK.findall(text)) if b"=" in text else {}


def _count(marks: dict[bytes, bytes], name: bytes) -> int:
    text = marks.get(name, b"1")
    return min(_MOST, max(1, int(text))) if text.isdigit() else 1
