"""A sheet's rows as a Parquet file of texts, which DuckDB reads again and again: written in batches, in flat memory."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ontos_tui.tabular.duckdb_sql import column_list, explain_duckdb_errors, literal, path_literal
from ontos_tui.tabular.workbooks.grid import Row

if TYPE_CHECKING:
    from collections.abc import Callable


BATCH = 1_000
"""Rows that are written at once."""


def _write_lines(rows: Iterable[Row], width: int, file: TextIO) -> None:
    """Write rows as CSV. Batches of cells that need no quotes are joined, which takes a third of the time."""
    left, writer = iter(rows), csv.writer(file, lineterminator="\n")
    while batch := list(islice(left, BATCH)):
        text = "\n".join(map(",".join, batch))
        separators, ends = text.count(","), text.count("\n")
        bare = separators == (width - 1) * len(batch) and ends == len(batch) - 1 and '"' not in text
        if width > 1 and bare and "\r" not in text:
            file.write(f"{text}\n")
        else:
            writer.writerows(batch)


def place_name(place: int) -> str:
    """What the copy calls the column at a place."""
    return f"p{place}"


def write_copy(
    rows: Iterable[Row],
    width: int,
    target: Path,
    counted: Callable[[], int],
) -> list[int]:
    """Write the rows, and return how many values each column has.

    `counted` is called behind the last row; it says how many of the rows count. Raises InvalidInputError or
    PlatformError when a row cannot be stored.
    """
    import duckdb

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        lines = Path(folder) / "rows.csv"
        with lines.open("w", encoding="utf-8", errors="replace", newline="") as file:
            _write_lines(rows, width, file)
        most = counted()
        names = [place_name(place) for place in range(width)]
        columns = column_list(dict.fromkeys(names, "VARCHAR"))
        source = (
            f"read_csv({path_literal(lines)}, auto_detect = false, header = false, delim = ',', quote = '\"', "
            f"escape = '\"', comment = '', encoding = 'utf-8', columns = {columns})"
        )
        partial = Path(folder) / "rows.parquet"
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": 2,
            "memory_limit": "1GB",
            "temp_directory": str(Path(folder) / "spill"),
            "preserve_insertion_order": True,
        }
        with explain_duckdb_errors(target), duckdb.connect(config=settings) as connection:
            connection.execute(
                f"COPY (SELECT * FROM {source} LIMIT {most}) TO {literal(str(partial))} "  # noqa: S608
                "(FORMAT parquet, COMPRESSION zstd)"
            )
            values = ", ".join(f"count({name})" for name in names)
            counts = connection.execute(f"SELECT {values} FROM read_parquet({path_literal(partial)})").fetchall()[0]  # noqa: S608
        partial.replace(target)
    return [int(count) for count in counts]
