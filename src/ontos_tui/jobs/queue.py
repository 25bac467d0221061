"""Long work as processes of their own, with everything about them in the store.

The row comes first, then the process: whatever dies, the job is known. All changes of a job's state go through here,
by the state machine in domain/rules/states, with an event; the job's own process uses `claim`, `report` and `finish`.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import ConflictError, PlatformError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.training import Job, JobEvent, JobKind
from ontos_tui.domain.rules.states import JOB_TRANSITIONS, JobStatus, check_transition
from ontos_tui.jobs import process
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.workspace import jobs as queries
from ontos_tui.store.queries.workspace.jobs import ACTIVE

if TYPE_CHECKING:
    from ontos_tui.domain.learning import Progress

START_SECONDS = 60.0
"""A job without a process is given up after this time."""
CANCEL_SECONDS = 10.0
"""A job that does not stop when it is cancelled is ended after this time."""
LOOK_SECONDS = 1.0
"""How often `wait` checks that the process still lives; changes in the store it notices at once."""
POLL_SECONDS = 0.05
RESUME = "Resume the job (`ontos jobs resume JOB`, or r in the list of jobs); what it finished stays done."


class JobQueue:
    """The jobs of one workspace."""

    def __init__(self, store: Store, home: Path, actor: str) -> None:
        self.store = store
        self.home = home
        self.actor = actor
        self._children: dict[str, process.Child] = {}

    # What a user does

    def submit(self, kind: JobKind, title: str, params: Mapping[str, Any]) -> Job:
        """Store a new job and start its process. Raises PlatformError when no process can be started."""
        job = Job(kind=kind, title=title, params=dict(params), message="starting", created_by=self.actor)
        with self.store.write() as connection:
            rows.add(connection, job)
            _add_event(connection, job, f"submitted by {self.actor}")
        return self._start(job)

    def cancel(self, ref: str) -> Job:
        """Ask a job to stop: it does so at its next step, and is ended when it does not within CANCEL_SECONDS.

        A job that is being cancelled already, or is cancelled, stays as it is. Raises ConflictError when it is over.
        """
        self._check_processes()
        with self.store.write() as connection:
            job = rows.resolve(connection, Job, ref)
            if job.status is JobStatus.PENDING:
                job = _move(connection, job, JobStatus.CANCELLED, f"cancelled by {self.actor} before it began")
            elif job.status is JobStatus.RUNNING and not job.cancel_requested:
                _add_event(connection, job, f"cancel requested by {self.actor}")
                job = rows.change(connection, job, cancel_requested=True)
            elif job.status in (JobStatus.SUCCEEDED, JobStatus.FAILED):
                raise ConflictError(
                    f"{job.title} has {job.status} already.", "Only pending and running jobs can be cancelled."
                )
        if job.pid is not None:
            process.send_signal(job.pid, job.process_started, signal.SIGTERM)
        return job

    def resume(self, ref: str) -> Job:
        """Start a failed or cancelled job again, with the same parameters. Raises ConflictError for any other."""
        self._check_processes()
        with self.store.write() as connection:
            job = rows.resolve(connection, Job, ref)
            if job.status in ACTIVE:
                raise ConflictError(f"{job.title} is {job.status} already.", "Wait for it, or cancel it first.")
            job = _move(
                connection,
                job,
                JobStatus.PENDING,
                f"resumed by {self.actor}",
                message="starting again",
                pid=None,
                process_started=None,
                cancel_requested=False,
                error="",
                started_at=None,
                finished_at=None,
            )
        return self._start(job)

    # What a user sees

    def jobs(self, active_only: bool = False, limit: int = 50) -> list[Job]:
        """The jobs, newest first. Those whose process died are marked before they are shown."""
        self._check_processes()
        with self.store.read() as connection:
            return queries.jobs(connection, active_only=active_only, limit=limit)

    def job(self, ref: str) -> Job:
        """One job by its id or the beginning of it. Raises NotFoundError, or ConflictError when several fit."""
        self._check_processes()
        with self.store.read() as connection:
            return rows.resolve(connection, Job, ref)

    def events(self, job_id: str) -> list[JobEvent]:
        """What happened to a job, oldest first."""
        with self.store.read() as connection:
            return queries.events(connection, job_id)

    def wait(self, ref: str, timeout: float | None = None, progress: Progress | None = None) -> Job:
        """Wait until a job is over, at most `timeout` seconds; returns it as it is then, over or not."""
        deadline = None if timeout is None else time.monotonic() + timeout
        patience = threading.Event()  # never set: a pause that is not a sleep
        while True:
            counter, looked = self.store.change_counter(), time.monotonic()
            job = self.job(ref)
            if progress is not None:
                progress.update(job.done, job.total, job.message)
            if job.status not in ACTIVE:
                return job
            while self.store.change_counter() == counter and time.monotonic() - looked < LOOK_SECONDS:
                if deadline is not None and time.monotonic() >= deadline:
                    return job
                patience.wait(POLL_SECONDS)

    def time_left(self, job: Job) -> float | None:
        """An estimate in seconds, from the pace since the job began; None while nothing is done yet."""
        if job.status is not JobStatus.RUNNING or job.started_at is None or not 0 < job.done <= job.total:
            return None
        elapsed = (now() - job.started_at).total_seconds()
        return max(0.0, elapsed / job.done * (job.total - job.done))

    def log_path(self, job_id: str) -> Path:
        """Where the job's process writes its log."""
        return self.home / "logs" / f"job-{job_id}.log"

    # What the job's own process does

    def claim(self, job_id: str, pid: int) -> Job:
        """Begin a pending job as process `pid`. Raises ConflictError when it is not pending (any more)."""
        with self.store.write() as connection:
            job = rows.get(connection, Job, job_id)
            return _move(
                connection,
                job,
                JobStatus.RUNNING,
                f"running as process {pid}",
                pid=pid,
                process_started=process.start_time(pid),
                started_at=now(),
            )

    def report(self, job_id: str, **changes: Any) -> None:
        """Write how far a running job is (done, total, message) or its result so far (result)."""
        with self.store.write() as connection:
            job = rows.get(connection, Job, job_id)
            if job.status is JobStatus.RUNNING:
                rows.change(connection, job, **changes)

    def should_stop(self, job_id: str) -> bool:
        """Whether a job was cancelled or given up."""
        with self.store.read() as connection:
            job = rows.get(connection, Job, job_id)
            return job.cancel_requested or job.status is not JobStatus.RUNNING

    def finish(self, job_id: str, status: JobStatus, message: str = "", **changes: Any) -> Job:
        """Write how a job ended. One that was ended before, such as by a cancel, stays as it is."""
        with self.store.write() as connection:
            job = rows.get(connection, Job, job_id)
            if job.status is not JobStatus.RUNNING:
                return job
            changes.setdefault("message", message)
            return _move(connection, job, status, changes.get("error") or message or str(status), **changes)

    @staticmethod
    def start_worker(job_id: str, home: Path, log: Path) -> process.Child:
        """Start the process of a job of the workspace at `home`. Raises OSError. Tests may replace it."""
        return process.start_worker(job_id, home, log)

    # What keeps the states true

    def _start(self, job: Job) -> Job:
        try:
            child = self.start_worker(job.id, self.home, self.log_path(job.id))
        except OSError as error:
            what = f"No process can be started: {error.strerror or error}."
            self._end(job, JobStatus.FAILED, f"{what} {RESUME}")
            raise PlatformError(what, RESUME) from error
        self._children[job.id] = child
        with self.store.write() as connection:
            job = rows.get(connection, Job, job.id)
            if job.status is JobStatus.PENDING:
                job = rows.change(connection, job, pid=child.pid, process_started=process.start_time(child.pid))
        return job

    def _check_processes(self) -> None:
        """Find the jobs that died, never started, or do not stop although they were cancelled."""
        for job_id, child in list(self._children.items()):
            if child.poll() is not None:  # also lets the system forget it
                self._children.pop(job_id, None)
        with self.store.read() as connection:
            active = queries.jobs(connection, active_only=True)
            waiting = [job for job in active if job.pid is None or job.cancel_requested]
            since = {job.id: queries.last_event_at(connection, job) for job in waiting}
        for job in active:
            # A clock that was set back says nothing either: such a job is given up rather than waited for until then.
            seconds = abs((now() - since[job.id]).total_seconds()) if job.id in since else 0.0
            if job.pid is None:
                if seconds > START_SECONDS:
                    self._end(job, JobStatus.FAILED, f"Its process never started. {RESUME}")
            elif not process.is_alive(job.pid, job.process_started):
                self._end_dead(job)
            elif job.cancel_requested and seconds > CANCEL_SECONDS:
                process.send_signal(job.pid, job.process_started, signal.SIGKILL)
                self._end(job, JobStatus.CANCELLED, f"ended: it did not stop within {CANCEL_SECONDS:.0f} s")

    def _end_dead(self, job: Job) -> None:
        if job.cancel_requested:
            self._end(job, JobStatus.CANCELLED, "cancelled")
        elif job.status is JobStatus.PENDING:
            why = f": {last}" if (last := _last_line(self.log_path(job.id))) else "."
            self._end(job, JobStatus.FAILED, f"Its process ended before the job began{why} {RESUME}")
        else:
            what = "Its process ended without a message: it was killed, or the machine was restarted."
            self._end(job, JobStatus.FAILED, f"{what} {RESUME}")

    def _end(self, seen: Job, status: JobStatus, message: str) -> None:
        """End a job that cannot end itself, unless it has moved on since it was seen."""
        with self.store.write() as connection:
            job = rows.get(connection, Job, seen.id)
            if (job.status, job.pid, job.process_started) != (seen.status, seen.pid, seen.process_started):
                return
            error = message if status is JobStatus.FAILED else ""
            _move(connection, job, status, message, message="" if error else message, error=error)


def _move(connection: Connection, job: Job, status: JobStatus, event: str, **changes: Any) -> Job:
    """Change a job's status and record it as an event. Raises ConflictError for a change that is not allowed."""
    check_transition(JOB_TRANSITIONS, job.status, status, job.title)
    if status not in ACTIVE:
        changes.setdefault("finished_at", now())
    job = rows.change(connection, job, status=status, **changes)
    _add_event(connection, job, event, "error" if status is JobStatus.FAILED else "status")
    return job


def _add_event(connection: Connection, job: Job, message: str, kind: str = "status") -> None:
    rows.add(connection, JobEvent(job_id=job.id, kind=kind, message=message))


def _last_line(log: Path, limit: int = 300) -> str:
    """The last words of a process that could not write to the store."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 10_000))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip()[:limit] for line in reversed(lines) if line.strip()), "")
