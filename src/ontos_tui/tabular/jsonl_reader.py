"""JSON lines: one object a line. What is nested stays nested, and a text that looks like a date stays that text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.duckdb_sql import bad_json_line, column_list, path_literal

if TYPE_CHECKING:
    import duckdb

_JSON_TYPES = ("BOOLEAN", "BIGINT", "UBIGINT", "HUGEINT", "DOUBLE", "VARCHAR")
_TEXTS = ("DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "UUID", '"NULL"')


def inspect(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, list[Column], int, list[str]]:
    """The SQL that reads the file, its columns by all of its lines, how many rows it has, and notes."""
    lines = f"read_ndjson_objects({path_literal(path)})"
    shapes = connection.execute(
        f"SELECT json_type(json) = 'OBJECT', json_keys(json), count(*) FROM {lines} GROUP BY ALL"  # noqa: S608
    ).fetchall()
    if not all(is_object and len(set(keys)) == len(keys) for is_object, keys, _ in shapes):
        line, reason = bad_json_line(path)
        raise InvalidInputError(f"{path.name}, line {line}: {reason}.", "Every line holds one JSON object in braces.")
    _check_keys(path, {key for _, keys, _ in shapes for key in keys})
    described = connection.execute(
        f"DESCRIBE FROM read_json({path_literal(path)}, format = 'newline_delimited', sample_size = -1, "
        "maximum_depth = 2, map_inference_threshold = -1)"
    ).fetchall()
    types = {str(row[0]): _column_type(str(row[1])) for row in described}
    relation = f"read_json({path_literal(path)}, format = 'newline_delimited', columns = {column_list(types)})"
    return relation, [Column(*item) for item in types.items()], sum(count for _, _, count in shapes), []


def _column_type(kind: str) -> str:
    if kind in _JSON_TYPES:
        return kind
    return "VARCHAR" if kind in _TEXTS else "JSON"


def _check_keys(path: Path, keys: set[str]) -> None:
    if not keys:
        raise InvalidInputError(f"{path.name} holds only empty objects.", "Check that it was written completely.")
    seen: dict[str, str] = {}
    for key in sorted(keys):
        other = seen.setdefault(key.lower(), key)
        if other != key:
            raise InvalidInputError(
                f"{path.name} has both {other!r} and {key!r}, which differ only in upper and lower case.",
                "Rename one of them.",
            )
