"""Labeling jobs and their tasks as lines on the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ontos_tui.tui.widgets.lines import Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.services.label.labeling_jobs.agreement import Agreement
    from ontos_tui.services.label.labeling_jobs.service import JobView, TaskView
    from ontos_tui.tui.stages.label.labeling_jobs.state import PageState

JOB_STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("✎ draft", "warn"),
    "active": ("▸ active", "good"),
    "paused": ("‖ paused", "warn"),
    "completed": ("✓ completed", "muted"),
    "archived": ("▫ archived", "muted"),
}

TASK_STATES: Mapping[str, tuple[str, str]] = {
    "pending": ("○ free", "muted"),
    "assigned": ("◔ claimed", "accent"),
    "in_progress": ("◑ in progress", "accent"),
    "submitted": ("◕ submitted", "warn"),
    "rework": ("↺ rework", "warn"),
    "approved": ("✓ done", "good"),
    "rejected": ("✗ rejected", "bad"),
}


def job_cells(view: JobView) -> Sequence[object]:
    """A row of the list of jobs."""
    mark, style = JOB_STATES[view.job.status.value][0][0], JOB_STATES[view.job.status.value][1]
    return span(f"{mark} {view.job.name}", style if style == "muted" else "text"), span(_share(view), "muted")


def _share(view: JobView) -> str:
    return f"{view.decided:,}/{view.total:,}"


def task_cells(view: TaskView) -> Sequence[object]:
    """A row of the list of tasks."""
    task, counts = view.task, view.counts
    word, style = TASK_STATES[task.status.value]
    copy = chr(ord("a") - 1 + task.copy_number) if task.copy_number > 1 else ""
    urgent = {"urgent": "‼", "high": "!"}.get(task.priority, "")
    decided = f"{counts.total - counts.unlabeled}/{counts.total}"
    return f"{task.number}{copy}{urgent}", span(word, style), task.assignee, span(decided, "muted")


def about_lines(shown: PageState | None, width: int) -> list[Line]:
    """What a job is and how far it is."""
    return [] if shown is None else list(_about(shown, width))


def _about(shown: PageState, width: int) -> Iterator[Line]:
    view, job = shown.view, shown.view.job
    word, style = JOB_STATES[job.status.value]
    yield line(span(job.name, "title"), "  ", span(word, style))
    how = [f"{view.decided:,} of {view.total:,} decided"]
    if job.overlap > 1:
        how.append(f"{job.overlap} people per item")
    if job.needs_review:
        how.append("reviewed")
    if job.blind_share:
        how.append(f"{job.blind_share:.0%} of proposals hidden")
    if not job.shows_proposals:
        how.append("without proposals: its gold items have none")
    yield from wrap(" · ".join(how), width, "muted")
    named = f"{view.labelset.name} {view.labelset.version}" if view.labelset is not None else job.label_type
    yield from wrap(f"{named}: {view.labels:,} items labeled", width, "muted")
    for task in (one.task for one in shown.tasks if one.task.sent_back):
        yield from wrap(f"↺ task {task.number} {task.sent_back}", width, "warn")
    summary = shown.agreement
    if summary is not None:
        yield from wrap(describe_agreement(summary.agreement.whole), width, "accent")
        if summary.disputed:
            yield line(span(f"⚑ {summary.disputed:,} disputed items", "warn"), span("  d: decide them", "muted"))


def describe_agreement(agreement: Agreement) -> str:
    """An agreement in one sentence, with its interval, or why there is none."""
    if agreement.value is None:
        return f"agreement: no data yet ({agreement.why})"
    interval = "" if agreement.low is None else f" ({agreement.low:.2f} to {agreement.high:.2f})"
    equal = "" if agreement.percent is None else f", {agreement.percent:.0%} equal"
    return f"{agreement.measure} {agreement.value:.2f}{interval}{equal}, {agreement.items:,} items"
