"""JSON from a stranger: read in bounded memory, and refused with a reason where it holds what no value may be."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pydantic_core

from ontos_tui.platforms.local.http_server.replies import RefusedError

MOST_VALUES = 500_000
"""Values of a body. One of 16 MB may hold eight million, which become a thousand times the memory of their request."""
MOST_DEPTH = 32
"""Lists and objects within each other."""
LARGEST_INTEGER = 2**64
_PLAIN = {float, int, str, bool, type(None)}
_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


def parse_json(content: bytes) -> Any:
    """The JSON value in a body. Raises RefusedError (400, 413) saying what it may not hold."""
    _check_size(content)
    value = _fast(content)
    if value is not None:
        _check_values(value, may_hold_halves=False)
        return value
    try:
        value = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise RefusedError(400, f"The body is not valid JSON: byte {error.start} is not UTF-8.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RefusedError(400, f"The body is not valid JSON: {error.msg.split(' (')[0]} ({where}).") from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:  # Python reads no integer of more than 4,300 digits
        raise RefusedError(400, "The body holds a whole number with too many digits.") from error
    _check_values(value, may_hold_halves=_HALF_CHARACTER.search(content) is not None)
    return value


def _fast(content: bytes) -> Any:
    """The value by a reader that takes a tenth of the time, but says less. None where it may be of no use: for what is
    not JSON, and where more colons than names may mean a name that is given twice.
    """
    try:
        value = pydantic_core.from_json(content, allow_inf_nan=False)
    except ValueError:
        return None
    return value if content.count(b":") == _names(value) else None


def _names(value: Any) -> int:
    """How many names the objects within have, all together."""
    count, below = 0, [value]
    while below:
        one = below.pop()
        if isinstance(one, dict):
            count += len(one)
            below += [item for item in one.values() if isinstance(item, (dict, list))]
        elif isinstance(one, list) and not set(map(type, one)) <= _PLAIN:
            below += [item for item in one if isinstance(item, (dict, list))]
    return count


def _check_size(content: bytes) -> None:
    if _separators(content) > MOST_VALUES and _separators(_TEXTS.sub(b"", content)) > MOST_VALUES:
        raise RefusedError(413, f"The body holds more than {MOST_VALUES:,} values; send fewer rows at once.")


def _separators(content: bytes) -> int:
    """At least as many values as JSON holds; more where they stand in texts."""
    return content.count(b",") + content.count(b"[") + content.count(b"{")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise RefusedError(400, "An object of the body names a field twice. Name each once.")
    return named


def _no_constant(name: str) -> float:
    raise RefusedError(400, f"The body holds {name}, which JSON does not have. Send null for a missing number.")


def _too_deep() -> RefusedError:
    return RefusedError(400, f"The body is nested more than {MOST_DEPTH} levels deep.")


def _check_values(value: Any, *, may_hold_halves: bool) -> None:
    """Raise RefusedError for nesting and values that are stored and computed with nowhere. Does not recurse."""
    level = [value]
    for _ in range(MOST_DEPTH):
        below: list[Any] = []
        for one in level:
            values = one.values() if isinstance(one, dict) else one if isinstance(one, list) else (one,)
            if may_hold_halves and isinstance(one, dict):
                _check_texts(one)
            if set(map(type, values)) == {float} and math.isfinite(sum(values)):
                continue  # as most rows are
            for item in values:
                if isinstance(item, (dict, list)):
                    below.append(item)
                elif isinstance(item, float):
                    if not math.isfinite(item):
                        raise RefusedError(400, "The body holds a number beyond what a number can be (1.8e308).")
                elif isinstance(item, int):
                    if not -LARGEST_INTEGER < item < LARGEST_INTEGER:
                        raise RefusedError(400, "The body holds a whole number of more than 64 bits. Send it as text.")
                elif may_hold_halves:
                    _check_texts((item,))
        if not below:
            return
        level = below
    raise _too_deep()


def _check_texts(values: Any) -> None:
    for text in values:
        if isinstance(text, str) and not text.isascii():
            try:
                text.encode("utf-8")
            except UnicodeEncodeError as error:
                raise RefusedError(400, "A text of the body holds half of a character (a lone surrogate).") from error
