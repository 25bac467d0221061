"""Annotation tasks, how far they are, and the pairs that they can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ontos_tui.domain.records.improve import AnnotationItem, AnnotationTask
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.rules.segments import Segment
from ontos_tui.domain.rules.states import FINISHED_TASKS, PairStatus, TaskStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import marks
from ontos_tui.store.conditions import all_of, among, equal, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.improve.segments import pairs_in_segment

UNDER_WAY = (TaskStatus.PENDING, TaskStatus.ASSIGNED, TaskStatus.IN_PROGRESS)
"""The statuses that follow the decisions about a task's pairs."""

# A label that is to be reviewed counts as decided only by a decision after it was added to the task.
_DECIDED = (
    f"qa_pairs.status IN ('{PairStatus.LABELED}', '{PairStatus.REJECTED}') AND "
    "(annotation_task_items.was_open OR coalesce(qa_pairs.reviewed_at > annotation_task_items.added_at, 0))"
)


# Tasks -------------------------------------------------------------------------------------------------------------


def tasks(
    connection: Connection,
    *,
    status: TaskStatus | None = None,
    assignee: str | None = None,
    gap_id: str | None = None,
    open_only: bool = False,
) -> list[AnnotationTask]:
    """The tasks that have each of these, in no order."""
    values = {"status": status, "assignee": assignee, "gap_id": gap_id}
    condition = equal(**{column: value for column, value in values.items() if value is not None})
    if open_only:
        condition &= ~among("status", FINISHED_TASKS)
    return rows.find(connection, AnnotationTask, condition)


def tasks_under_way(connection: Connection) -> list[AnnotationTask]:
    """The tasks whose status follows the decisions about their pairs."""
    return rows.find(connection, AnnotationTask, among("status", UNDER_WAY))


def has_other_tasks(connection: Connection, task: AnnotationTask) -> bool:
    """Whether the gap of a task has another one that is not cancelled."""
    others = equal(gap_id=task.gap_id) & where("id <> ? AND status <> ?", task.id, TaskStatus.CANCELLED)
    return rows.count(connection, AnnotationTask, others) > 0


@dataclass(frozen=True)
class TaskProgress:
    """How many pairs a task has, and how many of those are decided."""

    items: int = 0
    done: int = 0


def progress(connection: Connection, task_ids: Sequence[str]) -> dict[str, TaskProgress]:
    """The progress of those tasks that have pairs."""
    counts = connection.execute(
        f"SELECT annotation_task_items.task_id, count(*), sum({_DECIDED}) FROM annotation_task_items "  # noqa: S608
        "JOIN qa_pairs ON qa_pairs.id = annotation_task_items.pair_id "
        f"WHERE annotation_task_items.task_id IN ({marks(task_ids)}) GROUP BY annotation_task_items.task_id",
        task_ids,
    )
    return {task_id: TaskProgress(items, done) for task_id, items, done in counts}


# Their pairs -------------------------------------------------------------------------------------------------------


def item_count(connection: Connection, task: AnnotationTask) -> int:
    """How many pairs a task has."""
    return rows.count(connection, AnnotationItem, equal(task_id=task.id))


def pairs(connection: Connection, task: AnnotationTask) -> list[QAPair]:
    """The pairs of a task, in the order of the training sheet."""
    condition = where("id IN (SELECT pair_id FROM annotation_task_items WHERE task_id = ?)", task.id)
    return rows.find(connection, QAPair, condition, order_by=("sequence_number",))


def decided_pairs(connection: Connection, task: AnnotationTask) -> set[str]:
    """The pairs of a task that are decided."""
    sql = (
        "SELECT qa_pairs.id FROM annotation_task_items JOIN qa_pairs ON qa_pairs.id = annotation_task_items.pair_id "  # noqa: S608
        f"WHERE annotation_task_items.task_id = ? AND {_DECIDED}"
    )
    return set(connection.scalars(sql, (task.id,)))


def pairs_of_open_tasks(connection: Connection) -> set[str]:
    """The pairs that are in a task which is not finished."""
    sql = (
        "SELECT annotation_task_items.pair_id FROM annotation_task_items "  # noqa: S608
        "JOIN annotation_tasks ON annotation_tasks.id = annotation_task_items.task_id "
        f"WHERE annotation_tasks.status NOT IN ({marks(FINISHED_TASKS)})"
    )
    return set(connection.scalars(sql, FINISHED_TASKS))


def labeled_among(connection: Connection, training_sheet_id: str, pair_ids: Sequence[str]) -> list[str]:
    """Those of these pairs that are labeled, in the order of the training sheet."""
    condition = equal(training_sheet_id=training_sheet_id, status=PairStatus.LABELED) & among("id", pair_ids)
    sql = f"SELECT id FROM qa_pairs WHERE {condition.sql} ORDER BY sequence_number"  # noqa: S608
    return connection.scalars(sql, condition.values)


def undecided_in_segment(connection: Connection, training_sheet_id: str, segment: Segment) -> list[str]:
    """Undecided pairs of the segment, those first of which the proposal is least sure."""
    condition = all_of(
        equal(training_sheet_id=training_sheet_id, status=PairStatus.UNLABELED),
        pairs_in_segment(connection, segment, "coalesce(qa_pairs.answer, qa_pairs.proposal)"),
    )
    sql = f"SELECT id FROM qa_pairs WHERE {condition.sql} ORDER BY confidence NULLS LAST, sequence_number"  # noqa: S608
    return connection.scalars(sql, condition.values)
