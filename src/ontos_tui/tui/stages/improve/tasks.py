"""IMPROVE, tasks: the labeling that closes gaps; a task opens the queue on just its pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.states import FINISHED_TASKS, TASK_TRANSITIONS
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.improve.gap_lines import TASK_STATES, task_lines
from ontos_tui.tui.stages.improve.gaps import task_fields
from ontos_tui.tui.stages.pages import StagePage
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import OneLine, Panel, line, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.improve.tasks.service import TaskView
    from ontos_tui.tui.stages.label.work import Work
    from ontos_tui.workspace import Workspace


class TasksPage(StagePage):
    """The tasks on the left, the one under the cursor on the right."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("improve.tasks.back", "escape", "Back", "To the feedback"),
        Command("improve.tasks.open_queue", "l", "Label", "Open the queue with only these pairs (enter does it too)"),
        Command("improve.tasks.assign", "a", "Assign", "Set the assignee; an empty name removes it"),
        Command("improve.tasks.move", "m", "Move", "Change the status"),
        Command("improve.tasks.edit", "e", "Edit", "Title, number of pairs, priority, due date, instructions"),
        Command("improve.tasks.fill", "f", "Fill", "Find pairs that the task is missing"),
        Command("improve.tasks.which", "o", "Open/all", "Only open tasks, or all"),
        Command("improve.tasks.show_gaps", "g", "Gaps", "The gaps that the tasks are about", shown=False),
    )
    DEFAULT_CSS = """
    TasksPage #annotation-tasks { height: 1fr; }
    TasksPage #about-task { width: 3fr; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._all = False

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            with Vertical(classes="side"):
                yield OneLine(id="which-tasks")
                yield Table["TaskView"](
                    [ColumnSpec("state", 13), ColumnSpec("task", 0), ColumnSpec("done", 7, right=True)],
                    _cells,
                    empty="Loading…",
                    id="annotation-tasks",
                )
            yield Panel(id="about-task")

    @property
    def table(self) -> Table[TaskView]:
        """The tasks."""
        return self.query_one("#annotation-tasks", Table)

    @property
    def current(self) -> TaskView | None:
        """The task under the cursor."""
        return self.table.current

    def focus_first(self) -> None:
        self.table.focus()

    # Showing

    def reload(self) -> None:
        open_only = not self._all
        self.run_in_background(
            lambda workspace: workspace.improve.tasks.tasks(open_only=open_only), self._show, failed=self._say
        )

    def _show(self, tasks: Sequence[TaskView]) -> None:
        self.table.set_empty_text("No task is open.\nCreate one: g, then n on a gap. o: show closed tasks")
        task_id = self.session.extra.get("task")
        cursor = next((place for place, one in enumerate(tasks) if one.task.id == task_id), None)
        count = f"{len(tasks):,} {'in all' if self._all else 'open'}"
        self.query_one("#which-tasks", OneLine).show(
            lambda width: line(span(" tasks: ", "muted"), count, span("   o: open or all", "muted"))
        )
        self.table.show(tasks, cursor)
        self._look()

    def _say(self, error: OntosError) -> None:
        self.query_one("#about-task", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._look()

    def on_table_chosen(self) -> None:
        self.action_open_queue()

    def _look(self) -> None:
        view = self.current
        self.commands_changed()
        if view is None:
            self.query_one("#about-task", Panel).show(lambda width: ())
            return
        self.session.extra["task"] = view.task.id
        self.query_one("#about-task", Panel).show(lambda width: task_lines(view, width), keep_place=True)

    # Commands

    def possible(self, command: str) -> bool:
        if command in ("back", "which", "show_gaps"):
            return True
        view = self.current if self.is_mounted else None
        if view is None:
            return False
        if command == "open_queue":
            return view.items > 0
        if command == "move":
            return bool(TASK_TRANSITIONS[view.task.status])
        return view.task.status not in FINISHED_TASKS

    def action_open_queue(self) -> None:
        view = self.current
        if view is None or not view.items:
            self.ontos.show_message("There are no pairs in this task. f: find some")
            return
        self.ontos.action_stage("label")
        # LABEL may have to be made first; that is under way before this.
        self.app.call_later(self._open_desk, view)

    def _open_desk(self, view: TaskView) -> None:
        from ontos_tui.tui.stages.label.view import LabelView

        stage = self.ontos.stage_view
        if isinstance(stage, LabelView):
            stage.label(lambda workspace: _work(workspace, view))

    def _do(self, work: Callable[[Workspace], Any], message: str) -> None:
        def done(_result: Any) -> None:
            self.ontos.show_message(message)
            self.reload()
            self.ontos.refresh_overview()

        self.run_in_background(work, done, group="do")

    def action_assign(self) -> None:
        view = self.current
        if view is None:
            return
        task = view.task
        fields = (FormField("assignee", "Assignee", task.assignee or None, hint="empty: not assigned"),)

        def done(values: Values | None) -> None:
            if values is not None:
                name = values["assignee"] or ""
                message = f"Assigned to {name}." if name else "Not assigned."
                self._do(lambda workspace: workspace.improve.tasks.assign(task.id, name), message)

        self.app.push_screen(FormDialog("Assign this task", fields, verb="Assign"), done)

    def action_move(self) -> None:
        view = self.current
        if view is None:
            return
        task = view.task
        to = [status for status in TASK_TRANSITIONS if status in TASK_TRANSITIONS[task.status]]

        def done(place: int | None) -> None:
            if place is not None:
                self._do(
                    lambda workspace: workspace.improve.tasks.move(task.id, to[place]), f"Status: {to[place].value}."
                )

        choices = [(TASK_STATES[one.value][0], "") for one in to]
        self.app.push_screen(ChooseDialog(f"From {task.status.value} to", choices), done)

    def action_edit(self) -> None:
        view = self.current
        if view is None:
            return
        task = view.task
        fields = task_fields(
            task.title, task.target_record_count, task.priority, task.assignee, task.due_date, task.instructions
        )

        def done(values: Values | None) -> None:
            if values is not None:
                changes = {**values, "instructions": values["instructions"] or ""}
                del changes["assignee"]
                self._do(lambda workspace: workspace.improve.tasks.update(task.id, **changes), "Saved.")

        self.app.push_screen(FormDialog("This task", [one for one in fields if one.name != "assignee"]), done)

    def action_fill(self) -> None:
        view = self.current
        if view is None:
            return
        before, task = view.items, view.task

        def filled(after: TaskView) -> None:
            self.ontos.show_message(f"{after.items - before:,} pairs added to the task.")
            self.reload()

        self.run_in_background(lambda workspace: workspace.improve.tasks.fill(task.id), filled, group="do")

    def action_which(self) -> None:
        self._all = not self._all
        self.reload()

    async def action_show_gaps(self) -> None:
        from ontos_tui.tui.stages.pages import PagedView

        stage = self.ontos.stage_view
        if isinstance(stage, PagedView):
            await stage.action_page("gaps")


def _cells(view: TaskView) -> Sequence[object]:
    done = f"{view.done:,}/{view.task.target_record_count:,}"
    return span(*TASK_STATES[view.task.status.value]), view.task.title, span(done, "muted")


def _work(workspace: Workspace, view: TaskView) -> Work:
    """The pairs of the task as work at the desk."""
    from ontos_tui.tui.stages.label.work import work_of_sheet

    assert view.task.training_sheet_id is not None, "it has pairs"
    sheet = workspace.label.queue.training_sheet(view.task.training_sheet_id)
    work = work_of_sheet(workspace, sheet)
    guidelines = "\n\n".join(
        part for part in (view.task.title, view.task.instructions, work.guidelines) if part.strip()
    )
    return replace(work, annotation_task=view.task.id, guidelines=guidelines)
