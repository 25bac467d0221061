"""How far people agree: raw agreement, Cohen's kappa, Krippendorff's alpha with its interval.

A measure that cannot be computed is None, with the reason in words; it is never NaN, and never 1 for want of a contrary
case.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ontos_tui.domain.intervals import wilson

KAPPA = "Cohen's kappa"
ALPHA = "Krippendorff's alpha"

RESAMPLES, LEAST_RESAMPLES = 1_000, 200
RATINGS = 5_000_000
"""So many answers are drawn in all; where more different ones have to be looked at, there are fewer resamples."""

ROUNDING = 1e-12
"""Of values on a scale around 0 to 1, what is less apart in a resample is rounding."""

LEAST_ITEMS = 10
"""Below so many items a bootstrap interval says more about the method than about the people: there is none."""

NO_ITEMS = "No item has answers of two people yet."
ONE_ANSWER = "All answers are the same, so agreement cannot be distinguished from chance."
FEW_ITEMS = f"No interval: it needs {LEAST_ITEMS} items with answers of two people."
ALL_AGREE = "No interval: there is no disagreement to judge it by."


class Scale(StrEnum):
    """How far apart two values are: different or not, by rank, or by the numbers themselves."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


@dataclass(frozen=True)
class Agreement:
    """How far people agree about items.

    `value` is 1 for perfect agreement and 0 for what chance alone gives; it may be negative. `low` and `high` are its
    95 % interval. `percent` is the raw agreement, 0 to 1: of all pairs of answers to one item, the share that is equal.
    `items` have answers of two people or more. `why` says in words why the value or the interval is missing.
    """

    measure: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    percent: float | None = None
    items: int = 0
    why: str = ""
    scale: Scale = Scale.NOMINAL


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    right: int
    of: int

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.right / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval, 0 to 1; all of it where there is nothing to go by."""
        return wilson(self.right, self.of)


def on_scale(value: Any) -> float | None:
    """A number as a place on an ordinal or interval scale; None for what has no place there."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        place = float(value)
    except OverflowError:
        return None
    return place if math.isfinite(place) else None


def cohen(pairs: Iterable[tuple[Hashable, Hashable]]) -> Agreement:
    """Cohen's kappa (1960) of two people, from both their answers to each item. Without an interval."""
    table = Counter(pairs)
    items = table.total()
    if not items:
        return Agreement(KAPPA, why=NO_ITEMS)
    first, second = Counter[Hashable](), Counter[Hashable]()
    for (one, other), times in table.items():
        first[one] += times
        second[other] += times
    same = sum(times for (one, other), times in table.items() if one == other)
    by_chance = sum(times * second[value] for value, times in first.items())
    if by_chance == items * items:
        return Agreement(KAPPA, percent=same / items, items=items, why=ONE_ANSWER)
    value = (same * items - by_chance) / (items * items - by_chance)
    return Agreement(KAPPA, value, percent=same / items, items=items)


def krippendorff(
    units: Iterable[Sequence[Any]], scale: Scale = Scale.NOMINAL, *, with_interval: bool = True
) -> Agreement:
    """Krippendorff's alpha over the answers to each item, whoever gave them; missing ones are left out of a unit.

    Nominal answers are anything that sorts with its like, others are finite floats (see `on_scale`). Interval by a
    seeded bootstrap over the items (Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011).
    """
    patterns = Counter(tuple(sorted(unit)) for unit in units if len(unit) > 1)
    items = patterns.total()
    if not items:
        return Agreement(ALPHA, why=NO_ITEMS, scale=scale)
    rated = _rated(patterns)
    equal = sum(n * (n - 1) * times for pattern, times in patterns.items() for n in Counter(pattern).values())
    every = sum(len(pattern) * (len(pattern) - 1) * times for pattern, times in patterns.items())
    percent = equal / every
    if len(rated) == 1:
        return Agreement(ALPHA, percent=percent, items=items, why=ONE_ANSWER, scale=scale)
    value = _alpha(patterns, rated, _places(rated, scale))
    if not with_interval:
        return Agreement(ALPHA, value, percent=percent, items=items, scale=scale)
    if items < LEAST_ITEMS:
        return Agreement(ALPHA, value, percent=percent, items=items, why=FEW_ITEMS, scale=scale)
    if equal == every:
        return Agreement(ALPHA, value, percent=percent, items=items, why=ALL_AGREE, scale=scale)
    low, high = bootstrap(patterns, scale)
    return Agreement(ALPHA, value, low, high, percent, items, scale=scale)


def _rated(patterns: Mapping[tuple[Any, ...], int]) -> Counter[Any]:
    """How often each value was given."""
    rated = Counter[Any]()
    for pattern, times in patterns.items():
        for value in pattern:
            rated[value] += times
    return rated


def _places(rated: Mapping[Any, int], scale: Scale) -> dict[Any, float] | None:
    """Where each value stands, so that the square of a difference is what the two values are apart; None of nominal."""
    match scale:
        case Scale.NOMINAL:
            return None
        case Scale.ORDINAL:
            # The middle of its ranks: between two of them lies half of both values and all that is between them.
            places, below = {}, 0
            for value in sorted(rated):
                places[value] = below + rated[value] / 2
                below += rated[value]
        case Scale.INTERVAL:
            # Alpha knows neither unit nor zero. Small numbers around 0 keep their squares finite and their differences.
            unit = max(map(abs, rated))
            mean = math.fsum(value / unit * n for value, n in rated.items()) / sum(rated.values())
            places = {value: value / unit - mean for value in rated}
    return places


def _alpha(patterns: Mapping[tuple[Any, ...], int], rated: Mapping[Any, int], places: dict[Any, float] | None) -> float:
    """1 minus the observed over the expected disagreement, of two values or more."""
    observed = 0.0
    for pattern, times in patterns.items():
        if pattern[0] != pattern[-1]:
            observed += times * _apart(Counter(pattern), len(pattern), places) / (len(pattern) - 1)
    ratings = sum(rated.values())
    return 1 - (ratings - 1) * observed / _apart(rated, ratings, places)


def _apart(counts: Mapping[Any, int], total: int, places: dict[Any, float] | None) -> float:
    """The sum of the distances between all ordered pairs of these values."""
    if places is None:
        return total * total - sum(n * n for n in counts.values())
    first = math.fsum(n * places[value] for value, n in counts.items())
    second = math.fsum(n * places[value] ** 2 for value, n in counts.items())
    return 2 * (total * second - first * first)


def _resample(draw: Any, items_of_pattern: Any) -> Any:
    """How often each pattern is drawn when as many items as there are, are drawn again."""
    import numpy as np

    items = int(items_of_pattern.sum())
    if len(items_of_pattern) * 10 < items:
        return draw.multinomial(items, items_of_pattern / items)
    pattern_of_item = np.repeat(np.arange(len(items_of_pattern)), items_of_pattern)
    return np.bincount(pattern_of_item[draw.integers(items, size=items)], minlength=len(items_of_pattern))


def bootstrap(patterns: Mapping[tuple[Any, ...], int], scale: Scale, seed: int = 1) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of alpha over resampled items; the same seed gives the same.

    Items with the same answers are drawn together, so that a few classes cost nothing however many items there are.
    A resample with one value only says nothing and is drawn again.
    """
    import numpy as np

    rated = _rated(patterns)
    values = sorted(rated)
    code = {value: number for number, value in enumerate(values)}
    codes = np.array([code[value] for pattern in patterns for value in pattern])
    sizes = np.array([len(pattern) for pattern in patterns])
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    pattern_of_rating = np.repeat(np.arange(len(sizes)), sizes)
    drawn = np.array(list(patterns.values()))
    draw = np.random.default_rng(seed)

    def observed(places: Any) -> Any:
        """What each pattern adds to the observed disagreement."""
        first, second = (np.add.reduceat(one[codes], starts) for one in (places, places * places))
        return np.maximum(2 * (sizes * second - first * first), 0) / (sizes - 1)

    fixed = _places(rated, scale)
    places = np.zeros(0) if fixed is None else np.array([fixed[value] for value in values])
    apart = (
        np.array([_apart(Counter(pattern), len(pattern), None) for pattern in patterns]) / (sizes - 1)
        if fixed is None
        else observed(places)
    )
    resamples = min(RESAMPLES, max(LEAST_RESAMPLES, RATINGS // len(codes)))
    alphas: list[float] = []
    while len(alphas) < resamples:
        times_drawn = _resample(draw, drawn)
        counts = np.bincount(codes, weights=times_drawn[pattern_of_rating], minlength=len(values))
        total = counts.sum()
        if scale is Scale.ORDINAL:
            places = np.cumsum(counts) - counts / 2
            apart = observed(places)
        expected = (
            total * total - counts @ counts
            if fixed is None
            else 2 * (total * (counts @ (places * places)) - (counts @ places) ** 2)
        )
        if np.count_nonzero(counts) < 2 or expected <= ROUNDING * total * total:
            continue
        alphas.append(float(1 - (total - 1) * (times_drawn @ apart) / expected))
    low, high = np.quantile(alphas, (0.025, 0.975))
    return float(low), float(high)
