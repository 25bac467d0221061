"""Requests that the server refused before any model saw them: counted at once, and logged like every other request."""

from __future__ import annotations

import threading
from collections import Counter
from time import monotonic

from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.text.storable import storable
from ontos_tui.store import rows
from ontos_tui.store.bulk import new_ids
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints
from ontos_tui.store.queries.inference_log import log_requests

MOST_AT_ONCE = 1_000
"""Refusals that are written in a second; a flood of them comes into the log over time."""
MOST_REASONS = 256
"""Different refusals that wait to be written; beyond, the reason of one is left out."""
LONGEST_REASON = 200

_Refusal = tuple[str, int, str]
"""Endpoint, status and reason."""


class RefusalLog:
    """Counts refusals without waiting for the disk. `write` brings them into the log. Safe from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._waiting: Counter[_Refusal] = Counter()
        self._written_at = float("-inf")

    def add(self, endpoint: str, status: int, reason: str) -> None:
        """A request to an endpoint was refused."""
        key = (endpoint, status, storable(reason[:LONGEST_REASON]))
        with self._lock:
            if key not in self._waiting and len(self._waiting) >= MOST_REASONS:
                key = (endpoint, status, "")
            self._waiting[key] += 1

    @property
    def waiting(self) -> bool:
        """Whether refusals wait to be written."""
        return bool(self._waiting)

    @property
    def is_due(self) -> bool:
        """Whether refusals wait, and the last ones were written a second ago."""
        return self.waiting and monotonic() - self._written_at >= 1

    def write(self) -> int:
        """Bring what waits into the log, at most `MOST_AT_ONCE`; how many are left. Of no endpoint, none is logged."""
        with self._lock:
            taken = self._take()
            left = self._waiting.total()
        self._written_at = monotonic()
        if taken:
            with self._store.write(on_disk=False) as connection:
                records = [one for key, count in taken.items() for one in _records(connection, key, count)]
                log_requests(connection, records)
        return left

    def _take(self) -> Counter[_Refusal]:
        taken: Counter[_Refusal] = Counter()
        room = MOST_AT_ONCE
        for key, count in list(self._waiting.items()):
            if not room:
                break
            taken[key] = min(count, room)
            room -= taken[key]
        self._waiting -= taken
        return taken


def _records(connection: Connection, refusal: _Refusal, count: int) -> list[InferenceRecord]:
    name, status, reason = refusal
    endpoint = endpoints.endpoint(connection, name)
    if endpoint is None:
        return []
    model = rows.get(connection, ModelVersion, endpoint.model_id)
    return [
        InferenceRecord(
            request_id=request_id,
            endpoint=name,
            model_id=model.id,
            model_version=model.version,
            requested_at=now(),
            origin=Origin.HTTP,
            input={},
            latency_ms=0.0,
            status_code=status,
            error=reason,
        )
        for request_id in new_ids(count)
    ]
