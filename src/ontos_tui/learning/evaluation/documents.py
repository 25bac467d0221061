"""How well fields are read out of documents, beside the answer that most documents have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ontos_tui.domain.learning import LabeledExample, Prediction
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.training import ClassScore, FieldScore
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind
from ontos_tui.learning.evaluation.scores import calibration_of, score_shares
from ontos_tui.learning.evaluation.unseen import UnseenAnswers, units, unseen_answers
from ontos_tui.learning.extraction.extractor import ExtractionPlan, Extractor, Target
from ontos_tui.learning.statistics import Floats, confident_answers

MATCHED = "letter case, spaces and punctuation do not count"


def score_extraction(
    reader: Extractor,
    examples: Sequence[LabeledExample],
    predictions: Sequence[Prediction],
    group_name: str = "",
) -> tuple[list[FieldScore], list[str]]:
    """A score for each field that is read, and what to know about them; fields of spans are scored label by label.

    A field is right when it says what people said, or nothing where they said nothing. The baseline is the answer that
    is right most often; what general patterns read without any example is noted.
    """
    text_field = reader.plan.text_field
    plain_reader = reader.without_examples()
    bare = [plain_reader.read(example.fields).answer for example in examples]
    given = [prediction.answer for prediction in predictions]
    scores = []
    notes = [f"{', '.join(reader.plan.fields)}: read from {text_field}; {MATCHED}."]
    if marked := [name for name in reader.plan.fields if any(one.label for one in reader.plan.of(name))]:
        notes.append(f"{', '.join(marked)}: the score is the mean share of labels that are right in a document.")
    for name in reader.plan.fields:
        targets = reader.plan.of(name)
        right = _rights(targets, text_field, examples, given)
        score = _score(targets, text_field, examples, given, right)
        score.group_name = group_name if score.groups is not None else ""
        stated = np.array([prediction.confidence.get(name, np.nan) for prediction in predictions], dtype=np.float64)
        score.calibration = calibration_of(stated, (right.min(axis=1) == 1).astype(np.float64))
        scores.append(score)
        patterns = float(_rights(targets, text_field, examples, bare).mean())
        notes.append(f"{name}: {score.value:.2f}; general patterns without examples reach {patterns:.2f}.")
        said = ~np.isnan(stated)
        n, hits_of = confident_answers(stated[said].tolist(), (right.min(axis=1)[said] == 1).tolist())
        if n:
            notes.append(
                f"{name}: {n} of {said.sum()} answers to unseen documents had a confidence of 90 % or more; "
                f"{hits_of} of those {n} were right."
            )
    return scores, notes


def reading_answers(
    plan: ExtractionPlan, name: str, answered: Sequence[tuple[LabeledExample, Prediction]]
) -> UnseenAnswers:
    """What was read of one field as right or wrong answers, with the confidence of each: to learn how far to trust it.

    An answer of spans is right when all labels are.
    """
    examples = [example for example, _ in answered]
    right = _rights(plan.of(name), plan.text_field, examples, [prediction.answer for _, prediction in answered])
    field = AnswerField(name, FieldKind.TEXT, required=True)
    given = ["right" if hits else "wrong" for hits in (right.min(axis=1) == 1).tolist()] if answered else []
    stated = np.array([prediction.confidence.get(name, np.nan) for _, prediction in answered], dtype=np.float64)
    return unseen_answers(field, examples, ["right"] * len(examples), given, stated)


def _rights(
    targets: Sequence[Target], text_field: str, examples: Sequence[LabeledExample], answers: Sequence[Answer]
) -> Floats:
    """1 or 0 for each document (lines) and target (columns)."""
    return np.array(
        [[_is_right(target, text_field, *one) for target in targets] for one in zip(examples, answers, strict=True)],
        dtype=np.float64,
    )


def _score(
    targets: Sequence[Target],
    text_field: str,
    examples: Sequence[LabeledExample],
    given: Sequence[Answer],
    right: Floats,
) -> FieldScore:
    field: AnswerField = targets[0].field
    constants = [_best_constant(target, text_field, examples) for target in targets]
    constant_right = np.column_stack([hits for _, hits in constants])
    groups = units([example.group for example in examples])
    score = score_shares(field, right.mean(axis=1), constant_right.mean(axis=1), groups)
    score.groups = None if groups is None else int(groups.max()) + 1
    if len(targets) == 1:
        score.correct, score.baseline_correct = int(right.sum()), int(constant_right.sum())
    score.baseline_answer = ", ".join(str(text) for text, _ in constants if text is not None)
    if field.spans is not None:
        score.classes = {
            target.label: _of_label(target, text_field, examples, given, (right[:, place] == 1).tolist())
            for place, target in enumerate(targets)
        }
        score.macro_f1 = sum(one.f1 for one in score.classes.values()) / len(score.classes)
    return score


def _best_constant(target: Target, text_field: str, examples: Sequence[LabeledExample]) -> tuple[Any, Floats]:
    """The value that most documents have, None for no value, and which documents have it."""
    values = [_value(target, example.answer, example.fields, text_field) for example in examples]
    keys = [None if value is None else target.prior.key(value) if isinstance(value, str) else value for value in values]
    commonest = Counter(keys).most_common(1)[0][0]
    return values[keys.index(commonest)], np.array([key == commonest for key in keys], dtype=np.float64)


def _of_label(
    target: Target,
    text_field: str,
    examples: Sequence[LabeledExample],
    given: Sequence[Answer],
    right: Sequence[bool],
) -> ClassScore:
    labeled = [_value(target, example.answer, example.fields, text_field) is not None for example in examples]
    predicted = [
        _value(target, answer, example.fields, text_field) is not None
        for answer, example in zip(given, examples, strict=True)
    ]
    hits = sum(hit and is_labeled for hit, is_labeled in zip(right, labeled, strict=True))
    precision = hits / sum(predicted) if any(predicted) else 0.0
    recall = hits / sum(labeled) if any(labeled) else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return ClassScore(precision=precision, recall=recall, f1=f1, support=sum(labeled))


def _value(target: Target, answer: Answer, item: Row, text_field: str) -> Any:
    value = target.value(answer, item.get(text_field))
    return None if value == "" else value


def _is_right(target: Target, text_field: str, example: LabeledExample, answer: Answer) -> bool:
    truth = _value(target, example.answer, example.fields, text_field)
    given = _value(target, answer, example.fields, text_field)
    if truth is None or given is None:
        return truth is None and given is None
    if isinstance(truth, str) and isinstance(given, str):
        return target.prior.key(given) == target.prior.key(truth)
    return bool(given == truth)
