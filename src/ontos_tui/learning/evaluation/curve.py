"""The learning curve: how good the same way to learn is with fewer labels, by the same folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ontos_tui.domain.records.training import LearningCurvePoint
from ontos_tui.learning.encoding.features import Matrix
from ontos_tui.learning.evaluation.unseen import UnseenAnswers, Value, units
from ontos_tui.learning.models.field_models import FieldModel
from ontos_tui.learning.search.folds import FOLDS, Fold, make_folds
from ontos_tui.learning.statistics import Floats, Numbers, error_interval, share_interval
from ontos_tui.learning.targets import in_range

LEAST_CURVE_ROWS, MOST_CURVE_ROWS = 40, 5_000
QUARTERS = 4
CURVE_FITS = 2 * FOLDS
Fit = Callable[[Numbers], FieldModel]
"""Learns the chosen way from these rows."""


def learning_curve(
    answers: UnseenAnswers,
    matrix: Matrix,
    targets: Sequence[Value],
    groups: Sequence[str | None],
    fit: Fit,
    seed: int,
    in_order: bool = False,
) -> list[LearningCurvePoint]:
    """Scores at a quarter and half of the labels, and at all, which `answers` are; nothing for too few or many rows.

    At most CURVE_FITS models are fitted. Whole groups are left out, and classes keep their shares.
    """
    if not LEAST_CURVE_ROWS <= len(targets) <= MOST_CURVE_ROWS or not len(answers):
        return []
    folds = make_folds(targets, groups, FOLDS, seed, in_order)
    points = []
    for quarters in (1, 2):
        parts = [_part(targets, groups, learned, quarters, seed) for learned, _ in folds]
        if any(part is None for part in parts):
            return []
        tested = [(part, tested) for part, (_, tested) in zip(parts, folds, strict=True) if part is not None]
        points.append(_point(answers, matrix, targets, groups, fit, tested, len(targets) * quarters // QUARTERS))
    return [*points, _scored(len(targets), _losses(answers), answers.groups(), answers.is_number)]


def _part(
    targets: Sequence[Value], groups: Sequence[str | None], learned: Numbers, quarters: int, seed: int
) -> Numbers | None:
    """So many quarters of the learned rows; None where there are too few groups to part."""
    lines = learned.tolist()
    parts = make_folds([targets[line] for line in lines], [groups[line] for line in lines], QUARTERS, seed + 1)
    if len(parts) < QUARTERS:
        return None
    chosen: Numbers = np.sort(np.concatenate([tested for _, tested in parts[:quarters]]))
    return np.asarray(learned[chosen], dtype=np.intp)


def _point(
    answers: UnseenAnswers,
    matrix: Matrix,
    targets: Sequence[Value],
    groups: Sequence[str | None],
    fit: Fit,
    folds: Sequence[Fold],
    labels: int,
) -> LearningCurvePoint:
    losses, lines = [], []
    for learned, tested in folds:
        given = [value for value, _ in fit(learned).predict(matrix[tested])]
        lines += tested.tolist()
        for value, line in zip(given, tested.tolist(), strict=True):
            if isinstance(value, str):
                losses.append(float(value != targets[line]))
            else:
                losses.append(abs(in_range(answers.field, value) - float(targets[line])))
    return _scored(labels, np.array(losses), units([groups[line] for line in lines]), answers.is_number)


def _losses(answers: UnseenAnswers) -> Floats:
    return answers.errors if answers.is_number else 1 - answers.right


def _scored(labels: int, losses: Floats, groups: Numbers | None, is_number: bool) -> LearningCurvePoint:
    if is_number:
        low, high = error_interval(losses, 0, groups)
        return LearningCurvePoint(labels=labels, value=float(losses.mean()), low=low, high=high)
    low, high = share_interval(1 - losses, groups)
    return LearningCurvePoint(labels=labels, value=float(1 - losses.mean()), low=low, high=high)
