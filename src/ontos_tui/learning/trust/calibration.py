"""How often an answer is right that a model states with some confidence, learned from answers to unseen pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ontos_tui.learning.statistics import Floats

LEAST_OF_CLASS = 20
"""Answers with a class from which on the class has an offset of its own."""
ENOUGH_FOR_STEPS = 1_000
"""Answers from which on the logistic curve is refined by monotone steps."""
OF_A_STEP, MOST_STEPS = 100, 20
SLOPE_SPREAD, SHIFT_SPREAD, OFFSET_SPREAD = 0.5, 2.0, 0.5
"""How far slope, shift and offsets may lie from 1, 0 and 0 before there is evidence (standard deviations)."""
CLIP = 1e-3
ROUNDS = 50


@dataclass(frozen=True)
class Calibrator:
    """From the probability that a model gives the class it answers to the share of such answers that are right.

    A logistic curve with an offset for each class, pulled toward no change where there are few answers; with many, its
    result goes through monotone steps (`points` to `shares`). Nobody is ever surer than all `n` answers could make one.
    """

    slope: float
    shift: float
    offsets: dict[str, float]
    n: int
    points: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()

    def confidence(self, stated: Floats, classes: Sequence[str]) -> Floats:
        """The calibrated confidence of answers: what the model states, and the class that it answers."""
        offsets = np.array([self.offsets.get(name, 0.0) for name in classes])
        curve = _logistic(self.slope * _logit(stated) + self.shift + offsets)
        result = np.interp(curve, self.points, self.shares) if self.points else curve
        most = (self.n + 1) / (self.n + 2)
        return np.clip(result, 1 - most, most)

    @classmethod
    def learned(cls, stated: Floats, classes: Sequence[str], right: NDArray[np.bool_]) -> Calibrator:
        """From answers to pairs that the model had not seen. Without any, what a model states counts for nothing."""
        if not len(stated):
            return cls(0.0, 0.0, {}, 0)
        counts = Counter(classes)
        names = [name for name in sorted(counts) if len(counts) > 1 and counts[name] >= LEAST_OF_CLASS]
        given = np.array(classes, dtype=object)
        columns = [_logit(stated), np.ones(len(stated)), *((given == name).astype(np.float64) for name in names)]
        expected = np.array([1.0, 0.0, *[0.0] * len(names)])
        spread = np.array([SLOPE_SPREAD, SHIFT_SPREAD, *[OFFSET_SPREAD] * len(names)])
        weights = _logistic_fit(np.column_stack(columns), right.astype(np.float64), expected, spread)
        offsets = dict(zip(names, weights[2:].tolist(), strict=True))
        curve = cls(max(0.0, float(weights[0])), float(weights[1]), offsets, len(stated))
        if len(stated) < ENOUGH_FOR_STEPS:
            return curve
        points, shares = _steps(curve.confidence(stated, classes), right)
        return cls(curve.slope, curve.shift, offsets, curve.n, points, shares)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Calibrator:
        """Back from plain data. Raises KeyError or TypeError where it is none of ours."""
        return cls(**{**plain, "points": tuple(plain["points"]), "shares": tuple(plain["shares"])})


def _logit(shares: Floats) -> Floats:
    clipped = np.clip(shares, CLIP, 1 - CLIP)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _logistic(scores: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-scores)))


def _logistic_fit(design: Floats, right: Floats, expected: Floats, spread: Floats) -> Floats:
    """The most probable weights, when they were expected so and spread so (Newton's method)."""
    weights = expected.copy()
    precision = np.diag(1 / spread**2)
    for _ in range(ROUNDS):
        shares = _logistic(design @ weights)
        slope = design.T @ (right - shares) - precision @ (weights - expected)
        bend = (design * (shares * (1 - shares))[:, None]).T @ design + precision
        step = np.linalg.solve(bend, slope)
        weights = weights + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _steps(confidence: Floats, right: NDArray[np.bool_]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean confidence and smoothed share of right answers, in steps of as many answers each that only rise."""
    from sklearn.isotonic import isotonic_regression

    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(MOST_STEPS, len(order) // OF_A_STEP))
    points = np.array([confidence[part].mean() for part in parts])
    sizes = np.array([len(part) for part in parts], dtype=np.float64)
    shares = isotonic_regression([(right[part].sum() + 1) / (len(part) + 2) for part in parts], sample_weight=sizes)
    different = np.append(True, np.diff(points) > 1e-9)
    return tuple(points[different].tolist()), tuple(np.asarray(shares)[different].tolist())
