"""The values of a file's cells, from DuckDB's types to what JSON has."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.duckdb_sql import quoted

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_AS_THEY_ARE = frozenset({"VARCHAR", "BOOLEAN", *_INTEGERS, *(f"U{kind}" for kind in _INTEGERS)})


def value_sql(column: Column) -> tuple[str, Callable[[Any], Any] | None]:
    """The SQL that yields a column's values JSON-like, and what Python has to do with them after that."""
    name, kind = quoted(column.name), column.type
    if kind in _AS_THEY_ARE:
        return name, None
    if kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isfinite({name}) THEN {name} END", None
    if kind.startswith("DECIMAL") and kind.endswith(")"):
        return f"CAST({name} AS DOUBLE)", None
    if kind == "JSON":
        return name, _from_json
    if kind.startswith(("STRUCT", "MAP", "UNION")) or kind.endswith("]"):
        # DuckDB hands over times with a zone only through a library that is not installed.
        return (f"to_json({name})", _from_json) if "TIME ZONE" in kind else (name, _plain)
    return text_sql(column), None


def text_sql(column: Column) -> str:
    """The SQL that yields a column's values as text: times in ISO form, bytes in base64."""
    name = quoted(column.name)
    if column.type.startswith("TIMESTAMP"):
        return f"replace(CAST({name} AS VARCHAR), ' ', 'T')"
    if column.type == "BLOB":
        return f"base64({name})"
    return f"CAST({name} AS VARCHAR)"


def _from_json(text: str | None) -> Any:
    return None if text is None else _plain(json.loads(text))


def _plain(value: Any) -> Any:
    """A nested value of DuckDB's as JSON has it."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    return str(value)
