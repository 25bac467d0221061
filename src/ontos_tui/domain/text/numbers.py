"""Numbers as people and files write them."""

from __future__ import annotations

import math
import re

_NUMERAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
MOST_DIGITS = 300
"""Longer numerals are no measurement; Python refuses very long ones."""


def is_numeral(text: str) -> bool:
    """Whether a text without outer spaces is a decimal number; neither nan nor inf, no separators."""
    return len(text) <= MOST_DIGITS and _NUMERAL.fullmatch(text) is not None


def parse_number(text: str) -> int | float | None:
    """The finite number that a text is, an int where it has neither point nor exponent; None for any other text."""
    numeral = text.strip()
    if not is_numeral(numeral):
        return None
    number = int(numeral) if _WHOLE.fullmatch(numeral) else float(numeral)
    return number if math.isfinite(number) else None


def significant(value: float, digits: int = 3) -> str:
    """A number for a sentence: so many significant digits, whole and with separators from a thousand on."""
    if abs(value) >= 10**digits - 0.5:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def distinct(first: float, second: float, digits: int = 3) -> tuple[str, str]:
    """Two numbers with as many significant digits as it takes to see that they differ, where they do."""
    for count in range(digits, 18):
        texts = significant(first, count), significant(second, count)
        if texts[0] != texts[1] or first == second:
            return texts
    return repr(first), repr(second)
