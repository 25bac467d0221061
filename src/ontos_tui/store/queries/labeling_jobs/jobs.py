"""Labeling jobs, and the training sheets and pairs that their labels approve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ontos_tui.domain.records.labeling import LabelingJob
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.domain.records.template import Labelset
from ontos_tui.domain.rules.states import LabelingJobStatus, PairStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.conditions import all_of, among, equal, where
from ontos_tui.store.connection import Connection


def jobs(connection: Connection, *, archived: bool) -> list[LabelingJob]:
    """The jobs, newest first; the archived ones too if `archived`."""
    condition = all_of() if archived else where("status <> ?", LabelingJobStatus.ARCHIVED)
    return rows.find(connection, LabelingJob, condition, order_by=("created_at DESC", "id"))


def labelset(connection: Connection, job: LabelingJob) -> Labelset | None:
    """The labelset of a job, or None when it has none or it is gone."""
    return None if job.labelset_id is None else rows.find_one(connection, Labelset, equal(id=job.labelset_id))


def remove(connection: Connection, job_id: str) -> None:
    """Remove a job with its tasks and their items."""
    connection.execute("DELETE FROM labeling_items WHERE job_id = ?", (job_id,))
    connection.execute("DELETE FROM labeling_tasks WHERE job_id = ?", (job_id,))
    connection.execute("DELETE FROM labeling_jobs WHERE id = ?", (job_id,))


# What its labels approve -------------------------------------------------------------------------------------------


def training_sheets(connection: Connection, job: LabelingJob) -> list[TrainingSheet]:
    """The training sheets of the job's sheet and label type."""
    return rows.find(connection, TrainingSheet, equal(sheet_id=job.sheet_id, label_type=job.label_type))


def undecided_pairs(connection: Connection, training_sheet_id: str, item_refs: Sequence[str]) -> Iterator[QAPair]:
    """The undecided pairs of these items; they may be changed while they are read."""
    undecided = equal(training_sheet_id=training_sheet_id, status=PairStatus.UNLABELED)
    for some in chunks(item_refs):
        yield from rows.find(connection, QAPair, undecided, among("item_ref", some))
