"""Jobs: those that are not over, the newest, and what happened to them."""

from __future__ import annotations

from datetime import datetime

from ontos_tui.domain.records.training import Job, JobEvent
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import Condition, among, equal
from ontos_tui.store.connection import Connection

ACTIVE = (JobStatus.PENDING, JobStatus.RUNNING)
"""The statuses of a job that is not over."""


def jobs(connection: Connection, *, active_only: bool = False, limit: int | None = None) -> list[Job]:
    """The jobs, newest first."""
    condition = among("status", ACTIVE) if active_only else Condition("1")
    return rows.find(connection, Job, condition, order_by=("created_at DESC", "id"), limit=limit)


def events(connection: Connection, job_id: str) -> list[JobEvent]:
    """What happened to a job, oldest first."""
    return rows.find(connection, JobEvent, equal(job_id=job_id), order_by=("at", "rowid"))


def last_event_at(connection: Connection, job: Job) -> datetime:
    """When something happened to a job last, its creation included."""
    latest = connection.scalar("SELECT max(at) FROM job_events WHERE job_id = ?", (job.id,))
    return job.created_at if latest is None else datetime.fromisoformat(latest)
