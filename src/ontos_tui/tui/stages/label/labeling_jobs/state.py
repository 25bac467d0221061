"""What the page of labeling jobs shows: one job, its tasks, and what its labelers agree on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.rules.states import (
    ASSIGNED_LABELING_TASKS,
    RUNNING_LABELING_JOBS,
    LabelingJobStatus,
    LabelingTaskStatus,
)

if TYPE_CHECKING:
    from ontos_tui.domain.records.labeling import LabelingTask
    from ontos_tui.services.label.labeling_jobs.agreement import JobAgreement
    from ontos_tui.services.label.labeling_jobs.service import JobView, TaskView
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class AgreementSummary:
    """Agreement and the number of disputed items, as of so many finished tasks; cached until another one is done."""

    finished: int
    agreement: JobAgreement
    disputed: int


@dataclass(frozen=True)
class PageState:
    """One job with its tasks; the agreement where several people label each item."""

    view: JobView
    tasks: Sequence[TaskView]
    actor: str
    agreement: AgreementSummary | None = None


def read_jobs(workspace: Workspace) -> list[JobView]:
    """The jobs of the team; lists of one's own are no jobs to anybody else."""
    return [view for view in workspace.label.jobs.jobs() if not view.job.is_personal]


def read_job(workspace: Workspace, view: JobView, known: AgreementSummary | None) -> PageState:
    """A job with its tasks; its agreement is computed again when more tasks are finished than when it was `known`."""
    job, tasks = view.job, workspace.label.jobs.tasks(view.job.id)
    if job.overlap == 1:
        return PageState(view, tasks, workspace.actor)
    finished = sum(n for status, n in view.tasks.items() if status is LabelingTaskStatus.APPROVED)
    if known is None or known.finished != finished:
        service = workspace.label.agreement
        known = AgreementSummary(finished, service.of_job(job.id), len(service.disagreements(job.id)))
    return PageState(view, tasks, workspace.actor, known)


def task_to_submit(workspace: Workspace, task_id: str) -> LabelingTask | None:
    """The task when it is this person's and all of it is decided."""
    task = workspace.label.jobs.task(task_id)
    mine = task.assignee == workspace.actor and task.status in ASSIGNED_LABELING_TASKS
    return task if mine and not workspace.label.task_queue.counts(task_id).unlabeled else None


def is_possible(command: str, view: JobView, task: LabelingTask | None, actor: str) -> bool:
    """Whether a command makes sense for this job and the task under the cursor, for this user."""
    status = view.job.status
    if command in ("label", "activate"):
        active = status is LabelingJobStatus.ACTIVE
        return active if command == "label" else status in (LabelingJobStatus.DRAFT, *RUNNING_LABELING_JOBS)
    if command == "finish":
        return status is not LabelingJobStatus.ARCHIVED
    if command == "delete":
        return status is LabelingJobStatus.DRAFT
    if command == "disagreements":
        return view.job.overlap > 1
    if command == "who":
        return True
    if task is None:
        return False
    mine = task.assignee == actor
    fit = {
        "submit": mine and task.status in ASSIGNED_LABELING_TASKS,
        "release": mine and task.status in ASSIGNED_LABELING_TASKS,
        "review": task.status is LabelingTaskStatus.SUBMITTED,
        "assign": task.status in (LabelingTaskStatus.PENDING, *ASSIGNED_LABELING_TASKS),
        "priority": task.status in (LabelingTaskStatus.PENDING, *ASSIGNED_LABELING_TASKS),
    }
    return fit[command]
