"""Where a number stands among those of other items, and which columns tell answers apart."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

OUTSIDE = 0.05
"""The share of the items on either side whose value is called unusual: 90 % are in the middle."""
FEWEST_VALUES = 10
"""Numbers of a column below which its range says nothing."""
FEWEST_LABELS = 20
"""Labeled items below which no column is said to tell answers apart."""
BINS = 4
"""Parts that numbers are divided into, of about equal size, before they are compared with answers."""
MOST_WORDS = 12
"""Different texts of a column up to which they count as categories."""


class Place(Enum):
    """Where a value stands: within the usual range, or on which side of it."""

    LOW = "low"
    USUAL = "usual"
    HIGH = "high"


@dataclass(frozen=True)
class ValueRange:
    """The middle 90 % of a column's numbers."""

    low: float
    high: float

    def place_of(self, value: float) -> Place:
        """Where a number stands."""
        return Place.LOW if value < self.low else Place.HIGH if value > self.high else Place.USUAL

    def distance_of(self, value: float) -> float:
        """How far outside a number lies, in widths of the range; infinitely far where all others are alike."""
        outside = max(self.low - value, value - self.high, 0.0)
        if not outside:
            return 0.0
        return outside / (self.high - self.low) if self.high > self.low else math.inf

    def fraction_of(self, value: float) -> float | None:
        """How far from the low end to the high one, from 0 to 1; None where they are one."""
        if self.high <= self.low:
            return None
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


@dataclass(frozen=True)
class ValueContext:
    """The ranges of a sheet's columns, and its columns with those first that tell answers apart.

    `items` is how many were read for it, of `total`.
    """

    ranges: Mapping[str, ValueRange] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    items: int = 0
    total: int = 0


def number_of(value: Any) -> float | None:
    """A value as a number; None for anything else, NaN and infinity included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def range_of(values: Sequence[Any]) -> ValueRange | None:
    """The middle 90 % of a column's values; None where they are not numbers, or too few."""
    known = [value for value in values if value is not None]
    numbers = sorted(number for value in known if (number := number_of(value)) is not None)
    if len(numbers) < FEWEST_VALUES or len(numbers) < len(known):
        return None
    return ValueRange(_quantile(numbers, OUTSIDE), _quantile(numbers, 1 - OUTSIDE))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """By linear interpolation between the two nearest."""
    at = share * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def association(values: Sequence[Any], answers: Sequence[Any]) -> float:
    """How much better one guesses the answer who knows the value: Goodman and Kruskal's tau, from 0 to 1.

    Numbers are divided into four parts of about equal size first, so that columns can be compared.
    """
    pairs = list(zip(_categories(values), _categories(answers), strict=True))
    pairs = [pair for pair in pairs if None not in pair]
    if len(pairs) < FEWEST_LABELS:
        return 0.0
    n = len(pairs)
    by_value, by_answer, both = Counter(v for v, _ in pairs), Counter(a for _, a in pairs), Counter(pairs)
    guessed = sum((count / n) ** 2 for count in by_answer.values())
    if guessed >= 1:
        return 0.0
    knowing = sum(count * count / by_value[value] for (value, _), count in both.items()) / n
    return max(0.0, (knowing - guessed) / (1 - guessed))


def _categories(values: Sequence[Any]) -> list[Any]:
    """Each value as a category, None where it is none: numbers by the part that they are in, texts when they repeat."""
    numbers = [number_of(value) for value in values]
    ordered = sorted(number for number in numbers if number is not None)
    if ordered and len(set(ordered)) > BINS:
        edges = sorted({ordered[len(ordered) * part // BINS] for part in range(1, BINS)})
        return [None if number is None else bisect_right(edges, number) for number in numbers]
    if ordered:
        return list(numbers)
    words = [value if isinstance(value, str | bool) else None for value in values]
    return words if len(set(words)) <= MOST_WORDS else [None] * len(words)
