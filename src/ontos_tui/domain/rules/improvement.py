"""Whether a new model is better than an old one, as far as the held-out pairs show it."""

from __future__ import annotations

from enum import StrEnum


class Improvement(StrEnum):
    """A difference of two scores in words."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "no clear difference"


def improvement(difference: float, low: float, high: float, *, higher_is_better: bool) -> Improvement:
    """What a difference, new minus old, with its interval from `low` to `high` shows. An interval with 0: nothing."""
    if low <= 0 <= high:
        return Improvement.UNCLEAR
    return Improvement.BETTER if (difference > 0) == higher_is_better else Improvement.WORSE
