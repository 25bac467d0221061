"""How many more labels a model needs, from its learning curve; nothing where the curve does not say.

Scores grow with the number of labels by an inverse power law, `score = a - b * labels ** -c`: steep at first, then
ever flatter. Which `a`, `b` and `c` fit is uncertain, because every point of the curve is; so the answer is the range
of label counts at which most of the laws that fit have reached the target.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from ontos_tui.domain.evaluation import LearningCurvePoint
from ontos_tui.domain.intervals import Z95

LEAST_POINTS = 3
EXPONENTS = (0.25, 0.5, 0.75, 1.0, 1.5)
"""The exponents `c` that are tried; learning curves of tables, texts and pictures lie between them."""
FURTHEST = 10.0
"""A curve is continued to at most so many times the labels that there are."""
RISES = NormalDist().inv_cdf(0.95)
"""Standard errors by which a curve must rise, or fall for an error, to be continued at all."""
LIKELY = (0.2, 0.5, 0.8)
"""Probabilities of having reached the target, at the low end, in the middle and at the high end."""
ONE_NUMBER, A_RANGE = 2.5, 6.0
"""How many times the low end the high end may be, to be said as one number, and as a range."""
_STEPS = 200
_NORMAL = NormalDist()


@dataclass(frozen=True)
class LabelsNeeded:
    """How many more labels, about: from `low` to `high`, which are equal where one number says it."""

    low: int
    high: int

    def __str__(self) -> str:
        amount = f"{self.low:,}" if self.low == self.high else f"{self.low:,} to {self.high:,}"
        return f"About {amount} more labels"


@dataclass(frozen=True)
class _Law:
    """One inverse power law through the curve: how well it fits, and how sure its two factors are."""

    exponent: float
    top: float
    fall: float
    top_variance: float
    fall_variance: float
    covariance: float
    misfit: float

    def probability_at(self, labels: float, target: float) -> float:
        """How probable it is that the score with so many labels is at least `target`."""
        x = labels**-self.exponent
        value = self.top - self.fall * x
        variance = self.top_variance - 2 * x * self.covariance + x * x * self.fall_variance
        return _NORMAL.cdf((value - target) / math.sqrt(max(variance, 1e-300)))


def labels_needed(
    curve: Sequence[LearningCurvePoint], target: float, *, higher_is_better: bool = True
) -> LabelsNeeded | None:
    """How many labels more than the curve's last point has bring the score to `target`.

    None where the curve has too few points, does not clearly improve, or leaves the answer open within its intervals.
    """
    points = sorted((point for point in curve if point.labels > 0), key=lambda point: point.labels)
    if len({point.labels for point in points}) < LEAST_POINTS:
        return None
    sign = 1.0 if higher_is_better else -1.0
    laws = [law for exponent in EXPONENTS if (law := _fit(points, exponent, sign)) is not None]
    if not laws:
        return None
    best = min(laws, key=lambda law: law.misfit)
    if best.fall < RISES * math.sqrt(best.fall_variance):
        return None
    weights = [math.exp((best.misfit - law.misfit) / 2) for law in laws]

    def probability(labels: float) -> float:
        shares = (w * law.probability_at(labels, sign * target) for w, law in zip(weights, laws, strict=True))
        return sum(shares) / sum(weights)

    present = points[-1].labels
    reached = [_first_reached(probability, present, least) for least in LIKELY]
    low, middle, high = (None if labels is None else labels - present for labels in reached)
    if low is None or middle is None or high is None or low <= 0:
        return None
    if high <= ONE_NUMBER * low:
        return LabelsNeeded(rounded(middle), rounded(middle))
    return LabelsNeeded(rounded(low), rounded(high)) if high <= A_RANGE * low else None


def _fit(points: Sequence[LearningCurvePoint], exponent: float, sign: float) -> _Law | None:
    """The weighted least squares fit of `top - fall * x`, where x is the number of labels to the power -exponent."""
    deviations = [(point.high - point.low) / (2 * Z95) for point in points]
    least = max(1e-9, 1e-3 * max(abs(point.value) for point in points))
    weights = [1 / max(deviation, least) ** 2 for deviation in deviations]
    xs = [point.labels**-exponent for point in points]
    ys = [sign * point.value for point in points]
    total = sum(weights)
    mean_x = sum(w * x for w, x in zip(weights, xs, strict=True)) / total
    mean_y = sum(w * y for w, y in zip(weights, ys, strict=True)) / total
    spread = sum(w * (x - mean_x) ** 2 for w, x in zip(weights, xs, strict=True))
    if not math.isfinite(spread) or spread <= 0:
        return None
    slope = sum(w * (x - mean_x) * (y - mean_y) for w, x, y in zip(weights, xs, ys, strict=True)) / spread
    misfit = sum(w * (y - mean_y - slope * (x - mean_x)) ** 2 for w, x, y in zip(weights, xs, ys, strict=True))
    return _Law(
        exponent,
        top=mean_y - slope * mean_x,
        fall=-slope,
        top_variance=1 / total + mean_x**2 / spread,
        fall_variance=1 / spread,
        covariance=mean_x / spread,
        misfit=misfit,
    )


def _first_reached(probability: Callable[[float], float], present: int, least: float) -> float | None:
    """The smallest number of labels, from the present one on, with at least this probability; None if beyond sight."""
    for step in range(_STEPS + 1):
        labels = present * math.pow(FURTHEST, step / _STEPS)
        if probability(labels) >= least:
            return labels
    return None


def rounded(labels: float) -> int:
    """A number of labels as an estimate is said: tens below a hundred, then halves of the first digit's place."""
    if labels < 10:
        return 10
    place = 10 ** int(math.log10(labels))
    step = 10 if place == 10 else place // 2
    return int(labels / step + 0.5) * step
