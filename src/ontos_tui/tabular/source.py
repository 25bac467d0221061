"""One data file, opened: its columns, its rows counted, and the SQL that reads it.

CSV, JSONL, Parquet, and values between blanks. Types are decided by the whole file: DuckDB guesses them from the first
rows, then one pass counts the rows and looks for values that do not fit. A column with one `n/a` in row 900,000 is text
from the beginning, and an identifier keeps its leading zeros. Every file has a DuckDB instance of its own, which can
reach that file and nothing else.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column, FileFormat
from ontos_tui.tabular import csv_reader, jsonl_reader, whitespace_reader
from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, literal, path_literal

if TYPE_CHECKING:
    import duckdb

SUFFIXES = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".parquet": FileFormat.PARQUET,
    ".txt": FileFormat.SPACED,
    ".dat": FileFormat.SPACED,
}
"""A .txt or .dat file whose values are separated by something else than blanks is read as CSV."""

MEMORY = "1GB"
"""What DuckDB may use at most for one file; larger sorts go to the disk."""

_connecting = threading.Lock()


@dataclass(frozen=True)
class Source:
    """A file that can be queried. `relation` is a table function with the columns in their final types."""

    path: Path
    fingerprint: str
    connection: duckdb.DuckDBPyConnection
    relation: str
    columns: tuple[Column, ...]
    rows: int
    notes: tuple[str, ...]

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


def inspect_file(path: Path, column_names: Sequence[str] = ()) -> Content:
    """Read a file to its end. Raises InvalidInputError saying why it cannot be read."""
    if path.is_dir():
        raise InvalidInputError(f"{path} is a folder.", "Name one file in it.")
    file_format = format_of(path)
    if file_format is FileFormat.SPACED and not whitespace_reader.is_spaced(_head(path)):
        file_format = FileFormat.CSV
    if column_names and file_format is not FileFormat.SPACED:
        raise InvalidInputError(
            f"{path.name} names its columns itself.", "Give names only for text whose values are separated by blanks."
        )
    with tempfile.TemporaryDirectory() as spill:
        source = open_source(path, file_format, Path(spill), column_names)
        source.connection.close()
    return Content(file_format, source.columns, source.rows, source.fingerprint)


def format_of(path: Path) -> FileFormat:
    """The format that a file's name promises. Raises InvalidInputError for any other."""
    file_format = SUFFIXES.get(path.suffix.lower())
    if file_format is None:
        raise InvalidInputError(
            f"{path.name} has a format that cannot be read.",
            "Use CSV (.csv, .tsv), JSON lines (.jsonl, one object a line), Parquet (.parquet) or values between blanks "
            "(.txt, .dat). A spreadsheet can be saved as CSV.",
        )
    return file_format


def fingerprint(path: Path) -> str:
    """Size and modification time: changes when the file does. Raises InvalidInputError when there is no such file."""
    with explain_file_errors(path):
        status = path.stat()
    return f"{status.st_size}-{status.st_mtime_ns}"


def open_source(path: Path, file_format: FileFormat, spill: Path, column_names: Sequence[str] = ()) -> Source:
    """Open and check a file. Raises InvalidInputError with the reason in plain words, and the line where known.

    `spill` is a folder for what does not fit into memory; it is made only when needed. `column_names` are for a file
    of values between blanks.
    """
    seen = fingerprint(path)
    head = _head(path)
    connection = _connect(path, spill)
    with explain_duckdb_errors(path):
        if file_format is FileFormat.CSV:
            relation, columns, rows, notes = csv_reader.inspect(connection, path, head)
        elif file_format is FileFormat.JSONL:
            relation, columns, rows, notes = jsonl_reader.inspect(connection, path)
        elif file_format is FileFormat.SPACED:
            relation, columns, rows, notes = whitespace_reader.inspect(connection, path, head, column_names)
        else:
            relation, columns, rows, notes = _parquet(connection, path)
    _check_names(path, columns)
    notes += [
        f"Column {column.name!r} holds bytes; they are shown as base64 text."
        for column in columns
        if "BLOB" in column.type
    ]
    return Source(path, seen, connection, relation, tuple(columns), rows, tuple(notes))


def _connect(path: Path, spill: Path) -> duckdb.DuckDBPyConnection:
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
    allowed = ", ".join(sorted({literal(str(path)), path_literal(path)}))
    for setting in (
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


_MAGIC = (
    (b"PAR1", "a Parquet file", "Name it .parquet."),
    (b"PK\x03\x04", "a spreadsheet or ZIP file", "Save the sheet as CSV (UTF-8) and add that file."),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet", "Save the sheet as CSV (UTF-8) and add that file."),
    (b"\x1f\x8b", "a compressed file", "Unpack it first."),
    (b"SQLite format 3", "a database", "Export the table as CSV and add that file."),
)


def _head(path: Path) -> bytes:
    """The file's first bytes, after checks of what they promise."""
    with explain_file_errors(path):
        if not path.is_file():
            raise InvalidInputError(f"{path} is not a regular file.", "Copy its content into a file first.")
        with path.open("rb") as file:
            head = file.read(1 << 16)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise InvalidInputError(f"{path.name} is empty.", "Check that it was written completely.")
    if path.suffix.lower() == ".parquet":
        return head
    for magic, what, todo in _MAGIC:
        if head.startswith(magic):
            raise InvalidInputError(f"{path.name} is {what}, not {path.suffix} text.", todo)
    controls = len(head.translate(None, bytes(range(0x20, 0x100)) + b"\t\r\n"))
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")) and controls > max(8, len(head) / 20):
        raise InvalidInputError(f"{path.name} is not text, whatever its name says.", "Export it as CSV and add that.")
    return head


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
