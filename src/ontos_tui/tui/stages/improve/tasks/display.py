"""The page of tasks on the screen: the list, and the task under its cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontos_tui.tui.stages.improve.gap_lines import TASK_STATES, task_lines
from ontos_tui.tui.stages.improve.tasks.state import TasksState
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import OneLine, Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.improve.tasks.service import TaskView

COLUMNS = (ColumnSpec("state", 13), ColumnSpec("task", 0, ends=True), ColumnSpec("done", 7, right=True))


class TasksDisplay:
    """The widgets of the page, painted from its state."""

    def __init__(self) -> None:
        self.heading = OneLine(id="which-tasks")
        self.table = Table["TaskView"](COLUMNS, _cells, empty="Loading…", id="annotation-tasks")
        self.details = Panel(id="about-task", classes="main")
        self._tasks: tuple[TaskView, ...] | None = None
        self._shown = ""

    @property
    def current(self) -> TaskView | None:
        """The task under the cursor."""
        return self.table.current

    def paint(self, state: TasksState, task_id: str) -> None:
        """Show the state; the cursor stands on the task with this id when the list is another one."""
        if state.tasks is not None and state.tasks is not self._tasks:
            self._tasks = state.tasks
            self._paint_list(state, state.tasks, task_id)
        error, view = state.error, self.current
        if error is not None:
            self.details.show(lambda width: error_lines(error, width))
        elif view is None:
            self.details.show(lambda width: ())
        else:
            same, self._shown = view.task.id == self._shown, view.task.id
            self.details.show(lambda width: task_lines(view, width), keep_place=same)

    def _paint_list(self, state: TasksState, tasks: Sequence[TaskView], task_id: str) -> None:
        count = f"{len(tasks):,} {'in all' if state.all_states else 'open'}"
        self.heading.show(lambda width: line(span(" tasks: ", "muted"), count, span("   o: open or all", "muted")))
        self.table.set_empty_text(
            "No tasks yet.\nCreate one: g, then n on a gap."
            if state.all_states
            else "No task is open.\nCreate one: g, then n on a gap. o: show closed tasks"
        )
        cursor = next((place for place, one in enumerate(tasks) if one.task.id == task_id), None)
        self.table.show(tasks, cursor)


def _cells(view: TaskView) -> Sequence[object]:
    done = f"{view.done:,}/{view.task.target_record_count:,}"
    return span(*TASK_STATES[view.task.status.value]), view.task.title, span(done, "muted")
