"""The score of one field: how often, or by how much, answers are right, beside the best constant answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ontos_tui.domain.records.training import Calibration, FieldScore, IntervalCoverage
from ontos_tui.domain.rules.split import FEW_GROUPS
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.statistics import (
    Floats,
    Numbers,
    bearing_groups,
    calibration_error,
    class_scores,
    error_interval,
    macro_f1,
    paired_interval,
    share_interval,
)
from ontos_tui.learning.targets import NO_VALUE, NUMBER_KINDS, class_of, class_text, in_range
from ontos_tui.learning.trust.conformal import ENOUGH_ROWS, NOMINAL

FEW_PAIRS = 30
"""Independent pairs below which an interval is called rough."""


def score_classes(
    field: AnswerField, truth: Sequence[str], given: Sequence[str], groups: Numbers | None = None
) -> FieldScore:
    """Score classes or texts; the baseline is the commonest answer of these very pairs.

    The classes are listed in the order of the schema, others that occur follow. Texts list none.
    """
    constant, constant_right = Counter(truth).most_common(1)[0]
    right = np.array([one == other for one, other in zip(truth, given, strict=True)], dtype=np.float64)
    score = score_shares(field, right, np.array([one == constant for one in truth], dtype=np.float64), groups)
    score.correct, score.baseline_correct = int(right.sum()), constant_right
    score.baseline_answer = "" if constant == NO_VALUE else class_text(constant)
    if field.kind is not FieldKind.TEXT:
        _add_classes(score, field, truth, given, constant)
    return score


def score_shares(field: AnswerField, right: Floats, constant_right: Floats, groups: Numbers | None) -> FieldScore:
    """Score answers by how right each is, from 0 to 1, beside how right the constant answer is."""
    low, high = share_interval(right, groups)
    gain_low, gain_high = paired_interval(right - constant_right, groups)
    return FieldScore(
        field=field.name,
        kind=field.kind,
        metric="accuracy" if field.is_choice else "exact match",
        higher_is_better=True,
        value=float(right.mean()),
        baseline=float(constant_right.mean()),
        low=low,
        high=high,
        n=len(right),
        gain_low=gain_low,
        gain_high=gain_high,
        rough=is_rough(len(right), groups),
    )


def score_numbers(
    field: AnswerField, truth: Floats, given: Floats, groups: Numbers | None = None, seed: int = 0
) -> FieldScore:
    """Score numbers by their mean absolute error; the baseline is the median of these very pairs."""
    assert field.kind in NUMBER_KINDS
    errors = np.abs(truth - given)
    median = in_range(field, float(np.median(truth)))
    constant_errors = np.abs(truth - median)
    low, high = error_interval(errors, seed, groups)
    gain_low, gain_high = paired_interval(constant_errors - errors, groups)
    return FieldScore(
        field=field.name,
        kind=field.kind,
        metric="mean absolute error",
        higher_is_better=False,
        value=float(errors.mean()),
        baseline=float(constant_errors.mean()),
        low=low,
        high=high,
        n=len(truth),
        baseline_answer=f"{median:.6g}",
        gain_low=gain_low,
        gain_high=gain_high,
        rough=is_rough(len(truth), groups) or rests_on_few(errors, groups),
    )


def rests_on_few(errors: Floats, groups: Numbers | None) -> bool:
    """Whether so few groups make up most of the error that it would be another one with other groups."""
    return groups is not None and bearing_groups(errors, groups) < FEW_GROUPS / 2


def is_rough(n: int, groups: Numbers | None) -> bool:
    """Whether there are too few groups, or independent pairs, to trust an interval."""
    return n < FEW_PAIRS if groups is None else int(groups.max()) + 1 < FEW_GROUPS


def calibration_of(stated: Floats, right: Floats) -> Calibration | None:
    """How far confidence and truth lie apart, where any was stated; nothing says yet that it may be shown."""
    said = ~np.isnan(stated)
    if not said.any():
        return None
    error = calibration_error(stated[said], right[said] == 1)
    return Calibration(error=error, n=int(said.sum()), shown=False)


def coverage_of(truth: Floats, low: Floats, high: Floats, groups: Numbers | None) -> IntervalCoverage | None:
    """How often intervals held the true value; each group has the same weight."""
    bounded = ~np.isnan(low)
    if not bounded.any():
        return None
    held = ((low <= truth) & (truth <= high))[bounded].astype(np.float64)
    units = np.arange(len(held)) if groups is None else np.unique(groups[bounded], return_inverse=True)[1]
    covered = float((np.bincount(units, held) / np.bincount(units)).mean())
    amount = int(units.max()) + 1
    return IntervalCoverage(
        nominal=NOMINAL,
        covered=covered,
        width=float((high - low)[bounded].mean()),
        groups=amount,
        rough=amount < (ENOUGH_ROWS if groups is None else FEW_GROUPS),
    )


def _add_classes(
    score: FieldScore, field: AnswerField, truth: Sequence[str], given: Sequence[str], constant: str
) -> None:
    listed = [class_of(choice) for choice in field.choices] or ["false", "true"]
    occurring = set(truth) | set(given)
    order = [name for name in listed if name in occurring] + sorted(occurring - set(listed))
    score.macro_f1 = macro_f1(truth, given)
    score.baseline_macro_f1 = macro_f1(truth, [constant] * len(truth))
    alike = Counter(class_text(name) for name in order)  # the choices 1 and "1" are two classes
    shown = {name: name if alike[class_text(name)] > 1 else class_text(name) for name in order}
    score.classes = {shown[name]: one for name, one in class_scores(truth, given, order).items()}
    counts = Counter(zip(truth, given, strict=True))
    score.confusion = {
        shown[true]: {shown[answer]: counts[true, answer] for answer in order if counts[true, answer]}
        for true in order
        if any(counts[true, answer] for answer in order)
    }
