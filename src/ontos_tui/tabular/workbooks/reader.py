"""A sheet of a workbook as a table: its columns are understood as those of a text file are.

The cells are copied once, as texts, into a Parquet file; everything later reads that copy.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import ColumnReading, Reading, ReadingOptions, RowPlaces
from ontos_tui.tabular.duckdb_sql import path_literal, quoted
from ontos_tui.tabular.row_names import CellText, text_cells
from ontos_tui.tabular.text.footers import footer_of
from ontos_tui.tabular.text.headings import typed_columns
from ontos_tui.tabular.text.layout import SHOWN_ABOVE
from ontos_tui.tabular.text.names import distinct
from ontos_tui.tabular.text.records import TextRecord
from ontos_tui.tabular.values.columns import understand
from ontos_tui.tabular.workbooks.container import check_container
from ontos_tui.tabular.workbooks.grid import Grid, Joined, Row
from ontos_tui.tabular.workbooks.heading_rows import HeadingRows, heading_rows, records_of
from ontos_tui.tabular.workbooks.markup import ERRORS
from ontos_tui.tabular.workbooks.notes import sheet_notes
from ontos_tui.tabular.workbooks.sheets import Choice, Workbook
from ontos_tui.tabular.workbooks.text_copy import place_name, write_copy

if TYPE_CHECKING:
    import duckdb

SAMPLE = 2_000
"""Rows at the beginning that decide where the names stand."""
LAST = 30
"""Rows at the end of which some may be totals."""
Connect = Callable[[Path], "duckdb.DuckDBPyConnection"]


@dataclass(frozen=True)
class SheetTable:
    """A sheet, opened: the connection that reaches its copy, the SQL that reads it, and what was understood."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    columns: list[Column]
    reading: Reading
    cells: CellText


def open_workbook(
    path: Path,
    fingerprint: str,
    copies: Path,
    connect: Connect,
    options: ReadingOptions,
    names: Sequence[str] = (),
    known: Reading | None = None,
) -> SheetTable:
    """Open and understand a sheet of a workbook. The copy of its cells lies in `copies`, made for each `fingerprint`.

    `known` is what was understood of the very same file before. Raises InvalidInputError saying why it cannot be read.
    """
    copy = _copy_path(path, fingerprint, copies, options, names)
    if known is not None and known.places is not None and copy.exists():
        names = [column.name for column in known.columns]
        return _table(connect(copy), _texts(copy, names, known.places.cells), known)
    check_container(path)
    book = Workbook(path)
    choice = book.choose(options.sheet)
    return _Sheet(path, book, choice, options, names).read(copy, connect)


def _copy_path(path: Path, fingerprint: str, copies: Path, options: ReadingOptions, names: Sequence[str]) -> Path:
    """Where the copy lies, one for each way to read the file; those of the file as it was before are removed."""
    own = _digest(str(path))[:16]
    now = _digest(fingerprint.removesuffix(f"-{options.key()}"))[:8]
    for old in copies.glob(f"{own}-*"):
        if not old.name.startswith(f"{own}-{now}"):
            shutil.rmtree(old, ignore_errors=True)
    return copies / f"{own}-{now}-{_digest(repr((options.key(), *names)))[:8]}" / "cells.parquet"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _texts(copy: Path, names: Sequence[str], places: Sequence[int]) -> str:
    """A relation of the columns at these places as texts, by their names."""
    selected = ", ".join(f"{place_name(place)} AS {quoted(name)}" for name, place in zip(names, places, strict=True))
    return f"(SELECT {selected} FROM read_parquet({path_literal(copy)}, hive_partitioning = false))"  # noqa: S608


def _table(connection: duckdb.DuckDBPyConnection, texts: str, reading: Reading) -> SheetTable:
    selected = ", ".join(
        f"CAST({column.sql or quoted(column.name)} AS {column.type}) AS {quoted(column.name)}"
        for column in reading.columns
    )
    columns = [Column(column.name, column.type) for column in reading.columns]
    cells = CellText(texts, selected, text_cells(column.name for column in columns))
    return SheetTable(connection, f"(SELECT {selected} FROM {texts})", columns, reading, cells)  # noqa: S608


class _Sheet:
    """A sheet while it is read for the first time."""

    def __init__(
        self, path: Path, book: Workbook, choice: Choice, options: ReadingOptions, names: Sequence[str]
    ) -> None:
        self._path = path
        self._choice = choice
        self._options = options
        self._name = book.names[choice.place]
        self._sheets = book.tables
        self._is_old = book.is_old
        markup = book.markup(choice.place)
        self._grid = Grid(book.sheet(choice.place), markup, book.is_open_document)
        self._joined = Joined(self._grid.merged, self._grid.first, self._grid.width)
        self._rows = self._filled_rows()
        self._head = list(islice(self._rows, SAMPLE))
        if not self._head:
            raise InvalidInputError(
                f"The sheet {self._name!r} of {path.name} holds no rows.", "Choose another one: --sheet"
            )
        self._heading: HeadingRows = heading_rows(
            self._head, self._grid.merged, self._grid.first, options, names, path.name
        )
        self._count = 0
        self._last: deque[tuple[int, Row]] = deque(maxlen=max(LAST, options.footer_lines or 0))
        self._footer: list[TextRecord] = []

    def _filled_rows(self) -> Iterator[tuple[int, Row]]:
        """The rows that are not blank, below those that the user skips."""
        skipped = self._options.skip_lines or 0
        for number, row in self._grid.rows():
            if number > skipped and any(map(str.strip, row)):
                yield number, row

    def read(self, copy: Path, connect: Connect) -> SheetTable:
        """Copy the cells, and understand the columns."""
        counts = write_copy(self._body(), self._grid.width, copy, self._row_count)
        columns = self._columns(counts)
        texts = _texts(copy, list(columns), list(columns.values()))
        connection = connect(copy)
        sample = [(number, row) for number, row in self._head if number >= self._heading.headings.body]
        left_out = {record.line for record in self._footer}
        samples = {
            name: [row[place] for number, row in sample if number not in left_out] for name, place in columns.items()
        }
        units = self._heading.headings.units
        understood = understand(connection, texts, samples, self._understanding(), units=units)
        reading = self._reading(understood.columns, understood.rows, list(columns.values()))
        questions = (self._choice.question, self._heading.headings.question)
        reading.questions = [*(one for one in questions if one is not None), *understood.questions]
        reading.notes += [*self._heading.headings.notes, *understood.notes]
        return _table(connection, texts, reading)

    def _body(self) -> Iterator[Row]:
        """The rows below the names, joined cells filled."""
        for number, row in self._head:
            filled = list(row)
            self._joined.fill(number, filled)
            if number >= self._heading.headings.body:
                yield self._counted(number, filled)
            else:
                self._joined.areas = 0  # what is joined above the rows is no value
        for number, row in self._rows:
            self._joined.fill(number, row)
            yield self._counted(number, row)

    def _counted(self, number: int, row: Row) -> Row:
        self._count += 1
        self._last.append((number, row))
        return row

    def _row_count(self) -> int:
        """How many of the copied rows are rows of the table."""
        self._footer = self._below()
        return self._count - len(self._footer)

    def _below(self) -> list[TextRecord]:
        """The records below the rows that are none."""
        places = self._heading.places
        records = records_of(self._last, places)
        if self._options.footer_lines is not None:
            return records[len(records) - self._options.footer_lines :] if self._options.footer_lines else []
        body = [(number, row) for number, row in self._head if number >= self._heading.headings.body]
        typed = typed_columns(records_of(body, places), len(places))
        return footer_of(records[-LAST:], len(places), typed) if len(body) > 1 else []

    def _columns(self, counts: Sequence[int]) -> dict[str, int]:
        """The columns with their places; ones without a name that have values further down belong to them, too."""
        places = list(self._heading.places)
        names = list(self._heading.headings.names)[: len(places)]
        names += [""] * (len(places) - len(names))
        named = dict(zip(places, names, strict=True))
        filled = [place for place in range(self._grid.width) if named.get(place, "").strip() or counts[place]]
        titles, _ = distinct([named.get(place, "") for place in filled])
        return dict(zip(titles, filled, strict=True))

    def _understanding(self) -> ReadingOptions:
        """The user's decisions about values. Error cells mean no value, whatever words the user names."""
        if self._options.missing is None:
            return self._options
        return self._options.model_copy(update={"missing": [*self._options.missing, *ERRORS]})

    def _reading(self, columns: list[ColumnReading], rows: int, places: list[int]) -> Reading:
        headings, kinds = self._heading.headings, self._grid.kinds
        end = headings.header or headings.body
        above = [record.text for record in records_of(self._head, ()) if record.line < end]
        reading = Reading(
            format="workbook",
            sheet=self._name,
            sheets=self._sheets,
            header_line=headings.header,
            above=[text[:200] for text in above[:SHOWN_ABOVE]],
            lines_above=len(above),
            units_line=headings.units_line,
            left_out=[record.text[:200] for record in self._footer],
            rows=rows,
            columns=columns,
            places=RowPlaces(body=headings.body, cells=places),
        )
        percents = self._grid.markup.percents
        lasting: set[type] = {timedelta, time} if self._grid.is_open_document else {timedelta}
        at = list(zip((column.name for column in columns), places, strict=True))
        reading.notes = [
            *self._choice.notes,
            *sheet_notes(
                reading,
                self._grid.markup,
                joined=self._joined.areas,
                percents=[name for name, place in at if percents[place + self._grid.first]],
                durations=[name for name, place in at if kinds[place] & lasting],
                is_old=self._is_old,
            ),
        ]
        return reading
