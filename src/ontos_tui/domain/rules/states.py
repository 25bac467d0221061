"""The state machines. A transition that is not listed here does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from ontos_tui.domain.errors import ConflictError


class SheetStatus(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


class TemplateStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class TrainingSheetStatus(StrEnum):
    GENERATING = "generating"
    REVIEW = "review"
    FAILED = "failed"
    ARCHIVED = "archived"


class PairStatus(StrEnum):
    UNLABELED = "unlabeled"
    LABELED = "labeled"
    REJECTED = "rejected"
    FLAGGED = "flagged"


class JobStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class EndpointStatus(StrEnum):
    READY = "ready"
    STOPPED = "stopped"


class FeedbackStatus(StrEnum):
    NEW = "new"
    CONVERTED = "converted"
    DISMISSED = "dismissed"


class GapStatus(StrEnum):
    IDENTIFIED = "identified"
    TASK_CREATED = "task_created"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    WONT_FIX = "wont_fix"


class TaskStatus(StrEnum):
    PENDING = "pending"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    REVIEW = "review"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class LabelingJobStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class LabelingTaskStatus(StrEnum):
    PENDING = "pending"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    REWORK = "rework"
    APPROVED = "approved"
    REJECTED = "rejected"


class AlertStatus(StrEnum):
    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


OPEN_GAPS = (GapStatus.IDENTIFIED, GapStatus.TASK_CREATED, GapStatus.IN_PROGRESS)
FINISHED_TASKS = (TaskStatus.COMPLETED, TaskStatus.CANCELLED)
RUNNING_LABELING_JOBS = (LabelingJobStatus.ACTIVE, LabelingJobStatus.PAUSED)
"""The tasks of such a job are worked on, now or later."""
ASSIGNED_LABELING_TASKS = (LabelingTaskStatus.ASSIGNED, LabelingTaskStatus.IN_PROGRESS, LabelingTaskStatus.REWORK)
"""Such a task belongs to one person, who works on it."""


class ReviewVerdict(StrEnum):
    """What a reviewer decides about a submitted task."""

    APPROVE = "approve"
    REWORK = "rework"
    REJECT = "reject"


TEMPLATE_TRANSITIONS: Mapping[TemplateStatus, frozenset[TemplateStatus]] = {
    TemplateStatus.DRAFT: frozenset({TemplateStatus.PUBLISHED, TemplateStatus.ARCHIVED}),
    TemplateStatus.PUBLISHED: frozenset({TemplateStatus.ARCHIVED}),
    TemplateStatus.ARCHIVED: frozenset(),
}

TRAINING_SHEET_TRANSITIONS: Mapping[TrainingSheetStatus, frozenset[TrainingSheetStatus]] = {
    TrainingSheetStatus.GENERATING: frozenset({TrainingSheetStatus.REVIEW, TrainingSheetStatus.FAILED}),
    TrainingSheetStatus.REVIEW: frozenset({TrainingSheetStatus.GENERATING, TrainingSheetStatus.ARCHIVED}),
    TrainingSheetStatus.FAILED: frozenset({TrainingSheetStatus.GENERATING, TrainingSheetStatus.ARCHIVED}),
    # Restored, it is again what it was: its generation had failed, or not.
    TrainingSheetStatus.ARCHIVED: frozenset({TrainingSheetStatus.REVIEW, TrainingSheetStatus.FAILED}),
}

JOB_TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.PENDING: frozenset({JobStatus.RUNNING, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.RUNNING: frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.SUCCEEDED: frozenset(),
    # A failed or cancelled job goes on where it stopped when the user resumes it.
    JobStatus.FAILED: frozenset({JobStatus.PENDING}),
    JobStatus.CANCELLED: frozenset({JobStatus.PENDING}),
}

TASK_TRANSITIONS: Mapping[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.PENDING: frozenset({TaskStatus.ASSIGNED, TaskStatus.IN_PROGRESS, TaskStatus.CANCELLED}),
    TaskStatus.ASSIGNED: frozenset({TaskStatus.PENDING, TaskStatus.IN_PROGRESS, TaskStatus.CANCELLED}),
    TaskStatus.IN_PROGRESS: frozenset({TaskStatus.REVIEW, TaskStatus.COMPLETED, TaskStatus.CANCELLED}),
    TaskStatus.REVIEW: frozenset({TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.CANCELLED}),
    TaskStatus.COMPLETED: frozenset(),
    TaskStatus.CANCELLED: frozenset(),
}

LABELING_JOB_TRANSITIONS: Mapping[LabelingJobStatus, frozenset[LabelingJobStatus]] = {
    LabelingJobStatus.DRAFT: frozenset({LabelingJobStatus.ACTIVE, LabelingJobStatus.ARCHIVED}),
    LabelingJobStatus.ACTIVE: frozenset({LabelingJobStatus.PAUSED, LabelingJobStatus.COMPLETED}),
    LabelingJobStatus.PAUSED: frozenset({LabelingJobStatus.ACTIVE, LabelingJobStatus.COMPLETED}),
    LabelingJobStatus.COMPLETED: frozenset({LabelingJobStatus.ARCHIVED}),
    LabelingJobStatus.ARCHIVED: frozenset(),
}

LABELING_TASK_TRANSITIONS: Mapping[LabelingTaskStatus, frozenset[LabelingTaskStatus]] = {
    LabelingTaskStatus.PENDING: frozenset({LabelingTaskStatus.ASSIGNED}),
    # Released, its lease over, or assigned to another person.
    LabelingTaskStatus.ASSIGNED: frozenset({LabelingTaskStatus.PENDING, LabelingTaskStatus.IN_PROGRESS}),
    LabelingTaskStatus.IN_PROGRESS: frozenset({LabelingTaskStatus.PENDING, LabelingTaskStatus.SUBMITTED}),
    LabelingTaskStatus.SUBMITTED: frozenset(
        {LabelingTaskStatus.APPROVED, LabelingTaskStatus.REJECTED, LabelingTaskStatus.REWORK}
    ),
    LabelingTaskStatus.REWORK: frozenset({LabelingTaskStatus.PENDING, LabelingTaskStatus.IN_PROGRESS}),
    LabelingTaskStatus.APPROVED: frozenset(),
    # A rejected task's answers count for nothing; its items are labeled anew.
    LabelingTaskStatus.REJECTED: frozenset({LabelingTaskStatus.PENDING}),
}

ALERT_TRANSITIONS: Mapping[AlertStatus, frozenset[AlertStatus]] = {
    AlertStatus.ACTIVE: frozenset({AlertStatus.ACKNOWLEDGED, AlertStatus.RESOLVED}),
    AlertStatus.ACKNOWLEDGED: frozenset({AlertStatus.RESOLVED}),
    # A rule that is broken again opens another alert.
    AlertStatus.RESOLVED: frozenset(),
}

S = TypeVar("S", bound=StrEnum)


def check_transition(machine: Mapping[S, frozenset[S]], before: S, after: S, what: str) -> None:
    """Raise ConflictError unless `machine` leads from `before` to `after`; `what` names the thing in the sentence."""
    if after in machine[before]:
        return
    possible = ", ".join(sorted(machine[before])) or "nothing; it is final"
    raise ConflictError(f"{what} is {before} and cannot become {after}.", f"It can become: {possible}.")
