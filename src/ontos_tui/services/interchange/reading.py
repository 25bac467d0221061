"""Files line by line: JSON lines, a JSON list, CSV and Parquet. What cannot be read is noted with its line."""

from __future__ import annotations

import csv
import json
import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.services.interchange.report import ImportReport

Entry = tuple[int, Any]
"""The number of a line, entry or row, and what it says."""

PIECE = 1 << 20
"""Characters of a JSON list that are read at once; more when one entry is longer."""

LONGEST_VALUE = 1 << 24
"""Characters of one value of a CSV file. A quote that is never closed would swallow the rest of the file."""

_NOT_TEXT = "it is not UTF-8 text"


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number that JSON knows")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def json_lines(path: Path, report: ImportReport) -> Iterator[Entry]:
    """The values of a file with one JSON value a line; empty lines are passed over."""
    with _readable(path), path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                report.problem(number, _NOT_TEXT)
                continue
            if text:
                value = _parsed(text, number, report)
                if value is not None:
                    yield number, value


def _parsed(text: str, number: int, report: ImportReport) -> Any:
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        report.problem(number, f"it is not JSON: {error.msg} at character {error.pos + 1}")
    except RecursionError:
        report.problem(number, "it is nested too deeply")
    except ValueError as error:
        report.problem(number, f"it is not JSON: {error}")
    else:
        if value is None:
            report.problem(number, "it holds no JSON object in braces")
        return value
    return None


def json_entries(path: Path, report: ImportReport) -> Iterator[Entry]:
    """The objects of a JSON list, one after the other without holding the whole; of JSON lines, its lines."""
    if not _is_list(path):
        yield from json_lines(path, report)
        return
    with _readable(path), path.open(encoding="utf-8-sig") as file:
        text = file.read(PIECE)
        at, number, piece = text.index("[") + 1, 0, PIECE
        while True:
            at = _past_blanks(text, at, ", \t\r\n" if number else " \t\r\n")
            if at < len(text) and text[at] == "]":
                return
            try:
                value, end = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                more = file.read(piece) if isinstance(error, json.JSONDecodeError) else ""
                if not more:
                    _end_of_list(text[at:], number + 1, error, report)
                    return
                text, at, piece = text[at:] + more, 0, piece * 2
                continue
            number, at, piece = number + 1, end, PIECE
            yield number, value


def _is_list(path: Path) -> bool:
    with _readable(path), path.open("rb") as file:
        return file.read(1_000).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def _past_blanks(text: str, at: int, blanks: str) -> int:
    while at < len(text) and text[at] in blanks:
        at += 1
    return at


def _end_of_list(rest: str, number: int, error: Exception, report: ImportReport) -> None:
    """The list breaks off: what follows cannot be told apart, so the rest of the file is one problem."""
    if not rest.strip():
        report.problem(number, "the list is not closed: the file has not been written to its end")
    else:
        told = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        report.problem(number, f"it is not JSON ({told}), and what follows cannot be read")


def csv_rows(path: Path, report: ImportReport) -> tuple[list[str], Iterator[Entry]]:
    """The columns that the first line names, and the rows as column to text; numbered by the line they begin on."""
    with _readable(path), path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        first = file.readline()
        separator = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=first.count)
        file.seek(0)
        header = [name.strip() for name in next(csv.reader(file, delimiter=separator), [])]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InvalidInputError(f"Two columns of {path.name} are called {twice[0]!r}.", "Rename one of them.")
    if not any(header):
        raise InvalidInputError(f"{path.name} names no columns.", "Its first line holds the names of the columns.")
    return header, _csv_rows(path, header, separator, report)


def _csv_rows(path: Path, header: list[str], separator: str, report: ImportReport) -> Iterator[Entry]:
    csv.field_size_limit(LONGEST_VALUE)
    with _readable(path), path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.reader(file, delimiter=separator, strict=True)
        width = len(header)
        next(rows, None)
        while True:
            number = rows.line_num + 1
            try:
                row = next(rows, None)
            except csv.Error as error:
                report.problem(number, f"it is no CSV: {error}")
                if "field larger" in str(error):
                    return
                continue
            if row is None:
                return
            if not any(row):
                continue
            if len(row) != width:
                report.problem(number, f"{len(row)} values, but the first line names {width} columns")
            elif not "".join(row).isascii() and any(_is_broken(value) for value in row):
                report.problem(number, _NOT_TEXT)
            else:
                yield number, dict(zip(header, row, strict=True))


def _is_broken(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


@contextmanager
def parquet_rows(path: Path) -> Iterator[tuple[list[str], Iterator[Entry]]]:
    """The columns of a Parquet file and its rows, as long as the context is open."""
    from ontos_tui.domain.records.data import FileFormat
    from ontos_tui.tabular.duckdb_sql import reader_words
    from ontos_tui.tabular.source import open_source

    if not path.is_file():
        raise InvalidInputError(f"There is no file {path}.", "Check the name and the folder.")
    with tempfile.TemporaryDirectory() as spill, reader_words(path):
        source = open_source(path.absolute(), FileFormat.PARQUET, Path(spill))
        try:
            names = source.names()
            yield names, _fetched(source.connection.execute(f"SELECT * FROM {source.relation}"), names)  # noqa: S608
        finally:
            source.connection.close()


def _fetched(cursor: Any, names: list[str]) -> Iterator[Entry]:
    number = 0
    while rows := cursor.fetchmany(2_000):
        for row in rows:
            number += 1
            yield number, {name: _plain(value) for name, value in zip(names, row, strict=True)}


def _plain(value: Any) -> Any:
    """A value of a Parquet file as JSON knows it. NaN is how many tools write that there is none."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else str(value)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InvalidInputError(f"There is no file {path}.", "Check the name and the folder.") from error
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error.strerror}.", "Check that it is a file that you may read."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path.name} is not UTF-8 text.", "Save it as UTF-8.") from error
