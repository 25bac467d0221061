"""How many rows are enough: the sample doubles until more does not help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ontos_tui.domain.evaluation import FieldScore, LearningCurvePoint

LEAST_GAIN = 0.002
"""What twice as many rows have to add to be worth it: of a share, or of the baseline's error for a number."""


T = TypeVar("T")


@dataclass(frozen=True)
class Grown(Generic[T]):
    """The training that is kept, its rows, the curve, and whether twice as many were tried and did not help."""

    result: T
    rows: int
    curve: tuple[LearningCurvePoint, ...]
    enough: bool


def gain(before: FieldScore, after: FieldScore) -> float:
    """How much better a score is: a difference of shares, or a part of the baseline's error."""
    if after.higher_is_better:
        return after.value - before.value
    return (before.value - after.value) / (before.baseline or 1.0)


def grow(
    train_on: Callable[[int], T],
    score_of: Callable[[T], FieldScore],
    available: int,
    first: int,
    least: float = LEAST_GAIN,
) -> Grown[T]:
    """Train on `first` rows, then on twice as many, and so on, until that gains no more than `least`."""
    size = min(first, available)
    result = train_on(size)
    curve = [_point(size, score_of(result))]
    while size < available:
        more = min(2 * size, available)
        after = train_on(more)
        curve.append(_point(more, score_of(after)))
        if gain(score_of(result), score_of(after)) <= least:
            return Grown(result, size, tuple(curve), enough=True)
        result, size = after, more
    return Grown(result, size, tuple(curve), enough=False)


def describe_rows(rows: int, available: int, *, enough: bool, least: float = LEAST_GAIN) -> str:
    """What was learned from and why no more, such as `200,000 of 40,000,000 rows: more did not help by more than .002`.

    `available` counts all rows that could have taught, also those that the sample left out.
    """
    if rows >= available:
        return f"all {available:,} rows"
    why = f"more did not help by more than {f'{least:g}'.lstrip('0')}" if enough else "the most that a training takes"
    return f"{rows:,} of {available:,} rows: {why}"


def _point(rows: int, score: FieldScore) -> LearningCurvePoint:
    return LearningCurvePoint(labels=rows, value=score.value, low=score.low, high=score.high)
