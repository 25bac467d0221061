"""What becomes of the answers of a finished task: canonical labels, where people agree, and pairs that they approve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair, TrainingSheet, answer_digest
from ontos_tui.domain.rules.governance import Constraints, constraints_of, inherited
from ontos_tui.domain.rules.states import LabelingTaskStatus, PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.services.canonical.auto_approval import AutoApprovals
from ontos_tui.services.canonical.lookup import labels_by_item
from ontos_tui.services.canonical.writer import CanonicalLabelWriter, LabelOrigin
from ontos_tui.services.label.labeling_jobs.disagreements import note_disagreements
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.services.records.change_log import ChangeBatch
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.connection import Connection
from ontos_tui.store.tables import table

_ITEMS = table(TaskItem).c
_TASKS = table(LabelingTask).c
_PAIRS = table(QAPair).c


@dataclass(frozen=True)
class FinalAnswer:
    """The answer that becomes an item's canonical label."""

    item_ref: str
    answer: Answer
    notes: str = ""
    constraints: Constraints | None = None


def votes(connection: Connection, job: LabelingJob, number: int | None = None) -> dict[str, list[TaskItem]]:
    """The answers of approved tasks by item, gold left out; of one batch, or of all."""
    where = [_TASKS.job_id == job.id, _TASKS.status == LabelingTaskStatus.APPROVED]
    if number is not None:
        where.append(_TASKS.number == number)
    tasks = [task.id for task in rows.find(connection, LabelingTask, *where)]
    by_item: dict[str, list[TaskItem]] = defaultdict(list)
    for some in chunks(tasks, 100):
        for item in rows.find(connection, TaskItem, _ITEMS.task_id.in_(some), order_by=(_ITEMS.sequence_number,)):
            if item.gold_answer is None:
                by_item[item.item_ref].append(item)
    return by_item


def is_unanimous(answers: Sequence[TaskItem], overlap: int) -> bool:
    """Whether all labelers of the item gave the same answer."""
    digests = {answer_digest(one.answer) for one in answers if one.status is PairStatus.LABELED}
    labeled = sum(one.status is PairStatus.LABELED for one in answers)
    return len(digests) == 1 and labeled == overlap


def finish(connection: Connection, job: LabelingJob, task: LabelingTask, actor: str) -> int:
    """Make labels of what an approved task decides, and approve open pairs by them; returns how many labels.

    Where several people label an item, it waits for all of them; where they differ, for an adjudication.
    """
    if job.labels_at_once:
        labels = _own_labels(connection, job, task)
    else:
        answers = votes(connection, job, task.number)
        agreed = [one[0] for one in answers.values() if is_unanimous(one, job.overlap)]
        final = [FinalAnswer(one.item_ref, one.answer or {}, one.notes, constraints_of(one)) for one in agreed]
        labels = write_labels(connection, job, final, "labeling", task.id, actor)
    approve_open(connection, job, labels, actor)
    note_disagreements(connection, job, task.number)
    return len(labels)


def _own_labels(connection: Connection, job: LabelingJob, task: LabelingTask) -> dict[str, CanonicalLabel]:
    where = (_ITEMS.task_id == task.id, _ITEMS.status == PairStatus.LABELED)
    refs = [item.item_ref for item in rows.find(connection, TaskItem, *where)]
    return labels_by_item(connection, job.sheet_id, job.label_type, refs)


def write_labels(
    connection: Connection, job: LabelingJob, answers: Sequence[FinalAnswer], source: str, scope_id: str, actor: str
) -> dict[str, CanonicalLabel]:
    """The canonical labels of these items with these answers: new, as a new version, or unchanged; by item."""
    sheet = rows.find_one(connection, Sheet, table(Sheet).c.id == job.sheet_id)
    tags = [] if sheet is None else sheet.tags
    changes = ChangeBatch(connection, scope_id, actor)
    origin = LabelOrigin(job.sheet_id, job.label_type, source, job.training_sheet_id)
    writer = CanonicalLabelWriter(connection, origin, [one.item_ref for one in answers], changes, actor)
    labels = {
        one.item_ref: writer.put(one.item_ref, one.answer, one.notes, inherited(tags, one.constraints), job.name)
        for one in answers
    }
    changes.write()
    return labels


def approve_open(connection: Connection, job: LabelingJob, labels: Mapping[str, CanonicalLabel], actor: str) -> int:
    """Approve the open pairs of these items that the labels fit, in every training sheet of the type."""
    sheets = table(TrainingSheet).c
    where = (sheets.sheet_id == job.sheet_id, sheets.label_type == job.label_type)
    return sum(_approve(connection, sheet, labels, actor) for sheet in rows.find(connection, TrainingSheet, *where))


def _approve(connection: Connection, sheet: TrainingSheet, labels: Mapping[str, CanonicalLabel], actor: str) -> int:
    checker = AnswerChecker(sheet.template_snapshot["output_schema"])
    approvals = AutoApprovals(sheet, actor)
    count = 0
    for some in chunks(list(labels)):
        where = (
            _PAIRS.training_sheet_id == sheet.id,
            _PAIRS.status == PairStatus.UNLABELED,
            _PAIRS.item_ref.in_(some),
        )
        for pair in rows.find(connection, QAPair, *where):
            label = labels[pair.item_ref]
            if checker.fits(label.label_data):
                approvals.approve(connection, pair, label)
                count += 1
    approvals.write(connection)
    return count
