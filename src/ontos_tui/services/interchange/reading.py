"""Files line by line: JSON lines, a JSON list, CSV and Parquet. What cannot be read is reported with its line."""

from __future__ import annotations

import csv
import json
import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.services.interchange.report import ImportReport
from ontos_tui.services.records.file_reasons import LONGEST_VALUE, csv_reason, not_json, other_json_reason
from ontos_tui.tabular.json_words import json_reason

Entry = tuple[int, Any]
"""The number of a line, entry or row, and its content."""

PIECE = 1 << 20
"""Characters of a JSON list that are read at once; more when one entry is longer."""

_NOT_TEXT = "not UTF-8 text"


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"JSON does not allow the number {word}")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def json_lines(path: Path, report: ImportReport) -> Iterator[Entry]:
    """The values of a file with one JSON value a line; empty lines are skipped."""
    with _readable(path), path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                report.problem(number, _NOT_TEXT)
                continue
            if text:
                value = _parse(text, number, report)
                if value is not None:
                    yield number, value


def _parse(text: str, number: int, report: ImportReport) -> Any:
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        report.problem(number, not_json(error))
    else:
        if value is None:
            report.problem(number, "not a JSON object")
        return value
    return None


def json_entries(path: Path, report: ImportReport) -> Iterator[Entry]:
    """The objects of a JSON list, one after the other without holding the whole; of JSON lines, its lines."""
    if not _is_list(path):
        yield from json_lines(path, report)
        return
    with _readable(path), path.open(encoding="utf-8-sig") as file:
        text = file.read(PIECE)
        at, number, piece, lines = text.index("[") + 1, 0, PIECE, 1
        while True:
            at = _skip_blanks(text, at, ", \t\r\n" if number else " \t\r\n")
            if at < len(text) and text[at] == "]":
                if (text[at + 1 :] + file.read(PIECE)).strip():
                    report.problem(number + 1, "the list ends here, and something comes behind it")
                return
            try:
                value, end = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                more = file.read(piece) if isinstance(error, json.JSONDecodeError) else ""
                if not more:
                    _end_of_list(text, at, lines, number + 1, error, report)
                    return
                lines += text.count("\n", 0, at)
                text, at, piece = text[at:] + more, 0, piece * 2
                continue
            number, at, piece = number + 1, end, PIECE
            yield number, value


def _is_list(path: Path) -> bool:
    with _readable(path), path.open("rb") as file:
        return file.read(1_000).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def _skip_blanks(text: str, at: int, blanks: str) -> int:
    while at < len(text) and text[at] in blanks:
        at += 1
    return at


def _end_of_list(text: str, at: int, lines: int, number: int, error: Exception, report: ImportReport) -> None:
    """Report the rest of a broken list, which begins `at`, as one problem, since its entries cannot be separated.

    `lines` is the number of the line that `text` begins in.
    """
    if not text[at:].strip():
        report.problem(number, "the list is not closed: the file is incomplete")
        return
    place = error.pos if isinstance(error, json.JSONDecodeError) else at
    line = lines + text.count("\n", 0, place)
    if isinstance(error, json.JSONDecodeError):
        character = place - text.rfind("\n", 0, place)
        reason = f"not JSON: in line {line:,} of the file, at character {character}, {json_reason(error)}"
    else:
        reason = f"in line {line:,} of the file: {other_json_reason(error)}"
    report.problem(number, f"{reason}; the rest of the file cannot be read")


def text_lines(path: Path, report: ImportReport) -> Iterator[tuple[int, str]]:
    """The lines of a text without their ends; what is not UTF-8 is reported."""
    with _readable(path), path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                report.problem(number, _NOT_TEXT)


def first_bytes(path: Path, count: int = 1 << 14) -> bytes:
    """How a file begins. Raises InvalidInputError when it cannot be read."""
    with _readable(path), path.open("rb") as file:
        return file.read(count)


def first_values(path: Path, count: int = 20) -> list[Any]:
    """The first objects of a JSON list or of JSON lines, as far as they can be read."""
    unheard = ImportReport(path)
    values = []
    try:
        for _, value in json_entries(path, unheard):
            values.append(value)
            if len(values) == count:
                break
    except UnicodeDecodeError:
        pass
    return values


def csv_rows(path: Path, report: ImportReport) -> tuple[list[str], Iterator[Entry]]:
    """The columns that the first line names, and the rows as column to text; numbered by the line they begin on."""
    with _readable(path), path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        first = file.readline()
        separator = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=first.count)
        file.seek(0)
        header = [name.strip() for name in next(csv.reader(file, delimiter=separator), [])]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InvalidInputError(f"Two columns of {path.name} have the name {twice[0]!r}.", "Rename one of them.")
    if not any(header):
        raise InvalidInputError(f"{path.name} has no column names.", "Write the column names in the first line.")
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
                report.problem(number, f"not valid CSV: {csv_reason(error)}")
                if "field larger" in str(error):
                    return
                continue
            if row is None:
                return
            if not any(row):
                continue
            if len(row) != width:
                report.problem(number, f"{len(row)} values, but the first line has {width} columns")
            elif not "".join(row).isascii() and any(_is_broken(value) for value in row):
                report.problem(number, _NOT_TEXT)
            else:
                yield number, dict(zip(header, row, strict=True))


def _is_broken(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


@contextmanager
def parquet_rows(path: Path) -> Iterator[tuple[list[str], Iterator[Entry]]]:
    """The columns of a Parquet file and its rows, as long as the context is open."""
    import duckdb

    from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, literal

    if not path.is_file():
        raise InvalidInputError(f"No file {path}.", "Check the name and the folder.")
    with tempfile.TemporaryDirectory() as spill, explain_duckdb_errors(path):
        limits: dict[str, str | bool | int | float | list[str]] = {
            "threads": 2,
            "memory_limit": "1GB",
            "temp_directory": spill,
        }
        with duckdb.connect(config=limits) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            cursor = connection.execute(f"SELECT * FROM read_parquet({literal(str(path.absolute()))})")  # noqa: S608
            names = [column[0] for column in cursor.description or ()]
            yield names, _fetched(cursor, names)


def _fetched(cursor: Any, names: list[str]) -> Iterator[Entry]:
    number = 0
    while rows := cursor.fetchmany(2_000):
        for row in rows:
            number += 1
            yield number, {name: _json_value(value) for name, value in zip(names, row, strict=True)}


def _json_value(value: Any) -> Any:
    """A value of a Parquet file as JSON has it. Many tools write NaN for no value."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _json_value(inner) for name, inner in value.items()}
    return [_json_value(inner) for inner in value] if isinstance(value, (list, tuple)) else str(value)


def moment(value: object) -> datetime | None:
    """A time as files have it: ISO text, or seconds since 1970; None when it is none."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            at = datetime.fromisoformat(value.strip())
            return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InvalidInputError(f"No file {path}.", "Check the name and the folder.") from error
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error.strerror}.", "Check that it is a file and that you may read it."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path.name} is not UTF-8 text.", "Save it as UTF-8.") from error
