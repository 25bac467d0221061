"""The markup of an Excel sheet (.xlsx, .xlsm), looked through piece by piece in flat memory."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO
from xml.etree import ElementTree

from ontos_tui.tabular.workbooks.markup import Markup

_PIECE = 1 << 22
_BUILT_IN_PERCENT = {9, 10}
_CELL = rb"<(?:\w+:)?c\b"
_ERROR = re.compile(
    _CELL + rb'(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)([0-9]+)"[^>]*>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)', re.S
)
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*\bhidden="(?:1|true)"')
_HIDDEN_COLUMN = re.compile(rb'<(?:\w+:)?col\b(?=[^>]*\bhidden="(?:1|true)")[^>]*>')
_BOUND = re.compile(rb'\b(min|max)="([0-9]+)"')
_NO_RESULT = re.compile(rb"<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)(?:</(?:\w+:)?c>|<(?:\w+:)?v(?:/>|></))")
_ANY_CELL = re.compile(_CELL)
_ROW_NUMBER = re.compile(rb'row\b[^>]*?\br="([0-9]+)"')
_WIDE_COLUMN = re.compile(rb'r="([A-Z]{2,3})[0-9]')
_FILLED = re.compile(_CELL + rb'[^>]*\br="([A-Z]+)([0-9]+)"[^>]*(?<!/)>')
_ENDS = (b"</c>", b"</row>", b"</cols>", b":c>", b":row>")


def sheet_parts(path: Path) -> dict[str, str]:
    """The part of the archive that holds each sheet, by the sheet's name; empty where that cannot be told."""
    try:
        with zipfile.ZipFile(path) as archive:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  # entities are not expanded
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
            names = set(archive.namelist())
    except (KeyError, ElementTree.ParseError):
        return {}
    targets = {link.get("Id", ""): link.get("Target", "") for link in links}
    parts = {}
    for sheet in book.iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            key = next((value for name, value in sheet.items() if name.rpartition("}")[2] == "id"), "")
            target = targets.get(key, "")
            part = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
            if part in names:
                parts[sheet.get("name", "")] = part
    return parts


def has_cells(path: Path, part: str) -> bool:
    """Whether a sheet holds a cell near its beginning."""
    with zipfile.ZipFile(path) as archive, archive.open(part) as file:
        return _ANY_CELL.search(file.read(_PIECE)) is not None


def sheet_markup(path: Path, part: str) -> Markup:
    """What the markup of a sheet says. Reads its part to the end. Raises zipfile.BadZipFile when that is damaged."""
    markup = Markup()
    with zipfile.ZipFile(path) as archive:
        percent = _percent_cell(archive)
        with archive.open(part) as file:
            for piece in _pieces(file):
                _look(piece, percent, markup)
    return markup


def cells_reached(path: Path, part: str) -> tuple[int, str]:
    """How many cells the rectangle from the first to the last filled one has, and the last one's name."""
    rows, column = 0, b"A"
    with zipfile.ZipFile(path) as archive, archive.open(part) as file:
        for piece in _pieces(file):
            for match in _FILLED.finditer(piece):
                rows = max(rows, int(match[2]))
                column = max(column, match[1], key=column_place)
    return rows * (column_place(column) + 1), f"{column.decode()}{rows}"


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Pieces of the part, none of which ends within a cell."""
    rest = b""
    while piece := file.read(_PIECE):
        piece = rest + piece
        ends = ((piece.rfind(end), len(end)) for end in _ENDS)
        end = next((at + length for at, length in ends if at >= 0), len(piece) if len(piece) > 16 * _PIECE else 0)
        rest = piece[end:]
        yield piece[:end]
    yield rest


def _look(piece: bytes, percent: re.Pattern[bytes] | None, markup: Markup) -> None:
    row = _ROW_NUMBER.search(piece, max(0, piece.rfind(b"row ")))
    markup.rows = max(markup.rows, int(row[1]) if row else 0)
    markup.columns = max([markup.columns, *(column_place(one) + 1 for one in set(_WIDE_COLUMN.findall(piece)))])
    if b't="e"' in piece:
        for match in _ERROR.finditer(piece):
            markup.add_error(int(match[2]) - 1, column_place(match[1]), match[3].decode("ascii", "replace"))
    if b"hidden=" in piece:
        markup.hidden_rows += sum(1 for _ in _HIDDEN_ROW.finditer(piece))
        for column in _HIDDEN_COLUMN.finditer(piece):
            ends = dict(_BOUND.findall(column[0]))
            markup.hidden_columns += max(0, min(int(ends.get(b"max", 0)), 16_384) - int(ends.get(b"min", 1)) + 1)
    if b"f>" in piece or b"<f" in piece:
        markup.without_result += sum(1 for _ in _NO_RESULT.finditer(piece))
    if percent is not None:
        for match in percent.finditer(piece):
            markup.percents[column_place(match[1])] += 1


def column_place(letters: bytes) -> int:
    """The place of a column, from 0, by its letters."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def _percent_cell(archive: zipfile.ZipFile) -> re.Pattern[bytes] | None:
    """What finds the numbers that are shown as percent; None where no style does that."""
    try:
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))  # noqa: S314
    except (KeyError, ElementTree.ParseError):
        return None
    formats = {one.get("numFmtId"): one.get("formatCode", "") for one in styles.iter() if _tag(one) == "numFmt"}
    percent = {key for key, code in formats.items() if "%" in re.sub(r'"[^"]*"|\\.', "", code)}
    percent |= {str(key) for key in _BUILT_IN_PERCENT if str(key) not in formats}
    cells = next((one for one in styles.iter() if _tag(one) == "cellXfs"), None)
    places = [
        str(place) for place, style in enumerate(cells if cells is not None else ()) if style.get("numFmtId") in percent
    ]
    if not places:
        return None
    among = "|".join(places).encode()
    # As every program writes it: the style right behind the place.
    return re.compile(rb'r="([A-Z]+)[0-9]+" s="(?:' + among + rb')"(?![^>]*\bt="(?!n"))[^>]*(?<!/)>')


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
