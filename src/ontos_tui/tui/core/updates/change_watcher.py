"""Changes by other processes: noticed within a second, and only then is anything read again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import unexpected

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.guide.overview import Overview
    from ontos_tui.workspace import Workspace

WATCH_SECONDS = 0.5
"""Seconds between two looks at what was committed."""
RULE_SECONDS = 60.0
"""Seconds between two evaluations of the alert rules."""
LOG = logging.getLogger("ontos.tui")


class ChangeWatcher:
    """A thread that notices what this and other processes commit."""

    def __init__(self, workspace: Workspace, changed: Callable[[Overview, list[Job]], None]) -> None:
        """`changed` is called from the thread, with the loop's state and the jobs that ended meanwhile."""
        self._workspace = workspace
        self._changed = changed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._seen = -1
        self._running: set[str] = set()
        self._next_check = monotonic() + RULE_SECONDS

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End before the next look."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(WATCH_SECONDS):
            try:
                self._look()
                self._check_rules()
            except OntosError as error:
                LOG.warning("watching: %s", error)
            except Exception as error:  # noqa: BLE001  # watching goes on; the log has it
                unexpected(error)

    def _check_rules(self) -> None:
        """While nothing checks the alert rules in the background, the open app does."""
        if monotonic() < self._next_check:
            return
        self._next_check = monotonic() + RULE_SECONDS
        alerts = self._workspace.monitor.alerts
        if alerts.rules() and alerts.watch() is None:
            alerts.evaluate()

    def _look(self) -> None:
        workspace = self._workspace
        if self._running:
            # A job that died reports nothing; listing the active jobs notices that its process is gone, and records it.
            workspace.jobs.jobs(active_only=True)
        counter = workspace.store.change_counter()
        if counter == self._seen:
            return
        self._seen = counter
        overview = workspace.overview.overview()
        running = {job.id for job in overview.running}
        ended = [workspace.jobs.job(job_id) for job_id in self._running - running]
        self._running = running
        self._changed(overview, ended)
