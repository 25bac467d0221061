"""Rows of tables that come of others: stored in a Parquet file of the workspace, each under the name that it had.

The file has a column that no one sees: the name of each row, by what its cells hold in the first file. So neither a
join nor a computed column changes what an item is called.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError, PlatformError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import ColumnReading, Reading
from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, literal, path_literal, quoted
from ontos_tui.tabular.row_names import CellText
from ontos_tui.tabular.source import Source, connect

if TYPE_CHECKING:
    import duckdb

NAME = "ontos_row_name"
"""The column that no one sees."""


@dataclass(frozen=True)
class StoredNames(CellText):
    """Rows whose names are stored beside them, in `NAME`."""

    def named(self, name: str) -> str:
        """The relation with one more column: the name of each row."""
        return f"(SELECT * EXCLUDE ({NAME}), {NAME} AS {quoted(name)} FROM {self.source})"  # noqa: S608

    def names(self) -> str:
        """A relation of nothing but the names, as `name`, in the file's order."""
        return f"(SELECT {NAME} AS name FROM {self.source})"  # noqa: S608

    def equal_candidates(self) -> str:
        """The SQL that yields something where rows are equal."""
        return f"SELECT {NAME} FROM {self.source} GROUP BY {NAME} HAVING count(*) > 1 LIMIT 1"  # noqa: S608


def connect_to_all(sources: Sequence[Source], spill: Path, target: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB that reaches what the sources reach, and may write `target`, and nothing else."""
    paths = [target]
    for source in sources:
        setting = source.connection.cursor().execute("SELECT current_setting('allowed_paths')").fetchall()[0][0]
        paths += [Path(name) for name in setting]
    return connect(paths, spill)


def store_rows(
    sources: Sequence[Source], query: Callable[[duckdb.DuckDBPyConnection], str], spill: Path, target: Path
) -> None:
    """Write the rows of a query over the sources to `target`, which has its name when it is complete.

    `query` gives its SQL; it may look at the sources first. Raises InvalidInputError when the query does not fit the
    rows, PlatformError when the file cannot be written.
    """
    if any(column.name == NAME for source in sources for column in source.columns):
        raise InvalidInputError(f"A column is called {NAME}, which is used inside.", "Rename the column.")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.stem}.{secrets.token_hex(4)}.unfinished")
    connection = connect_to_all(sources, spill, unfinished)
    try:
        with explain_duckdb_errors(sources[0].path):
            sql = query(connection)
            connection.execute(f"COPY ({sql}) TO {literal(str(unfinished))} (FORMAT parquet, COMPRESSION zstd)")
        unfinished.replace(target)
    except OSError as error:
        raise PlatformError(f"{target} cannot be written: {error}.", "Check the disk, then try again.") from error
    finally:
        connection.close()
        unfinished.unlink(missing_ok=True)


def open_stored(target: Path, spill: Path, path: Path, fingerprint: str, notes: Sequence[str] = ()) -> Source:
    """Open rows that were stored. `path` is what errors name, such as the first file."""
    connection = connect([target], spill)
    relation = f"read_parquet({path_literal(target)}, hive_partitioning = false)"
    with explain_duckdb_errors(path):
        described = connection.execute(f"DESCRIBE FROM {relation}").fetchall()
        rows = int(connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])  # noqa: S608
    columns = tuple(Column(str(row[0]), str(row[1])) for row in described if row[0] != NAME)
    readings = [ColumnReading(name=column.name, type=column.type) for column in columns]
    reading = Reading(format="parquet", rows=rows, columns=readings, notes=list(notes))
    visible = f"(SELECT * EXCLUDE ({NAME}) FROM {relation})"  # noqa: S608
    return Source(
        path, fingerprint, connection, visible, columns, rows, tuple(notes), reading, StoredNames(relation, "*", ())
    )
