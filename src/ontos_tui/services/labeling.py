"""LABEL, by several people: jobs that share a sheet's items out as tasks, claimed first come, never by two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, or_

from ontos_tui.domain.data import Sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotReadyError
from ontos_tui.domain.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.pairs import TrainingSheet
from ontos_tui.domain.record import now
from ontos_tui.domain.states import (
    LABELING_JOB_TRANSITIONS,
    LabelingJobStatus,
    LabelingTaskStatus,
    PairStatus,
    SheetStatus,
    check_transition,
)
from ontos_tui.domain.template import Labelset
from ontos_tui.platforms.base import Catalog
from ontos_tui.services.deciding import PairCounts
from ontos_tui.services.labeling_finish import finish
from ontos_tui.services.labeling_populate import Choice, populate
from ontos_tui.services.labeling_tasks import OPEN, change, is_over, lease, move, named
from ontos_tui.store import rows
from ontos_tui.store.counts import PairCount, label_counts, pair_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

PERSONAL_ITEMS = 500
"""Items of a list of one's own, unless another number is asked for."""

PRIORITIES = ("urgent", "high", "normal", "low")

_JOBS = table(LabelingJob).c
_TASKS = table(LabelingTask).c


@dataclass(frozen=True)
class TaskView:
    """A task and how far it is."""

    task: LabelingTask
    counts: PairCounts


@dataclass(frozen=True)
class JobView:
    """A job, how far it is, and how many labels its labelset's type has on its sheet by now."""

    job: LabelingJob
    tasks: Mapping[LabelingTaskStatus, int] = field(default_factory=dict)
    decided: int = 0
    total: int = 0
    labelset: Labelset | None = None
    labels: int = 0


class LabelingService:
    """Jobs and tasks. Whoever calls is `actor`: leads, labels and reviews under that name."""

    def __init__(self, store: Store, catalog: Catalog, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._actor = actor

    # Looking

    def jobs(self, *, archived: bool = False) -> list[JobView]:
        """The jobs, newest first."""
        where = () if archived else (_JOBS.status != LabelingJobStatus.ARCHIVED,)
        with self._store.read() as connection:
            found = rows.find(connection, LabelingJob, *where, order_by=(_JOBS.created_at.desc(), _JOBS.id))
            counts = _counts_by_task(connection)
            return [_view(connection, job, counts) for job in found]

    def job(self, ref: str) -> LabelingJob:
        """The job that `ref` (id, name or the beginning of an id) means."""
        with self._store.read() as connection:
            return rows.resolve(connection, LabelingJob, ref)

    def job_view(self, ref: str) -> JobView:
        """A job and how far it is."""
        with self._store.read() as connection:
            job = rows.resolve(connection, LabelingJob, ref)
            return _view(connection, job, _counts_by_task(connection))

    def task(self, ref: str) -> LabelingTask:
        """The task with this id, or with an id that begins so."""
        with self._store.read() as connection:
            return rows.resolve(connection, LabelingTask, ref)

    def tasks(self, job_ref: str) -> list[TaskView]:
        """The tasks of a job in their order."""
        with self._store.read() as connection:
            job = rows.resolve(connection, LabelingJob, job_ref)
            counts = _counts_by_task(connection)
            found = rows.find(
                connection, LabelingTask, _TASKS.job_id == job.id, order_by=(_TASKS.number, _TASKS.copy_number)
            )
        return [TaskView(task, counts.get(task.id, PairCounts())) for task in found]

    def my_tasks(self) -> list[TaskView]:
        """What this person has claimed or been given, and has not submitted."""
        with self._store.read() as connection:
            counts = _counts_by_task(connection)
            found = rows.find(
                connection,
                LabelingTask,
                _TASKS.assignee == self._actor,
                _TASKS.status.in_(OPEN),
                order_by=(_TASKS.assigned_at,),
            )
        return [TaskView(task, counts.get(task.id, PairCounts())) for task in found]

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
            job = self._made(connection, name, sheet, training_sheet, labelset, settings)
            rows.add(connection, job)
            total = populate(connection, self._catalog, job, choice, self._actor)
            job = rows.change(connection, job, total_items=total)
            rows.log(connection, job, "create", self._actor, after=job.model_dump(mode="json"), scope_id=job.id)
        return job

    def my_list(self, sheet: str, labelset: str, limit: int = PERSONAL_ITEMS, *, again: bool = False) -> LabelingTask:
        """Items of a sheet that have no label yet, for this person alone: labelled without pairs, canonical at once.

        An open list of the same kind goes on where it was left.
        """
        with self._store.write() as connection:
            wanted = self._made(connection, f"{self._actor}'s list", sheet, None, labelset, {"is_personal": True})
            columns = (_JOBS.is_personal, _JOBS.sheet_id == wanted.sheet_id, _JOBS.label_type == wanted.label_type)
            mine = (_JOBS.created_by == self._actor, _JOBS.status == LabelingJobStatus.ACTIVE)
            for job in rows.find(connection, LabelingJob, *columns, *mine):
                task = rows.find_one(connection, LabelingTask, _TASKS.job_id == job.id, _TASKS.status.in_(OPEN))
                if task is not None:
                    return task
            job = wanted.model_copy(update={"batch_size": min(limit, 500), "status": LabelingJobStatus.ACTIVE})
            rows.add(connection, job)
            total = populate(connection, self._catalog, job, Choice(job.batch_size, None, again), self._actor)
            rows.log(connection, job, "create", self._actor, after=job.model_dump(mode="json"), scope_id=job.id)
            rows.change(connection, job, total_items=total)
            (task,) = rows.find(connection, LabelingTask, _TASKS.job_id == job.id)
            return self._give(connection, task, self._actor, None, "assign")

    def _made(
        self,
        connection: Connection,
        name: str,
        sheet_ref: str | None,
        training_ref: str | None,
        labelset_ref: str | None,
        settings: Mapping[str, Any],
    ) -> LabelingJob:
        training = rows.resolve(connection, TrainingSheet, training_ref) if training_ref else None
        labelset = rows.resolve(connection, Labelset, labelset_ref) if labelset_ref else None
        if training is None and (sheet_ref is None or labelset is None):
            raise InvalidInputError(
                "A job needs a training sheet, or a sheet and a labelset.", "Name them; a labelset says what is asked."
            )
        if training is not None:
            sheet_id, schema, label_type = (
                training.sheet_id,
                training.template_snapshot["output_schema"],
                training.label_type,
            )
        else:
            assert sheet_ref is not None, "checked above"
            assert labelset is not None, "checked above"
            sheet = rows.resolve(connection, Sheet, sheet_ref, table(Sheet).c.status != SheetStatus.DELETED)
            sheet_id, schema, label_type = sheet.id, labelset.answer_schema(), labelset.label_type
        if labelset is not None and labelset.label_type != label_type:
            told = (
                f"The labelset {labelset.name!r} is for {labelset.label_type!r}, the training sheet for {label_type!r}."
            )
            raise InvalidInputError(told, "Choose one of the same label type.")
        if labelset is not None and training is not None:
            schema = labelset.answer_schema()
        try:
            return LabelingJob(
                name=name.strip(),
                sheet_id=sheet_id,
                training_sheet_id=training.id if training is not None else None,
                labelset_id=labelset.id if labelset is not None else None,
                label_type=label_type,
                response_schema=schema,
                created_by=self._actor,
                updated_by=self._actor,
                **settings,
            )
        except ValueError as error:
            raise InvalidInputError(f"The job cannot be made so: {error}.", "Correct these values.") from error

    def activate(self, ref: str) -> LabelingJob:
        """Let people claim its tasks, or go on after a pause."""
        return self._move(ref, LabelingJobStatus.ACTIVE, "activate")

    def pause(self, ref: str) -> LabelingJob:
        """Nobody claims or decides until it is activated again."""
        return self._move(ref, LabelingJobStatus.PAUSED, "pause")

    def complete(self, ref: str, *, force: bool = False) -> LabelingJob:
        """End a job. Raises NotReadyError while tasks are open, unless forced; what those hold makes no labels."""
        with self._store.read() as connection:
            job = rows.resolve(connection, LabelingJob, ref)
            where = (_TASKS.job_id == job.id, _TASKS.status != LabelingTaskStatus.APPROVED)
            left = rows.count(connection, LabelingTask, *where)
        if left and not force:
            raise NotReadyError(f"{left} tasks of {job.name!r} are not finished.", "Wait for them, or force it.")
        return self._move(job.id, LabelingJobStatus.COMPLETED, "complete")

    def archive(self, ref: str) -> LabelingJob:
        """Put a completed job, or a draft, out of sight."""
        return self._move(ref, LabelingJobStatus.ARCHIVED, "archive")

    def delete(self, ref: str) -> LabelingJob:
        """Remove a draft with its tasks. Raises ConflictError for any other."""
        with self._store.write() as connection:
            job = rows.resolve(connection, LabelingJob, ref)
            if job.status is not LabelingJobStatus.DRAFT:
                raise ConflictError(
                    f"{job.name!r} is {job.status}.", "Only a draft is deleted; complete or archive it."
                )
            rows.log(connection, job, "delete", self._actor, before=job.model_dump(mode="json"), scope_id=job.id)
            connection.execute(delete(table(TaskItem)).where(table(TaskItem).c.job_id == job.id))
            connection.execute(delete(table(LabelingTask)).where(_TASKS.job_id == job.id))
            connection.execute(delete(table(LabelingJob)).where(_JOBS.id == job.id))
            return job

    def _move(self, ref: str, status: LabelingJobStatus, action: str) -> LabelingJob:
        with self._store.write() as connection:
            job = rows.resolve(connection, LabelingJob, ref)
            check_transition(LABELING_JOB_TRANSITIONS, job.status, status, repr(job.name))
            changed = rows.change(connection, job, status=status, updated_by=self._actor)
            before, after = {"status": job.status.value}, {"status": status.value}
            rows.log(connection, job, action, self._actor, before=before, after=after, scope_id=job.id)
            return changed

    def assign(self, task_ref: str, who: str) -> LabelingTask:
        """Give a task to somebody for good, also one that somebody else has and has not submitted."""
        with self._store.write() as connection:
            task = rows.resolve(connection, LabelingTask, task_ref)
            if task.status not in (LabelingTaskStatus.PENDING, *OPEN):
                raise ConflictError(f"{named(task)} is {task.status}.", "Assign one that is not submitted yet.")
            if not who.strip():
                raise InvalidInputError("Nobody was named.", "Name who shall do it.")
            _check_other_copies(connection, task, who.strip())
            return self._give(connection, task, who.strip(), None, "assign")

    def set_priority(self, task_ref: str, priority: str, due: date | None = None) -> LabelingTask:
        """Say how urgent a task is; urgent ones are claimed first."""
        if priority not in PRIORITIES:
            raise InvalidInputError(f"{priority!r} is no priority.", f"There are {', '.join(PRIORITIES)}.")
        with self._store.write() as connection:
            task = rows.resolve(connection, LabelingTask, task_ref)
            return change(connection, task, self._actor, "prioritise", priority=priority, due_date=due)

    # Labeling

    def claim(self, job_ref: str) -> LabelingTask | None:
        """The next free task, held for the job's lease; the one that this person has already; None when none is free.

        First come, first served: the transaction that looks also takes, so no two people get one.
        """
        with self._store.write() as connection:
            job = rows.resolve(connection, LabelingJob, job_ref)
            if job.status is not LabelingJobStatus.ACTIVE:
                raise ConflictError(f"The labeling job {job.name!r} is {job.status}.", "It has to be active.")
            in_job = _TASKS.job_id == job.id
            mine = (in_job, _TASKS.assignee == self._actor, _TASKS.status.in_(OPEN))
            own = rows.find_one(connection, LabelingTask, *mine)
            if own is not None:
                return self._give(connection, own, self._actor, lease(job), "claim") if is_over(own) else own
            had = {task.number for task in rows.find(connection, LabelingTask, in_job, _TASKS.assignee == self._actor)}
            free = or_(_TASKS.status == LabelingTaskStatus.PENDING, _TASKS.lease_until <= now())
            states = _TASKS.status.in_((LabelingTaskStatus.PENDING, *OPEN))
            found = rows.find(
                connection, LabelingTask, in_job, free, states, order_by=(_TASKS.number, _TASKS.copy_number)
            )
            found.sort(key=lambda task: PRIORITIES.index(task.priority))
            task = next((one for one in found if one.number not in had), None)
            return None if task is None else self._give(connection, task, self._actor, lease(job), "claim")

    def _give(self, connection: Connection, task: LabelingTask, who: str, until: Any, action: str) -> LabelingTask:
        """The task in somebody's hands. What was decided in it before stays, under the name of who did."""
        status = task.status if task.status is LabelingTaskStatus.REWORK else LabelingTaskStatus.ASSIGNED
        values = {"status": status, "assignee": who, "assigned_at": now(), "lease_until": until}
        return change(connection, task, self._actor, action, **values)

    def release(self, task_ref: str) -> LabelingTask:
        """Give a task back; what was decided in it stays. Raises ConflictError when it is somebody else's."""
        with self._store.write() as connection:
            task = self._mine(connection, task_ref)
            values: dict[str, Any] = {"assignee": "", "assigned_at": None, "lease_until": None}
            return move(connection, task, LabelingTaskStatus.PENDING, self._actor, "release", **values)

    def submit(self, task_ref: str) -> LabelingTask:
        """Hand a task in. Without a review its answers count at once.

        Raises NotReadyError while items are undecided; one that cannot be decided is rejected with the reason.
        """
        with self._store.write() as connection:
            task = self._mine(connection, task_ref)
            job = rows.get(connection, LabelingJob, task.job_id)
            counts = PairCounts.of(pair_counts(connection, task.id, TaskItem))
            if counts.unlabeled:
                raise NotReadyError(
                    f"{counts.unlabeled:,} items of {named(task).lower()} are not decided yet.",
                    "Decide them; reject one that cannot be decided, and say why.",
                )
            if task.status is not LabelingTaskStatus.IN_PROGRESS:
                task = move(connection, task, LabelingTaskStatus.IN_PROGRESS, self._actor, "start")
            at = now()
            task = move(
                connection, task, LabelingTaskStatus.SUBMITTED, self._actor, "submit", submitted_at=at, lease_until=None
            )
            if job.needs_review:
                return task
            task = move(connection, task, LabelingTaskStatus.APPROVED, self._actor, "approve")
            finish(connection, job, task, self._actor)
            return task

    # Reviewing

    def review(self, task_ref: str, verdict: str, notes: str = "") -> LabelingTask:
        """Approve a submitted task, send it back for rework, or reject it: then its items are labelled anew.

        Nobody reviews their own task. Raises InvalidInputError without a reason for what is sent back.
        """
        if verdict not in ("approve", "rework", "reject"):
            raise InvalidInputError(f"{verdict!r} is no verdict.", "There are approve, rework and reject.")
        if verdict != "approve" and not notes.strip():
            raise InvalidInputError("A task that is sent back needs a reason.", "Say what is to be done better.")
        with self._store.write() as connection:
            task = rows.resolve(connection, LabelingTask, task_ref)
            job = rows.get(connection, LabelingJob, task.job_id)
            if task.status is not LabelingTaskStatus.SUBMITTED:
                raise ConflictError(f"{named(task)} is {task.status}.", "Only a submitted task is reviewed.")
            if task.assignee == self._actor:
                raise ConflictError(f"{named(task)} is your own.", "Somebody else has to review it.")
            said: dict[str, Any] = {"reviewer": self._actor, "reviewed_at": now(), "review_notes": notes.strip()}
            if verdict == "approve":
                task = move(connection, task, LabelingTaskStatus.APPROVED, self._actor, "approve", **said)
                finish(connection, job, task, self._actor)
                return task
            if verdict == "rework":
                return move(connection, task, LabelingTaskStatus.REWORK, self._actor, "rework", **said)
            task = move(connection, task, LabelingTaskStatus.REJECTED, self._actor, "reject", **said)
            self._empty(connection, task)
            free: dict[str, Any] = {"assignee": "", "assigned_at": None}
            return move(connection, task, LabelingTaskStatus.PENDING, self._actor, "reopen", **free)

    def _empty(self, connection: Connection, task: LabelingTask) -> None:
        """Take the answers of a rejected task away; the log keeps them."""
        from ontos_tui.services.changes import Changes

        items = table(TaskItem).c
        changes = Changes(connection, task.id, self._actor)
        blank = {"status": PairStatus.UNLABELED, "answer": None, "reviewed_by": "", "reviewed_at": None, "notes": ""}
        for item in rows.find(connection, TaskItem, items.task_id == task.id, items.status != PairStatus.UNLABELED):
            changes.pair(item, item.model_copy(update=blank), "reopen", task.review_notes)
        changes.write()

    def _mine(self, connection: Connection, task_ref: str) -> LabelingTask:
        task = rows.resolve(connection, LabelingTask, task_ref)
        if task.assignee != self._actor:
            whose = f"{task.assignee}'s" if task.assignee else "nobody's"
            raise ConflictError(f"{named(task)} is {whose}, not yours.", "Claim a task first.")
        return task


def _check_other_copies(connection: Connection, task: LabelingTask, who: str) -> None:
    """Nobody labels one batch twice: that would be no second opinion."""
    same = (_TASKS.job_id == task.job_id, _TASKS.number == task.number, _TASKS.id != task.id, _TASKS.assignee == who)
    if rows.count(connection, LabelingTask, *same):
        raise ConflictError(f"{who} has another copy of task {task.number}.", "Give it to somebody else.")


def _counts_by_task(connection: Connection) -> dict[str, PairCounts]:
    kept: dict[str, list[PairCount]] = {}
    for count in pair_counts(connection, of=TaskItem):
        kept.setdefault(count.container_id, []).append(count)
    return {task_id: PairCounts.of(counts) for task_id, counts in kept.items()}


def _view(connection: Connection, job: LabelingJob, counts: Mapping[str, PairCounts]) -> JobView:
    tasks = rows.find(connection, LabelingTask, _TASKS.job_id == job.id)
    own = [counts.get(task.id, PairCounts()) for task in tasks]
    labelset = (
        None
        if job.labelset_id is None
        else rows.find_one(connection, Labelset, table(Labelset).c.id == job.labelset_id)
    )
    return JobView(
        job,
        Counter(task.status for task in tasks),
        sum(one.total - one.unlabeled for one in own),
        sum(one.total for one in own),
        labelset,
        label_counts(connection, job.label_type).get(job.sheet_id, 0),
    )
