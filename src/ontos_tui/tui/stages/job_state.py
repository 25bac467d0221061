"""The job that a stage has started: how far it is, what it said last, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.tui.widgets.lines import Line, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job, JobEvent, JobKind
    from ontos_tui.workspace import Workspace

EVENTS = 4
BAR = 16
POLL_SECONDS = 1.0
"""How often a stage looks at a job that is under way, even when nothing new was written."""


@dataclass(frozen=True)
class JobState:
    """A job with its last events, and an estimate of the seconds that are left where there is one."""

    job: Job
    events: tuple[JobEvent, ...]
    seconds_left: float | None

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.job.status in (JobStatus.PENDING, JobStatus.RUNNING)

    @property
    def ended_early(self) -> bool:
        """Whether it ended before its work was done."""
        return self.job.status in (JobStatus.FAILED, JobStatus.CANCELLED)


def newest_job(workspace: Workspace, kind: JobKind, ours: Callable[[Mapping[str, Any]], bool]) -> JobState | None:
    """The newest job of this kind whose parameters are `ours`; None when the latest jobs hold none."""
    job = next((job for job in workspace.jobs.jobs() if job.kind is kind and ours(job.params)), None)
    if job is None:
        return None
    return JobState(job, tuple(workspace.jobs.events(job.id)[-EVENTS:]), workspace.jobs.time_left(job))


def progress_lines(state: JobState, width: int) -> Iterator[Line]:
    """How far an active job is, or why one ended too early."""
    job = state.job
    if state.active:
        share = min(1.0, job.done / job.total) if job.total else 0.0
        filled = round(share * BAR)
        percent = f" {share:.0%}" if job.total else ""
        left = f", about {duration(state.seconds_left)} left" if state.seconds_left is not None else ""
        yield line(span("━" * filled, "accent"), span("─" * (BAR - filled), "muted"), span(percent, "strong"))
        yield from wrap(f"{job.message or job.status.value}{left}", width)
    elif state.ended_early:
        yield line(span(f"✗ {job.status.value}; ", "bad"), span("J", "key"), " can resume it")
        if job.error:
            yield from wrap(job.error, width)


def event_lines(state: JobState, width: int) -> Iterator[Line]:
    """The last events, the newest first."""
    for event in reversed(state.events):
        yield from wrap(f"{clock(event.at)}  {event.message}", width, "bad" if event.kind == "error" else "muted")


def clock(at: datetime) -> str:
    """A time of today, in local time."""
    return at.astimezone().strftime("%H:%M:%S")


def duration(seconds: float) -> str:
    """A time span in the unit that people would use."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
