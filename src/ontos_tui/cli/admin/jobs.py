"""Jobs: long work that goes on without this terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.core.groups import group
from ontos_tui.cli.core.output import facts, moment, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.records.training import Job
from ontos_tui.domain.terminal_text import safe_line

jobs = group("Jobs: long work that goes on without this terminal.")

JobRef = Annotated[str, typer.Argument(metavar="JOB", help="id of the job, or its beginning")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(jobs, name="jobs")


@jobs.command("list")
def list_jobs(
    context: typer.Context,
    active: Annotated[bool, typer.Option("--active", help="only those that are not over")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="at most so many")] = 20,
) -> None:
    """The jobs, newest first."""
    session = Session.of(context)
    found = session.workspace.jobs.jobs(active_only=active, limit=limit)
    rows = [(job.id[:8], job.kind, job.title, job.status, job.created_at, job.message or job.error) for job in found]
    session.show(found, lambda: table(("id", "kind", "title", "status", "made", "message"), rows, "No jobs."))


@jobs.command("show")
def show(context: typer.Context, job: JobRef) -> None:
    """A job, what happened to it, and how long it will take."""
    session = Session.of(context)
    queue = session.workspace.jobs
    found = queue.job(job)
    events = queue.events(found.id)
    left = queue.time_left(found)
    session.show(
        {"job": found, "events": events, "seconds_left": left},
        lambda: [
            *_lines(found),
            *facts([("time left", None if left is None else f"about {left:.0f} s (estimate from its pace)")]),
            *(f"{moment(event.at)}  {event.kind:<6}  {safe_line(event.message)}" for event in events),
        ],
    )


@jobs.command("cancel")
def cancel(context: typer.Context, job: JobRef) -> None:
    """Ask a job to stop."""
    session = Session.of(context)
    queue = session.workspace.jobs
    queue.cancel(job)
    found = queue.job(job)
    session.show(found, lambda: _lines(found))


@jobs.command("wait")
def wait(context: typer.Context, job: JobRef) -> None:
    """Wait until a job is over. Its failure is this command's."""
    session = Session.of(context)
    finished = session.wait_for(session.workspace.jobs.job(job))
    session.show(finished, lambda: _lines(finished))


@jobs.command("resume")
def resume(context: typer.Context, job: JobRef) -> None:
    """Start a failed or cancelled job again."""
    session = Session.of(context)
    queue = session.workspace.jobs
    queue.resume(job)
    session.show_job(queue.job(job))


def _lines(job: Job) -> list[str]:
    return facts(
        [
            ("job", f"{job.id} ({job.kind})"),
            ("title", job.title),
            ("status", job.status.value),
            ("progress", f"{job.done:,} of {job.total:,}" if job.total else ""),
            ("message", job.message),
            ("error", job.error),
            ("started", moment(job.started_at)),
            ("finished", moment(job.finished_at)),
        ]
    )
