"""The items of labeling tasks, and those that a new job can have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.labeling import TaskItem
from ontos_tui.domain.rules.states import LabelingTaskStatus, PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.conditions import among, equal, where
from ontos_tui.store.connection import Connection

# Of tasks ----------------------------------------------------------------------------------------------------------


def items(connection: Connection, task_id: str) -> list[TaskItem]:
    """The items of a task, in no order."""
    return rows.find(connection, TaskItem, equal(task_id=task_id))


def labeled_items(connection: Connection, task_id: str) -> list[str]:
    """The names of a task's items that have an answer."""
    sql = "SELECT item_ref FROM labeling_items WHERE task_id = ? AND status = ?"
    return connection.scalars(sql, (task_id, PairStatus.LABELED))


def has_decided(connection: Connection, task_id: str, actor: str) -> bool:
    """Whether a person has decided about an item of a task."""
    return rows.count(connection, TaskItem, equal(task_id=task_id, reviewed_by=actor)) > 0


def answers_of_batch(connection: Connection, job_id: str, number: int) -> list[TaskItem]:
    """The items of the approved copies of a batch, gold left out."""
    tasks = "task_id IN (SELECT id FROM labeling_tasks WHERE job_id = ? AND number = ? AND status = ?)"
    approved = where(tasks, job_id, number, LabelingTaskStatus.APPROVED)
    return rows.find(connection, TaskItem, approved, equal(gold_answer=None), order_by=("sequence_number",))


def item_of_job(connection: Connection, job_id: str, item_ref: str) -> TaskItem:
    """One of the copies of an item that the job has."""
    return rows.find(connection, TaskItem, equal(job_id=job_id, item_ref=item_ref), limit=1)[0]


def fields_of_items(connection: Connection, job_id: str, item_refs: Sequence[str]) -> dict[str, Row]:
    """The fields of these items when the job was made."""
    fields: dict[str, Row] = {}
    for some in chunks(item_refs):
        condition = equal(job_id=job_id) & among("item_ref", some)
        sql = f"SELECT item_ref, source_data FROM labeling_items WHERE {condition.sql} GROUP BY item_ref"  # noqa: S608
        fields |= {ref: connection.fields.row(text) for ref, text in connection.execute(sql, condition.values)}
    return fields


# For a new job -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """An item that a job may hand out, with what is proposed for it; `number` is its place in the source, from 1."""

    ref: str
    fields: Row
    proposal: Answer | None = None
    confidence: float | None = None
    proposed_by: str = ""
    certainty: str = ""
    number: int = 0


def candidates(connection: Connection, training_sheet_id: str, status: PairStatus | None) -> Iterator[Candidate]:
    """The items of the pairs of a training sheet, of one status or of all, in its order; read as they are used."""
    condition = equal(training_sheet_id=training_sheet_id)
    if status is not None:
        condition &= equal(status=status)
    sql = (
        "SELECT item_ref, source_data, proposal, confidence, proposed_by, certainty, sequence_number FROM qa_pairs "  # noqa: S608
        f"WHERE {condition.sql} ORDER BY sequence_number"
    )
    for ref, fields, proposal, confidence, proposed_by, certainty, number in connection.execute(sql, condition.values):
        proposed = None if proposal is None else json.loads(proposal)
        item = connection.fields.row(fields)
        yield Candidate(ref, item, proposed, confidence, proposed_by, certainty, number)


def answers_of_source(connection: Connection, sheet_id: str, label_type: str, source: str) -> dict[str, Answer]:
    """The answers of the canonical labels of this type that come from one source, by item."""
    sql = "SELECT item_ref, label_data FROM canonical_labels WHERE sheet_id = ? AND label_type = ? AND source = ?"
    return {ref: json.loads(answer) for ref, answer in connection.execute(sql, (sheet_id, label_type, source))}
