"""Intervals for predicted numbers that hold the true one nine times of ten, learned from errors on unseen pairs."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ontos_tui.domain.rules.split import FEW_GROUPS
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.statistics import Floats, Numbers

NOMINAL = 0.9
ENOUGH_ROWS = 100
"""Independent rows from which on an interval is not rough."""
OF_A_STEP, GROUPS_OF_A_STEP, MOST_STEPS = 50, 8, 10
GAIN = 0.97
"""A difficulty estimate is used when it makes the intervals at least so much narrower."""


@dataclass(frozen=True)
class Conformal:
    """The interval around a prediction is `reach` times the difficulty there; `points` to `difficulty` estimate it.

    The difficulty is the mean error of predictions of about that size; without points it is 1 everywhere.
    """

    reach: float
    points: tuple[float, ...] = ()
    difficulty: tuple[float, ...] = ()
    rough: bool = True

    def bounds(self, field: AnswerField, values: Floats) -> tuple[Floats, Floats]:
        """Lower and upper bounds for predicted values, whole for integers, within what the field may hold."""
        half = self.reach * self._difficulty(values)
        low, high = values - half, values + half
        if field.kind is FieldKind.INTEGER:
            low, high = np.floor(low + 1e-9), np.ceil(high - 1e-9)
        least = -math.inf if field.minimum is None else field.minimum
        most = math.inf if field.maximum is None else field.maximum
        return np.clip(low, least, most), np.clip(high, least, most)

    def _difficulty(self, values: Floats) -> Floats:
        return np.interp(values, self.points, self.difficulty) if self.points else np.ones(len(values))

    @classmethod
    def learned(cls, truth: Floats, given: Floats, groups: Numbers | None, optimism: float = 0.0) -> Conformal:
        """From answers to pairs that the model had not seen; each group has the same weight, however many rows it has.

        `optimism` is by how much their mean error is too small, where this way to learn is the best of several that
        were compared by them: the intervals are wider by as much. Raises ValueError where there is not one answer.
        """
        if not len(truth):
            raise ValueError("no answers to learn intervals from")
        errors = np.abs(truth - given)
        chosen = cls._measured(errors, given, groups)
        return replace(chosen, reach=chosen.reach * (1 + optimism / mean)) if (mean := float(errors.mean())) else chosen

    @classmethod
    def _measured(cls, errors: Floats, given: Floats, groups: Numbers | None) -> Conformal:
        rough = len(errors) < ENOUGH_ROWS or (groups is not None and int(groups.max()) + 1 < FEW_GROUPS)
        plain = cls(_reach(errors, groups), rough=rough)
        points, difficulty = _difficulty_steps(errors, given, groups)
        if not points:
            return plain
        estimated = np.interp(given, points, difficulty)
        scaled = cls(_reach(errors / estimated, groups), points, difficulty, rough)
        return scaled if scaled.reach * estimated.mean() < GAIN * plain.reach else plain

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Conformal:
        """Back from plain data. Raises KeyError or TypeError where it is none of ours."""
        return cls(**{**plain, "points": tuple(plain["points"]), "difficulty": tuple(plain["difficulty"])})


def _difficulty_steps(
    errors: Floats, given: Floats, groups: Numbers | None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean error by predicted value, in steps of as many rows each, drawn toward the mean of all."""
    steps = min(MOST_STEPS, len(errors) // OF_A_STEP)
    if groups is not None:  # else a step would say how hard some few units are
        steps = min(steps, (int(groups.max()) + 1) // GROUPS_OF_A_STEP)
    mean = float(errors.mean())
    if steps < 2 or mean == 0:
        return (), ()
    parts = np.array_split(np.argsort(given, kind="stable"), steps)
    points = np.array([given[part].mean() for part in parts])
    sizes = np.array([len(part) for part in parts])
    sums = np.array([errors[part].sum() for part in parts])
    difficulty = (sums + mean * OF_A_STEP / 5) / (sizes + OF_A_STEP / 5)
    different = np.append(True, np.diff(points) > 1e-12 * max(1.0, float(np.abs(points).max())))
    if different.sum() < 2:
        return (), ()
    return tuple(points[different].tolist()), tuple(difficulty[different].tolist())


def _reach(scores: Floats, groups: Numbers | None) -> float:
    """The quantile of the scores that a new one exceeds one time of ten, for as many as they are worth."""
    if groups is None:
        level = min(1.0, NOMINAL * (1 + 1 / len(scores)))
        return float(np.quantile(scores, level, method="higher"))
    weights = 1 / (np.bincount(groups)[groups] * (groups.max() + 1))
    first = _weighted_quantile(scores, weights, NOMINAL)
    held = np.bincount(groups, scores <= first) / np.bincount(groups)
    # Units whose scores lie together say less: as many independent rows would spread the share that is held as much.
    spread = float(held.var(ddof=1)) / len(held) if len(held) > 1 else NOMINAL * (1 - NOMINAL)
    worth = min(len(scores), NOMINAL * (1 - NOMINAL) / spread) if spread > 0 else len(scores)
    return _weighted_quantile(scores, weights, min(1.0, NOMINAL * (1 + 1 / max(1.0, worth))))


def _weighted_quantile(scores: Floats, weights: Floats, level: float) -> float:
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(weights[order])
    return float(scores[order[min(len(order) - 1, int(np.searchsorted(reached, level - 1e-12)))]])
