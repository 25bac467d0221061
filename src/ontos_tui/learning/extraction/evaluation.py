"""How well fields are read out of documents, beside what general patterns find without any labeled document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ontos_tui.domain.intervals import wilson
from ontos_tui.domain.learning import LabeledExample, Prediction
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.training import ClassScore, FieldScore
from ontos_tui.domain.schema import Answer, AnswerField
from ontos_tui.learning.extraction.extractor import Extractor, Target
from ontos_tui.learning.statistics import bootstrap, confident_answers

MATCHED = "letter case, spaces and punctuation do not count"


def score_extraction(
    reader: Extractor, examples: Sequence[LabeledExample], predictions: Sequence[Prediction], seed: int
) -> tuple[list[FieldScore], list[str]]:
    """A score for each field that is read, and what to know about them; fields of spans are scored label by label.

    A field is right when it says what people said, or nothing where they said nothing. The baseline reads the same
    documents without having seen an example.
    """
    text_field = reader.plan.text_field
    plain_reader = reader.without_examples()
    bare = [plain_reader.read(example.fields).answer for example in examples]
    given = [prediction.answer for prediction in predictions]
    scores = []
    notes = [
        f"{', '.join(reader.plan.fields)}: read from {text_field}; {MATCHED}. "
        "The baseline reads it by general patterns, without examples."
    ]
    if marked := [name for name in reader.plan.fields if any(one.label for one in reader.plan.of(name))]:
        notes.append(f"{', '.join(marked)}: the score is the mean share of labels that are right in a document.")
    for name in reader.plan.fields:
        targets = reader.plan.of(name)
        right = [
            [_is_right(target, text_field, *one) for target in targets] for one in zip(examples, given, strict=True)
        ]
        blank = [
            [_is_right(target, text_field, *one) for target in targets] for one in zip(examples, bare, strict=True)
        ]
        scores.append(_score(targets, text_field, examples, given, right, blank, seed))
        stated = [
            (sure, all(hits))
            for prediction, hits in zip(predictions, right, strict=True)
            if (sure := prediction.confidence.get(name)) is not None
        ]
        n, hits_of = confident_answers([sure for sure, _ in stated], [hit for _, hit in stated])
        if n:
            notes.append(
                f"{name}: {n} of {len(stated)} held-out answers were stated with 90 % confidence or more; "
                f"{hits_of} of those {n} were right."
            )
    return scores, notes


def _score(
    targets: Sequence[Target],
    text_field: str,
    examples: Sequence[LabeledExample],
    given: Sequence[Answer],
    right: Sequence[Sequence[bool]],
    blank: Sequence[Sequence[bool]],
    seed: int,
) -> FieldScore:
    field: AnswerField = targets[0].field
    shares = np.array([np.mean(line) for line in right], dtype=np.float64)
    low, high = wilson(int(shares.sum()), len(shares)) if len(targets) == 1 else bootstrap(shares, seed)
    score = FieldScore(
        field=field.name,
        kind=field.kind,
        metric="exact match",
        higher_is_better=True,
        value=float(shares.mean()),
        baseline=float(np.mean([np.mean(line) for line in blank])),
        low=low,
        high=high,
        n=len(shares),
    )
    if field.spans is not None:
        score.classes = {
            target.label: _of_label(target, text_field, examples, given, [line[place] for line in right])
            for place, target in enumerate(targets)
        }
        score.macro_f1 = sum(one.f1 for one in score.classes.values()) / len(score.classes)
    return score


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
