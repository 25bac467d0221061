"""Running and past jobs: progress, events, cancel, resume."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job, JobEvent

REFRESH_SECONDS = 1.0


class JobsDialog(Dialog[None], BackgroundMixin):
    """The jobs of this workspace, newest first."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.jobs.cancel", "c", "Cancel", "Stop the job; what it finished is saved"),
        Command("dialog.jobs.resume", "r", "Resume", "Continue a job that failed or was cancelled"),
        Command("dialog.jobs.leave", "escape,q", "Back", "Close; jobs continue"),
    )
    DEFAULT_CSS = """
    JobsDialog > #box { height: 80%; }
    JobsDialog Table { height: 1fr; }
    JobsDialog Panel { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__("Jobs")
        self._shown = ""

    def compose_body(self) -> ComposeResult:
        yield Table["Job"](
            [ColumnSpec("job", 0), ColumnSpec("state", 10), ColumnSpec("done", 5, right=True), ColumnSpec("start", 16)],
            _cells,
            empty="No jobs yet. Training (4 t) and generation (2 g) run as jobs.",
        )
        yield Panel()

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self._load()
        self.set_interval(REFRESH_SECONDS, self._load)

    def _load(self) -> None:
        self.run_in_background(lambda workspace: workspace.jobs.jobs(), self._show)

    def _show(self, jobs: Sequence[Job]) -> None:
        self.query_one(Table).show(jobs)
        self._details()

    def on_table_moved(self) -> None:
        self._details()

    def _details(self) -> None:
        job: Job | None = self.query_one(Table).current
        if job is not None:
            self.run_in_background(
                lambda workspace: workspace.jobs.events(job.id), lambda events: self._show_job(job, events), group="ev"
            )

    def _show_job(self, job: Job, events: Sequence[JobEvent]) -> None:
        def lines(width: int) -> list[Line]:
            head = [EMPTY, line(span(job.title, "title"), span(f"  {job.id[:8]}", "muted"))]
            if job.error:
                head += wrap(f"✗ {job.error}", width, "bad")
            return head + [
                line(span(_clock(event.at), "muted"), "  ", span(event.message)) for event in reversed(events)
            ]

        self.query_one(Panel).show(lines, keep_place=self._shown == job.id)
        self._shown = job.id

    def action_cancel(self) -> None:
        job: Job | None = self.query_one(Table).current
        if job is not None:
            self.run_in_background(lambda workspace: workspace.jobs.cancel(job.id), lambda _: self._load(), group="do")

    def action_resume(self) -> None:
        job: Job | None = self.query_one(Table).current
        if job is not None:
            self.run_in_background(lambda workspace: workspace.jobs.resume(job.id), lambda _: self._load(), group="do")


def _cells(job: Job) -> Sequence[object]:
    styles = {"running": "accent", "failed": "bad", "succeeded": "good"}
    done = f"{job.done / job.total:.0%}" if job.total else ""
    return (job.title, span(job.status.value, styles.get(job.status.value, "muted")), done, _clock(job.created_at))


def _clock(at: datetime) -> str:
    return at.astimezone().strftime("%m-%d %H:%M:%S")
