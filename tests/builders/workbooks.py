"""What tests of workbooks begin with: sheets of Excel and OpenDocument, made here."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import xlsxwriter

Make = Callable[[Any, Any], None]
"""Writes a sheet; gets the workbook and the sheet."""
FORMATS = {date: "yyyy-mm-dd", datetime: "dd.mm.yyyy hh:mm:ss", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}


class Error(str):
    """A cell with an error, such as #N/A."""

    __slots__ = ()


class Percent(float):
    """A number that is shown as percent."""

    __slots__ = ()


def excel(sheets: Mapping[str, Sequence[Sequence[Any]] | Make], **options: Any) -> bytes:
    """A workbook with these sheets: rows of values, or what writes them."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, options) as book:
        for name, content in sheets.items():
            sheet = book.add_worksheet(name)
            if callable(content):
                content(book, sheet)
            else:
                write(book, sheet, content)
    return buffer.getvalue()


def write(book: Any, sheet: Any, rows: Sequence[Sequence[Any]], first: int = 0) -> None:
    """Write rows of values from the row `first` on."""
    formats = {kind: book.add_format({"num_format": code}) for kind, code in FORMATS.items()}
    percent = book.add_format({"num_format": "0.0%"})
    for number, row in enumerate(rows, first):
        for place, value in enumerate(row):
            if isinstance(value, Error):
                sheet.write_formula(number, place, "=NA()", None, str(value))
            elif isinstance(value, Percent):
                sheet.write_number(number, place, float(value), percent)
            elif isinstance(value, (date, time, timedelta)):
                sheet.write_datetime(number, place, value, formats[type(value)])
            elif isinstance(value, str):
                sheet.write_string(number, place, value)
            elif value is not None:
                sheet.write(number, place, value)


_NAMES = "".join(
    f' xmlns:{prefix}="{space}"'
    for prefix, space in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }.items()
)


def cell(value: Any = None, **attributes: Any) -> str:
    """A cell of an OpenDocument sheet; attributes such as `number_rows_spanned` are those of the cell."""
    marks = "".join(f' table:{name.replace("_", "-")}="{given}"' for name, given in attributes.items())
    if value is None:
        return f"<table:table-cell{marks}/>"
    if isinstance(value, Error):
        kind = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
    elif isinstance(value, bool):
        kind = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, (int, float)):
        word = "percentage" if isinstance(value, Percent) else "float"
        kind = f'office:value-type="{word}" office:value="{float(value)!r}"'
    elif isinstance(value, date):
        kind = f'office:value-type="date" office:date-value="{value.isoformat()}"'
    elif isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        kind = f'office:value-type="time" office:time-value="PT{seconds // 3600:02}H{seconds // 60 % 60:02}M00S"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell{marks} {kind}><text:p>{value}</text:p></table:table-cell>"


def open_document(sheets: Mapping[str, Sequence[Sequence[Any]]], manifest: str = "") -> bytes:
    """An OpenDocument workbook; cells are values, or texts that begin with `<`."""
    tables = ""
    for name, rows in sheets.items():
        lines = "".join(
            "<table:table-row>"
            + "".join(one if isinstance(one, str) and one.startswith("<") else cell(one) for one in row)
            + "</table:table-row>"
            for row in rows
        )
        tables += f'<table:table table:name="{name}">{lines}</table:table>'
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{_NAMES} office:version="1.2">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
    return buffer.getvalue()


def old_excel(name: str, rows: Sequence[Sequence[Any]], merged: Sequence[tuple[int, int, int, int]] = ()) -> bytes:
    """An .xls workbook of one sheet: numbers, texts, flags, errors. Joined cells: two rows, then two columns."""

    def record(kind: int, content: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def begin(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0x0DBB, 0x07CC, 0, 6))

    def cell_record(row: int, column: int, value: Any) -> bytes:
        at = struct.pack("<HHH", row, column, 0)
        if isinstance(value, (bool, Error)):
            is_error = isinstance(value, Error)
            return record(0x205, at + bytes([0x07 if is_error else int(value), int(is_error)]))
        if isinstance(value, (int, float)):
            return record(0x203, at + struct.pack("<d", value))
        return record(0x204, at + struct.pack("<HB", len(value), 0) + value.encode("latin-1"))

    cells = b"".join(cell_record(*at, value) for at, value in _cells(rows))
    if merged:
        cells += record(0xE5, struct.pack("<H", len(merged)) + b"".join(struct.pack("<HHHH", *one) for one in merged))
    size = record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    sheet = begin(0x10) + size + cells + record(0x0A)

    def book(start: int) -> bytes:
        named = record(0x85, struct.pack("<IBBBB", start, 0, 0, len(name), 0) + name.encode("latin-1"))
        return begin(5) + record(0x42, struct.pack("<H", 1200)) + named + record(0x0A)

    return _compound(book(len(book(0))) + sheet)


def _cells(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[tuple[int, int], Any]]:
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            if value is not None:
                yield (number, place), value


def _compound(stream: bytes) -> bytes:
    """A compound file with one stream, `Workbook`."""
    stream = stream.ljust(4096, b"\0")
    stream += bytes(-len(stream) % 512)
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    sectors = [0xFFFFFFFD, end, *range(3, len(stream) // 512 + 2), end]
    sectors += [free] * (128 - len(sectors))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<10I", 0, 1, 1, 0, 4096, end, 0, end, 0, 0) + b"\xff" * 432

    def entry(name: str, kind: int, start: int, size: int, child: int) -> bytes:
        text = f"{name}\0".encode("utf-16-le") if name else b""
        links = struct.pack("<HBBIII", len(text), kind, 1, free, free, child)
        return text.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)

    entries = (
        entry("Root Entry", 5, end, 0, 1) + entry("Workbook", 2, 2, len(stream), free) + entry("", 0, 0, 0, free) * 2
    )
    return head + struct.pack("<128I", *sectors) + entries + stream
