"""Sharing in the background: changes are pushed soon after they are made, and pulled every little while."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.sync import SyncState

if TYPE_CHECKING:
    from ontos_tui.services.team.sync import SyncStatus
    from ontos_tui.workspace import Workspace

PUSH_SECONDS, PULL_SECONDS, AWAY_SECONDS = 2.0, 15.0, 60.0
"""How soon a change is pushed, how often others' are looked for, and how long a hub that is away is left alone."""
REST_SECONDS = 300.0
"""After so long without a key others' changes are not pulled: a warehouse that is queried on and on never stops."""
LOG = logging.getLogger("ontos.sync")


class SyncWorker:
    """A thread that shares while the app is open, if this workspace shares at all."""

    def __init__(
        self, workspace: Workspace, report: Callable[[SyncStatus, bool], None], idle_seconds: Callable[[], float]
    ) -> None:
        """`report` is called from the thread whenever the state may have changed, also with whether it rests.

        `idle_seconds` gives the seconds since the last key.
        """
        self._workspace = workspace
        self._report = report
        self._idle_seconds = idle_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End before the next round; a round that is under way is broken off by the end of the process."""
        self._stop.set()

    def _run(self) -> None:
        service = self._workspace.sync
        wait = 0.0
        quiet = PULL_SECONDS
        while not self._stop.wait(wait):
            resting = bool(wait) and self._idle_seconds() >= REST_SECONDS
            try:
                status = service.status()
                if status.state is SyncState.OFF:
                    self._report(status, False)
                    return
                if status.waiting > status.conflicts or (quiet >= PULL_SECONDS and not resting):
                    quiet = 0.0
                    service.sync()
                    status = service.status()
                wait = PUSH_SECONDS
                quiet += wait
                self._report(status, resting)
            except OntosError as error:
                LOG.warning("syncing: %s", error)
                wait, quiet = AWAY_SECONDS, PULL_SECONDS
                self._report(service.status(), False)
            except Exception:
                LOG.exception("syncing")
                wait = AWAY_SECONDS


def describe_sync(status: SyncStatus, resting: bool = False) -> str:
    """The state in a few words for the header; while it rests, with the time when it last was so."""
    if status.state is SyncState.OFF:
        return ""
    if status.state is SyncState.OFFLINE and status.away_since is not None:
        words = f"⇅ offline since {status.away_since.astimezone():%H:%M}, {status.waiting:,} waiting"
    elif status.state is SyncState.WAITING:
        words = f"⇅ {status.waiting - status.conflicts:,} waiting"
    else:
        words = "⇅ synced"
        if resting and status.last_at is not None:
            words = f"{words} {status.last_at.astimezone():%H:%M}"
    return f"{words} ⚑ {status.conflicts:,}" if status.conflicts else words
