"""What becomes of the answers of a finished task: canonical labels, where people agree, and pairs that they approve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair, answer_digest
from ontos_tui.domain.rules.governance import Constraints, constraints_of, inherited
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.services.canonical.auto_approval import (
    AUTO_APPROVE,
    AutoApprovals,
    approval_reason,
    approved_columns,
)
from ontos_tui.services.canonical.writer import CanonicalLabelWriter, LabelOrigin
from ontos_tui.services.label.labeling_jobs.disagreements import note_disagreements, note_rejected
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.change_log import ChangeBatch
from ontos_tui.services.records.usage_constraints import tags_of
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import count_reuses, labels_by_item
from ontos_tui.store.queries.labeling_jobs import items, jobs


@dataclass(frozen=True)
class FinalAnswer:
    """The answer that becomes an item's canonical label.

    `unseen_by` are those who gave it without having seen what a stored label says; an adjudication has seen it.
    """

    item_ref: str
    answer: Answer
    notes: str = ""
    constraints: Constraints | None = None
    unseen_by: Sequence[str] = ()


def answers_by_item(connection: Connection, job: LabelingJob, number: int) -> dict[str, list[TaskItem]]:
    """The answers of a batch's approved copies by item, gold left out."""
    by_item: dict[str, list[TaskItem]] = defaultdict(list)
    for item in items.answers_of_batch(connection, job.id, number):
        by_item[item.item_ref].append(item)
    return by_item


def is_unanimous(answers: Sequence[TaskItem], overlap: int) -> bool:
    """Whether all labelers of the item gave the same answer."""
    digests = {answer_digest(one.answer) for one in answers if one.status is PairStatus.LABELED}
    labeled = sum(one.status is PairStatus.LABELED for one in answers)
    return len(digests) == 1 and labeled == overlap


def finish(connection: Connection, job: LabelingJob, task: LabelingTask, actor: str) -> int:
    """Make labels of what an approved task decides, and approve open pairs by them; returns how many labels.

    Where several people label an item, it waits for all of them; where they differ, for an adjudication. Where they
    differ from who decided about the item elsewhere, its pairs are disputed.
    """
    note_disagreements(connection, job, task.number)
    if job.labels_at_once:
        labels = _own_labels(connection, job, task)
    else:
        answers = answers_by_item(connection, job, task.number)
        final = [_agreed(items) for items in answers.values() if is_unanimous(items, job.overlap)]
        labels, _ = write_labels(connection, job, final, "labeling", task.id, actor)
    approve_open(connection, job, labels, actor)
    note_rejected(connection, job, labels)
    return len(labels)


def _agreed(answers: Sequence[TaskItem]) -> FinalAnswer:
    """What all say about an item."""
    first = answers[0]
    people = tuple(one.reviewed_by for one in answers)
    return FinalAnswer(first.item_ref, first.answer or {}, first.notes, constraints_of(first), people)


def _own_labels(connection: Connection, job: LabelingJob, task: LabelingTask) -> dict[str, CanonicalLabel]:
    return labels_by_item(connection, job.sheet_id, job.label_type, items.labeled_items(connection, task.id))


def write_labels(
    connection: Connection,
    job: LabelingJob,
    answers: Sequence[FinalAnswer],
    source: str,
    scope_id: str,
    actor: str,
    *,
    with_open_pairs: bool = False,
) -> tuple[dict[str, CanonicalLabel], str]:
    """The canonical labels of these items with these answers: new, as a new version, or unchanged; by item.

    With them the id of the batch of changes that they are. `with_open_pairs` approves the open pairs that they fit in
    the same batch, so that undo takes both back.
    """
    tags = tags_of(connection, job.sheet_id)
    changes, reused = ChangeBatch(connection, scope_id, actor), list[str]()
    origin = LabelOrigin(job.sheet_id, job.label_type, source, job.training_sheet_id)
    writer = CanonicalLabelWriter(connection, origin, [one.item_ref for one in answers], changes, actor)
    labels = {
        one.item_ref: writer.put(
            one.item_ref, one.answer, one.notes, inherited(tags, one.constraints), job.name, one.unseen_by
        )
        for one in answers
    }
    for label in labels.values():
        changes.correct(label)
    if with_open_pairs:
        for pair, label in _open_pairs(connection, job, labels):
            approved = pair.model_copy(update=approved_columns(label))
            changes.pair(pair, approved, AUTO_APPROVE, approval_reason(job.label_type))
            reused.append(label.id)
    changes.write()
    count_reuses(connection, reused)
    return labels, changes.id


def approve_open(connection: Connection, job: LabelingJob, labels: Mapping[str, CanonicalLabel], actor: str) -> None:
    """Approve the open pairs of these items that the labels fit, in every training sheet of the type."""
    approvals: dict[str, AutoApprovals] = {}
    sheets = {sheet.id: sheet for sheet in jobs.training_sheets(connection, job)}
    for pair, label in _open_pairs(connection, job, labels):
        sheet = sheets[pair.training_sheet_id]
        approvals.setdefault(sheet.id, AutoApprovals(sheet, actor)).approve(connection, pair, label)
    for one in approvals.values():
        one.write(connection)


def _open_pairs(
    connection: Connection, job: LabelingJob, labels: Mapping[str, CanonicalLabel]
) -> Iterator[tuple[QAPair, CanonicalLabel]]:
    """The open pairs of these items that the labels fit, with their labels; they may be changed while they are read."""
    for sheet in jobs.training_sheets(connection, job):
        checker = AnswerChecker(sheet.template_snapshot["output_schema"])
        for pair in jobs.undecided_pairs(connection, sheet.id, list(labels)):
            if checker.fits(labels[pair.item_ref].label_data):
                yield pair, labels[pair.item_ref]
