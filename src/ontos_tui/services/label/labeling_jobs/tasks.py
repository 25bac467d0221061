"""Labeling tasks: to whom a task is assigned, who may decide in it, and how it moves from state to state.

A claim has a lease. When it runs out the task is free for others, but stays with whoever has it until another person
takes it. Leases are renewed by working; that is no change that a person makes, and no event.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ontos_tui.domain.errors import ConflictError, NotReadyError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask
from ontos_tui.domain.rules.states import (
    ASSIGNED_LABELING_TASKS,
    LABELING_TASK_TRANSITIONS,
    LabelingJobStatus,
    LabelingTaskStatus,
    check_transition,
)
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.labeling_jobs.tasks import farthest_lease, lease, lease_length


def describe_task(task: LabelingTask) -> str:
    """The task as part of a sentence."""
    copy = f" (copy {task.copy_number})" if task.copy_number > 1 else ""
    return f"Task {task.number}{copy}"


def lease_end(job: LabelingJob) -> datetime:
    """Until when a task of the job that is claimed now is held."""
    return now() + lease_length(job.lease_minutes)


def is_lease_over(task: LabelingTask, minutes: int) -> bool:
    """Whether others may take the task although it is assigned; a lease of its job lasts so many minutes.

    One that ends later than any lease can was taken while a clock was wrong, and is over.
    """
    if task.status not in ASSIGNED_LABELING_TASKS or task.lease_until is None:
        return False
    at = now()
    return not at < task.lease_until <= farthest_lease(at, minutes)


def move_task(
    connection: Connection,
    task: LabelingTask,
    to: LabelingTaskStatus,
    actor: str,
    action: str,
    *,
    reason: str = "",
    **columns: Any,
) -> LabelingTask:
    """Take the task to another state, with an event. Raises ConflictError where no transition leads there."""
    check_transition(LABELING_TASK_TRANSITIONS, task.status, to, describe_task(task))
    return change_task(connection, task, actor, action, reason=reason, status=to, **columns)


def change_task(
    connection: Connection, task: LabelingTask, actor: str, action: str, *, reason: str = "", **columns: Any
) -> LabelingTask:
    """Write changed columns of the task, with an event that belongs to its job."""
    after = rows.change(connection, task, **columns, updated_by=actor)
    old, new = (one.model_dump(mode="json", include=set(columns)) for one in (task, after))
    changed = [name for name in old if old[name] != new[name]]
    rows.log(
        connection,
        task,
        action,
        actor,
        before={name: old[name] for name in changed},
        after={name: new[name] for name in changed},
        scope_id=task.job_id,
        reason=reason,
    )
    return after


def assign_task(
    connection: Connection, task: LabelingTask, who: str, until: datetime | None, actor: str, action: str
) -> LabelingTask:
    """Assign the task until then, or without an end. Decisions in it stay, under the name of who made them.

    It goes from one to the other by way of pending; one that is to be reworked stays so.
    """
    if task.assignee == who and task.status in ASSIGNED_LABELING_TASKS:
        return change_task(connection, task, actor, action, lease_until=until)
    if task.status is LabelingTaskStatus.IN_PROGRESS:
        is_over = is_lease_over(task, lease(connection, task.job_id).minutes)
        why = "its lease ended" if is_over else f"assigned to {who}"
        task = release_task(connection, task, actor, why)
    status = task.status if task.status is LabelingTaskStatus.REWORK else LabelingTaskStatus.ASSIGNED
    columns: dict[str, Any] = {"status": status, "assignee": who, "assigned_at": now(), "lease_until": until}
    return change_task(connection, task, actor, action, **columns)


def release_task(connection: Connection, task: LabelingTask, actor: str, reason: str = "") -> LabelingTask:
    """Free the task. Raises ConflictError when it is not assigned, or submitted."""
    free: dict[str, Any] = {"assignee": "", "assigned_at": None, "lease_until": None}
    return move_task(connection, task, LabelingTaskStatus.PENDING, actor, "release", reason=reason, **free)


def check_active(name: str, status: LabelingJobStatus) -> None:
    """Raise NotReadyError unless the job is active."""
    if status is LabelingJobStatus.ACTIVE:
        return
    todo = {"draft": "Activate it first.", "paused": "Wait until it is activated again, or activate it."}
    raise NotReadyError(
        f"The labeling job {name!r} is {status}, so its items cannot be decided.",
        todo.get(status, "Choose another job."),
    )


def check_may_decide(connection: Connection, task: LabelingTask, actor: str) -> None:
    """Raise unless `actor` may decide about the task's items now; the first decision starts it, later ones renew it.

    Raises ConflictError when the task is not theirs (also when its lease ran out and another person took it) or is
    over, NotReadyError when its job is not active.
    """
    if task.status not in ASSIGNED_LABELING_TASKS:
        todo = "Claim it first." if task.status is LabelingTaskStatus.PENDING else "Its answers do not change any more."
        raise ConflictError(f"{describe_task(task)} is {task.status}.", todo)
    if task.assignee != actor:
        raise ConflictError(f"{describe_task(task)} is assigned to {task.assignee}.", "Claim another one.")
    terms = lease(connection, task.job_id)
    check_active(terms.job, terms.status)
    duration = lease_length(terms.minutes)
    until = None if task.lease_until is None else now() + duration
    if task.status is not LabelingTaskStatus.IN_PROGRESS:
        at = task.started_at or now()
        move_task(connection, task, LabelingTaskStatus.IN_PROGRESS, actor, "start", started_at=at, lease_until=until)
    elif task.lease_until is not None and not duration / 2 <= task.lease_until - now() <= duration:
        rows.change(connection, task, lease_until=until)
