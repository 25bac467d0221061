"""Python values as SQLite keeps them: times and days as ISO text, structures as JSON, enums as their words.

The driver's own adapters do it wherever a value is bound, so no statement can forget it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

import pydantic_core
from pydantic import BaseModel


def time_text(value: datetime) -> str:
    """An aware time as ISO text of fixed width in UTC, so that text order is time order."""
    # Not by the value before it is in UTC: two times that a clock shows twice in autumn are equal to Python.
    return _utc_text(value if value.tzinfo is UTC else value.astimezone(UTC))


@lru_cache(64)  # what is written together has one time
def _utc_text(value: datetime) -> str:
    # isoformat, not strftime: the latter writes the year 999 in three digits.
    return value.isoformat(timespec="microseconds")[:-6] + "Z"


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


def plain_json(value: Any) -> str:
    """The same of what consists of texts, numbers, lists and objects, in a twentieth of the time."""
    try:
        return pydantic_core.to_json(value, inf_nan_mode="constants").decode()
    except (pydantic_core.PydanticSerializationError, ValueError):
        return to_json(value)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def _encoder() -> Callable[[Any], str]:
    """What json.dumps makes anew for every call, which takes several times as long as to encode a small object."""
    options = {"ensure_ascii": False, "separators": (",", ":"), "default": _plain}
    if c_make_encoder is None:
        return json.JSONEncoder(**options).encode  # type: ignore[arg-type]
    # In the order in which json.encoder gives them; without markers, what holds itself is a RecursionError.
    encode = c_make_encoder(None, _plain, encode_basestring, None, ":", ",", False, False, True)
    return lambda value: "".join(encode(value, 0))


_encode = _encoder()


def from_json(text: str) -> Any:
    """A structure from a column, in a third of the time of json.loads."""
    try:
        return pydantic_core.from_json(text)
    except ValueError:  # half a character, written as an escape
        return json.loads(text)


USUAL_USES = ("training", "validation", "evaluation", "testing", "few_shot")
"""The uses that are allowed unless somebody decides otherwise; an empty text stands for them, so this never changes."""
_USUAL_USES = to_json(USUAL_USES)


def uses_to_text(uses: list[str]) -> str:
    """What is stored of the allowed uses of a pair."""
    return uses_from_json(to_json(uses))


def uses_from_text(text: str) -> list[str]:
    """The allowed uses of a pair of what is stored."""
    uses: list[str] = from_json(text) if text else list(USUAL_USES)
    return uses


def uses_from_json(text: str) -> str:
    """What is stored of allowed uses that come as a JSON list, so that `uses_as_json` gives the same text."""
    return "" if text == _USUAL_USES else text


def uses_as_json(text: str) -> str:
    """Stored uses as a JSON list."""
    return text or _USUAL_USES


def enum_text(value: Any) -> str:
    """The word of a string enum."""
    return str(value._value_ if isinstance(value, Enum) else value)  # `value` is a slow property


sqlite3.register_adapter(datetime, time_text)
sqlite3.register_adapter(date, date.isoformat)
sqlite3.register_adapter(dict, to_json)
sqlite3.register_adapter(list, to_json)
