"""The mathematics of drift, over whole columns: two samples of numbers, of categories, or two shares.

Kolmogorov-Smirnov for numbers, Pearson's chi-squared for categories (Fisher's exact test for shares of few), and for
both the population stability index and the Jensen-Shannon distance. The p-values are SciPy's distributions; the
statistics are computed from samples that are sorted once.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

BARS = 12
"""Bars of a picture at most."""
RARE = 5
"""Categories that one would expect fewer times than this on either side are looked at together."""
OTHERS = "(others)"
TAILS = (0.01, 0.99)
"""Quantiles between which a picture of numbers is drawn; its outermost bars hold what lies beyond."""


@dataclass(frozen=True)
class Difference:
    """Two samples compared. `reference` and `recent` describe them: quartiles and mean of numbers, shares of others."""

    test: str
    statistic: float
    p_value: float
    psi: float
    score: float
    reference: dict[str, float]
    recent: dict[str, float]
    new_values: tuple[str, ...] = ()
    bars: tuple[tuple[str, int, int], ...] = field(default=(), repr=False)


def compare_numbers(reference: Numbers, recent: Numbers) -> Difference:
    """Two samples of finite numbers, neither empty. Nothing but their order matters to the score and the test."""
    from scipy.special import kolmogorov

    a, b = np.sort(reference), np.sort(recent)
    d = largest_gap(a, b)
    counts = _by_edges(a, b, _deciles(a))
    return Difference(
        test="Kolmogorov-Smirnov",
        statistic=d,
        p_value=float(kolmogorov(d * math.sqrt(len(a) * len(b) / (len(a) + len(b))))),
        psi=stability_index(counts),
        score=jensen_shannon(counts),
        reference=_described(a),
        recent=_described(b),
        bars=_bars(a, b),
    )


def compare_categories(reference: Iterable[str], recent: Iterable[str]) -> Difference:
    """Two samples of categories, neither empty. Categories that are rare in both are counted as one."""
    a, b = Counter(reference), Counter(recent)
    n, m = a.total(), b.total()
    names = sorted(a.keys() | b.keys(), key=lambda name: (-(a[name] / n + b[name] / m), name))
    share = min(n, m) / (n + m)
    common = [name for name in names if (a[name] + b[name]) * share >= RARE]
    rows = [(name, a[name], b[name]) for name in common]
    if len(common) < len(names):
        rare = [name for name in names if (a[name] + b[name]) * share < RARE]
        rows.append((OTHERS, sum(a[name] for name in rare), sum(b[name] for name in rare)))
    counts = np.array([row[1:] for row in rows], dtype=np.int64).T
    statistic, p_value, test = _independence(counts)
    return Difference(
        test=test,
        statistic=statistic,
        p_value=p_value,
        psi=stability_index(counts),
        score=jensen_shannon(counts),
        reference={name: count / n for name, count, _ in rows},
        recent={name: count / m for name, _, count in rows},
        new_values=tuple(name for name in names if not a[name]),
        bars=_few(rows),
    )


def compare_proportions(reference: tuple[int, int], recent: tuple[int, int], names: tuple[str, str]) -> Difference:
    """How many of how many, on either side, neither of none; `names` are for those that are counted and the rest."""
    counts = np.array([(hits, total - hits) for hits, total in (reference, recent)], dtype=np.int64)
    statistic, p_value, test = _independence(counts)
    return Difference(
        test=test,
        statistic=statistic,
        p_value=p_value,
        psi=stability_index(counts),
        score=jensen_shannon(counts),
        reference={names[0]: reference[0] / reference[1]},
        recent={names[0]: recent[0] / recent[1]},
        bars=tuple((name, int(counts[0, place]), int(counts[1, place])) for place, name in enumerate(names)),
    )


def largest_gap(a: Numbers, b: Numbers) -> float:
    """Kolmogorov-Smirnov's D of two sorted samples: the largest gap between their cumulative shares.

    The gap is widest at a value of `a` or just below one, so that `a` is looked up in `b` once; only values that
    stand in both need a second look.
    """
    if len(a) > len(b):
        a, b = b, a
    upto = np.flatnonzero(np.append(a[1:] != a[:-1], True)) + 1
    values = a[upto - 1]
    below = np.append(0, upto[:-1])
    b_upto = np.searchsorted(b, values, side="right")
    b_below = b_upto
    tied = b[np.maximum(b_upto - 1, 0)] == values
    if tied.any():
        b_below = b_upto.copy()
        b_below[tied] = np.searchsorted(b, values[tied], side="left")
    n, m = len(a), len(b)
    return float(max((upto / n - b_upto / m).max(), (b_below / m - below / n).max(), 0.0))


def jensen_shannon(counts: Counts) -> float:
    """The Jensen-Shannon distance (base 2) of two rows of counts, less what chance alone is expected to make of them.

    Two samples of n and m values from one distribution in k bins are on average (k - 1)(1/n + 1/m)/(8 ln 2) apart
    (squared): the first term of the expansion of the divergence, the same that makes 8 times it chi-squared.
    """
    counts = counts[:, counts.sum(axis=0) > 0]
    n, m = counts.sum(axis=1)
    p, q = counts[0] / n, counts[1] / m
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(p > 0, p * np.log2(p / middle), 0.0) + np.where(q > 0, q * np.log2(q / middle), 0.0)
    chance = (counts.shape[1] - 1) * (1 / n + 1 / m) / (8 * math.log(2))
    return math.sqrt(min(1.0, max(0.0, float(parts.sum()) / 2 - chance)))


def stability_index(counts: Counts) -> float:
    """The population stability index of two rows of counts; half a value is added to each count, so none is empty."""
    smoothed = counts + 0.5
    p, q = smoothed / smoothed.sum(axis=1, keepdims=True)
    return float(((q - p) * np.log(q / p)).sum())


def _independence(counts: Counts) -> tuple[float, float, str]:
    """Statistic, p-value and name of the test of whether two rows of counts come from the same shares."""
    from scipy.stats import chi2_contingency, fisher_exact

    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2:
        return 0.0, 1.0, "chi-squared"
    expected = counts.sum(axis=0) * counts.sum(axis=1, keepdims=True) / counts.sum()
    if counts.shape[1] == 2 and expected.min() < RARE:
        exact = fisher_exact(counts)
        return float(exact.statistic), float(exact.pvalue), "Fisher's exact"
    result = chi2_contingency(counts, correction=False)
    return float(result.statistic), float(result.pvalue), "chi-squared"


def _deciles(a: Numbers) -> Numbers:
    """Where the tenths of a sorted sample end. A value that fills a whole tenth is a bin of its own."""
    edges = a[(np.arange(1, 10) * len(a)) // 10]
    repeated = edges[1:][edges[1:] == edges[:-1]]
    return np.unique(np.concatenate([edges, np.nextafter(repeated, -np.inf)]))


def _by_edges(a: Numbers, b: Numbers, edges: Numbers) -> Counts:
    """How many values of two sorted samples lie up to each edge, and beyond the last."""
    return np.array(
        [np.diff(np.searchsorted(sample, edges, side="right"), prepend=0, append=len(sample)) for sample in (a, b)]
    )


def _described(a: Numbers) -> dict[str, float]:
    low, median, high = (float(a[min(len(a) - 1, int(share * len(a)))]) for share in (0.25, 0.5, 0.75))
    return {"low": low, "median": median, "high": high, "mean": float(a.mean())}


def _bars(a: Numbers, b: Numbers) -> tuple[tuple[str, int, int], ...]:
    """Bars of the same width for both, or one for each value when there are few."""
    # A sample with few values shows them in its tenths; only then is it worth looking for all of them.
    few = len(np.unique(a[:: max(1, len(a) // 1_000)])) <= BARS
    values = np.union1d(np.unique(a), np.unique(b)) if few else a
    if len(values) <= BARS:
        counts = _by_edges(a, b, values[:-1])
        labels = [f"{value:.4g}" for value in values]
    else:
        low, high = (
            choose(float(sample[int(share * (len(sample) - 1))]) for sample in (a, b))
            for choose, share in zip((min, max), TAILS, strict=True)
        )
        # Halves first: the difference of two huge numbers may be no number.
        edges = np.unique(low + np.arange(1, BARS) * (high / BARS - low / BARS))
        counts = _by_edges(a, b, edges)
        labels = [f"{edge:.4g}" for edge in (low, *edges)]
    return tuple((label, int(x), int(y)) for label, x, y in zip(labels, *counts, strict=True))


def _few(rows: Sequence[tuple[str, int, int]]) -> tuple[tuple[str, int, int], ...]:
    """The first categories; the rest as one."""
    if len(rows) <= BARS:
        return tuple(rows)
    rest = rows[BARS - 1 :]
    return (*rows[: BARS - 1], (OTHERS, sum(row[1] for row in rest), sum(row[2] for row in rest)))
