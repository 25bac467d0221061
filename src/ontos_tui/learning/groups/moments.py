"""Columns of times: the moment that each value means, in whichever way the column writes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ontos_tui.domain.text.numbers import parse_number

WRITTEN = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
)  # fmt: skip
"""Ways to write a time besides ISO 8601; day before month where both would fit the whole column."""
MOSTLY = 0.95
"""The part of a column's values that must be times for it to be a column of times."""
LONGEST = 40


def moments(values: Sequence[object]) -> list[datetime | None] | None:
    """The moment of each value, None where it has none; None for a column that does not hold times."""
    texts = [value.strip() if isinstance(value, str) and 6 <= len(value.strip()) <= LONGEST else "" for value in values]
    present = sum(value is not None and value != "" for value in values)
    least = max(1, MOSTLY * present)
    if sum(map(bool, texts)) < least or not any(map(str.isdigit, "".join(texts[:3]))):
        return None
    first = next(text for text in texts if text)
    readers: list[Callable[[str], datetime]] = [datetime.fromisoformat]
    readers += [lambda text, form=form: datetime.strptime(text, form) for form in WRITTEN]  # type: ignore[misc]
    for read in readers:
        if _read(read, first) is None:
            continue
        known: dict[str, datetime | None] = {}
        for text in texts:
            if text and text not in known:
                known[text] = _read(read, text)
        read_all = [known.get(text) for text in texts]
        if sum(one is not None for one in read_all) >= least:
            return read_all
    return None


def order_of(values: Sequence[object]) -> list[float | None] | None:
    """A number for each value that orders the rows by time: the moment in seconds, or a number as it is.

    None for a column that can order nothing.
    """
    numbers = [_number(value) for value in values]
    present = sum(value is not None and value != "" for value in values)
    if present and sum(one is not None for one in numbers) >= MOSTLY * present:
        return numbers
    read = moments(values)
    return None if read is None else [None if one is None else one.timestamp() for one in read]


def _number(value: object) -> float | None:
    if isinstance(value, str):
        value = parse_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _read(read: Callable[[str], datetime], text: str) -> datetime | None:
    try:
        moment = read(text)
    except (ValueError, OverflowError):
        return None
    # A zone is kept out of the day: the clock on the wall decides which day it is. Without one, UTC stands in.
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
