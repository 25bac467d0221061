"""A table beside pictures that names them: each row gets the path of its picture, and what is missing is counted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import Reading, ReadingOptions, UndecidedError
from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, literal, quoted
from ontos_tui.tabular.folders.snapshot import ROW, Entry, Part, check_part_name, new_part_name
from ontos_tui.tabular.row_filter import find_column
from ontos_tui.tabular.source import Source, checked_format, open_source
from ontos_tui.tabular.window_fields import free_name

PICTURE = "picture"
SAMPLE = 20_000
"""Rows by which the column that names the pictures is looked for."""


@dataclass(frozen=True)
class Naming:
    """Which column names the pictures, by how many rows, and what does not go together."""

    column: str
    named_rows: int
    rows: int
    rows_without: tuple[str, ...]
    files_without: tuple[str, ...]
    files_without_count: int
    several: int

    def notes(self, table: str) -> list[str]:
        """In words."""
        notes = [f"{self.named_rows:,} of {self.rows:,} rows of {table} name a picture, in column {self.column!r}"]
        if missing := self.rows - self.named_rows - self.several:
            first = ", ".join(self.rows_without)
            notes.append(f"{_rows(missing)} no file that is here: {first}{', …' if missing > 3 else ''}")
        if self.several:
            notes.append(f"{_rows(self.several)} several files of one name in different folders: left empty")
        if count := self.files_without_count:
            first = ", ".join(self.files_without)
            what = "pictures are" if count > 1 else "picture is"
            notes.append(f"{count:,} {what} named by no row: {first}{', …' if count > 3 else ''}")
        return notes


def _rows(count: int) -> str:
    return f"{count:,} {'rows name' if count > 1 else 'row names'}"


@dataclass(frozen=True)
class NamedPictures:
    """The rows of a table with the paths of their pictures, in a part."""

    part: Part
    columns: tuple[Column, ...]
    rows: int
    reading: Reading
    naming: Naming


def name_pictures(
    root: Path,
    table: str,
    column: str,
    pictures: Iterable[Entry],
    folder: Path,
    spill: Path,
    options: ReadingOptions,
) -> NamedPictures | None:
    """Write the table's rows with the picture of each. `column` names them; without it, the one that names most does.

    None when no column names any. Raises InvalidInputError, also for a column that names none, and UndecidedError.
    """
    path, target = root / table, folder / new_part_name()
    source = open_source(path, checked_format(path), spill, (), options, target=target)
    try:
        if source.reading.questions:
            raise UndecidedError(source.reading.questions[0], table)
        entries = list(pictures)
        keys = _keys(entries, PurePosixPath(table).parent)
        with explain_duckdb_errors(path):
            chosen = find_column(column, source.names()) if column else _best(source, keys)
            if not chosen:
                return None
            naming = _write(source, chosen, keys, entries, target)
    finally:
        source.connection.close()
    if column and not naming.named_rows:
        raise InvalidInputError(
            f"No value of {column!r} in {table} names a picture in the folder, such as {naming.rows_without[0]!r}.",
            "Name another column: --pictures COLUMN",
        )
    own = free_name(PICTURE, source.names())
    columns = (Column(own, "VARCHAR"), *source.columns)
    part = Part(target.name, {one.name: one.type for one in columns})
    return NamedPictures(part, columns, source.rows, source.reading, naming)


def _keys(pictures: Sequence[Entry], beside: PurePosixPath) -> dict[str, str]:
    """What a cell may say of a picture, lower case, to its path; "" where several pictures are called so.

    That is the path from the table or from the folder, the file's name, or the name without its ending.
    """
    keys: dict[str, str] = {}
    exact: dict[str, str] = {}
    for entry in pictures:
        path = PurePosixPath(entry.path)
        ways = [entry.path, f"./{entry.path}"]
        if path.is_relative_to(beside):
            ways.append(str(path.relative_to(beside)))
        exact.update((way.lower(), entry.path) for way in ways)
        for way in {path.name.lower(), path.stem.lower(), str(path.with_suffix("")).lower()}:
            keys[way] = entry.path if keys.get(way, entry.path) == entry.path else ""
    return keys | exact


def _cell(name: str, table: str = "") -> str:
    """The SQL of what a cell says, as the keys are written."""
    return f"lower(trim(replace(CAST({table}{quoted(name)} AS VARCHAR), '\\', '/')))"


def _load(source: Source, keys: Mapping[str, str], pictures: Sequence[Entry]) -> None:
    content = {entry.path: entry.content for entry in pictures}
    source.connection.execute(
        "CREATE OR REPLACE TEMP TABLE pictures AS SELECT unnest(?::VARCHAR[]) AS key, unnest(?::VARCHAR[]) AS path, "
        "unnest(?::VARCHAR[]) AS content",
        [list(keys), list(keys.values()), [content.get(path, "") for path in keys.values()]],
    )


def _best(source: Source, keys: Mapping[str, str]) -> str:
    """The column whose values name most pictures; "" when none names any."""
    _load(source, keys, [])
    names = [column.name for column in source.columns if not column.type.startswith(("STRUCT", "MAP", "LIST"))]
    is_named = "FILTER ({cell} IN (SELECT key FROM pictures))"
    counts = [
        f"count(*) {one} + count(DISTINCT {_cell(name)}) {one}"
        for name in names
        for one in [is_named.format(cell=_cell(name))]
    ]
    sql = f"SELECT {', '.join(counts)} FROM (SELECT * FROM {source.relation} LIMIT {SAMPLE})"  # noqa: S608
    counted = source.connection.execute(sql).fetchall()[0]
    best = max(range(len(names)), key=lambda place: (counted[place], -place), default=None)
    return names[best] if best is not None and counted[best] else ""


def _write(source: Source, column: str, keys: Mapping[str, str], pictures: Sequence[Entry], target: Path) -> Naming:
    """Write the rows with their pictures, and count what does not go together."""
    for one in source.columns:
        check_part_name(one.name)
    _load(source, keys, pictures)
    own, execute = free_name(PICTURE, source.names()), source.connection.execute
    selected = ", ".join(f"r.{quoted(name)}" for name in source.names())
    execute(
        f"COPY (SELECT nullif(p.path, '') AS {quoted(own)}, {selected}, "  # noqa: S608
        f"concat(r.{ROW}, '/', p.content) AS {ROW}, p.path = '' AS several "
        f"FROM (SELECT row_number() OVER () AS ontos_number, * FROM {source.cells.named(ROW)}) AS r "
        f"LEFT JOIN pictures AS p ON p.key = {_cell(column, 'r.')} ORDER BY r.ontos_number) "
        f"TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"
    )
    written = f"read_parquet({literal(str(target))})"
    rows, named, several = execute(
        f"SELECT count(*), count({quoted(own)}), count(*) FILTER (several) FROM {written}"  # noqa: S608
    ).fetchall()[0]
    without = execute(
        f"SELECT coalesce(CAST({quoted(column)} AS VARCHAR), '(empty)') FROM {written} "  # noqa: S608
        f"WHERE {quoted(own)} IS NULL AND several IS NULL LIMIT 3"
    ).fetchall()
    used = {path for (path,) in execute(f"SELECT DISTINCT {quoted(own)} FROM {written}").fetchall()}  # noqa: S608
    unnamed = [entry.path for entry in pictures if entry.path not in used]
    return Naming(column, named, rows, tuple(value for (value,) in without), tuple(unnamed[:3]), len(unnamed), several)


def chosen_table(tables: Sequence[str], chosen: str) -> list[str]:
    """The tables that may name the pictures. Raises InvalidInputError for one that is not there."""
    if chosen and chosen not in tables:
        raise InvalidInputError(f"No data file {chosen} in the folder.", f"There are: {json.dumps(list(tables)[:5])}.")
    return [chosen] if chosen else list(tables)
