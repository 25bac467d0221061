"""What is asked before a job or a task of it is changed: whose it is, how urgent, the verdict, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ontos_tui.domain.rules.states import LabelingJobStatus, LabelingTaskStatus, ReviewVerdict
from ontos_tui.tui.dialogs.choose import ChooseDialog, ConfirmDialog
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values

if TYPE_CHECKING:
    from collections.abc import Callable

    from ontos_tui.domain.records.labeling import LabelingTask
    from ontos_tui.services.label.labeling_jobs.service import JobView
    from ontos_tui.tui.stages.label.page import LabelPage
    from ontos_tui.workspace import Workspace


class Change(Protocol):
    """Changes something in the background, says it when there is a message, and shows it."""

    def __call__(self, work: Callable[[Workspace], Any], message: str = "") -> None: ...


class JobChanges:
    """Asks over the host, and does it with `change`."""

    def __init__(self, host: LabelPage, change: Change) -> None:
        self._host = host
        self._do = change

    def offer_to_submit(self, task: LabelingTask | None) -> None:
        """Ask whether to submit a task in which everything is decided; nothing without one."""
        if task is None:
            return

        def answered(sure: bool | None) -> None:
            if sure:
                self.submit(task)

        question = f"All {task.item_count:,} items of task {task.number} are decided. Submit it?"
        self._host.app.push_screen(ConfirmDialog("Submit this task?", question), answered)

    def submit(self, task: LabelingTask) -> None:
        """Hand it in."""
        self._do(lambda workspace: workspace.label.jobs.submit(task.id), f"Task {task.number} is submitted.")

    def assign(self, task: LabelingTask) -> None:
        """Ask whose task it becomes."""

        def done(values: Values | None) -> None:
            if values is not None:
                self._do(lambda workspace: workspace.label.jobs.assign(task.id, values["who"]))

        fields = (FormField("who", "Assignee", task.assignee or None, required=True, hint="the user name"),)
        self._host.app.push_screen(FormDialog(f"Assign task {task.number}", fields, verb="Assign"), done)

    def set_priority(self, task: LabelingTask) -> None:
        """Ask how urgent it is."""
        from ontos_tui.services.label.labeling_jobs.service import PRIORITIES

        def done(index: int | None) -> None:
            if index is not None:
                self._do(lambda workspace: workspace.label.jobs.set_priority(task.id, PRIORITIES[index], task.due_date))

        dialog = ChooseDialog(
            f"How urgent is task {task.number}?", [(one, "") for one in PRIORITIES], PRIORITIES.index(task.priority)
        )
        self._host.app.push_screen(dialog, done)

    def review(self, task: LabelingTask) -> None:
        """Ask for the verdict on a submitted task."""
        verdicts = {
            ReviewVerdict.APPROVE: "its answers count",
            ReviewVerdict.REWORK: "back to the labeler",
            ReviewVerdict.REJECT: "relabeled by another person",
        }

        def done(values: Values | None) -> None:
            if values is not None:
                verdict, notes = values["verdict"], values["notes"] or ""
                self._do(lambda workspace: workspace.label.jobs.review(task.id, verdict, notes))

        meanings = "; ".join(f"{name}: {what}" for name, what in verdicts.items())
        fields = (
            FormField("verdict", "Verdict", None, tuple(verdicts), required=True, hint=meanings),
            FormField("notes", "Notes", None, hint="required for rework and reject: what to improve"),
        )
        about = f"{task.item_count:,} items by {task.assignee}; enter on the task: show its answers"
        self._host.app.push_screen(FormDialog(f"Review task {task.number}", fields, about=about, verb="Review"), done)

    def finish(self, view: JobView) -> None:
        """Complete a job, once the user has confirmed it; archive a draft or a finished one."""
        job = view.job
        if job.status in (LabelingJobStatus.DRAFT, LabelingJobStatus.COMPLETED):
            self._do(lambda workspace: workspace.label.jobs.archive(job.id), f"{job.name} is archived.")
            return
        left = sum(view.tasks.values()) - sum(
            n for status, n in view.tasks.items() if status is LabelingTaskStatus.APPROVED
        )

        def answered(sure: bool | None) -> None:
            if sure:
                self._do(lambda workspace: workspace.label.jobs.complete(job.id, force=True))

        question = (
            f"{left:,} tasks are not finished; their answers do not become labels."
            if left
            else "All tasks are finished."
        )
        self._host.app.push_screen(ConfirmDialog(f"Complete {job.name}?", question), answered)

    def delete(self, view: JobView) -> None:
        """Delete a draft, once the user has confirmed it."""

        def answered(sure: bool | None) -> None:
            if sure:
                self._do(lambda workspace: workspace.label.jobs.delete(view.job.id))

        question = f"{view.job.name} is deleted with its {sum(view.tasks.values()):,} tasks. It has no decisions."
        self._host.app.push_screen(ConfirmDialog("Delete this draft?", question), answered)
