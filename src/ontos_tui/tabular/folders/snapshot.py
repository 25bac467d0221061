"""What was read of a folder, in the workspace: a list of its files, and their rows in parts (Parquet).

A snapshot is written once and never changed. The next look at the folder writes another one, which shares the parts
that are still right. So whatever is interrupted, the table stays what it was; a table points at one snapshot.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError, PlatformError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.folders import Folder
from ontos_tui.domain.records.reading import Reading
from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, literal, path_literal, quoted
from ontos_tui.tabular.row_names import Cell, CellText
from ontos_tui.tabular.source import Source, connect

FOLDER = "folder_tables"
"""Below the workspace: a folder for each table, with its snapshots and parts."""
ROW = "ontos_row"
"""A column of the parts that no one sees: what a row holds in its file, which its item is called by."""
GENERATIONS = 2
"""Snapshots whose parts stay, so that who reads the one before can finish."""


@dataclass(frozen=True)
class Entry:
    """A file that is in the snapshot: as it was when it was read, and the part that has its rows.

    Of a document also: its pages, how many of them hold no text, and its encoding where that is not UTF-8.
    """

    path: str
    size: int
    changed: int
    content: str
    rows: int
    part: str = ""
    pages: int = 0
    empty_pages: int = 0
    encoding: str = ""


@dataclass(frozen=True)
class Part:
    """A Parquet file beside the snapshot, with its visible columns and their types."""

    name: str
    columns: Mapping[str, str]


@dataclass
class Snapshot:
    """What is known of a folder. `columns` are those of the table; a part may lack some, or have narrower types."""

    columns: list[Column] = field(default_factory=list)
    file_column: str = ""
    parts: list[Part] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The rows of all files."""
        return sum(entry.rows for entry in self.entries.values())

    def write(self, folder: Path) -> str:
        """Write it to a new file, which has its name when it is complete; returns the name."""
        serial = 1 + max((int(one.stem.split("-")[0]) for one in folder.glob("[0-9]*-*.jsonl")), default=0)
        name = f"{serial:06}-{secrets.token_hex(4)}.jsonl"
        schemas: list[dict[str, str]] = []
        parts = []
        for part in self.parts:
            if dict(part.columns) not in schemas:
                schemas.append(dict(part.columns))
            parts.append([part.name, schemas.index(dict(part.columns))])
        head = {
            "columns": [[column.name, column.type] for column in self.columns],
            "file_column": self.file_column,
            "schemas": schemas,
            "parts": parts,
            "rows": self.rows,
        }
        unfinished = folder / f"{name}.unfinished"
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(json.dumps(head, ensure_ascii=False) + "\n")
            file.writelines(
                json.dumps(list(vars(one).values()), ensure_ascii=False) + "\n" for one in self.entries.values()
            )
        unfinished.rename(folder / name)
        return name


@dataclass(frozen=True)
class Workplace:
    """Where a folder is read: its root, the table's own folder for parts, and one for what does not fit into memory."""

    root: Path
    folder: Path
    spill: Path


@dataclass(frozen=True)
class Result:
    """A snapshot, what was understood, and which columns hold pictures and text."""

    snapshot: Snapshot
    reading: Reading
    picture_columns: tuple[str, ...] = ()
    text_column: str = ""


def read_snapshot(path: Path) -> Snapshot:
    """A snapshot with its files. Raises PlatformError when it is gone or damaged."""
    head, lines = _read(path)
    snapshot = _of_head(head)
    for line in lines:
        entry = Entry(*json.loads(line))
        snapshot.entries[entry.path] = entry
    return snapshot


def _read(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        with path.open(encoding="utf-8") as file:
            return json.loads(file.readline()), file.readlines()
    except (OSError, ValueError) as error:
        raise PlatformError(
            f"What was read of the folder is gone or damaged: {path}.", "Add the folder again, as you did first."
        ) from error


def _of_head(head: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        [Column(*one) for one in head["columns"]],
        head["file_column"],
        [Part(name, head["schemas"][schema]) for name, schema in head["parts"]],
    )


def open_snapshot(home: Path, folder: Folder, path: Path, reading: Reading) -> Source:
    """The rows of a folder as they were read last. `path` is the folder, for messages.

    Raises PlatformError when the snapshot is gone.
    """
    manifest = home / FOLDER / folder.snapshot
    head, _ = _read(manifest)
    snapshot = _of_head(head)
    files = [manifest.parent / part.name for part in snapshot.parts]
    connection = connect(files, home / "spill")
    visible = ", ".join(
        f"CAST({quoted(column.name)} AS {column.type}) AS {quoted(column.name)}" for column in snapshot.columns
    )
    source = parts_relation(files, [*snapshot.columns, Column(ROW, "VARCHAR")])
    names = (snapshot.file_column, ROW) if snapshot.file_column else (ROW,)
    cells = CellText(source, visible, tuple(Cell(quoted(name)) for name in names))
    relation = f"(SELECT {visible} FROM {source})"  # noqa: S608
    with explain_duckdb_errors(path):
        connection.execute(f"DESCRIBE SELECT * FROM {relation}")  # noqa: S608
    rows = int(head["rows"])
    fingerprint = folder.snapshot
    return Source(
        path,
        fingerprint,
        connection,
        relation,
        tuple(snapshot.columns),
        rows,
        tuple(reading.notes),
        reading.model_copy(update={"rows": rows}),
        cells,
    )


def parts_relation(files: Sequence[Path], columns: Sequence[Column]) -> str:
    """The SQL of the rows of some parts, one after the other; of none, a relation without rows."""
    if not files:
        nothing = ", ".join(f"CAST(NULL AS {column.type}) AS {quoted(column.name)}" for column in columns)
        return f"(SELECT {nothing} WHERE false)"
    names = ", ".join(path_literal(file) for file in files)
    return f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)"


def one_part(folder: Path, parts: Sequence[Part], snapshot: Snapshot, gone: Iterable[str], spill: Path) -> Part | None:
    """Some parts as one, without the rows of files that are gone; None when nothing is left.

    The old parts stay for who still reads them.
    """
    sources, target = [folder / part.name for part in parts], folder / new_part_name()
    connection = connect([*sources, target], spill)
    relation = parts_relation(sources, ())
    with explain_duckdb_errors(target):
        connection.execute("CREATE TEMP TABLE gone AS SELECT unnest(?::VARCHAR[]) AS path", [list(gone)])
        connection.execute(
            f"COPY (SELECT * FROM {relation} WHERE {quoted(snapshot.file_column)} NOT IN (SELECT path FROM gone)) "  # noqa: S608
            f"TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
        written = f"read_parquet({path_literal(target)})"
        count = connection.execute(f"SELECT count(*) FROM {written}").fetchall()[0][0]  # noqa: S608
    connection.close()
    if not count:
        target.unlink()
        return None
    columns = {name: kind for part in parts for name, kind in part.columns.items()}
    return Part(target.name, columns)


def new_part_name() -> str:
    """A name that no other part has."""
    return f"part-{secrets.token_hex(8)}.parquet"


def remove_old(folder: Path, current: str) -> None:
    """Remove what neither the current snapshot nor the one before it needs: older ones, and what was interrupted."""
    snapshots = sorted(folder.glob("[0-9]*-*.jsonl"), key=lambda one: one.name)
    remaining = [one for one in snapshots if one.name <= current][-GENERATIONS:]
    needed = {one.name for one in remaining}
    for one in remaining:
        parts = [Path(part.name) for part in _of_head(_read(one)[0]).parts]
        needed |= {name for part in parts for name in (part.name, f"{part.stem}.json")}
    for one in folder.iterdir():
        if one.name not in needed and one.name != "lock":
            one.unlink(missing_ok=True)


def check_part_name(column: str) -> None:
    """Raise InvalidInputError for a data file with the one column name that is used here."""
    if column.lower() == ROW:
        raise InvalidInputError(f"A column is called {ROW}, which is used here.", "Rename the column.")
