"""How good answers are, beside a baseline that needs no model, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ontos_tui.domain.errors import InvalidInputError, NotReadyError
from ontos_tui.domain.intervals import wilson
from ontos_tui.domain.learning import LabeledExample, Prediction, Predictor, TrainingSet
from ontos_tui.domain.records.training import Evaluation, FieldScore
from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.extraction.evaluation import score_extraction
from ontos_tui.learning.extraction.extractor import Extractor
from ontos_tui.learning.statistics import average_precision, bootstrap, class_scores, confident_answers, macro_f1
from ontos_tui.learning.targets import NUMBER_KINDS, class_of, class_text, in_range, target


def score_classes(
    field: AnswerField, truth: Sequence[str], given: Sequence[str], learned: Sequence[str], classes: Sequence[str] = ()
) -> FieldScore:
    """Score classes (or texts) on held-out pairs; the baseline always gives what `learned` holds most often.

    `classes` fixes the order in which the classes are listed; others that occur follow. Texts list none.
    """
    baseline = [Counter(learned).most_common(1)[0][0]] * len(truth)
    hits = sum(one == other for one, other in zip(truth, given, strict=True))
    low, high = wilson(hits, len(truth))
    score = FieldScore(
        field=field.name,
        kind=field.kind,
        metric="exact match" if field.kind is FieldKind.TEXT else "accuracy",
        higher_is_better=True,
        value=hits / len(truth),
        baseline=sum(one == other for one, other in zip(truth, baseline, strict=True)) / len(truth),
        low=low,
        high=high,
        n=len(truth),
    )
    if field.kind is not FieldKind.TEXT:
        occurring = set(truth) | set(given)
        order = [name for name in classes if name in occurring] + sorted(occurring - set(classes))
        score.macro_f1 = macro_f1(truth, given)
        score.baseline_macro_f1 = macro_f1(truth, baseline)
        alike = Counter(class_text(name) for name in order)  # the choices 1 and "1" are two classes
        score.classes = {
            name if alike[class_text(name)] > 1 else class_text(name): one
            for name, one in class_scores(truth, given, order).items()
        }
    return score


def score_numbers(
    field: AnswerField, truth: Sequence[float], given: Sequence[float], learned: Sequence[float], seed: int
) -> FieldScore:
    """Score numbers on held-out pairs by their mean absolute error; the baseline is the median of `learned`."""
    assert field.kind in NUMBER_KINDS
    true = np.asarray(truth, dtype=np.float64)
    errors = np.abs(true - np.asarray(given, dtype=np.float64))
    median = in_range(field, float(np.median(np.asarray(learned, dtype=np.float64))))
    low, high = bootstrap(errors, seed)
    return FieldScore(
        field=field.name,
        kind=field.kind,
        metric="mean absolute error",
        higher_is_better=False,
        value=float(errors.mean()),
        baseline=float(np.abs(true - median).mean()),
        low=low,
        high=high,
        n=len(true),
    )


def evaluate(predictor: Predictor, data: TrainingSet, reader: Extractor | None = None) -> Evaluation:
    """How well `predictor` does on the held-out pairs, field by field in the order of the schema.

    The baseline of each field comes from the training pairs; fields that it reads out of a document by `reader` have
    one of their own (`extraction.evaluation`). Raises NotReadyError when nothing can be measured.
    """
    tested, predictions, notes = _ask(predictor, data)
    scores, read = [], {}
    if reader is not None and tested:
        reader_scores, reader_notes = score_extraction(reader, tested, predictions, data.seed)
        read = {score.field: score for score in reader_scores}
        notes += reader_notes
    for field in data.fields:
        if field.name in read:
            scores.append(read[field.name])
            continue
        learned = [one for example in data.train if (one := target(field, example.answer)) is not None]
        known = [
            (truth, prediction)
            for example, prediction in zip(tested, predictions, strict=True)
            if (truth := target(field, example.answer)) is not None
        ]
        if not known or not learned:
            where = "held-out" if learned else "training"
            notes.append(f"{field.name} is not scored: no {where} pair has a value for it.")
        elif (score := _score(field, known, learned, data.seed)) is None:
            notes.append(f"{field.name} is not scored: the model does not answer it.")
        else:
            scores.append(score)
            notes += _remarks(field, known)
    if not scores:
        raise NotReadyError(
            "No pairs to test the model on.", "Label more pairs, so that some can be held out for testing."
        )
    return Evaluation(scores=scores, n=len(tested), held_out_from=data.held_out_from, notes=notes)


def _ask(predictor: Predictor, data: TrainingSet) -> tuple[list[LabeledExample], list[Prediction], list[str]]:
    """Predict the held-out rows; those that the model refuses are left out and noted, as a request would be refused."""
    pairs = [
        (
            example,
            {**dict.fromkeys(data.features), **example.fields},
        )  # an absent column of a kept row is a missing value
        for example in data.held_out
    ]
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
        return (
            answered,
            predictions,
            [f"{len(pairs) - len(answered)} held-out pairs do not fit the model and were skipped: {first.what}"],
        )


Known = list[tuple[str | float, Prediction]]


def _score(field: AnswerField, known: Known, learned: Sequence[str | float], seed: int) -> FieldScore | None:
    given = [target(field, prediction.answer) for _, prediction in known]
    if field.kind in NUMBER_KINDS:
        if any(one is None for one in given):
            return None
        pairs = [(float(truth), float(one)) for (truth, _), one in zip(known, given, strict=True) if one is not None]
        truths, answers = zip(*pairs, strict=True)
        return score_numbers(field, truths, answers, [float(one) for one in learned], seed)
    classes = [class_of(choice) for choice in field.choices] or ["false", "true"]
    return score_classes(
        field,
        [str(truth) for truth, _ in known],
        [class_of(None) if one is None else str(one) for one in given],
        [str(one) for one in learned],
        classes,
    )


def _remarks(field: AnswerField, known: Known) -> list[str]:
    """What the confidence was worth on these pairs, and how well a rare class is ranked."""
    stated = [(prediction.confidence.get(field.name), truth, prediction) for truth, prediction in known]
    sure = [(one, target(field, prediction.answer) == truth) for one, truth, prediction in stated if one is not None]
    if not sure:
        return []
    remarks = []
    n, right = confident_answers([one for one, _ in sure], [hit for _, hit in sure])
    if n:
        remarks.append(
            f"{field.name}: {n} of {len(sure)} held-out answers were stated with 90 % confidence or more; "
            f"{right} of those {n} were right."
        )
    truths = [truth for truth, _ in known]
    if field.kind is FieldKind.BOOLEAN and len(sure) == len(known) and len(set(truths)) == 2:
        rare = min(("true", "false"), key=truths.count)
        chance = [
            one if target(field, prediction.answer) == rare else 1 - one
            for one, _, prediction in stated
            if one is not None
        ]
        area = average_precision([truth == rare for truth in truths], chance)
        remarks.append(
            f"{field.name}: average precision for {rare} {area:.2f} (chance {truths.count(rare) / len(truths):.2f})."
        )
    return remarks
