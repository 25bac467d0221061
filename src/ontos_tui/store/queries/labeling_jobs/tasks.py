"""Labeling tasks: those of a job, those of a person, and those that can be claimed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.rules.states import (
    ASSIGNED_LABELING_TASKS,
    RUNNING_LABELING_JOBS,
    LabelingJobStatus,
    LabelingTaskStatus,
)
from ontos_tui.store import rows
from ontos_tui.store.bulk import marks
from ontos_tui.store.conditions import among, equal, where
from ontos_tui.store.connection import Connection

_UNSUBMITTED = (LabelingTaskStatus.PENDING, *ASSIGNED_LABELING_TASKS)
_ORDER = ("number", "copy_number")
MOST_MINUTES = 10 * 366 * 24 * 60


# Of a job ----------------------------------------------------------------------------------------------------------


def tasks(connection: Connection, job_id: str) -> list[LabelingTask]:
    """The tasks of a job in their order."""
    return rows.find(connection, LabelingTask, equal(job_id=job_id), order_by=_ORDER)


def statuses(connection: Connection, job_id: str) -> dict[str, LabelingTaskStatus]:
    """The status of each task of a job, by its id."""
    sql = "SELECT id, status FROM labeling_tasks WHERE job_id = ?"
    return {task_id: LabelingTaskStatus(status) for task_id, status in connection.execute(sql, (job_id,))}


def unfinished_count(connection: Connection, job_id: str) -> int:
    """How many tasks of a job are not approved."""
    unfinished = where("status <> ?", LabelingTaskStatus.APPROVED)
    return rows.count(connection, LabelingTask, equal(job_id=job_id), unfinished)


@dataclass(frozen=True)
class Lease:
    """The name and status of a job, and for how many minutes a claim of its tasks holds."""

    job: str
    status: LabelingJobStatus
    minutes: int


def lease(connection: Connection, job_id: str) -> Lease:
    """The lease of a job's tasks; the job has to exist."""
    row = connection.one("SELECT name, status, lease_minutes FROM labeling_jobs WHERE id = ?", (job_id,))
    assert row is not None, f"There is no labeling job {job_id}."
    name, status, minutes = row
    return Lease(name, LabelingJobStatus(status), minutes)


# Of a person -------------------------------------------------------------------------------------------------------


def tasks_of_person(connection: Connection, actor: str) -> list[LabelingTask]:
    """What a person has in jobs that run and has not submitted, in the order in which it was assigned."""
    jobs = f"job_id IN (SELECT id FROM labeling_jobs WHERE status IN ({marks(RUNNING_LABELING_JOBS)}))"  # noqa: S608
    return rows.find(
        connection,
        LabelingTask,
        equal(assignee=actor),
        among("status", ASSIGNED_LABELING_TASKS),
        where(jobs, *RUNNING_LABELING_JOBS),
        order_by=("assigned_at",),
    )


def task_of_list(connection: Connection, like: LabelingJob, actor: str) -> LabelingTask | None:
    """The task of a person's active list of the same sheet and label type, unless it is submitted."""
    lists = equal(
        is_personal=True,
        sheet_id=like.sheet_id,
        label_type=like.label_type,
        created_by=actor,
        status=LabelingJobStatus.ACTIVE,
    )
    of_list = where(f"job_id IN (SELECT id FROM labeling_jobs WHERE {lists.sql})", *lists.values)  # noqa: S608
    return rows.find_one(
        connection, LabelingTask, of_list, among("status", _UNSUBMITTED), among("assignee", ("", actor))
    )


def assigned_task(connection: Connection, job_id: str, actor: str) -> LabelingTask | None:
    """The first task of a job that a person has and has not submitted."""
    own = equal(job_id=job_id, assignee=actor) & among("status", ASSIGNED_LABELING_TASKS)
    return next(iter(rows.find(connection, LabelingTask, own, order_by=_ORDER, limit=1)), None)


def lease_length(minutes: int) -> timedelta:
    """How long a lease of so many minutes lasts; years at most, or no calendar has its end."""
    return timedelta(minutes=min(minutes, MOST_MINUTES))


def farthest_lease(at: datetime, minutes: int) -> datetime:
    """No lease of so many minutes ends after this, unless it was taken while a clock was wrong.

    A day more, since the minutes of a job, and the clocks of a team, may change a little.
    """
    return at + timedelta(days=1) + lease_length(minutes)


def claimable(
    connection: Connection, job_id: str, priorities: Sequence[str], minutes: int
) -> Iterator[tuple[str, int]]:
    """The id and batch of the tasks that are free, or whose lease of so many minutes is over, by these priorities."""
    at = now()
    rank = " ".join("WHEN ? THEN ?" for _ in priorities)
    sql = (
        "SELECT id, number FROM labeling_tasks "  # noqa: S608
        "WHERE job_id = ? AND (status = ? OR lease_until <= ? OR lease_until > ?) "
        f"AND status IN ({marks(_UNSUBMITTED)}) "
        f"ORDER BY CASE priority {rank} END, number, copy_number"
    )
    ranks = (value for place, name in enumerate(priorities) for value in (name, place))
    over = (at, farthest_lease(at, minutes))
    values = (job_id, LabelingTaskStatus.PENDING, *over, *_UNSUBMITTED, *ranks)
    yield from connection.execute(sql, values)


def copies_by_batch(connection: Connection, job_id: str, actor: str) -> dict[int, set[str]]:
    """The tasks that a person has, or has ever decided something in, by the batch of which they are copies."""
    sql = (
        "SELECT number, id FROM labeling_tasks WHERE job_id = ? AND (assignee = ? OR EXISTS ("
        "SELECT 1 FROM events WHERE events.scope_id = labeling_tasks.id AND events.actor = ? "
        "AND events.entity_type = ? AND events.batch_id > ''))"
    )
    copies: dict[int, set[str]] = {}
    for number, task_id in connection.execute(sql, (job_id, actor, actor, TaskItem.TABLE)):
        copies.setdefault(number, set()).add(task_id)
    return copies
