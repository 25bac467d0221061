"""JSON lines as a Parquet file, with columns of known types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ontos_tui.tabular.duckdb_sql import column_list, explain_duckdb_errors, literal, path_literal, quoted

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one line."""


def write_parquet(lines: Path, columns: Mapping[str, str], target: Path) -> None:
    """Write the JSON lines of a file to `target`, a Parquet file with these columns and types, in their order.

    What does not fit into memory is kept beside the target meanwhile. Raises PlatformError when that fails.
    """
    import duckdb

    names = ", ".join(map(quoted, columns))
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": "1GB",
        "temp_directory": str(target.parent / "spill"),
    }
    with explain_duckdb_errors(lines), duckdb.connect(config=settings) as connection:
        if lines.stat().st_size:
            types = column_list(dict(columns))
            relation = (
                f"read_json({path_literal(lines)}, format = 'newline_delimited', columns = {types}, "
                f"maximum_object_size = {LONGEST_LINE})"
            )
        else:
            nothing = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in columns.items())
            relation = f"(SELECT {nothing}) WHERE false"
        connection.execute(
            f"COPY (SELECT {names} FROM {relation}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608
        )
