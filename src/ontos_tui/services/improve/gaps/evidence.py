"""The evidence of a gap analysis: labeled pairs, requests, and the newest model's answers where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import NotReadyError, OntosError
from ontos_tui.domain.learning import LabeledExample
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.labeling import HintKind
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.records.training import ModelVersion, Role
from ontos_tui.domain.rules.governance import Gate
from ontos_tui.domain.rules.ratings import is_bad, is_good
from ontos_tui.domain.rules.segments import is_number
from ontos_tui.domain.schema import Answer, AnswerField, FieldKind
from ontos_tui.platforms.ports import Trainer
from ontos_tui.services.improve.gaps.findings import EVIDENCE_IDS
from ontos_tui.services.train.comparison import COUNTED, answers_of
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models
from ontos_tui.store.queries.improve import gap_evidence as queries
from ontos_tui.store.queries.improve.feedback import latest_feedback
from ontos_tui.store.queries.improve.gap_evidence import AnsweredRequest
from ontos_tui.store.queries.training.pairs import TrainingPair, usable_pairs

MOST_REQUESTS = 5_000
"""The newest requests that are used."""
MOST_ROWS = 5_000
"""Rows of the training sheet, and held-out pairs, that are used; of more, an even sample."""
MOST_COLUMNS = 100
LARGE_ERROR = 2.0
"""A number is wrong when it is off by more than so many times the usual (median) error."""


@dataclass(frozen=True)
class EvaluatedPair:
    """A row that the newest model was not trained on, its answer, and whether that is wrong.

    `truth` is None where it is only known that the answer is wrong. The row is that of a held-out pair or of a
    request with feedback.
    """

    id: str
    fields: Row
    predicted: Answer
    truth: Answer | None
    wrong: bool
    from_feedback: bool = False


@dataclass(frozen=True)
class GapEvidence:
    """Everything that the gap finders use. If no row could be evaluated, `problem` has the reason."""

    model: ModelVersion
    answer: AnswerField
    columns: tuple[str, ...]
    """The columns of the items: the model's features first."""
    labeled: tuple[TrainingPair, ...]
    sheet_rows: tuple[tuple[Row, Answer], ...]
    """Rows of the training sheet, labeled or not, with their answer or else proposal."""
    requests: tuple[AnsweredRequest, ...]
    evaluated: tuple[EvaluatedPair, ...]
    doubts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By pair: why its label is in doubt."""
    usual_error: float | None = None
    """The median error, where the answer is a number."""
    problem: str = ""
    """Why no row is evaluated."""

    @property
    def trainable(self) -> tuple[TrainingPair, ...]:
        """The labeled pairs that a training may learn from."""
        return tuple(pair for pair in self.labeled if pair.gate is Gate.TRAINING)

    def class_of(self, answer: Answer) -> Any:
        """The value of the headline field, when it is a class; None for numbers and texts."""
        is_class = self.answer.kind in (FieldKind.ENUM, FieldKind.BOOLEAN)
        return answer.get(self.answer.name) if is_class else None


def request_ids(requests: Sequence[AnsweredRequest]) -> dict[str, list[str]]:
    """The first requests of a gap's evidence, as many as are stored."""
    return {"requests": [one.id for one in requests][:EVIDENCE_IDS]}


def collect_evidence(store: Store, trainer: Trainer, home: Path, versions: Sequence[ModelVersion]) -> GapEvidence:
    """Read everything, and evaluate the newest of the `versions` on the rows whose truth is known."""
    model = max(versions, key=lambda one: one.version)
    answer = Template.model_validate(model.template_snapshot).fields()[0]
    with store.read() as connection:
        labeled = tuple(usable_pairs(connection, model.training_sheet_id))
        model_ids = [one.id for one in versions]
        requests = queries.answered_requests(connection, model_ids, answer.name, MOST_REQUESTS)
        sheet_rows = queries.sheet_rows(connection, model.training_sheet_id, MOST_ROWS)
        roles = {one.pair_id: one.role for one in models.roles(connection, [model.id])}
        feedback = _feedback(connection, model_ids, roles)
        doubts = _doubts(connection, model)
    held_out = [pair for pair in labeled if roles.get(pair.id) == Role.HELD_OUT]
    evaluated: tuple[EvaluatedPair, ...] = ()
    usual: float | None = None
    problem = ""
    try:
        evaluated, usual = _evaluate(trainer, home, model, answer, _even(held_out), feedback)
    except OntosError as error:
        problem = f"{error.what} {error.todo}".strip()
    return GapEvidence(
        model, answer, _columns(model, sheet_rows), labeled, sheet_rows, requests, evaluated, doubts, usual, problem
    )


def _columns(model: ModelVersion, sheet_rows: Sequence[tuple[Row, Answer]]) -> tuple[str, ...]:
    others = (name for fields, _ in sheet_rows for name in fields)
    return tuple(dict.fromkeys([*model.features, *others]))[:MOST_COLUMNS]


def _feedback(connection: Connection, model_ids: Sequence[str], known: dict[str, Role]) -> list[FeedbackItem]:
    """The last feedback on each request, without those whose pair the model was trained or tested on."""
    items = latest_feedback(connection, model_ids)
    return [item for item in items if item.qa_pair_id not in known][:MOST_ROWS]


def _doubts(connection: Connection, model: ModelVersion) -> dict[str, tuple[str, ...]]:
    """Labels that are suspected, that people disagree about, or that were changed since the model learned them."""
    sheet_id = model.training_sheet_id
    doubts: dict[str, list[str]] = {}
    words = {HintKind.SUSPECT: "a likely error", HintKind.DISAGREED: "people disagree"}
    for pair_id, kind in queries.hints_of(connection, sheet_id, list(words)):
        doubts.setdefault(pair_id, []).append(words[kind])
    for pair_id in queries.pairs_with_changed_answers(connection, sheet_id, model.created_at):
        doubts.setdefault(pair_id, []).append("changed since the training")
    return {pair_id: tuple(reasons) for pair_id, reasons in doubts.items()}


def _evaluate(
    trainer: Trainer,
    home: Path,
    model: ModelVersion,
    answer: AnswerField,
    held_out: Sequence[TrainingPair],
    feedback: Sequence[FeedbackItem],
) -> tuple[tuple[EvaluatedPair, ...], float | None]:
    rows = [pair.example() for pair in held_out] + [
        LabeledExample(item.request_id, item.input, truth_of(item) or {}) for item in feedback
    ]
    if not rows:
        raise NotReadyError("There are no held-out pairs and no feedback.", "Train again, or give feedback.")
    answers = answers_of(trainer.load(home / model.artifact, model.sha256), model, rows)
    known = [
        (pair.id, pair.fields, predicted, pair.answer, None)
        for pair, predicted in zip(held_out, answers, strict=False)
        if predicted is not None and pair.answer.get(answer.name) is not None
    ] + [
        (item.request_id, item.input, predicted, truth_of(item), item)
        for item, predicted in zip(feedback, answers[len(held_out) :], strict=True)
        if predicted is not None
    ]
    usual_error = _usual_error(answer, [(predicted, truth) for _, _, predicted, truth, _ in known if truth])
    evaluated = []
    for id, fields, predicted, truth, item in known:
        wrong = _is_wrong(answer, predicted, truth, usual_error) if truth else _still_bad(answer, predicted, item)
        if wrong is not None:
            evaluated.append(EvaluatedPair(id, fields, predicted, truth, wrong, item is not None))
    return tuple(evaluated), usual_error


def truth_of(item: FeedbackItem) -> Answer | None:
    """The correct answer according to a feedback: the correction, or the answer if it was rated as good."""
    if item.correction is not None:
        return item.correction
    return item.output if is_good(item.rating) else None


def _still_bad(answer: AnswerField, predicted: Answer, item: FeedbackItem | None) -> bool | None:
    """Without a truth only this is known: an answer that was rated as bad is wrong when it is given again."""
    if item is None or not is_bad(item.rating) or item.output is None:
        return None
    return True if predicted.get(answer.name) == item.output.get(answer.name) else None


def _usual_error(answer: AnswerField, known: Sequence[tuple[Answer, Answer]]) -> float | None:
    from statistics import median

    errors = [error for predicted, truth in known if (error := _error(answer, predicted, truth)) is not None]
    return median(errors) if answer.kind in COUNTED and errors else None


def _error(answer: AnswerField, predicted: Answer, truth: Answer) -> float | None:
    one, other = predicted.get(answer.name), truth.get(answer.name)
    return abs(float(one) - float(other)) if is_number(one) and is_number(other) else None


def _is_wrong(answer: AnswerField, predicted: Answer, truth: Answer, usual: float | None) -> bool | None:
    if usual is None:
        return bool(predicted.get(answer.name) != truth.get(answer.name))
    error = _error(answer, predicted, truth)
    return None if error is None else error > LARGE_ERROR * usual


def _even(pairs: Sequence[TrainingPair]) -> Sequence[TrainingPair]:
    return pairs[:: max(1, -(-len(pairs) // MOST_ROWS))]
