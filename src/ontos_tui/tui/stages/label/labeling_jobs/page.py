"""LABEL, labeling jobs: work shared out as tasks, claimed first come, submitted, reviewed, and agreed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.rules.states import (
    LabelingJobStatus,
)
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.label.labeling_jobs.changes import JobChanges
from ontos_tui.tui.stages.label.labeling_jobs.lines import about_lines, job_cells, task_cells
from ontos_tui.tui.stages.label.labeling_jobs.new_job import ask_job, sources
from ontos_tui.tui.stages.label.labeling_jobs.state import (
    AgreementSummary,
    PageState,
    is_possible,
    read_job,
    read_jobs,
    task_to_submit,
)
from ontos_tui.tui.stages.label.page import LabelPage
from ontos_tui.tui.stages.label.work import work_of_task
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Panel
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.labeling import LabelingTask
    from ontos_tui.services.label.labeling_jobs.service import JobView, TaskView
    from ontos_tui.workspace import Workspace

ABOUT_HEIGHT = 8
"""Rows of the text about a job at most, so that its tasks stay in view at 24 rows."""


class JobsPage(LabelPage):
    """The jobs on the left; on the right how far the one under the cursor is, and its tasks."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        LabelPage.BACK,
        Command("label.jobs.label", "o", "Label", "Continue your task of this job, or claim the next free one"),
        Command("label.jobs.new", "n", "New", "New job: pairs or items split into tasks that people claim"),
        Command("label.jobs.activate", "p", "Start/pause", "Start or pause: whether people can claim tasks"),
        Command("label.jobs.submit", "S", "Submit", "Submit the task under the cursor"),
        Command("label.jobs.review", "v", "Review", "Approve a submitted task, send it back, or have it relabeled"),
        Command("label.jobs.disagreements", "d", "Disputed", "Items with different answers: decide which is right"),
        Command("label.jobs.who", "w", "Labelers", "Pace, agreement and gold accuracy of each labeler", shown=False),
        Command("label.jobs.assign", "A", "Assign", "Assign the task under the cursor to a user", shown=False),
        Command("label.jobs.release", "R", "Release", "Give the task back; its decisions stay", shown=False),
        Command("label.jobs.priority", "P", "Priority", "Urgent tasks are claimed first", shown=False),
        Command("label.jobs.finish", "x", "End", "Complete a job, or archive a finished one", shown=False),
        Command("label.jobs.delete", "D", "Delete", "Remove a draft with its tasks", shown=False),
    )
    DEFAULT_CSS = """
    JobsPage #about-job { height: auto; padding: 0 1; }
    JobsPage #tasks { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: PageState | None = None
        self._agreements: dict[str, AgreementSummary] = {}
        self._changes = JobChanges(self, self._do)

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Table["JobView"](
                [ColumnSpec("job", 0), ColumnSpec("decided", 11, right=True)],
                job_cells,
                empty="Loading…",
                id="labeling-jobs",
                classes="side",
            )
            with Vertical(classes="main"):
                about = Panel(id="about-job")
                about.can_focus = False
                yield about
                yield Table["TaskView"](
                    [
                        ColumnSpec("task", 5),
                        ColumnSpec("state", 14),
                        ColumnSpec("who", 0),
                        ColumnSpec("decided", 9, True),
                    ],
                    task_cells,
                    id="tasks",
                )

    @property
    def jobs(self) -> Table[JobView]:
        """The jobs."""
        return self.query_one("#labeling-jobs", Table)

    @property
    def tasks(self) -> Table[TaskView]:
        """The tasks of the job under the cursor."""
        return self.query_one("#tasks", Table)

    @property
    def current(self) -> JobView | None:
        """The job under the cursor."""
        return self.jobs.current

    def focus_first(self) -> None:
        self.jobs.focus()

    # Showing

    def reload(self) -> None:
        self.run_in_background(read_jobs, self._show, failed=self._say)

    def _show(self, views: Sequence[JobView]) -> None:
        self.jobs.set_empty_text(
            "No labeling job yet.\nPress n to split the pairs of a training sheet among several people, "
            "or the items of a sheet."
        )
        job_id = self.session.extra.get("labeling_job")
        cursor = next((place for place, view in enumerate(views) if view.job.id == job_id), None)
        self.jobs.show(views, cursor=cursor)
        self._look()

    def _say(self, error: OntosError) -> None:
        self.query_one("#about-job", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self, event: Table.Moved) -> None:
        if event.table is self.jobs:
            self._look()
        else:
            self.commands_changed()

    def _look(self) -> None:
        view = self.current
        self.commands_changed()
        if view is None:
            self._shown = None
            self._paint()
            return
        self.session.extra["labeling_job"] = view.job.id
        known = self._agreements.get(view.job.id)
        self.run_in_background(
            lambda workspace: read_job(workspace, view, known), self._show_about, group="about", failed=self._say
        )

    def _show_about(self, shown: PageState) -> None:
        self._shown = shown
        if shown.agreement is not None:
            self._agreements[shown.view.job.id] = shown.agreement
        self._paint()
        self.commands_changed()

    def _paint(self) -> None:
        shown, panel = self._shown, self.query_one("#about-job", Panel)
        panel.show(lambda width: about_lines(shown, width))
        panel.styles.height = min(ABOUT_HEIGHT, len(about_lines(shown, max(20, panel.size.width))))
        self.tasks.show(shown.tasks if shown is not None else ())

    # What can be done

    @property
    def current_task(self) -> LabelingTask | None:
        """The task under the cursor."""
        view = self.tasks.current
        return view.task if view is not None else None

    def possible(self, command: str) -> bool:
        if command in ("back", "new"):
            return True
        view = self.current if self.is_mounted else None
        if view is None:
            return False
        actor = self._shown.actor if self._shown is not None else ""
        return is_possible(command, view, self.current_task, actor)

    def _do(self, work: Callable[[Workspace], Any], message: str = "") -> None:
        """Change something, then show it."""

        def done(_: Any) -> None:
            if message:
                self.ontos.show_message(message)
            self.reload()
            self.ontos.refresh_overview()

        self.run_in_background(work, done, group="do")

    # Labeling

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        if event.table is self.jobs:
            self.action_label()
        elif (task := self.current_task) is not None:
            self._open(task.id)

    def _open(self, task_id: str) -> None:
        """The desk on a task: to decide when it is one's own, else to look."""
        self.post_message(self.Labeling(lambda workspace: work_of_task(workspace, task_id)))

    def action_label(self) -> None:
        view = self.current
        if view is None:
            return
        if view.job.status is not LabelingJobStatus.ACTIVE:
            self.ontos.show_message(f"The job is {view.job.status.value}. p: start it")
            return

        def claimed(task: LabelingTask | None) -> None:
            if task is None:
                self.ontos.show_message("No free task: others have claimed them, or all are done.")
                self.reload()
            else:
                self._open(task.id)

        self.run_in_background(lambda workspace: workspace.claim_task(view.job.id), claimed, group="claim")

    def came_back(self, work_id: str) -> None:
        """Back from a task: when all of it is decided, offer to hand it in."""
        self.reload()

        self.run_in_background(
            lambda workspace: task_to_submit(workspace, work_id), self._changes.offer_to_submit, group="ready"
        )

    # Tasks

    def action_submit(self) -> None:
        if (task := self.current_task) is not None:
            self._changes.submit(task)

    def action_release(self) -> None:
        if (task := self.current_task) is not None:
            self._do(lambda workspace: workspace.label.jobs.release(task.id), f"Task {task.number} is free for others.")

    def action_assign(self) -> None:
        if (task := self.current_task) is not None:
            self._changes.assign(task)

    def action_priority(self) -> None:
        if (task := self.current_task) is not None:
            self._changes.set_priority(task)

    def action_review(self) -> None:
        if (task := self.current_task) is not None:
            self._changes.review(task)

    # The job

    def action_new(self) -> None:
        def created(job: Any) -> None:
            self.session.extra["labeling_job"] = job.id
            self.ontos.show_message(f"{job.name}: {job.total_items:,} items split into tasks. p: start the job")
            self.reload()

        self.run_in_background(sources, lambda choices: ask_job(self, choices, created), group="sources")

    def action_activate(self) -> None:
        view = self.current
        if view is not None:
            verb = "pause" if view.job.status is LabelingJobStatus.ACTIVE else "activate"
            self._do(lambda workspace: getattr(workspace.label.jobs, verb)(view.job.id))

    def action_finish(self) -> None:
        if (view := self.current) is not None:
            self._changes.finish(view)

    def action_delete(self) -> None:
        if (view := self.current) is not None:
            self._changes.delete(view)

    def action_disagreements(self) -> None:
        from ontos_tui.tui.stages.label.labeling_jobs.disagreements import DisagreementsDialog

        view = self.current
        if view is not None:
            job = view.job

            def decided(_: None) -> None:
                self._agreements.pop(job.id, None)
                self.reload()

            self.app.push_screen(DisagreementsDialog(job), decided)

    def action_who(self) -> None:
        from ontos_tui.tui.stages.label.labeling_jobs.labeler_stats import LabelersDialog

        view = self.current
        if view is not None:
            job_id = view.job.id
            dialog = LabelersDialog(view.job.name, lambda workspace: workspace.label.labelers.of_job(job_id))
            self.app.push_screen(dialog)
