"""The progress of a job, and the request to cancel it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from ontos_tui.domain.errors import JobCancelledError, OntosError
from ontos_tui.jobs.queue import RESUME, JobQueue

REPORT_SECONDS = 0.2
"""Progress reaches the store at most five times a second, whatever the pace of the work."""


class Reporter:
    """The job's progress: `update` leaves it in memory; a thread writes it to the store and notices a cancel."""

    def __init__(self, jobs: JobQueue, job_id: str) -> None:
        self._jobs = jobs
        self._job_id = job_id
        self._latest: tuple[int, int, str] | None = None
        self._over = threading.Event()
        self._stop = threading.Event()
        self._failure: OntosError | None = None
        self._thread = threading.Thread(target=self._carry, name="progress", daemon=True)
        self.on_stop: Callable[[], None] = _nothing

    def update(self, done: int, total: int, message: str = "") -> None:
        """`done` of `total` units are finished. Raises JobCancelledError when the job was cancelled."""
        if self._stop.is_set():
            raise JobCancelledError("The job was cancelled.", RESUME)
        if self._failure is not None:
            raise self._failure
        self._latest = (done, total, message)

    def stop(self) -> None:
        """Let the next `update` end the work."""
        self._stop.set()
        self.on_stop()

    def __enter__(self) -> Reporter:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _carry(self) -> None:
        reported, counter, last = None, -1, False
        while not last:
            last = self._over.wait(REPORT_SECONDS)
            try:
                if (latest := self._latest) is not None and latest != reported:
                    done, total, message = reported = latest
                    self._jobs.report(self._job_id, done=done, total=total, message=message)
                if (moved := self._jobs.store.change_counter()) != counter:
                    counter = moved
                    if not self._stop.is_set() and self._jobs.should_stop(self._job_id):
                        self.stop()
            except OntosError as error:
                self._failure = error
                return


def _nothing() -> None:
    """What happens at a stop besides the next `update`: nothing."""
