"""Jobs: long work that goes on without this terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import facts, moment, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.records.training import Job
from ontos_tui.domain.text.terminal_text import safe_line

jobs = noun_group("Jobs: long work that goes on without this terminal.")

JobRef = Annotated[str, typer.Argument(metavar="JOB", help="id of the job, or its beginning")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(jobs, name="jobs")


@jobs.command("list")
def list_jobs(
    context: typer.Context,
    active: Annotated[bool, typer.Option("--active", help="only jobs that are not over")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="show at most this many")] = 20,
) -> None:
    """The jobs, newest first."""
    session = Session.of(context)
    listed = session.workspace.jobs.jobs(active_only=active, limit=limit)
    rows = [(job.id[:8], job.kind, job.title, job.status, job.created_at, job.message or job.error) for job in listed]
    session.show(listed, lambda: table(("id", "kind", "title", "status", "created", "message"), rows, "No jobs."))


@jobs.command("show")
def show(context: typer.Context, job: JobRef) -> None:
    """A job, what happened to it, and how long it will take."""
    session = Session.of(context)
    queue = session.workspace.jobs
    record = queue.job(job)
    events = queue.events(record.id)
    left = queue.time_left(record)
    session.show(
        {"job": record, "events": events, "seconds_left": left},
        lambda: [
            *_lines(record),
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
    cancelled = queue.job(job)
    session.show(cancelled, lambda: _lines(cancelled))


@jobs.command("wait")
def wait(context: typer.Context, job: JobRef) -> None:
    """Wait until a job is over. If it fails, so does this command."""
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
