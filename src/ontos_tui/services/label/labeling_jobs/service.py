"""LABEL, by several people: jobs that share a sheet's items out as tasks, claimed first come, never by two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotReadyError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.rules.states import (
    ASSIGNED_LABELING_TASKS,
    LABELING_JOB_TRANSITIONS,
    RUNNING_LABELING_JOBS,
    LabelingJobStatus,
    LabelingTaskStatus,
    ReviewVerdict,
    check_transition,
)
from ontos_tui.domain.text.storable import storable
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.label.decision_service import PairCounts
from ontos_tui.services.label.labeling_jobs.completion import finish
from ontos_tui.services.label.labeling_jobs.job_items import Choice
from ontos_tui.services.label.labeling_jobs.progress import JobView, TaskView, counts_by_task, job_view
from ontos_tui.services.label.labeling_jobs.setup import draft_job
from ontos_tui.services.label.labeling_jobs.task_split import create_tasks
from ontos_tui.services.label.labeling_jobs.tasks import (
    assign_task,
    change_task,
    check_active,
    describe_task,
    is_lease_over,
    lease_end,
    move_task,
    release_task,
)
from ontos_tui.services.records.change_log import ChangeBatch
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import pair_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.labeling_jobs import items, jobs, tasks

__all__ = ["PERSONAL_ITEMS", "PRIORITIES", "Choice", "JobView", "LabelingService", "TaskView"]

PERSONAL_ITEMS = 500
"""Items of a personal list by default."""

PRIORITIES = ("urgent", "high", "normal", "low")

_DECIDED = (
    *("status", "answer", "labeling_mode", "canonical_label_id", "was_auto_approved", "was_blind"),
    *("reject_reason", "notes", "reviewed_by", "reviewed_at"),
)
"""The columns of an item that are reset when its task is rejected."""


class LabelingService:
    """Jobs and tasks. Whoever calls is `actor`: leads, labels and reviews under that name."""

    def __init__(self, store: Store, catalog: Catalog, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._actor = actor

    # Looking

    def jobs(self, *, archived: bool = False) -> list[JobView]:
        """The jobs, newest first."""
        with self._store.read() as connection:
            counts = counts_by_task(connection)
            return [job_view(connection, job, counts) for job in jobs.jobs(connection, archived=archived)]

    def job(self, ref: str) -> LabelingJob:
        """The job that `ref` (id, name or the beginning of an id) means."""
        with self._store.read() as connection:
            return rows.resolve(connection, LabelingJob, ref)

    def job_view(self, ref: str) -> JobView:
        """A job and how far it is."""
        with self._store.read() as connection:
            job = rows.resolve(connection, LabelingJob, ref)
            return job_view(connection, job, counts_by_task(connection))

    def task(self, ref: str) -> LabelingTask:
        """The task with this id, or with an id that begins so."""
        with self._store.read() as connection:
            return rows.resolve(connection, LabelingTask, ref)

    def tasks(self, job_ref: str) -> list[TaskView]:
        """The tasks of a job in their order."""
        with self._store.read() as connection:
            job = rows.resolve(connection, LabelingJob, job_ref)
            counts = counts_by_task(connection)
            return _views(tasks.tasks(connection, job.id), counts)

    def my_tasks(self) -> list[TaskView]:
        """What this person has claimed or been given in jobs that run, and has not submitted."""
        with self._store.read() as connection:
            return _views(tasks.tasks_of_person(connection, self._actor), counts_by_task(connection))

    # Leading a job

    def create(
        self,
        name: str,
        *,
        sheet: str | None = None,
        training_sheet: str | None = None,
        labelset: str | None = None,
        choice: Choice = Choice(),  # noqa: B008  # it is frozen
        **settings: Any,
    ) -> LabelingJob:
        """A draft with its tasks, over a training sheet's pairs or a sheet's items.

        What an answer looks like comes from the labelset, else from the training sheet's template. `settings` are
        more of the job's fields: batch_size, overlap, needs_review, blind_share, gold_share, lease_minutes,
        instructions, description. Raises InvalidInputError, NotReadyError when there is nothing to label.
        """
        with self._store.write() as connection:
            over = {"sheet": sheet, "training_sheet": training_sheet, "labelset": labelset}
            job = draft_job(connection, name, self._actor, settings, **over)
            return self._add(connection, job, choice)

    def my_list(self, sheet: str, labelset: str, limit: int = PERSONAL_ITEMS, *, again: bool = False) -> LabelingTask:
        """Items of a sheet that have no label yet, for this person alone: labeled without pairs, canonical at once.

        An open list of the same kind goes on where it was left, whatever its length. Submitting it ends it.
        """
        with self._store.write() as connection:
            fields = {"is_personal": True, "batch_size": limit, "status": LabelingJobStatus.ACTIVE}
            job = draft_job(connection, f"{self._actor}'s list", self._actor, fields, sheet=sheet, labelset=labelset)
            task = tasks.task_of_list(connection, job, self._actor)
            if task is None:
                self._add(connection, job, Choice(limit, None, again))
                (task,) = tasks.tasks(connection, job.id)
            elif task.status is not LabelingTaskStatus.PENDING:
                return task
            return assign_task(connection, task, self._actor, None, self._actor, "assign")

    def _add(self, connection: Connection, job: LabelingJob, choice: Choice) -> LabelingJob:
        """Store a job with its tasks."""
        rows.add(connection, job)
        split = create_tasks(connection, self._catalog, job, choice, self._actor)
        job = rows.change(connection, job, total_items=split.items, shows_proposals=split.shows_proposals)
        rows.log(connection, job, "create", self._actor, after=job.model_dump(mode="json"), scope_id=job.id)
        return job

    def activate(self, ref: str) -> LabelingJob:
        """Let people claim its tasks, or go on after a pause."""
        return self._move(ref, LabelingJobStatus.ACTIVE, "activate")

    def pause(self, ref: str) -> LabelingJob:
        """Nobody claims or decides until it is activated again."""
        return self._move(ref, LabelingJobStatus.PAUSED, "pause")

    def complete(self, ref: str, *, force: bool = False) -> LabelingJob:
        """End a job. Raises NotReadyError while tasks are open, unless forced; what those hold makes no labels."""
        with self._store.write() as connection:
            job = rows.resolve(connection, LabelingJob, ref)
            left = tasks.unfinished_count(connection, job.id)
            if left and not force and job.status in RUNNING_LABELING_JOBS:
                raise NotReadyError(
                    f"{left:,} tasks of {job.name!r} are not finished.",
                    "Wait for them, or complete the job with force.",
                )
            return self._moved(connection, job, LabelingJobStatus.COMPLETED, "complete")

    def archive(self, ref: str) -> LabelingJob:
        """Put a completed job, or a draft, out of sight."""
        return self._move(ref, LabelingJobStatus.ARCHIVED, "archive")

    def delete(self, ref: str) -> LabelingJob:
        """Remove a draft with its tasks. Raises ConflictError for any other."""
        with self._store.write() as connection:
            job = rows.resolve(connection, LabelingJob, ref)
            if job.status is not LabelingJobStatus.DRAFT:
                raise ConflictError(
                    f"{job.name!r} is {job.status}.", "Only a draft can be deleted. Complete or archive this job."
                )
            rows.log(connection, job, "delete", self._actor, before=job.model_dump(mode="json"), scope_id=job.id)
            jobs.remove(connection, job.id)
            return job

    def _move(self, ref: str, status: LabelingJobStatus, action: str) -> LabelingJob:
        with self._store.write() as connection:
            return self._moved(connection, rows.resolve(connection, LabelingJob, ref), status, action)

    def _moved(self, connection: Connection, job: LabelingJob, status: LabelingJobStatus, action: str) -> LabelingJob:
        check_transition(LABELING_JOB_TRANSITIONS, job.status, status, repr(job.name))
        changed = rows.change(connection, job, status=status, updated_by=self._actor)
        before, after = {"status": job.status.value}, {"status": status.value}
        rows.log(connection, job, action, self._actor, before=before, after=after, scope_id=job.id)
        return changed

    def assign(self, task_ref: str, who: str) -> LabelingTask:
        """Assign a task to a person without a lease, also one that another person has and has not submitted."""
        name = storable(who.strip())
        if not name:
            raise InvalidInputError("No name was given.", "Name the person who gets the task.")
        with self._store.write() as connection:
            task = rows.resolve(connection, LabelingTask, task_ref)
            job = rows.get(connection, LabelingJob, task.job_id)
            if job.status not in (LabelingJobStatus.DRAFT, *RUNNING_LABELING_JOBS):
                raise ConflictError(f"The labeling job {job.name!r} is {job.status}.", "It has no open tasks.")
            if task.status not in (LabelingTaskStatus.PENDING, *ASSIGNED_LABELING_TASKS):
                raise ConflictError(
                    f"{describe_task(task)} is {task.status}.", "Assign a task that is not submitted yet."
                )
            _check_other_copies(connection, task, name)
            return assign_task(connection, task, name, None, self._actor, "assign")

    def set_priority(self, task_ref: str, priority: str, due: date | None = None) -> LabelingTask:
        """Say how urgent a task is; urgent ones are claimed first."""
        if priority not in PRIORITIES:
            raise InvalidInputError(
                f"{priority!r} is not a valid priority.", f"Valid priorities: {', '.join(PRIORITIES)}."
            )
        with self._store.write() as connection:
            task = rows.resolve(connection, LabelingTask, task_ref)
            return change_task(connection, task, self._actor, "prioritise", priority=priority, due_date=due)

    # Labeling

    def claim(self, job_ref: str) -> LabelingTask | None:
        """The next free task, held for the job's lease; the one that this person has already; None when none is free.

        First come, first served: the transaction that looks also takes, so no two people get one.
        """
        with self._store.write() as connection:
            job = rows.resolve(connection, LabelingJob, job_ref)
            if job.status is not LabelingJobStatus.ACTIVE:
                raise ConflictError(
                    f"The labeling job {job.name!r} is {job.status}.", "Tasks are claimed only from active jobs."
                )
            if job.is_personal and job.created_by != self._actor:
                raise ConflictError(
                    f"This is the personal list of {job.created_by}.",
                    "Claim from another job, or create your own list.",
                )
            own = tasks.assigned_task(connection, job.id, self._actor)
            if own is not None:
                return (
                    assign_task(connection, own, self._actor, lease_end(job), self._actor, "claim")
                    if is_lease_over(own, job.lease_minutes)
                    else own
                )
            had = tasks.copies_by_batch(connection, job.id, self._actor) if job.overlap > 1 else {}
            for task_id, number in tasks.claimable(connection, job.id, PRIORITIES, job.lease_minutes):
                if not had.get(number, set()) - {task_id}:
                    task = rows.get(connection, LabelingTask, task_id)
                    return assign_task(connection, task, self._actor, lease_end(job), self._actor, "claim")
            return None

    def release(self, task_ref: str) -> LabelingTask:
        """Give a task back; what was decided in it stays. Raises ConflictError when it belongs to another person."""
        with self._store.write() as connection:
            task = self._mine(connection, task_ref)
            return release_task(connection, task, self._actor)

    def submit(self, task_ref: str) -> LabelingTask:
        """Hand a task in. Without a review its answers count at once. A list of one's own is over then.

        Raises NotReadyError while items are undecided; one that cannot be decided is rejected with the reason.
        """
        with self._store.write() as connection:
            task = self._mine(connection, task_ref)
            job = rows.get(connection, LabelingJob, task.job_id)
            if task.status not in ASSIGNED_LABELING_TASKS:
                raise ConflictError(f"{describe_task(task)} is already {task.status}.", "Claim the next one.")
            check_active(job.name, job.status)
            counts = PairCounts.of(pair_counts(connection, task.id, TaskItem))
            if counts.unlabeled:
                raise NotReadyError(
                    f"{counts.unlabeled:,} items of {describe_task(task).lower()} are not decided yet.",
                    "Decide them. Reject an item that cannot be decided, with a reason.",
                )
            if task.status is not LabelingTaskStatus.IN_PROGRESS:
                at = task.started_at or now()
                task = move_task(connection, task, LabelingTaskStatus.IN_PROGRESS, self._actor, "start", started_at=at)
            at = now()
            task = move_task(
                connection, task, LabelingTaskStatus.SUBMITTED, self._actor, "submit", submitted_at=at, lease_until=None
            )
            if job.needs_review:
                return task
            task = move_task(connection, task, LabelingTaskStatus.APPROVED, self._actor, "approve")
            finish(connection, job, task, self._actor)
            if job.is_personal:
                self._moved(connection, job, LabelingJobStatus.COMPLETED, "complete")
            return task

    # Reviewing

    def review(self, task_ref: str, verdict: ReviewVerdict, notes: str = "") -> LabelingTask:
        """Approve a submitted task, send it back for rework, or reject it: then its items are labeled anew.

        Nobody reviews their own task. Raises InvalidInputError without a reason for what is sent back.
        """
        if verdict is not ReviewVerdict.APPROVE and not notes.strip():
            raise InvalidInputError("A task that is sent back needs a reason.", "Describe what to do better.")
        with self._store.write() as connection:
            task = rows.resolve(connection, LabelingTask, task_ref)
            job = rows.get(connection, LabelingJob, task.job_id)
            if task.status is not LabelingTaskStatus.SUBMITTED:
                raise ConflictError(f"{describe_task(task)} is {task.status}.", "Only submitted tasks are reviewed.")
            if job.status not in RUNNING_LABELING_JOBS:
                raise NotReadyError(
                    f"The labeling job {job.name!r} is {job.status}.", "Its tasks do not change any more."
                )
            if task.assignee == self._actor or items.has_decided(connection, task.id, self._actor):
                raise ConflictError(f"{describe_task(task)} is your own.", "Another person must review it.")
            reviewed: dict[str, Any] = {
                "reviewer": self._actor,
                "reviewed_at": now(),
                "review_notes": storable(notes.strip()),
            }
            if verdict is ReviewVerdict.APPROVE:
                task = move_task(connection, task, LabelingTaskStatus.APPROVED, self._actor, "approve", **reviewed)
                finish(connection, job, task, self._actor)
                return task
            if verdict is ReviewVerdict.REWORK:
                return move_task(connection, task, LabelingTaskStatus.REWORK, self._actor, "rework", **reviewed)
            task = move_task(connection, task, LabelingTaskStatus.REJECTED, self._actor, "reject", **reviewed)
            self._empty(connection, task)
            free: dict[str, Any] = {"assignee": "", "assigned_at": None, "started_at": None, "submitted_at": None}
            return move_task(connection, task, LabelingTaskStatus.PENDING, self._actor, "reopen", **free)

    def _empty(self, connection: Connection, task: LabelingTask) -> None:
        """Remove the answers of a rejected task; they stay in the log of the job, which undo does not use."""
        changes = ChangeBatch(connection, task.job_id, self._actor)
        undecided = {name: TaskItem.model_fields[name].get_default() for name in _DECIDED}
        for item in items.items(connection, task.id):
            emptied = item.model_copy(update=undecided)
            if emptied != item:
                changes.pair(item, emptied, "reopen", task.review_notes)
        changes.write()

    def _mine(self, connection: Connection, task_ref: str) -> LabelingTask:
        task = rows.resolve(connection, LabelingTask, task_ref)
        if task.assignee != self._actor:
            whose = f"assigned to {task.assignee}" if task.assignee else "not assigned"
            raise ConflictError(f"{describe_task(task)} is {whose}, not to you.", "Claim a task first.")
        return task


def _views(records: Iterable[LabelingTask], counts: Mapping[str, PairCounts]) -> list[TaskView]:
    return [TaskView(task, counts.get(task.id, PairCounts())) for task in records]


def _check_other_copies(connection: Connection, task: LabelingTask, who: str) -> None:
    """Nobody labels one batch twice: that would be no second opinion."""
    if tasks.copies_by_batch(connection, task.job_id, who).get(task.number, set()) - {task.id}:
        raise ConflictError(f"{who} has or had another copy of task {task.number}.", "Assign it to another person.")
