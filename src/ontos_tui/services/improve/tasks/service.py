"""Annotation tasks: the work that closes a gap. Each has its pairs, and follows by itself how they are decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Integer, and_, cast, func, or_, select

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.improve import AnnotationItem, AnnotationTask, Gap, Priority, Severity
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.domain.rules.states import TASK_TRANSITIONS, GapStatus, PairStatus, TaskStatus, check_transition
from ontos_tui.services.improve.gaps.service import OPEN, change_gap, gaps_of
from ontos_tui.services.improve.tasks.items import wanted_pairs
from ontos_tui.services.label.decisions import storable
from ontos_tui.services.records.model_versions import find_models
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

PRIORITY = {
    Severity.CRITICAL: Priority.URGENT,
    Severity.HIGH: Priority.HIGH,
    Severity.MEDIUM: Priority.NORMAL,
    Severity.LOW: Priority.LOW,
}
"""What a gap's severity makes of its task, unless somebody says otherwise."""
UNDER_WAY = (TaskStatus.PENDING, TaskStatus.ASSIGNED, TaskStatus.IN_PROGRESS)
OVER = (TaskStatus.COMPLETED, TaskStatus.CANCELLED)
EDITABLE = ("title", "description", "instructions", "priority", "target_record_count", "due_date")

_TASKS = table(AnnotationTask).c
_ITEMS = table(AnnotationItem).c
_PAIRS = table(QAPair).c

# A label that is to be looked at again counts when somebody has decided since.
_DECIDED = and_(
    _PAIRS.status.in_((PairStatus.LABELED, PairStatus.REJECTED)),
    or_(_ITEMS.was_open, func.coalesce(_PAIRS.reviewed_at > _ITEMS.added_at, False)),
)


@dataclass(frozen=True)
class TaskView:
    """A task with its gap, how many pairs it has, and how many of those are decided."""

    task: AnnotationTask
    gap: Gap
    items: int
    done: int

    @property
    def reached(self) -> bool:
        """Whether as many pairs are decided as the task asks for."""
        return self.done >= self.task.target_record_count

    @property
    def missing(self) -> int:
        """Pairs that the task asks for and that were not found yet."""
        return max(0, self.task.target_record_count - self.items)


class AnnotationTaskService:
    """Makes tasks of gaps, hands them out, and follows them. Logged under `actor`."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor

    # Looking

    def tasks(
        self,
        *,
        status: TaskStatus | None = None,
        assignee: str | None = None,
        gap_ref: str | None = None,
        open_only: bool = False,
    ) -> list[TaskView]:
        """The tasks, the most urgent open ones first, each where its pairs have taken it by now."""
        self.follow()
        with self._store.read() as connection:
            where = [] if status is None else [_TASKS.status == status]
            if assignee is not None:
                where.append(_TASKS.assignee == assignee)
            if gap_ref is not None:
                where.append(_TASKS.gap_id == rows.resolve(connection, Gap, gap_ref).id)
            if open_only:
                where.append(_TASKS.status.not_in(OVER))
            views = _views(connection, rows.find(connection, AnnotationTask, *where))
        order = list(Priority)[::-1]
        return sorted(
            views,
            key=lambda one: (one.task.status in OVER, order.index(one.task.priority), one.task.created_at),
        )

    def task(self, ref: str) -> TaskView:
        """The task that `ref` (id or the beginning of an id) means."""
        self.follow()
        with self._store.read() as connection:
            return _views(connection, [rows.resolve(connection, AnnotationTask, ref)])[0]

    def pairs(self, ref: str) -> list[QAPair]:
        """The pairs of a task, in the order of the training sheet."""
        return [pair for pair, _ in self.open_pairs(ref)[1]]

    def open_pairs(self, ref: str) -> tuple[TaskView, list[tuple[QAPair, bool]]]:
        """A task with its pairs, in the order of the training sheet, and whether each is decided."""
        view = self.task(ref)
        with self._store.read() as connection:
            mine = (_ITEMS.task_id == view.task.id, _ITEMS.pair_id == _PAIRS.id)
            done = set(connection.execute(select(_PAIRS.id).where(*mine, _DECIDED)).scalars())
            items = select(_ITEMS.pair_id).where(_ITEMS.task_id == view.task.id)
            found = rows.find(connection, QAPair, _PAIRS.id.in_(items), order_by=(_PAIRS.sequence_number,))
        return view, [(pair, pair.id in done) for pair in found]

    # Changing

    def create(self, gap_ref: str, **wishes: Any) -> TaskView:
        """A task for a gap, with as many of its pairs as there are, up to the target.

        `wishes` may set what is editable, and the assignee; without them the gap says it. Raises ConflictError when the
        gap is closed, InvalidInputError for wishes that do not fit.
        """
        assignee = storable(str(wishes.pop("assignee", ""))).strip()
        _check_names(wishes)
        with self._store.write() as connection:
            gap = rows.resolve(connection, Gap, gap_ref)
            if gap.status not in OPEN:
                raise ConflictError(f"This gap is {gap.status}.", "Set its status to identified first.")
            sheet = _sheet_of(connection, gap)
            given = {name: value for name, value in wishes.items() if value is not None}
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
        """Look again for pairs that the task still lacks, after data or requests have come in."""
        with self._store.write() as connection:
            task = _open(rows.resolve(connection, AnnotationTask, ref))
            gap, sheet = rows.get(connection, Gap, task.gap_id), self._sheet(connection, task)
            self._fill(connection, task, gap, sheet)
            return _views(connection, [task])[0]

    def update(self, ref: str, **changes: Any) -> AnnotationTask:
        """Change what is editable. Raises InvalidInputError for what does not fit, ConflictError when it is over."""
        _check_names(changes)
        if not changes:
            raise InvalidInputError("There is nothing to change.", f"Give one of {', '.join(EDITABLE)}.")
        with self._store.write() as connection:
            task = _open(rows.resolve(connection, AnnotationTask, ref))
            checked = _valid({**task.model_dump(), **changes})
            return self._change(connection, task, "edit", **{name: getattr(checked, name) for name in changes})

    def assign(self, ref: str, assignee: str) -> AnnotationTask:
        """Hand a task to somebody; to nobody with an empty name. Raises ConflictError when it is over."""
        name = storable(assignee).strip()
        with self._store.write() as connection:
            task = _open(rows.resolve(connection, AnnotationTask, ref))
            to = TaskStatus.ASSIGNED if name else TaskStatus.PENDING
            if task.status in (TaskStatus.PENDING, TaskStatus.ASSIGNED) and task.status is not to:
                check_transition(TASK_TRANSITIONS, task.status, to, f"The task {task.title!r}")
                return self._change(connection, task, "assign", assignee=name, status=to)
            return self._change(connection, task, "assign", assignee=name)

    def move(self, ref: str, status: TaskStatus, note: str = "") -> AnnotationTask:
        """Take a task to another state. Raises ConflictError where no transition leads there."""
        with self._store.write() as connection:
            task = rows.resolve(connection, AnnotationTask, ref)
            if status is TaskStatus.ASSIGNED and not task.assignee:
                raise InvalidInputError("Nobody is named.", "Assign the task to somebody.")
            return self._move(connection, task, status, storable(note))

    def follow(self) -> int:
        """Take every task where the decisions about its pairs have taken it; returns how many moved.

        The first decision puts it in progress. With the target reached it is completed, or in review when somebody else
        than its assignee has made it.
        """
        with self._store.read() as connection:
            if not any(_next(view) for view in self._under_way(connection)):
                return 0
        moved = 0
        with self._store.write() as connection:
            for view in self._under_way(connection):
                task = view.task
                while (to := _next(TaskView(task, view.gap, view.items, view.done))) is not None:
                    told = f"{view.done} of {task.target_record_count} pairs are decided"
                    task = self._move(connection, task, to, told)
                moved += task is not view.task
        return moved

    # Within

    def _under_way(self, connection: Connection) -> list[TaskView]:
        return _views(connection, rows.find(connection, AnnotationTask, _TASKS.status.in_(UNDER_WAY)))

    def _sheet(self, connection: Connection, task: AnnotationTask) -> TrainingSheet:
        if task.training_sheet_id is None:
            raise NotFoundError("This task has no training sheet: it was imported.", "Make a new task for its gap.")
        return rows.get(connection, TrainingSheet, task.training_sheet_id)

    def _fill(self, connection: Connection, task: AnnotationTask, gap: Gap, sheet: TrainingSheet) -> None:
        there = rows.count(connection, AnnotationItem, _ITEMS.task_id == task.id)
        found = wanted_pairs(connection, gap, sheet, max(0, task.target_record_count - there), self._actor)
        rows.add_many(
            connection,
            (AnnotationItem(task_id=task.id, pair_id=pair_id, was_open=is_open) for pair_id, is_open in found),
        )
        if found:
            rows.log(connection, task, "fill", self._actor, after={"pairs": len(found)}, scope_id=gap.id)

    def _move(self, connection: Connection, task: AnnotationTask, to: TaskStatus, note: str) -> AnnotationTask:
        check_transition(TASK_TRANSITIONS, task.status, to, f"The task {task.title!r}")
        columns = {"assignee": ""} if to is TaskStatus.PENDING else {}
        after = self._change(connection, task, to.value, reason=note, status=to, **columns)
        gap = rows.get(connection, Gap, task.gap_id)
        if to is TaskStatus.IN_PROGRESS and gap.status in (GapStatus.IDENTIFIED, GapStatus.TASK_CREATED):
            self._move_gap(connection, gap, GapStatus.IN_PROGRESS, f"task {task.id[:8]} has begun")
        others = (_TASKS.gap_id == gap.id, _TASKS.id != task.id, _TASKS.status != TaskStatus.CANCELLED)
        if to is TaskStatus.CANCELLED and gap.status in OPEN and not rows.count(connection, AnnotationTask, *others):
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
    """Where the decided pairs take a task; None when it stays."""
    task = view.task
    if task.status in (TaskStatus.PENDING, TaskStatus.ASSIGNED):
        return TaskStatus.IN_PROGRESS if view.done else None
    if task.status is not TaskStatus.IN_PROGRESS or not view.reached:
        return None
    by_another = task.assignee not in ("", task.created_by)
    return TaskStatus.REVIEW if by_another else TaskStatus.COMPLETED


def _views(connection: Connection, tasks: Sequence[AnnotationTask]) -> list[TaskView]:
    query = (
        select(_ITEMS.task_id, func.count(), func.sum(cast(_DECIDED, Integer)))
        .join(table(QAPair), _PAIRS.id == _ITEMS.pair_id)
        .where(_ITEMS.task_id.in_([task.id for task in tasks]))
        .group_by(_ITEMS.task_id)
    )
    counts = {task_id: (items, done) for task_id, items, done in connection.execute(query)}
    gaps = gaps_of(connection, [task.gap_id for task in tasks])
    return [TaskView(task, gaps[task.gap_id], *counts.get(task.id, (0, 0))) for task in tasks]


def _sheet_of(connection: Connection, gap: Gap) -> TrainingSheet | None:
    """The training sheet of the gap's model; None when the gap was imported without its model."""
    models = find_models(connection, gap.model_name)
    if not models:
        return None
    return rows.get(connection, TrainingSheet, max(models, key=lambda model: model.version).training_sheet_id)


def _open(task: AnnotationTask) -> AnnotationTask:
    if task.status in OVER:
        raise ConflictError(f"The task {task.title!r} is {task.status}.", "Make a new one for its gap.")
    return task


def _check_names(wishes: dict[str, Any]) -> None:
    unknown = sorted(set(wishes) - set(EDITABLE))
    if unknown:
        raise InvalidInputError(f"A task has no {', '.join(unknown)} to set.", f"There are {', '.join(EDITABLE)}.")


def _valid(fields: dict[str, Any]) -> AnnotationTask:
    kept = {name: storable(value) if isinstance(value, str) else value for name, value in fields.items()}
    if not str(kept["title"]).strip():
        raise InvalidInputError("The task has no title.", "Give it one.")
    try:
        return AnnotationTask.model_validate(kept)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(f"{where}: {first['msg']}.", "Correct it.") from error


def day(text: str) -> date:
    """A day as people write it. Raises InvalidInputError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"{text!r} is no day.", "Write it as 2026-12-31.") from error
