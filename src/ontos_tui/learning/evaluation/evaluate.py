"""The evaluation of a model: each field on pairs that it, or its models in cross-validation, had not seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ontos_tui.domain.answer_columns import AnswerColumns, ColumnPredictor, joined
from ontos_tui.domain.errors import InvalidInputError, NotReadyError
from ontos_tui.domain.learning import LabeledExample, Prediction, Predictor, TrainingSet
from ontos_tui.domain.records.training import Evaluation, FieldScore
from ontos_tui.domain.row_columns import ColumnRows, answers_of, groups_of, rows_of_examples
from ontos_tui.domain.rules.model_verdict import counted
from ontos_tui.domain.rules.split import ROW, groups_in_words
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.domain.text.numbers import significant
from ontos_tui.learning.evaluation.documents import score_extraction
from ontos_tui.learning.evaluation.scores import calibration_of, coverage_of, score_classes, score_numbers
from ontos_tui.learning.evaluation.segments import worst_segments
from ontos_tui.learning.evaluation.unseen import UnseenAnswers, of_columns, of_predictions
from ontos_tui.learning.extraction.extractor import Extractor
from ontos_tui.learning.search.folds import FOLDS
from ontos_tui.learning.statistics import Numbers, average_precision, confident_answers
from ontos_tui.learning.targets import target

MOST_POOLED = 20_000
"""Training pairs up to which their out-of-fold answers count as well; more are held out enough to score on."""
BLOCK = 10_000
"""Held-out rows that are answered at once."""
PERIODS, OF_A_PERIOD = 20, 5
"""Stretches of time that stand in for groups where later pairs are tested, and pairs of each at least."""
PERIOD = "period"


def evaluate(
    predictor: Predictor,
    data: TrainingSet,
    reader: Extractor | None = None,
    out_of_fold: Mapping[str, UnseenAnswers] | None = None,
    read_out_of_fold: Sequence[tuple[LabeledExample, Prediction]] = (),
    optimism: Mapping[str, float] | None = None,
) -> Evaluation:
    """How well each field is answered, in the order of the schema, beside the best constant answer to the same pairs.

    Tested are the held-out pairs by `predictor`, and with them what `out_of_fold` holds by field: answers to training
    pairs in cross-validation (unless the future is what is tested, or there are many pairs). Fields that are read out
    of a document by `reader` are scored likewise, with `read_out_of_fold`. `optimism` is by how much the mean error in
    cross-validation is too small by field, because the best of several ways was chosen by it. Raises NotReadyError when
    nothing can be measured.
    """
    tested, predictions, notes = _ask(predictor, data, by_column=reader is None)
    pooled = {} if out_of_fold is None or not pools_training_pairs(data) else out_of_fold
    read: dict[str, FieldScore] = {}
    pooled_reading = read_out_of_fold if pools_training_pairs(data) else ()
    if reader is not None and not isinstance(predictions, AnswerColumns) and (tested or pooled_reading):
        documents = [*(example for example, _ in pooled_reading), *tested]
        answers_read = [*(prediction for _, prediction in pooled_reading), *predictions]
        reader_scores, reader_notes = score_extraction(reader, documents, answers_read, data.group_name)
        read = {score.field: score for score in reader_scores}
        notes += reader_notes
    scores, optimism = [], optimism or {}
    for field in data.fields:
        score = read.get(field.name)
        if score is None:
            held_out = _unseen(field, tested, predictions)
            score, remarks = _score_field(field, data, held_out, pooled.get(field.name), optimism.get(field.name, 0.0))
            notes += remarks
        if score is not None:
            scores.append(score)
    if not scores:
        raise NotReadyError(
            "No pairs to test the model on.", "Label more pairs, so that some can be held out for testing."
        )
    return Evaluation(
        scores=scores,
        n=len(tested) or scores[0].n,
        held_out_from=data.held_out_from,
        method=method_in_words(data, len(tested), _cross_validated(scores[0], pooled, pooled_reading)),
        notes=notes,
    )


def _score_field(
    field: AnswerField,
    data: TrainingSet,
    held_out: UnseenAnswers | None,
    out_of_fold: UnseenAnswers | None,
    optimism: float,
) -> tuple[FieldScore | None, list[str]]:
    """The score of one field with what is to be said about it, or why it has none."""
    if all(target(field, answer) is None for answer in answers_of(data.train)):
        return None, [f"{field.name} is not scored: no training pair has a value for it."]
    if held_out is None:
        return None, [f"{field.name} is not scored: the model does not answer it."]
    answers = held_out if out_of_fold is None else out_of_fold + held_out
    if not len(answers):
        return None, [f"{field.name} is not scored: no held-out pair has a value for it."]
    score = _score(answers, data)
    flattered = optimism * (1 - len(held_out) / len(answers))
    choice = [_less_for_choice(score, flattered)] if flattered else []
    return score, choice + _remarks(answers)


def _cross_validated(
    headline: FieldScore,
    pooled: Mapping[str, UnseenAnswers],
    pooled_reading: Sequence[tuple[LabeledExample, Prediction]],
) -> Sequence[LabeledExample]:
    """The training pairs that the headline's score counts."""
    if headline.field in pooled:
        return pooled[headline.field].examples
    return [example for example, _ in pooled_reading]


def pools_training_pairs(data: TrainingSet) -> bool:
    """Whether answers to training pairs in cross-validation count in the score, beside those to held-out pairs."""
    return not data.held_out or not (data.in_order or len(data.train) > MOST_POOLED)


@dataclass(frozen=True)
class _Units:
    """What an interval is over, and what these are called."""

    numbers: Numbers | None
    name: str

    @property
    def count(self) -> int | None:
        """Groups that have a name; equal rows that only stay together are none."""
        return int(self.numbers.max()) + 1 if self.numbers is not None and self.name else None


def _units(answers: UnseenAnswers, data: TrainingSet) -> _Units:
    """The groups of the tested pairs; where later pairs are tested and have none, stretches of time."""
    numbers = answers.groups()
    periods = min(PERIODS, len(answers) // OF_A_PERIOD)
    if numbers is None and data.in_order and periods > 1:
        return _Units(np.arange(len(answers)) * periods // len(answers), PERIOD)
    return _Units(numbers, data.group_name if numbers is not None else "")


def _score(answers: UnseenAnswers, data: TrainingSet) -> FieldScore:
    units = _units(answers, data)
    if answers.is_number:
        truth, given = np.array(answers.truth, dtype=np.float64), np.array(answers.given, dtype=np.float64)
        score = score_numbers(answers.field, truth, given, units.numbers, data.seed)
        score.coverage = coverage_of(truth, answers.low, answers.high, units.numbers)
    else:
        truths, given_ = [str(one) for one in answers.truth], [str(one) for one in answers.given]
        score = score_classes(answers.field, truths, given_, units.numbers)
        score.calibration = calibration_of(answers.stated, answers.right)
    score.groups, score.group_name = units.count, units.name
    score.worst_segments = worst_segments(answers, data.features, data.group_name)
    return score


def _less_for_choice(score: FieldScore, flattered: float) -> str:
    """Correct a score for the choice of the best of several ways on the same pairs; what was done, in words."""
    measured, sign = score.value, -1.0 if score.higher_is_better else 1.0
    most = 1.0 if score.higher_is_better else math.inf
    score.selection = flattered
    score.value, score.low, score.high = (
        min(most, max(0.0, one + sign * flattered)) for one in (score.value, score.low, score.high)
    )
    if score.gain_low is not None and score.gain_high is not None:
        score.gain_low, score.gain_high = score.gain_low - flattered, score.gain_high - flattered
    return (
        f"{score.field}: {score.metric} {significant(measured)} on these pairs, corrected by {significant(flattered)} "
        "because the best of several ways to learn was chosen on them."
    )


def method_in_words(data: TrainingSet, held_out: int, pooled: Sequence[LabeledExample]) -> str:
    """How it was measured: "5-fold cross-validation over 34 units, and 8 units held out"."""

    def amount(examples: Sequence[LabeledExample]) -> str:
        name = data.group_name
        count = len({one.group or one.ref for one in examples}) if name else len(examples)
        return groups_in_words(count, name) if name in ("", ROW) else counted(count, name)

    if data.in_order and held_out:
        return f"learned from {len(data.train):,} pairs, tested on {held_out:,} later ones"
    if not pooled:
        return f"tested on {amount(data.held_out)} held out"
    distinct = len({group or place for place, group in enumerate(groups_of(pooled))})
    method = f"{min(FOLDS, distinct)}-fold cross-validation over {amount(pooled)}"
    return f"{method}, and {amount(data.held_out)} held out" if held_out else method


def _unseen(
    field: AnswerField, tested: Sequence[LabeledExample], predictions: AnswerColumns | Sequence[Prediction]
) -> UnseenAnswers | None:
    if isinstance(predictions, AnswerColumns):
        return of_columns(field, tested, predictions)
    return of_predictions(field, tested, predictions)


def _ask(
    predictor: Predictor, data: TrainingSet, *, by_column: bool
) -> tuple[Sequence[LabeledExample], AnswerColumns | list[Prediction], list[str]]:
    """Predict the held-out rows; those that the model refuses are left out and noted, as a request would be refused."""
    rows = rows_of_examples(data.held_out)
    if by_column and isinstance(predictor, ColumnPredictor) and isinstance(rows, ColumnRows):
        answers = _by_column(predictor, rows)
        if not answers.errors:
            return data.held_out, answers, []
    # An absent column of a kept row is a missing value.
    pairs = [(example, {**dict.fromkeys(data.features), **example.fields}) for example in data.held_out]
    try:
        return list(data.held_out), predictor.predict([row for _, row in pairs]), []
    except InvalidInputError as first:
        answered, predictions = [], []
        for example, row in pairs:
            try:
                predictions += predictor.predict([row])
                answered.append(example)
            except InvalidInputError:
                continue
        if not answered:
            raise first
        skipped = len(pairs) - len(answered)
        note = f"{skipped} held-out pairs do not fit the model and were skipped: {first.what}"
        return answered, predictions, [note]


def _by_column(predictor: ColumnPredictor, rows: ColumnRows) -> AnswerColumns:
    """The answers to rows, a block at a time. An absent column is a missing value."""
    blocks = []
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        absent: dict[str, Any] = dict.fromkeys(predictor.features, [None] * len(block))
        blocks.append(predictor.predict_columns(absent | dict(block.columns), len(block)))
        if blocks[-1].errors:
            return blocks[-1]
    return blocks[0] if len(blocks) == 1 else joined(blocks)


def _remarks(answers: UnseenAnswers) -> list[str]:
    """What the confidence was worth on these pairs, and how well a rare class is ranked."""
    said = ~np.isnan(answers.stated)
    if answers.is_number or not said.any():
        return []
    name, remarks = answers.field.name, []
    n, right = confident_answers(answers.stated[said].tolist(), (answers.right[said] == 1).tolist())
    if n:
        remarks.append(
            f"{name}: {n} of {said.sum()} answers to unseen pairs had a confidence of 90 % or more; "
            f"{right} of those {n} were right."
        )
    truths = [str(one) for one in answers.truth]
    if answers.field.kind is FieldKind.BOOLEAN and said.all() and len(set(truths)) == 2:
        rare = min(("true", "false"), key=truths.count)
        is_rare = np.array([one == rare for one in answers.given])
        chance = np.where(is_rare, answers.stated, 1 - answers.stated)
        area = average_precision([truth == rare for truth in truths], chance.tolist())
        chance_of_it = truths.count(rare) / len(truths)
        remarks.append(f"{name}: average precision for {rare} {area:.2f} (chance {chance_of_it:.2f}).")
    return remarks
