"""Python values as SQLite keeps them: times and days as ISO text, structures as JSON, enums as their words.

The driver's own adapters do it wherever a value is bound, so no statement can forget it.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from pydantic import BaseModel


def time_text(value: datetime) -> str:
    """An aware time as ISO text of fixed width in UTC, so that text order is time order."""
    # isoformat, not strftime: the latter writes the year 999 in three digits.
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def to_json(value: Any) -> str:
    """JSON for a column. Lone surrogates, which SQLite's UTF-8 cannot hold, are escaped."""
    text = _encode(value)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), default=_plain)
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


# json.dumps makes an encoder for every call, which takes longer than a row.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


def enum_text(value: Any) -> str:
    """The word of a string enum."""
    return str(value.value if isinstance(value, Enum) else value)


sqlite3.register_adapter(datetime, time_text)
sqlite3.register_adapter(date, date.isoformat)
sqlite3.register_adapter(dict, to_json)
sqlite3.register_adapter(list, to_json)
