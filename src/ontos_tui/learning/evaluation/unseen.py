"""Answers to pairs by models that had not seen them, nor anything of their group: what every score is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ontos_tui.domain.answer_columns import LEFT_OUT, AnswerColumns, FieldAnswers
from ontos_tui.domain.learning import LabeledExample, Prediction
from ontos_tui.domain.row_columns import answers_of, groups_of, taken
from ontos_tui.domain.schema import AnswerField
from ontos_tui.learning.search.folds import group_numbers, make_folds
from ontos_tui.learning.search.tried import OutOfFold
from ontos_tui.learning.statistics import Floats, Numbers
from ontos_tui.learning.targets import NUMBER_KINDS, class_of, in_range, target, targets_of
from ontos_tui.learning.trust.calibration import Calibrator
from ontos_tui.learning.trust.conformal import Conformal
from ontos_tui.learning.trust.field_trust import FieldTrust, class_names

Value = str | float


@dataclass(frozen=True)
class UnseenAnswers:
    """Answers of one field: what is true and what was given, as class names or numbers.

    `stated` is the confidence of each answer, `low` and `high` bound the numbers; NaN where there is none.
    """

    field: AnswerField
    examples: Sequence[LabeledExample]
    truth: tuple[Value, ...]
    given: tuple[Value, ...]
    stated: Floats
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.truth)

    def __add__(self, other: UnseenAnswers) -> UnseenAnswers:
        return UnseenAnswers(
            self.field,
            (*self.examples, *other.examples),
            self.truth + other.truth,
            self.given + other.given,
            np.append(self.stated, other.stated),
            np.append(self.low, other.low),
            np.append(self.high, other.high),
        )

    @property
    def is_number(self) -> bool:
        """Whether the answers are numbers, and not classes or texts."""
        return self.field.kind in NUMBER_KINDS

    @property
    def errors(self) -> Floats:
        """How far each number is off."""
        return np.abs(np.array(self.truth, dtype=np.float64) - np.array(self.given, dtype=np.float64))

    @property
    def right(self) -> Floats:
        """1 for each right answer, 0 for each wrong one."""
        return np.array([one == other for one, other in zip(self.truth, self.given, strict=True)], dtype=np.float64)

    def groups(self) -> Numbers | None:
        """The group of each pair as a number; None where every pair stands alone."""
        return units(groups_of(self.examples))


def units(groups: Sequence[str | None]) -> Numbers | None:
    """The group of each pair as a number; None where every pair stands alone."""
    if all(one is None for one in groups):
        return None
    numbers = group_numbers(groups, len(groups))
    return None if not len(numbers) or numbers.max() + 1 == len(numbers) else numbers


def unseen_answers(
    field: AnswerField,
    examples: Sequence[LabeledExample],
    truth: Sequence[Value],
    given: Sequence[Value],
    stated: Floats | None = None,
) -> UnseenAnswers:
    """Answers without intervals; `stated` is what a model says of each, where it says anything."""
    nothing = np.full(len(truth), np.nan)
    return UnseenAnswers(
        field, examples, tuple(truth), tuple(given), nothing if stated is None else stated, nothing, nothing
    )


def out_of_fold_answers(
    field: AnswerField, examples: Sequence[LabeledExample], values: Sequence[Value], out_of_fold: OutOfFold
) -> UnseenAnswers:
    """What was answered in cross-validation, with the confidence that the models stated."""
    lines = out_of_fold.rows.tolist()
    stated = None
    given: list[Value]
    if out_of_fold.numbers is not None:
        given = [in_range(field, float(one)) for one in out_of_fold.numbers]
    else:
        places = out_of_fold.class_positions() if lines else np.zeros(0, dtype=np.intp)
        given = [out_of_fold.classes[place] for place in places.tolist()]
        if out_of_fold.probabilities is not None:
            stated = out_of_fold.probabilities[np.arange(len(lines)), places]
        else:
            stated = out_of_fold.confidence
    truth = [values[line] for line in lines]
    return unseen_answers(field, taken(examples, lines), truth, given, stated)


def of_predictions(
    field: AnswerField, examples: Sequence[LabeledExample], predictions: Sequence[Prediction]
) -> UnseenAnswers | None:
    """The answers to those pairs that have a value for `field`; None where the model does not answer it."""
    known = [
        (example, truth, prediction)
        for example, prediction in zip(examples, predictions, strict=True)
        if (truth := target(field, example.answer)) is not None
    ]
    given = [target(field, prediction.answer) for _, _, prediction in known]
    if field.kind in NUMBER_KINDS and any(one is None for one in given):
        return None
    name = field.name
    intervals = [prediction.intervals.get(name) for _, _, prediction in known]
    return UnseenAnswers(
        field,
        tuple(example for example, _, _ in known),
        tuple(truth for _, truth, _ in known),
        tuple(class_of(None) if one is None else one for one in given),
        np.array([prediction.confidence.get(name, np.nan) for _, _, prediction in known], dtype=np.float64),
        np.array([np.nan if one is None else one.low for one in intervals], dtype=np.float64),
        np.array([np.nan if one is None else one.high for one in intervals], dtype=np.float64),
    )


def of_columns(field: AnswerField, examples: Sequence[LabeledExample], answers: AnswerColumns) -> UnseenAnswers | None:
    """The same of answers by the column, each to the example in its place."""
    truths = targets_of(field, answers_of(examples))
    given = _given(field, answers)
    lines: Sequence[int] = range(len(truths))
    if None in truths:
        lines = [line for line, one in enumerate(truths) if one is not None]
    if field.kind in NUMBER_KINDS and any(given[line] is None for line in lines):
        return None
    column = answers.fields.get(field.name, FieldAnswers(()))
    return UnseenAnswers(
        field,
        taken(examples, lines),
        tuple(truth for truth in truths if truth is not None),
        tuple(class_of(None) if (one := given[line]) is None else one for line in lines),
        *(_numbers(values, lines) for values in (column.confidence, column.low, column.high)),
    )


def _given(field: AnswerField, answers: AnswerColumns) -> list[Value | None]:
    """What each answer says of the field, as `target` reads it."""
    column = answers.fields.get(field.name)
    if column is None:
        return [target(field, {})] * answers.count
    known: dict[tuple[type, object], Value | None] = {}
    given = []
    for value in column.values:
        if isinstance(value, list | dict | float):
            given.append(target(field, {field.name: value}))
            continue
        key = (type(value), value)
        if key not in known:
            known[key] = target(field, {} if value is LEFT_OUT else {field.name: value})
        given.append(known[key])
    return given


def _numbers(values: Sequence[float | None], lines: Sequence[int]) -> Floats:
    """What stands in these lines, NaN where there is nothing."""
    if not values:
        return np.full(len(lines), np.nan)
    return np.array([np.nan if (one := values[line]) is None else one for line in lines], dtype=np.float64)


def learn_trust(answers: UnseenAnswers, optimism: float = 0.0) -> FieldTrust:
    """Calibration or intervals from answers with the confidence that the models themselves stated.

    `optimism` is by how much the mean error of numbers is too small, as they are of the best of several ways to learn.
    """
    field = answers.field
    if answers.is_number:
        truth, given = np.array(answers.truth, dtype=np.float64), np.array(answers.given, dtype=np.float64)
        learned = Conformal.learned(truth, given, answers.groups(), optimism) if len(answers) else None
        return FieldTrust(field.name, conformal=learned)
    said = ~np.isnan(answers.stated)
    names = [name for name, one in zip(class_names(field, answers.given), said, strict=True) if one]
    return FieldTrust(field.name, calibrator=Calibrator.learned(answers.stated[said], names, answers.right[said] == 1))


def with_trust_of_others(answers: UnseenAnswers, seed: int) -> UnseenAnswers:
    """The answers with the confidence and the intervals that they have when these are learned from other groups.

    So both are measured on answers that did not teach them.
    """
    stated, low, high = answers.stated.copy(), answers.low.copy(), answers.high.copy()
    for learned, tested in make_folds(answers.truth, groups_of(answers.examples), seed=seed):
        trust = learn_trust(_only(answers, learned))
        values = [answers.given[line] for line in tested.tolist()]
        if answers.is_number and trust.conformal is not None:
            low[tested], high[tested] = trust.conformal.bounds(answers.field, np.array(values, dtype=np.float64))
        else:
            stated[tested] = trust.confidence(answers.field, stated[tested], values)
    return replace(answers, stated=stated, low=low, high=high)


def _only(answers: UnseenAnswers, lines: Numbers) -> UnseenAnswers:
    chosen = lines.tolist()
    return UnseenAnswers(
        answers.field,
        taken(answers.examples, chosen),
        tuple(answers.truth[line] for line in chosen),
        tuple(answers.given[line] for line in chosen),
        answers.stated[lines],
        answers.low[lines],
        answers.high[lines],
    )
