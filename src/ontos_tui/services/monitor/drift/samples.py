"""The data that drift is computed from: the traffic of a time range, and a model's training pairs, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.schema import Answer
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.monitor import drift

MOST = 20_000
"""Requests of one span that are read; of more, so many are drawn at random."""
SEED = 0
BEFORE = timedelta(days=7)
"""How far back the traffic goes that recent traffic is compared with; longer when the recent time is."""


@dataclass
class Traffic:
    """The requests of one span; `total` is how many there were, of which `read` were read, `drawn` in some way.

    A request has a latency and whether it failed; its records, one or several, have the rest.
    """

    since: datetime
    until: datetime
    total: int = 0
    inputs: list[Row] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    outputs: list[Answer | None] = field(default_factory=list)
    confidences: list[dict[str, float]] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    failed: list[bool] = field(default_factory=list)
    ratings: list[int] = field(default_factory=list)
    drawn: str = f"at random (seed {SEED})"

    @property
    def read(self) -> int:
        """How many requests were read."""
        return len(self.latencies)

    @property
    def answered(self) -> list[float]:
        """Latencies of the requests that got an answer."""
        return [latency for latency, failed in zip(self.latencies, self.failed, strict=True) if not failed]

    def answers(self, model_id: str | None = None) -> tuple[list[Answer], list[dict[str, float]]]:
        """What was answered and how sure the model was; only by one model version when it is named."""
        there = [
            (output, confidence)
            for output, confidence, model in zip(self.outputs, self.confidences, self.models, strict=True)
            if output is not None and model_id in (None, model)
        ]
        return [output for output, _ in there], [confidence for _, confidence in there]


def read_traffic(connection: Connection, endpoint: str, since: datetime, until: datetime) -> Traffic:
    """The requests of an endpoint from `since` up to, not including, `until`, and the ratings given in that time."""
    traffic = Traffic(since, until, drift.request_count(connection, endpoint, since, until))
    for request in _requests(connection, endpoint, since, until, traffic.total):
        traffic.inputs.append(request.input if isinstance(request.input, dict) else {})
        traffic.models.append(request.model_id)
        traffic.outputs.append(request.output)
        traffic.confidences.append(request.confidence)
        traffic.latencies.append(request.latency_ms)
        traffic.failed.append(request.status_code >= 400)
    traffic.ratings.extend(drift.ratings(connection, endpoint, since, until))
    return traffic


def _requests(
    connection: Connection, endpoint: str, since: datetime, until: datetime, total: int
) -> Iterator[drift.Request]:
    if total <= MOST:
        return drift.requests(connection, endpoint, since, until)
    return drift.numbered_requests(connection, _draw(drift.request_numbers(connection, endpoint, since, until)))


def _draw(ids: Iterable[int]) -> list[int]:
    """`MOST` of the ids, the same ones each time for the same log."""
    import numpy as np

    there = np.fromiter(ids, dtype=np.int64)
    chosen = np.random.default_rng(SEED).choice(len(there), min(MOST, len(there)), replace=False)
    records: list[int] = np.sort(there[chosen]).tolist()
    return records


def read_training(connection: Connection, model_id: str) -> tuple[list[Row], list[Answer], int]:
    """Fields and answers of the pairs that a model was trained on, and how many pairs there are in all."""
    total = drift.training_pair_count(connection, model_id)
    pairs = drift.training_pairs(connection, model_id, MOST)
    return [fields for fields, _ in pairs], [answer for _, answer in pairs], total


def values_of(rows: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    """One column; None where a row has no such field."""
    return [row.get(name) for row in rows]
