"""The cells of a workbook as texts, which the same decisions read as those of a text file.

Numbers are written so that nothing but a decimal point can be seen in them: 1.234 as 1.2340, since a file with decimal
commas would take it for a thousand. Dates are ISO texts, times that may last longer than a day are seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

LARGEST_WHOLE = 1e15
"""Whole numbers from here on are not exact in a spreadsheet."""
_OTHERWISE = re.compile("[eEIN]|0[.]0000")
"""Of numbers that the two write with other exponents, or that are infinite or none."""
_DURATION = re.compile(r"(-?)P(?:([0-9]+)D)?T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9.]+)S)?")


def number_text(value: float) -> str:
    """A number as a text that is read as exactly this number."""
    if value.is_integer() and abs(value) < LARGEST_WHOLE:
        return str(int(value))
    text = repr(value)
    return f"{text}0" if text[-4:-3] == "." else text


def number_texts(values: Sequence[float]) -> list[str]:
    """`number_text` of many numbers, in a third of the time: pydantic writes the same digits faster than Python."""
    from pydantic_core import to_json

    joined = to_json(values)[1:-1].decode()
    if not values or _OTHERWISE.search(joined):
        return list(map(number_text, values))
    return [
        text if text[-2:] != ".0" and text[-4:-3] != "." else number_text(value)
        for value, text in zip(values, joined.split(","), strict=True)
    ]


def seconds_text(value: timedelta) -> str:
    """A duration in seconds."""
    return number_text(value.total_seconds())


def _datetime_text(value: datetime) -> str:
    return value.isoformat(" ")


def open_document_text(value: str) -> str:
    """A text of an OpenDocument sheet; a time of it, which comes as PT30H00M01S, in seconds."""
    match = _DURATION.fullmatch(value) if value.startswith(("PT", "P", "-P")) else None
    if match is None or not any(match.groups()[1:]):
        return value
    sign, days, hours, minutes, seconds = match.groups()
    total = int(days or 0) * 86_400 + int(hours or 0) * 3_600 + int(minutes or 0) * 60 + float(seconds or 0)
    return number_text(-total if sign else total)


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    float: number_text,
    int: str,
    bool: lambda value: "true" if value else "false",
    date: date.isoformat,
    datetime: _datetime_text,
    time: time.isoformat,
    timedelta: seconds_text,
}


_OPEN_DOCUMENT_TEXTS = _TEXTS | {
    str: open_document_text,
    # A time of day and how long something lasted are one type there.
    time: lambda value: seconds_text(datetime.combine(date.min, value) - datetime.min),
}


def column_texts(cells: Sequence[Any], kinds: set[type], *, is_open_document: bool) -> Sequence[str]:
    """Cells of one column as texts; `kinds` are their types."""
    if kinds == {str} and not is_open_document:
        return cells
    texts = _OPEN_DOCUMENT_TEXTS if is_open_document else _TEXTS
    if kinds == {float}:
        return number_texts(cells)
    if len(kinds) == 1:
        return list(map(texts[next(iter(kinds))], cells))
    return [texts[cell.__class__](cell) for cell in cells]
