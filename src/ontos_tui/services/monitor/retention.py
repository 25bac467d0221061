"""How long requests stay in the inference log: as many days as the settings say. Their sums stay for good."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from ontos_tui.domain.records.base import now
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.monitor import retention

CLOCK_SLACK = timedelta(hours=1)
"""A clock that went further than this from one round to the next, beyond what has passed, has jumped."""
SILENCE = timedelta(days=1)
"""A log whose newest request is older may be one that a wrong clock looks at; the first round then leaves it alone."""
BATCH = 1_000
"""Requests that go in one transaction: while it lasts, nothing else is written."""


class LogRetention:
    """Takes old requests out of the log."""

    def __init__(self, store: Store, days: int) -> None:
        """With `days` 0 nothing goes."""
        self._store = store
        self.days = days

    def forget_old(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Delete the requests that are older than the days, in batches, until `stopped`; how many were."""
        if not self.days:
            return 0
        before, total = now() - timedelta(days=self.days), 0
        while not stopped():
            with self._store.write() as connection:
                gone = retention.forget_requests(connection, before, BATCH)
            total += gone
            if gone < BATCH:
                break
        return total

    def newest(self) -> datetime | None:
        """When the newest request of the log came; None without one."""
        with self._store.read() as connection:
            return retention.newest_request(connection)


class SteadyRetention:
    """Takes old requests out of the log in rounds, but for those in which the clock cannot be believed.

    A clock that runs ahead calls every request old. So a round does nothing when the time of day has gone on by other
    than the seconds since the round before, nor the first one when the log seems to have been silent for long: whoever
    sets clocks right has the time from one round to the next.
    """

    def __init__(self, retention: Callable[[], LogRetention]) -> None:
        self._retention = retention
        self._before: tuple[datetime, float] | None = None

    def round(self, stopped: Callable[[], bool] = lambda: False) -> int | None:
        """Delete what is old; how many were, or None when the clock is waited for."""
        log, before = self._retention(), self._before
        at, second = self._before = now(), time.monotonic()
        if before is None:
            newest = log.newest()
            believed = newest is None or -CLOCK_SLACK < at - newest < SILENCE
        else:
            believed = abs((at - before[0]) - timedelta(seconds=second - before[1])) < CLOCK_SLACK
        return log.forget_old(stopped) if believed else None
