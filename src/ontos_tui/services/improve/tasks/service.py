"""Annotation tasks: the work that closes a gap. The status of a task follows the decisions about its pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.improve import AnnotationItem, AnnotationTask, Gap, Priority, Severity
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.domain.rules.states import (
    FINISHED_TASKS,
    OPEN_GAPS,
    TASK_TRANSITIONS,
    GapStatus,
    TaskStatus,
    check_transition,
)
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.improve.gaps.service import change_gap
from ontos_tui.services.improve.tasks.items import select_pairs
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models
from ontos_tui.store.queries.improve import annotation_tasks as queries
from ontos_tui.store.queries.improve.annotation_tasks import TaskProgress
from ontos_tui.store.queries.improve.gaps import gaps_by_id

PRIORITY = {
    Severity.CRITICAL: Priority.URGENT,
    Severity.HIGH: Priority.HIGH,
    Severity.MEDIUM: Priority.NORMAL,
    Severity.LOW: Priority.LOW,
}
"""The default priority of a task, by the severity of its gap."""
EDITABLE = ("title", "description", "instructions", "priority", "target_record_count", "due_date")


@dataclass(frozen=True)
class TaskView:
    """A task with its gap, how many pairs it has, and how many of those are decided."""

    task: AnnotationTask
    gap: Gap
    items: int
    done: int

    @property
    def reached(self) -> bool:
        """Whether the target number of pairs is decided."""
        return self.done >= self.task.target_record_count

    @property
    def missing(self) -> int:
        """How many pairs the task still lacks to its target."""
        return max(0, self.task.target_record_count - self.items)


class AnnotationTaskService:
    """Creates tasks for gaps, assigns them, and updates their status. Logged under `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    # Reading

    def tasks(
        self,
        *,
        status: TaskStatus | None = None,
        assignee: str | None = None,
        gap_ref: str | None = None,
        open_only: bool = False,
    ) -> list[TaskView]:
        """The tasks, the most urgent open ones first, with their status updated."""
        self.update_statuses()
        with self._store.read() as connection:
            gap_id = None if gap_ref is None else rows.resolve(connection, Gap, gap_ref).id
            tasks = queries.tasks(connection, status=status, assignee=assignee, gap_id=gap_id, open_only=open_only)
            views = _views(connection, tasks)
        order = list(Priority)[::-1]
        return sorted(
            views,
            key=lambda one: (one.task.status in FINISHED_TASKS, order.index(one.task.priority), one.task.created_at),
        )

    def task(self, ref: str) -> TaskView:
        """The task that `ref` (id or the beginning of an id) means."""
        self.update_statuses()
        with self._store.read() as connection:
            return _views(connection, [rows.resolve(connection, AnnotationTask, ref)])[0]

    def pairs(self, ref: str) -> list[QAPair]:
        """The pairs of a task, in the order of the training sheet."""
        return [pair for pair, _ in self.pairs_with_progress(ref)[1]]

    def pairs_with_progress(self, ref: str) -> tuple[TaskView, list[tuple[QAPair, bool]]]:
        """A task with its pairs, in the order of the training sheet, and whether each is decided."""
        view = self.task(ref)
        with self._store.read() as connection:
            done = queries.decided_pairs(connection, view.task)
            pairs = queries.pairs(connection, view.task)
        return view, [(pair, pair.id in done) for pair in pairs]

    # Changing

    def create(self, gap_ref: str, **options: Any) -> TaskView:
        """A task for a gap, with as many of its pairs as there are, up to the target.

        `options` may set the editable fields and the assignee; their defaults come from the gap. Raises ConflictError
        when the gap is closed, InvalidInputError for options that are not valid.
        """
        assignee = storable(str(options.pop("assignee", ""))).strip()
        _check_names(options)
        with self._store.write() as connection:
            gap = rows.resolve(connection, Gap, gap_ref)
            if gap.status not in OPEN_GAPS:
                raise ConflictError(
                    f"This gap is {gap.status}.", f"Reopen it: ontos gaps update {gap.id[:8]} --status identified"
                )
            sheet = _sheet_of(connection, gap)
            given = {name: value for name, value in options.items() if value is not None}
            task = _valid(
                {
                    "gap_id": gap.id,
                    "title": gap.suggested_action[:200] or gap.description[:200],
                    "description": gap.description,
                    "instructions": "" if sheet is None else str(sheet.template_snapshot.get("guidelines", "")),
                    "priority": PRIORITY[gap.severity],
                    "target_record_count": max(1, gap.estimated_records_needed),
                    **given,
                    "status": TaskStatus.ASSIGNED if assignee else TaskStatus.PENDING,
                    "assignee": assignee,
                    "training_sheet_id": None if sheet is None else sheet.id,
                    "created_by": self._actor,
                    "updated_by": self._actor,
                }
            )
            rows.add(connection, task)
            after = {"gap_id": gap.id, "title": task.title, "target_record_count": task.target_record_count}
            rows.log(connection, task, "create", self._actor, after=after, scope_id=gap.id)
            if sheet is not None:
                self._fill(connection, task, gap, sheet)
            if gap.status is GapStatus.IDENTIFIED:
                self._move_gap(connection, gap, GapStatus.TASK_CREATED, f"task {task.id[:8]}")
            return _views(connection, [task])[0]

    def fill(self, ref: str) -> TaskView:
        """Search again for pairs that the task lacks, after new data or requests."""
        with self._store.write() as connection:
            task = _open(rows.resolve(connection, AnnotationTask, ref))
            gap, sheet = rows.get(connection, Gap, task.gap_id), self._sheet(connection, task)
            self._fill(connection, task, gap, sheet)
            return _views(connection, [task])[0]

    def update(self, ref: str, **changes: Any) -> AnnotationTask:
        """Change editable fields. Raises InvalidInputError for invalid values, ConflictError for a closed task."""
        _check_names(changes)
        if not changes:
            raise InvalidInputError("There is nothing to change.", f"Set one of {', '.join(EDITABLE)}.")
        with self._store.write() as connection:
            task = _open(rows.resolve(connection, AnnotationTask, ref))
            checked = _valid({**task.model_dump(), **changes})
            return self._change(connection, task, "edit", **{name: getattr(checked, name) for name in changes})

    def assign(self, ref: str, assignee: str) -> AnnotationTask:
        """Assign a task; an empty name removes the assignee. Raises ConflictError for a closed task."""
        name = storable(assignee).strip()
        with self._store.write() as connection:
            task = _open(rows.resolve(connection, AnnotationTask, ref))
            to = TaskStatus.ASSIGNED if name else TaskStatus.PENDING
            if task.status in (TaskStatus.PENDING, TaskStatus.ASSIGNED) and task.status is not to:
                check_transition(TASK_TRANSITIONS, task.status, to, f"The task {task.title!r}")
                return self._change(connection, task, "assign", assignee=name, status=to)
            return self._change(connection, task, "assign", assignee=name)

    def move(self, ref: str, status: TaskStatus, note: str = "") -> AnnotationTask:
        """Set the status of a task. Raises ConflictError when the transition is not allowed."""
        with self._store.write() as connection:
            task = rows.resolve(connection, AnnotationTask, ref)
            if status is TaskStatus.ASSIGNED and not task.assignee:
                raise InvalidInputError(
                    "The task has no assignee.", f"Assign it first: ontos tasks assign {task.id[:8]} NAME"
                )
            return self._move(connection, task, status, storable(note))

    def update_statuses(self) -> int:
        """Update the status of every task from the decisions about its pairs; returns how many changed.

        The first decision sets it to in progress. When the target is reached it is completed, or in review if its
        assignee is not the person who created it.
        """
        with self._store.read() as connection:
            if not any(_next(view) for view in self._under_way(connection)):
                return 0
        moved = 0
        with self._store.write() as connection:
            for view in self._under_way(connection):
                task = view.task
                while (to := _next(TaskView(task, view.gap, view.items, view.done))) is not None:
                    note = f"{view.done} of {task.target_record_count} pairs decided"
                    task = self._move(connection, task, to, note)
                moved += task is not view.task
        return moved

    # Helpers

    def _under_way(self, connection: Connection) -> list[TaskView]:
        return _views(connection, queries.tasks_under_way(connection))

    def _sheet(self, connection: Connection, task: AnnotationTask) -> TrainingSheet:
        if task.training_sheet_id is None:
            raise NotFoundError(
                "This task was imported and has no training sheet.",
                f"Create a new task for its gap: ontos gaps task {task.gap_id[:8]}",
            )
        return rows.get(connection, TrainingSheet, task.training_sheet_id)

    def _fill(self, connection: Connection, task: AnnotationTask, gap: Gap, sheet: TrainingSheet) -> None:
        existing = queries.item_count(connection, task)
        pairs = select_pairs(connection, gap, sheet, max(0, task.target_record_count - existing), self._actor)
        rows.add_many(
            connection,
            (AnnotationItem(task_id=task.id, pair_id=pair_id, was_open=is_open) for pair_id, is_open in pairs),
        )
        if pairs:
            rows.log(connection, task, "fill", self._actor, after={"pairs": len(pairs)}, scope_id=gap.id)

    def _move(self, connection: Connection, task: AnnotationTask, to: TaskStatus, note: str) -> AnnotationTask:
        check_transition(TASK_TRANSITIONS, task.status, to, f"The task {task.title!r}")
        columns = {"assignee": ""} if to is TaskStatus.PENDING else {}
        after = self._change(connection, task, to.value, reason=note, status=to, **columns)
        gap = rows.get(connection, Gap, task.gap_id)
        if to is TaskStatus.IN_PROGRESS and gap.status in (GapStatus.IDENTIFIED, GapStatus.TASK_CREATED):
            self._move_gap(connection, gap, GapStatus.IN_PROGRESS, f"task {task.id[:8]} has started")
        if to is TaskStatus.CANCELLED and gap.status in OPEN_GAPS and not queries.has_other_tasks(connection, task):
            self._move_gap(connection, gap, GapStatus.IDENTIFIED, f"task {task.id[:8]} is cancelled")
        return after

    def _move_gap(self, connection: Connection, gap: Gap, to: GapStatus, note: str) -> None:
        change_gap(connection, gap, self._actor, note=note, by_analysis=True, status=to)

    def _change(
        self, connection: Connection, task: AnnotationTask, action: str, *, reason: str = "", **columns: Any
    ) -> AnnotationTask:
        after = rows.change(connection, task, **columns, updated_by=self._actor)
        old, new = (one.model_dump(mode="json", include=set(columns)) for one in (task, after))
        changed = [name for name in old if old[name] != new[name]]
        rows.log(
            connection,
            task,
            action,
            self._actor,
            before={name: old[name] for name in changed},
            after={name: new[name] for name in changed},
            scope_id=task.gap_id,
            reason=reason,
        )
        return after


def _next(view: TaskView) -> TaskStatus | None:
    """The next status of a task by its decided pairs; None when it stays."""
    task = view.task
    if task.status in (TaskStatus.PENDING, TaskStatus.ASSIGNED):
        return TaskStatus.IN_PROGRESS if view.done else None
    if task.status is not TaskStatus.IN_PROGRESS or not view.reached:
        return None
    by_another = task.assignee not in ("", task.created_by)
    return TaskStatus.REVIEW if by_another else TaskStatus.COMPLETED


def _views(connection: Connection, tasks: Sequence[AnnotationTask]) -> list[TaskView]:
    progress = queries.progress(connection, [task.id for task in tasks])
    gaps = gaps_by_id(connection, [task.gap_id for task in tasks])
    counts = ((task, progress.get(task.id, TaskProgress())) for task in tasks)
    return [TaskView(task, gaps[task.gap_id], count.items, count.done) for task, count in counts]


def _sheet_of(connection: Connection, gap: Gap) -> TrainingSheet | None:
    """The training sheet of the gap's model; None when the gap was imported without its model."""
    versions = models.versions(connection, gap.model_name)
    if not versions:
        return None
    return rows.get(connection, TrainingSheet, max(versions, key=lambda model: model.version).training_sheet_id)


def _open(task: AnnotationTask) -> AnnotationTask:
    if task.status in FINISHED_TASKS:
        raise ConflictError(
            f"The task {task.title!r} is {task.status}.",
            f"Create a new task for its gap: ontos gaps task {task.gap_id[:8]}",
        )
    return task


def _check_names(options: dict[str, Any]) -> None:
    unknown = sorted(set(options) - set(EDITABLE))
    if unknown:
        raise InvalidInputError(f"A task has no field {', '.join(unknown)}.", f"The fields are {', '.join(EDITABLE)}.")


def _valid(fields: dict[str, Any]) -> AnnotationTask:
    values = {name: storable(value) if isinstance(value, str) else value for name, value in fields.items()}
    if not str(values["title"]).strip():
        raise InvalidInputError("The task has no title.", "Enter a title.")
    try:
        return AnnotationTask.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(f"{where}: {first['msg']}.", "Correct it.") from error


def parse_date(text: str) -> date:
    """A date such as 2026-12-31. Raises InvalidInputError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"{text!r} is not a valid date.", "Write it as 2026-12-31.") from error
