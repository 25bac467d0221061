"""Values of the warehouse as plain JSON-like Python: the one place where they are turned into that.

Without pyarrow the connector gives ARRAY, MAP and STRUCT as JSON text and TIMESTAMP without a zone, with it arrays,
lists of pairs and zoned times. Connections are in UTC, so a time without a zone is one in UTC.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

_NESTED = ("array", "map", "struct", "variant")
ORDERED = frozenset(
    {
        *("string", "char", "varchar", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double"),
        *("decimal", "date", "timestamp", "timestamp_ntz", "binary"),
    }
)
"""Types whose values can be put in order."""
_AS_THEY_ARE = ORDERED | {"array", "map", "struct"}


def base_type(kind: str) -> str:
    """The name of a type without what follows it: `decimal(10,2)` is a decimal."""
    return kind.lower().split("<")[0].split("(")[0].strip()


def selected(name: str, kind: str) -> str:
    """The SQL that asks for a column, whose quoted name is given, in a form that `plain` understands."""
    base = base_type(kind)
    if base == "variant":
        return f"to_json({name})"
    return name if base in _AS_THEY_ARE else f"CAST({name} AS STRING)"


def plain(value: Any, kind: str) -> Any:
    """A value of a column of type `kind` (Unity Catalog's `type_text`) as JSON has it; times in ISO form."""
    if value is None:
        return None
    base = base_type(kind)
    if base in _NESTED and isinstance(value, str):
        return _json(value)
    if base == "map" and isinstance(value, list) and all(isinstance(pair, tuple) for pair in value):
        return {str(key): _plain(inner) for key, inner in value}
    if base == "timestamp" and isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return _plain(value)


def _json(text: str) -> Any:
    try:
        return _plain(json.loads(text))
    except ValueError:
        return text


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if hasattr(value, "tolist"):  # an array of numpy's, or one of its numbers
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value)


def utc(at: datetime) -> datetime:
    """A time of the warehouse, whose session is in UTC; without pyarrow it comes without its zone."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
