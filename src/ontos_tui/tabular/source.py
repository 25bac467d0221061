"""One data file, opened: its columns, its rows counted, and the SQL that reads it.

Text of all kinds, workbooks, JSONL, and Parquet. What was understood of a file is its reading: decided by the whole
file, by what the user decided, and never in silence. Every file has a DuckDB instance of its own, which can reach that
file, or its cleaned copy, and nothing else.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column, FileFormat
from ontos_tui.domain.records.reading import ColumnReading, Reading, ReadingOptions
from ontos_tui.tabular import jsonl_reader
from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, literal, path_literal
from ontos_tui.tabular.formats.not_read import refuse_ending, refuse_text
from ontos_tui.tabular.row_names import CellText, typed_cells
from ontos_tui.tabular.text.encoding import MARKS, encoding_of
from ontos_tui.tabular.text_reader import open_text
from ontos_tui.tabular.unpacking import inner_name, unpacked
from ontos_tui.tabular.values.corrections import correction_notes, corrections
from ontos_tui.tabular.workbooks.reader import open_workbook

if TYPE_CHECKING:
    import duckdb

SUFFIXES = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".json": FileFormat.JSONL,
    ".parquet": FileFormat.PARQUET,
    ".tab": FileFormat.CSV,
    ".txt": FileFormat.SPACED,
    ".dat": FileFormat.SPACED,
    ".asc": FileFormat.SPACED,
    ".prn": FileFormat.SPACED,
    ".log": FileFormat.SPACED,
    ".lvm": FileFormat.SPACED,
    ".xy": FileFormat.SPACED,
    ".dpt": FileFormat.SPACED,
    ".rdb": FileFormat.SPACED,
    ".xlsx": FileFormat.WORKBOOK,
    ".xlsm": FileFormat.WORKBOOK,
    ".xls": FileFormat.WORKBOOK,
    ".ods": FileFormat.WORKBOOK,
}
"""Of SPACED, the values may be separated by blanks, by their places or by any other sign: the lines tell."""

MEMORY = "1GB"
"""What DuckDB may use at most for one file; larger sorts go to the disk."""

_connecting = threading.Lock()


@dataclass(frozen=True)
class Source:
    """A file that can be queried. `relation` is a table function with the columns in their final types.

    `cells` is the same with the text of a row's cells as they stand in the file, which rows are named by.
    """

    path: Path
    fingerprint: str
    connection: duckdb.DuckDBPyConnection
    relation: str
    columns: tuple[Column, ...]
    rows: int
    notes: tuple[str, ...]
    reading: Reading
    cells: CellText

    def names(self) -> list[str]:
        """The columns' names."""
        return [column.name for column in self.columns]


@dataclass(frozen=True)
class Content:
    """What is in a file that can be read to its end, and the file's fingerprint before it was read."""

    format: FileFormat
    columns: tuple[Column, ...]
    rows: int
    fingerprint: str
    reading: Reading


def inspect_file(
    path: Path, column_names: Sequence[str] = (), options: ReadingOptions | None = None, spill: Path | None = None
) -> Content:
    """Read a file to its end. Raises InvalidInputError saying why it cannot be read.

    What only the user can decide is no error here: `reading.questions` has it. With `spill`, what is copied of the file
    stays beside that folder, where `open_source` uses it.
    """
    file_format = checked_format(path, column_names)
    with tempfile.TemporaryDirectory() as folder:
        source = open_source(path, file_format, spill or Path(folder) / "spill", column_names, options)
        source.connection.close()
    return Content(file_format, source.columns, source.rows, source.fingerprint, source.reading)


def checked_format(path: Path, column_names: Sequence[str] = ()) -> FileFormat:
    """The format of a file that is there. Raises InvalidInputError for a folder, and for names that do not fit."""
    if path.is_dir():
        raise InvalidInputError(f"{path} is a folder.", "Name one file in it.")
    file_format = format_of(path)
    if column_names and file_format not in (FileFormat.CSV, FileFormat.SPACED, FileFormat.WORKBOOK):
        raise InvalidInputError(f"{path.name} names its columns itself.", "Give names only for text and workbooks.")
    return file_format


def format_of(path: Path) -> FileFormat:
    """The format that a file's name promises. Raises InvalidInputError for any other."""
    refuse_ending(path.name)
    file_format = SUFFIXES.get(PurePath(inner_name(path)).suffix.lower())
    if file_format is None:
        raise InvalidInputError(
            f"{path.name} has a format that cannot be read.",
            "Use text (.csv, .tsv, .txt, .dat), a workbook (.xlsx, .xlsm, .xls, .ods), JSON (.jsonl, .json) or Parquet "
            "(.parquet), also packed (.gz, .bz2, .xz, .zst, or .zip of one file).",
        )
    return file_format


def fingerprint(path: Path, options: ReadingOptions | None = None) -> str:
    """Size, modification time, and how the file is to be read: changes when one of them does.

    Raises InvalidInputError when there is no such file.
    """
    with explain_file_errors(path):
        status = path.stat()
    decided = options.key() if options is not None else ""
    return f"{status.st_size}-{status.st_mtime_ns}{f'-{decided}' if decided else ''}"


def open_source(
    path: Path,
    file_format: FileFormat,
    spill: Path,
    column_names: Sequence[str] = (),
    options: ReadingOptions | None = None,
    known: Reading | None = None,
    target: Path | None = None,
) -> Source:
    """Open and check a file. Raises InvalidInputError with the reason in plain words, and the line where known.

    `spill` is a folder for what does not fit into memory; it is made only when needed, as is `copies` beside it for
    text that has to be cleaned. `column_names` are for a file whose lines name no columns. `known` is what was
    understood of the very same file before: then it is not looked at again. `target` is another file that the
    connection may write.
    """
    options = options or ReadingOptions()
    seen = fingerprint(path, options)
    path = unpacked(path, spill.with_name("copies"), seen)
    head = _head(path, file_format)
    copies, connect_to = spill.with_name("copies"), partial(_connect, spill=spill, target=target)
    cells: CellText | None = None
    with explain_duckdb_errors(path):
        if file_format is FileFormat.WORKBOOK:
            sheet = open_workbook(path, seen, copies, connect_to, options, column_names, known)
            connection, relation, columns, reading = sheet.connection, sheet.relation, sheet.columns, sheet.reading
            cells = sheet.cells
        elif file_format in (FileFormat.CSV, FileFormat.SPACED):
            text = open_text(path, head, copies, connect_to, options, column_names, known)
            connection, relation, columns, reading = text.connection, text.relation, text.columns, text.reading
            cells = text.cells
        elif file_format is FileFormat.JSONL:
            plain = jsonl_reader.plain_lines(path, head, copies)
            connection = connect_to(plain)
            relation, columns, reading = jsonl_reader.inspect(connection, plain, path.name, options, known)
            cells = jsonl_reader.cell_text(plain, columns, reading)
        else:
            connection = connect_to(path)
            relation, columns, rows, _ = _parquet(connection, path)
            reading = _as_it_is(file_format, columns, rows)
    _check_names(path, columns)
    reading.notes += _notes_on_bytes(columns)
    cells = cells or CellText(relation, "*", typed_cells(columns))
    if corrected := corrections(columns, options):
        relation, cells = f"(SELECT * REPLACE ({corrected}) FROM {relation})", replace(cells, corrected=corrected)  # noqa: S608
        reading.notes += [note for note in correction_notes(columns, options) if note not in reading.notes]
    return Source(path, seen, connection, relation, tuple(columns), reading.rows, tuple(reading.notes), reading, cells)


def _notes_on_bytes(columns: Sequence[Column]) -> list[str]:
    blobs = [column.name for column in columns if "BLOB" in column.type]
    return [f"Column {name!r} holds bytes; they are shown as base64 text." for name in blobs]


def _as_it_is(file_format: FileFormat, columns: Sequence[Column], rows: int) -> Reading:
    """The reading of a file that says itself how it is to be read."""
    readings = [ColumnReading(name=column.name, type=column.type) for column in columns]
    return Reading(format=file_format.value, rows=rows, columns=readings)


def connect(paths: Sequence[Path], spill: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB that reaches these files, and its own folder for what does not fit into memory, and nothing else."""
    import duckdb

    # DuckDB's own start-up is not safe from several threads at once.
    with _connecting:
        connection = duckdb.connect(
            config={
                "threads": 2,
                "memory_limit": MEMORY,
                "preserve_insertion_order": True,
                "python_enable_replacements": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
    allowed = ", ".join(sorted({name for path in paths for name in (literal(str(path)), path_literal(path))}))
    # This step reads a number as the file's own text where a query needs nothing but its text: an item would be called
    # 1.50 or 1.5, depending on the other columns of the query. Older versions of DuckDB do not have it.
    steps = connection.execute("SELECT name FROM duckdb_optimizers() WHERE name = 'type_pushdown'").fetchall()
    for setting in (
        f"disabled_optimizers = {literal(','.join(name for (name,) in steps))}",
        "TimeZone = 'UTC'",
        f"temp_directory = {literal(str(spill))}",
        f"allowed_paths = [{allowed}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, list[Column], int, list[str]]:
    relation = f"read_parquet({path_literal(path)}, hive_partitioning = false)"
    described = connection.execute(f"DESCRIBE FROM {relation}").fetchall()
    rows = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]  # noqa: S608
    return relation, [Column(str(row[0]), str(row[1])) for row in described], int(rows), []


def _connect(path: Path, spill: Path, target: Path | None) -> duckdb.DuckDBPyConnection:
    return connect([path] if target is None else [path, target], spill)


_MAGIC = (
    (b"PAR1", "a Parquet file", "Name it .parquet."),
    (b"PK\x03\x04", "a workbook or ZIP file", "Name it as what it is: .xlsx, .ods or .zip."),
    (b"\xd0\xcf\x11\xe0", "an old workbook", "Name it .xls."),
    (b"\x1f\x8b", "a compressed file", "Unpack it first."),
    (b"%PDF-", "a PDF document", "Add its folder: each document is an item."),
    (b"\x89PNG", "a picture", "Add its folder: each picture is an item."),
    (b"\xff\xd8\xff", "a picture", "Add its folder: each picture is an item."),
    (b"SQLite format 3", "a database", "Export the table as CSV and add that file."),
)


def _head(path: Path, file_format: FileFormat) -> bytes:
    """The file's first bytes, after checks of what they promise."""
    with explain_file_errors(path):
        if not path.is_file():
            raise InvalidInputError(f"{path} is not a regular file.", "Copy its content into a file first.")
        with path.open("rb") as file:
            head = file.read(1 << 16)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise InvalidInputError(f"{path.name} is empty.", "Check that it was written completely.")
    if file_format in (FileFormat.PARQUET, FileFormat.WORKBOOK):
        return head
    for magic, what, todo in _MAGIC:
        if head.startswith(magic):
            raise InvalidInputError(f"{path.name} is {what}, not {path.suffix} text.", todo)
    if (what := _markup(head)) and file_format is not FileFormat.JSONL:
        raise InvalidInputError(
            f"{path.name} is {what}, not a text with rows.", "Name it as what it is, or export CSV."
        )
    if file_format is FileFormat.SPACED or file_format is FileFormat.CSV:
        refuse_text(path.name, head)
    text = head.rstrip(b"\0")  # which a logger may leave at the end
    controls = len(text.translate(None, bytes(range(0x20, 0x100)) + b"\t\r\n"))
    wide = head.startswith(tuple(mark for mark, _ in MARKS)) or not encoding_of(head, "").is_utf8
    if not wide and controls > max(8, len(text) / 20):
        raise InvalidInputError(f"{path.name} is not text, whatever its name says.", "Export it as CSV and add that.")
    return head


def _markup(head: bytes) -> str:
    """What a text is whose first signs are those of a page, or of JSON."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table")):
        return "a web page (HTML)"
    if start.startswith((b"<?xml", b"<!doctype")):
        return "XML"
    return "JSON" if re.match(rb'\[\s*\{\s*"|\{\s*"[^"]*"\s*:', start) else ""


def _check_names(path: Path, columns: Sequence[Column]) -> None:
    if not columns:
        raise InvalidInputError(f"{path.name} has no columns.", "Check that it was written completely.")
    for number, column in enumerate(columns, 1):
        if "\0" in column.name or re.search("[\ud800-\udfff]", column.name):
            raise InvalidInputError(
                f"The name of column {number} of {path.name} holds characters that are not text.", "Rename the column."
            )


@contextmanager
def explain_file_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals into InvalidInputError in plain words."""
    try:
        yield
    except FileNotFoundError as error:
        raise InvalidInputError(f"No file {path}.", "Check the name and the folder.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidInputError(f"{path} cannot be read: {reason}.", "Check that you may read it.") from error
