"""How long requests stay in the inference log: as many days as the settings say. Their sums stay for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from ontos_tui.domain.records.base import now
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.monitor import retention

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
