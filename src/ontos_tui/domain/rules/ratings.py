"""Ratings of predictions: from 1 to 5, and which of them count as good or bad."""

from __future__ import annotations

from enum import IntEnum

LOWEST, HIGHEST = 1, 5


class Rating(IntEnum):
    """How good a prediction was; the two thumbs stand for the first and the last."""

    BAD = 1
    POOR = 2
    FAIR = 3
    GOOD = 4
    VERY_GOOD = 5

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


ALL_RATINGS: tuple[int, ...] = tuple(int(one) for one in Rating)


def is_rating(value: object) -> bool:
    """Whether a value is a rating: a whole number from 1 to 5."""
    return isinstance(value, int) and not isinstance(value, bool) and LOWEST <= value <= HIGHEST


def is_good(rating: int) -> bool:
    """Whether a rating means that the prediction was right."""
    return rating >= Rating.GOOD


def is_bad(rating: int) -> bool:
    """Whether a rating means that the prediction was wrong."""
    return rating <= Rating.POOR
