"""Sharing in the background: what is decided here goes to the team's log soon, and others' is read now and then."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.sync import SyncState
from ontos_tui.services.team.pace import AWAY_SECONDS, PULL_SECONDS, PUSH_SECONDS, REST_SECONDS

if TYPE_CHECKING:
    from ontos_tui.services.team.team_log import SharingStatus
    from ontos_tui.workspace import Workspace

LOG = logging.getLogger("ontos.sync")
NOT_SYNCED = "⇅ not synced: see logs/ontos.log"


class SyncWorker:
    """A thread that shares while the app is open, if this workspace shares at all."""

    def __init__(self, workspace: Workspace, report: Callable[[str], None], idle_seconds: Callable[[], float]) -> None:
        """`report` gets the words for the header, from the thread, whenever the state may have changed.

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
        service = self._workspace.sharing
        wait = 0.0
        quiet = PULL_SECONDS
        while not self._stop.wait(wait):
            resting = bool(wait) and self._idle_seconds() >= REST_SECONDS
            try:
                status = service.status()
                if status.state in (SyncState.OFF, SyncState.OLD_TABLES):
                    self._report(describe_sync(status))
                    return
                if status.waiting or (quiet >= PULL_SECONDS and not resting):
                    quiet = 0.0
                    service.sync()
                    status = service.status()
                    if self._workspace.publishing is not None:
                        self._workspace.publishing.publish_if_due()
                wait = PUSH_SECONDS
                quiet += wait
                self._report(describe_sync(status, resting))
            except OntosError as error:
                LOG.warning("syncing: %s", error)
                wait, quiet = AWAY_SECONDS, PULL_SECONDS
                self._report_status()
            except Exception:  # "synced" must not stay in the header
                LOG.exception("syncing")
                wait, quiet = AWAY_SECONDS, PULL_SECONDS
                self._report(NOT_SYNCED)

    def _report_status(self) -> None:
        """What the workspace knows of its sharing after an error; it may be the database that failed."""
        try:
            self._report(describe_sync(self._workspace.sharing.status()))
        except OntosError as error:
            LOG.warning("no status: %s", error)
            self._report(NOT_SYNCED)


def describe_sync(status: SharingStatus, resting: bool = False) -> str:
    """The state in a few words for the header; while it rests, with the time when it last was so."""
    if status.state is SyncState.OFF:
        return ""
    words = _STATES.get(status.state, f"⇅ {status.state.value}")
    if status.state is SyncState.OFFLINE and status.away_since is not None:
        words = f"⇅ offline since {status.away_since.astimezone():%H:%M}"
    elif status.state is SyncState.SYNCED and resting and status.last_at is not None:
        words = f"{words} {status.last_at.astimezone():%H:%M}"
    parts = [words]
    if status.waiting:
        count = f"{status.waiting:,} waiting"
        parts = [f"⇅ {count}"] if status.state is SyncState.WAITING else [words, count]
    if status.refused:
        parts.append(f"{status.refused:,} refused")
    if status.conflicts:
        parts.append(f"⚑ {status.conflicts:,} conflict{'' if status.conflicts == 1 else 's'}")
    return " · ".join(parts)


_STATES = {
    SyncState.OTHER_LOG: "⇅ not the log you shared with",
    SyncState.UPDATE: "⇅ update Ontos to read the team's log",
    SyncState.OLD_TABLES: "⇅ not shared: run ontos sync --move-to-log",
}
