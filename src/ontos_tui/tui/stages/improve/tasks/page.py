"""The page of tasks: its state, what it is read from, and its keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.rules.states import FINISHED_TASKS, TASK_TRANSITIONS
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.choose import ChooseDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.stages.improve.gap_lines import TASK_STATES
from ontos_tui.tui.stages.improve.tasks.display import TasksDisplay
from ontos_tui.tui.stages.improve.tasks.form import task_fields
from ontos_tui.tui.stages.improve.tasks.state import TasksState
from ontos_tui.tui.stages.pages import PagedView, StagePage

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
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = TasksState()
        self._display = TasksDisplay()

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            with Vertical(classes="side"):
                yield self._display.heading
                yield self._display.table
            yield self._display.details

    @property
    def current(self) -> TaskView | None:
        """The task under the cursor."""
        return self._display.current

    def focus_first(self) -> None:
        self._display.table.focus()

    # The state, and what it is read from

    def _change(self, **changes: Any) -> None:
        """Show another state."""
        self._state = replace(self._state, **changes)
        self._display.paint(self._state, self.session.extra.get("task", ""))
        if (view := self.current) is not None:
            self.session.extra["task"] = view.task.id
        self.commands_changed()

    def reload(self) -> None:
        open_only = not self._state.all_states
        self.run_in_background(
            lambda workspace: workspace.improve.tasks.tasks(open_only=open_only),
            lambda tasks: self._change(tasks=tuple(tasks), error=None),
            failed=lambda error: self._change(error=error),
        )

    def on_table_moved(self) -> None:
        self._change(error=None)

    def on_table_chosen(self) -> None:
        self.action_open_queue()

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
        self._change(all_states=not self._state.all_states)
        self.reload()

    async def action_show_gaps(self) -> None:
        stage = self.ontos.stage_view
        if isinstance(stage, PagedView):
            await stage.action_page("gaps")


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
