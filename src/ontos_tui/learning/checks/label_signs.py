"""Signs that labels or columns of new pairs are wrong: labels that surprise a model, and columns that have moved."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.learning import LabeledExample
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.rules.deployment_gate import LEAST_VALUES, MANY_UNITS, Mean, Moved, Swap
from ontos_tui.domain.schema import Answer, AnswerField
from ontos_tui.learning.drift_statistics import largest_gap
from ontos_tui.learning.encoding.features import Matrix, describe, number
from ontos_tui.learning.models.field_models import FieldModel, fit
from ontos_tui.learning.search.folds import group_numbers, make_folds
from ontos_tui.learning.targets import CLASS_KINDS, NUMBER_KINDS, class_text, target

Numbers = NDArray[np.float64]
Groups = Sequence[str | None] | None
JUDGE = "extra_trees"
"""What learns some labels to judge others: quick, and good without settings."""
FOLDS = 5
USUAL = 0.9
"""Share of right labels that surprise less than the bound; the others are called surprising."""


@dataclass(frozen=True)
class Opinions:
    """What models say of labels that they have not learned.

    `surprise` is, label by label, the probability of every other class, or how far the predicted number is off; NaN
    where nothing can be said. `said` is the class or number that they would give.
    """

    surprise: Numbers
    said: tuple[str | float | None, ...]


def is_judged(field: AnswerField) -> bool:
    """Whether labels of this field can be judged here: classes and numbers."""
    return field.kind in CLASS_KINDS or field.kind in NUMBER_KINDS


def errors(field: AnswerField, truths: Sequence[Answer], answers: Sequence[Answer | None]) -> Numbers:
    """How wrong each answer is: 0 or 1 for classes, the absolute difference for numbers; NaN where one is missing."""
    values = np.full(len(truths), np.nan)
    for place, (truth, answer) in enumerate(zip(truths, answers, strict=True)):
        right = target(field, truth)
        said = None if answer is None else target(field, answer)
        if right is None or said is None:
            continue
        values[place] = float(right != said) if isinstance(right, str) else abs(float(right) - float(said))
    return values


def out_of_fold(
    field: AnswerField, features: Sequence[str], examples: Sequence[LabeledExample], groups: Groups
) -> Opinions:
    """What models say of each label that learned neither it nor any of its group; nothing where labels are too few."""
    targets = [target(field, example.answer) for example in examples]
    usable = [place for place, one in enumerate(targets) if one is not None]
    known = [one for one in targets if one is not None]
    surprise = np.full(len(examples), np.nan)
    said: list[str | float | None] = [None] * len(examples)
    if len(usable) < 2 * FOLDS or len(set(known)) < 2:
        return Opinions(surprise, tuple(said))
    rows = [examples[place].fields for place in usable]
    table, _ = describe(rows, features)
    if table.columns:
        matrix = table.encode(rows)
        grouped = None if groups is None else [groups[place] for place in usable]
        for learned, tested in make_folds(known, grouped, FOLDS):
            model, _ = fit(field, matrix[learned], [known[place] for place in learned], JUDGE, 0)
            places = [usable[place] for place in tested]
            surprise[places] = _surprise(model, matrix[tested], [known[place] for place in tested])
            for place, (value, _) in zip(places, model.predict(matrix[tested]), strict=True):
                said[place] = value
    return Opinions(surprise, tuple(said))


def opinions_of(
    field: AnswerField,
    features: Sequence[str],
    learned: Sequence[LabeledExample],
    others: Sequence[LabeledExample],
) -> Opinions:
    """What a model that learned some labels says of others."""
    targets = [target(field, example.answer) for example in learned]
    usable = [place for place, one in enumerate(targets) if one is not None]
    known = [one for one in targets if one is not None]
    nothing = Opinions(np.full(len(others), np.nan), (None,) * len(others))
    if len(usable) < 2 * FOLDS or len(set(known)) < 2:
        return nothing
    rows = [learned[place].fields for place in usable]
    table, _ = describe(rows, features)
    if not table.columns:
        return nothing
    model, _ = fit(field, table.encode(rows), known, JUDGE, 0)
    matrix = table.encode([example.fields for example in others])
    surprise = _surprise(model, matrix, [target(field, example.answer) for example in others])
    return Opinions(surprise, tuple(value for value, _ in model.predict(matrix)))


def _surprise(model: FieldModel, matrix: Matrix, labels: Sequence[str | float | None]) -> Numbers:
    """How much each label surprises the model; NaN for no label, and for a class that it has never seen."""
    if model.field.kind in NUMBER_KINDS:
        said = [float(value) for value, _ in model.predict(matrix)]
        return np.array(
            [np.nan if one is None else abs(float(one) - two) for one, two in zip(labels, said, strict=True)]
        )
    place = {name: number for number, name in enumerate(model.classes)}
    probabilities = model.class_probabilities(matrix)
    return np.array(
        [
            1 - probabilities[line, place[label]] if isinstance(label, str) and label in place else np.nan
            for line, label in enumerate(labels)
        ]
    )


def surprising(surprise: Numbers, bound: float) -> Numbers:
    """1 where a label surprises more than the bound, else 0; NaN stays."""
    return np.where(np.isnan(surprise), np.nan, (surprise > bound).astype(np.float64))


def usual_bound(surprise: Numbers) -> float | None:
    """What all but a tenth of the labels surprise less than; None where nothing is known."""
    there = surprise[np.isfinite(surprise)]
    return float(np.quantile(there, USUAL)) if len(there) else None


def mean_of(values: Numbers, groups: Groups = None, *, shares: bool = False) -> Mean | None:
    """The mean of the values that are there, with its standard error over groups; None without values.

    With `shares` the values are 0 or 1: where all are equal, the error is that of one case more on either side.
    """
    there = np.flatnonzero(np.isfinite(values))
    if not len(there):
        return None
    some = values[there]
    units = group_numbers(None if groups is None else [groups[place] for place in there.tolist()], len(some))
    amount = int(units.max()) + 1
    mean = float(some.mean())
    sums = np.bincount(units, some - mean)
    variance = float((sums**2).sum()) / len(some) ** 2 * (amount / (amount - 1) if amount > 1 else 1.0)
    one_more = 1 / (amount + 2)
    smoothed = one_more * (1 - one_more) / amount if shares else 0.0
    return Mean(mean, math.sqrt(max(variance, smoothed)), len(some), amount)


def interval_of(mean: Mean) -> tuple[float, float]:
    """The 95 % interval of a mean (Student's t); of few units the 99 % interval, since their error is rough itself."""
    from scipy.stats import t

    beyond = 0.025 if mean.units >= MANY_UNITS else 0.005
    half = float(t.ppf(1 - beyond, max(1, mean.units - 1))) * mean.error
    return mean.value - half, mean.value + half


def swaps(
    field: AnswerField,
    new: Sequence[LabeledExample],
    said: Sequence[str | float | None],
    usual: Sequence[LabeledExample],
    said_usually: Sequence[str | float | None],
) -> tuple[Swap, ...]:
    """Which classes of the new labels are called which others, beside how often they usually are."""
    counts, before = _confusions(field, new, said), _confusions(field, usual, said_usually)
    totals, totals_before = _by_label(counts), _by_label(before)
    return tuple(
        Swap(class_text(label), class_text(other), hits, totals[label], before[label, other], totals_before[label])
        for (label, other), hits in counts.items()
        if label != other
    )


def _confusions(
    field: AnswerField, examples: Sequence[LabeledExample], said: Sequence[str | float | None]
) -> Counter[tuple[str, str]]:
    labels = (target(field, example.answer) for example in examples)
    return Counter(
        (one, two) for one, two in zip(labels, said, strict=True) if isinstance(one, str) and isinstance(two, str)
    )


def _by_label(counts: Counter[tuple[str, str]]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for (label, _), hits in counts.items():
        totals[label] += hits
    return totals


def moved_columns(
    features: Sequence[str], before: Sequence[Row], after: Sequence[Row], others: Sequence[Row]
) -> list[Moved]:
    """How far columns of numbers have moved from the pairs `before` to those `after`, where it is clear; most first.

    Where `others`, rows that nobody has labeled and rows that were asked about, lie where the new pairs do, these are
    only another part of the same data: such a column has not moved.
    """
    result = []
    for name in features:
        moved = _moved(name, before, after)
        if moved is None or not moved.is_clear:
            continue
        beside = _moved(name, others, after)
        if beside is None or beside.is_clear:
            result.append(moved)
    return sorted(result, key=lambda one: -one.distance)


def _moved(name: str, before: Sequence[Row], after: Sequence[Row]) -> Moved | None:
    first, second = (np.sort(_numbers(name, rows)) for rows in (before, after))
    if min(len(first), len(second)) < LEAST_VALUES:
        return None
    return Moved(name, float(np.median(first)), float(np.median(second)), largest_gap(first, second))


def _numbers(name: str, rows: Sequence[Row]) -> Numbers:
    values = (number(row.get(name)) for row in rows)
    return np.array([one for one in values if one is not None], dtype=np.float64)
