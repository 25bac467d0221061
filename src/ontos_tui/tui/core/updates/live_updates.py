"""While the app is open: what this and other processes commit is noticed, and shared work is pushed and pulled."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.tui.core.updates.change_watcher import ChangeWatcher

if TYPE_CHECKING:
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.guide.overview import Overview
    from ontos_tui.tui.core.updates.sync_worker import SyncWorker
    from ontos_tui.workspace import Workspace


class LiveUpdates:
    """Two threads, and what they report, brought to the event loop."""

    def __init__(
        self,
        post: Callable[[Callable[[], Any]], None],
        changed: Callable[[Overview, list[Job]], None],
        show_sync: Callable[[str], None],
    ) -> None:
        """`post` runs a call on the event loop; there `changed` gets the state of the stages and the jobs that ended,
        and `show_sync` a line about sharing."""
        self._post, self._changed, self._show_sync = post, changed, show_sync
        self._watcher: ChangeWatcher | None = None
        self._sync_worker: SyncWorker | None = None
        self._last_key = time.monotonic()

    @property
    def is_watching(self) -> bool:
        """Whether changes are being watched for."""
        return self._watcher is not None

    def start(self, workspace: Workspace) -> None:
        """Begin; nothing is shared without a team."""
        self._watcher = ChangeWatcher(
            workspace, lambda overview, ended: self._post(partial(self._changed, overview, ended))
        )
        self._watcher.start()
        if workspace.engines.team is not None:
            from ontos_tui.tui.core.updates.sync_worker import SyncWorker

            self._sync_worker = SyncWorker(workspace, self._report_sync, lambda: time.monotonic() - self._last_key)
            self._sync_worker.start()

    def key_pressed(self) -> None:
        """The user is here: a sharing that rests goes on."""
        self._last_key = time.monotonic()

    def stop(self) -> None:
        """End both threads before their next look."""
        for thread in (self._watcher, self._sync_worker):
            if thread is not None:
                thread.stop()

    def _report_sync(self, words: str) -> None:
        self._post(partial(self._show_sync, words))


def ended_message(job: Job) -> str:
    """How a job ended; one that succeeded says what came of it."""
    state = "" if job.status is JobStatus.SUCCEEDED and job.message else f"{job.status.value}. "
    return f"{job.title}: {state}{job.message}".rstrip()
