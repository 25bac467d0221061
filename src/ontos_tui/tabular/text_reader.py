"""Text files as tables: CSV in all its kinds, values between blanks, columns by their places.

What is not UTF-8, or has lines between or below its rows that are no rows, is read from a cleaned copy; everything else
where it is. DuckDB reads the values, with every option given; its own guess of the dialect is not used, since it may
skip lines in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import ColumnReading, Reading, ReadingOptions, RowPlaces
from ontos_tui.tabular.row_names import CellText
from ontos_tui.tabular.text.cleaning import NOTES, Cleaning, cleaning_of, cleaning_of_bytes
from ontos_tui.tabular.text.copies import HEAD, as_cleaned, as_utf8, both_ends, plain_text, without_other_lines
from ontos_tui.tabular.text.encoding import Encoding, encoding_of, not_utf8
from ontos_tui.tabular.text.heading_parts import Headings
from ontos_tui.tabular.text.layout import FIXED, Layout, layout_of, text_lines
from ontos_tui.tabular.text.names import distinct
from ontos_tui.tabular.text.ragged import ragged_error
from ontos_tui.tabular.text.raw_rows import RawRows
from ontos_tui.tabular.text.records import SPACES
from ontos_tui.tabular.text.repeats import with_repeats
from ontos_tui.tabular.values.columns import Understood, understand

if TYPE_CHECKING:
    import duckdb

LINES = 2_000
Connect = Callable[[Path], "duckdb.DuckDBPyConnection"]


@dataclass(frozen=True)
class TextTable:
    """A text file, opened: the connection that reaches it, the SQL that reads it, and what was understood."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    columns: list[Column]
    reading: Reading
    cells: CellText


def open_text(
    path: Path,
    head: bytes,
    copies: Path,
    connect: Connect,
    options: ReadingOptions,
    names: Sequence[str] = (),
    known: Reading | None = None,
) -> TextTable:
    """Open and understand a text file. `copies` is a folder for a cleaned copy; `connect` opens DuckDB for one file.

    `known` is what was understood of the very same file before. Raises InvalidInputError with the line's number where
    a file cannot be read.
    """
    import duckdb

    if known is not None and known.places is not None:
        return _reopen(path, copies, connect, known, known.places)
    encoding = encoding_of(head, options.encoding)
    try:
        return _open(path, copies, connect, options, names, encoding)
    except duckdb.InvalidInputException as error:
        if _is_about_ends(str(error)):
            return _open(path, copies, connect, options, names, encoding, Cleaning.ENDS)
        if not encoding.is_utf8 or options.encoding or not _is_about_utf8(str(error)):
            raise
    except _NotUtf8Error as error:
        if options.encoding:
            what = f"{path.name} is not {options.encoding} text."
            raise InvalidInputError(what, "Name another: --encoding") from error
    return _open(path, copies, connect, options, names, not_utf8(path))


def _reopen(path: Path, copies: Path, connect: Connect, known: Reading, places: RowPlaces) -> TextTable:
    names = tuple(column.name for column in known.columns)
    layout = Layout(
        separator=known.separator,
        headings=Headings(names, known.header_line or 0, places.body),
        sample=(),
        names=names,
        spans=tuple(places.spans),
        comment=places.comment,
        extra=places.extra,
        quoted_lines=places.quoted_lines,
        tail_lines=places.tail_lines,
        repeats=places.repeats,
    )
    with path.open("rb") as file:
        mark = encoding_of(file.read(8), known.encoding).mark
    plain = plain_text(path, copies, Encoding(known.encoding, mark), layout, Cleaning(places.cleaning))
    columns = [Column(column.name, column.type) for column in known.columns]
    raw = RawRows(plain, layout)
    return TextTable(connect(plain), raw.relation(known.columns), columns, known, raw.cell_text(known.columns))


class _NotUtf8Error(Exception):
    """The beginning or the end of the file is no UTF-8."""


def _is_about_ends(message: str) -> bool:
    """Whether lines end in two ways, further down than the beginning and the end of the file show."""
    return "invalid state" in message


def _is_about_utf8(message: str) -> bool:
    return "not utf-8" in message or "unicode" in message.lower() or "invalid UTF-8" in message


def _open(
    path: Path,
    copies: Path,
    connect: Connect,
    options: ReadingOptions,
    names: Sequence[str],
    encoding: Encoding,
    needed: Cleaning = Cleaning.NONE,
) -> TextTable:
    plain = as_utf8(path, copies, encoding)
    cleaning = needed or cleaning_of(_first_lines(plain), options.separator) or cleaning_of_bytes(both_ends(plain))
    plain = as_cleaned(plain, path, copies, cleaning)
    if cleaning is Cleaning.DOUBLED and options.separator:
        options = options.model_copy(update={"separator": options.separator[0]})
    layout = with_repeats(_layout(plain, path, options, names), plain)
    if layout.tail_lines or layout.comment or layout.repeats:
        plain = without_other_lines(plain, path, copies, layout)
    connection = connect(plain)
    with ragged_error(path, plain, layout):
        layout = _with_filled_extras(connection, plain, layout)
    raw = RawRows(plain, layout)
    samples = {
        name: [record.cells[place] for record in layout.sample if place < record.width]
        for place, name in enumerate(layout.names)
    }
    with ragged_error(path, plain, layout):
        understood = understand(
            connection,
            raw.texts(),
            samples,
            options,
            units=layout.headings.units,
            padded=layout.separator in (SPACES, FIXED) and not any("\t" in record.text for record in layout.sample),
        )
    reading = _described(path, encoding, cleaning, layout, understood)
    columns = [Column(column.name, column.type) for column in reading.columns]
    relation, cells = raw.relation(reading.columns), raw.cell_text(reading.columns)
    return TextTable(connection, relation, columns, reading, cells)


def _described(path: Path, encoding: Encoding, cleaning: Cleaning, layout: Layout, understood: Understood) -> Reading:
    """What was understood, with what could not be decided and what is worth a remark."""
    reading = _reading(path, encoding, layout, understood.columns, understood.rows)
    reading.questions = [
        *([encoding.question] if encoding.question is not None else []),
        *layout.questions,
        *understood.questions,
    ]
    assert reading.places is not None
    reading.places.cleaning = cleaning
    reading.notes = [
        *encoding.notes,
        *_notes_on_letters(layout),
        *([NOTES[cleaning]] if cleaning else []),
        *layout.notes,
        *understood.notes,
        *_decimal_note(reading),
    ]
    return reading


def _first_lines(plain: Path) -> list[str]:
    """The lines that tell whether the others have to be written anew."""
    with plain.open("rb") as file:
        head = file.read(HEAD)
    return text_lines(_text(head, cut_end=len(head) == HEAD), whole=len(head) < HEAD)[:LINES]


def _with_filled_extras(connection: duckdb.DuckDBPyConnection, plain: Path, layout: Layout) -> Layout:
    """The layout, whose values without a name become columns where a row further down has one."""
    raw = RawRows(plain, layout)
    if not layout.extra or not raw.filled_extras(connection):
        return layout
    names, notes = distinct((*layout.names, *[""] * layout.extra))
    return replace(layout, names=names, extra=0, notes=(*layout.notes, *notes))


def _layout(plain: Path, path: Path, options: ReadingOptions, names: Sequence[str]) -> Layout:
    size = plain.stat().st_size
    with plain.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, size - HEAD))
        tail = file.read(HEAD)
    whole = size <= HEAD
    lines = text_lines(_text(head, cut_end=not whole), whole=whole)[:LINES]
    last = text_lines(_text(tail, cut_start=not whole), whole=True)[0 if whole else 1 :]
    if last and not last[-1]:
        last = last[:-1]
    suffix = path.suffix.lower()
    return layout_of(
        lines,
        last,
        options,
        spaced=suffix in (".txt", ".dat", ".prn", ".asc", ".log", ".lvm", ".xy", ".dpt", ".rdb"),
        default_separator="\t" if suffix in (".tsv", ".tab") else "",
        names=names,
        file_name=path.name,
    )


def _text(data: bytes, *, cut_end: bool = False, cut_start: bool = False) -> str:
    """The text of a piece of a file, whose first and last characters may be cut."""
    if cut_start:
        data = re.sub(rb"^[\x80-\xbf]{1,3}", b"", data)
    for cut in range(4 if cut_end else 1):
        try:
            return data[: len(data) - cut].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            if error.start < len(data) - 4 or not cut_end:
                raise _NotUtf8Error from error
    raise _NotUtf8Error


def _reading(path: Path, encoding: Encoding, layout: Layout, columns: list[ColumnReading], rows: int) -> Reading:
    forms = [column.form for column in columns]
    thousands = sorted({mark for form in forms for mark in re.findall("1(.)234", form)})
    return Reading(
        format="text",
        encoding=encoding.name,
        separator=layout.separator,
        header_line=layout.headings.header,
        above=[line[:200] for line in layout.above],
        lines_above=layout.lines_above,
        units_line=layout.headings.units_line,
        left_out=[record.text[:200] for record in layout.footer],
        decimal="," if any("decimal comma" in form for form in forms) else ".",
        thousands=thousands,
        rows=rows,
        columns=columns,
        places=RowPlaces(
            body=layout.headings.body,
            spans=list(layout.spans),
            comment=layout.comment,
            extra=layout.extra,
            quoted_lines=layout.quoted_lines,
            tail_lines=layout.tail_lines,
            repeats=layout.repeats,
        ),
    )


_TWICE = re.compile("Ã[¤¶¼Ÿ„–œ©¨]|Â[°µ²³§±]|â€[œ“”™]")


def _notes_on_letters(layout: Layout) -> list[str]:
    """Letters that were lost or changed before the file came here."""
    texts = "\n".join((*layout.names, *(record.text for record in layout.sample)))
    notes = []
    if match := _TWICE.search(texts):
        notes.append(f"Letters such as {match[0]!r} look like UTF-8 that was read as Windows-1252 and saved again.")
    if "\ufffd" in texts:
        notes.append("The file holds signs for letters that were lost (\ufffd) when it was written.")
    return notes


def _decimal_note(reading: Reading) -> list[str]:
    return ["Numbers were read with a decimal comma."] if reading.decimal == "," else []
