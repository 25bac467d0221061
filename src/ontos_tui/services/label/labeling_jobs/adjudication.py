"""Taking an adjudication back: the label that it wrote and the pairs that followed it, as one."""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask
from ontos_tui.domain.records.pairs import LabelingMode, QAPair, TrainingSheet
from ontos_tui.services.canonical.writer import LabelOrigin
from ontos_tui.services.label.decision_context import DecisionContext
from ontos_tui.services.label.labeling_jobs.disagreements import note_disagreements
from ontos_tui.services.label.undo import UNDO, revert
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.labeling_jobs import items
from ontos_tui.store.queries.labeling_jobs.adjudications import UNDO_ADJUDICATE, last_adjudication

ADJUDICATION = "adjudication"
"""The source of a label that an adjudication wrote."""


@dataclass(frozen=True)
class Undone:
    """The item whose adjudication was taken back, and what of it stays, in words."""

    item_ref: str
    notes: tuple[str, ...]


def undo_last(connection: Connection, job: LabelingJob, actor: str) -> Undone | ConflictError | None:
    """Take back this person's last adjudication in the job that is in force; None when there is none.

    Where a label or a pair was changed since, nothing changes, and the error to raise is returned once the transaction
    is through; the next undo goes on before it.
    """
    last = last_adjudication(connection, job.id, actor)
    if last is None:
        return None
    outcome = revert(connection, QAPair, _context(connection, job, last.scope_id), actor, last.batch_id, UNDO)
    if isinstance(outcome, ConflictError):
        return outcome
    after = {"item_ref": last.item_ref}
    rows.log(connection, job, UNDO_ADJUDICATE, actor, after=after, scope_id=job.id, batch_id=outcome.batch_id)
    task = rows.get(connection, LabelingTask, items.item_of_job(connection, job.id, last.item_ref).task_id)
    note_disagreements(connection, job, task.number)
    return Undone(last.item_ref, outcome.notes)


def _context(connection: Connection, job: LabelingJob, scope_id: str) -> DecisionContext:
    if scope_id != job.id:
        return DecisionContext.of_sheet(rows.get(connection, TrainingSheet, scope_id))
    origin = LabelOrigin(job.sheet_id, job.label_type, ADJUDICATION, job.training_sheet_id)
    return DecisionContext(job.id, AnswerChecker(job.response_schema), LabelingMode.MANUAL, origin)
