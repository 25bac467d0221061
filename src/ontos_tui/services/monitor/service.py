"""MONITOR: the requests of endpoints, their answers, and the feedback, all counted from the inference log.

An error is a request with a status of 400 or more. Latencies are those of the answered requests. Ratings count at the
time when they were given. Times are UTC. Counts come from stored sums (store/rollups.py), so that they cost the same
whatever the size of the log.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.monitor.error_groups import ErrorGroup, group_errors
from ontos_tui.domain.rules.monitor.traffic import Bucket, Health, Ratings, Tally, health
from ontos_tui.store import rollups, rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints
from ontos_tui.store.queries.monitor import traffic
from ontos_tui.store.rollups import ALWAYS, Span

MOST_POINTS = 100_000
"""Buckets of one time series; a span with more is refused."""
EXACT_UP_TO = 10_000
"""Requests up to which percentiles use every latency of a span; beyond, they use latencies in bins."""
PERCENTILES = (0.50, 0.95)
"""The percentiles of latency that are reported."""
ERRORS_READ = 20_000
"""Failed requests of a span whose reasons are read."""
HEALTH_SPAN = timedelta(hours=1)


@dataclass(frozen=True)
class EndpointSummary:
    """An endpoint in figures; a figure is None without data.

    Percentiles are `exact`, or else within `domain.traffic.WITHIN` of the true ones. `by_version` has the requests of
    each model version (`name v3`), the last used first.
    """

    endpoint: str
    requests: int
    errors: int
    error_rate: float | None
    mean_latency_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    exact: bool
    ratings: int
    mean_rating: float | None
    corrections: int
    last_at: datetime | None
    by_version: dict[str, int]


@dataclass(frozen=True)
class VersionSummary:
    """One model version (`name v3`) in figures."""

    name: str
    requests: int
    errors: int
    ratings: int
    mean_rating: float | None


@dataclass(frozen=True)
class Point:
    """One bucket of a time series, from `start` on. Percentiles are within `domain.traffic.WITHIN` of the true ones."""

    start: datetime
    requests: int
    errors: int
    mean_latency_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    mean_rating: float | None
    ratings: int


@dataclass(frozen=True)
class RequestView:
    """One request with its last feedback."""

    record: InferenceRecord
    feedback: FeedbackItem | None


class MonitorService:
    """Reads the inference log and the feedback."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def summary(self, endpoint: str, since: datetime | None = None, until: datetime | None = None) -> EndpointSummary:
        """The endpoint in figures, over all its requests or those from `since` up to, not including, `until`."""
        span = _span(since, until)
        with self._store.read() as connection:
            by_version = rollups.traffic_by_version(connection, endpoint, span)
            ratings = sum(rollups.ratings_by_model(connection, endpoint, span).values(), Ratings())
            tally = sum(by_version.values(), Tally())
            exact = tally.requests <= EXACT_UP_TO
            percentiles = _percentiles(connection, endpoint, span) if exact else tally.percentiles(*PERCENTILES)
            names = traffic.model_names(connection, [model_id for model_id, _ in by_version])
        requests_by_version = {
            f"{names.get(id, id[:8])} v{version}": one.requests for (id, version), one in by_version.items()
        }
        return summary_of(endpoint, tally, ratings, requests_by_version, percentiles, exact=exact)

    def model(self, endpoint: str) -> ModelVersion | None:
        """The model version that answers at an endpoint now; None for a name that is no endpoint of this workspace."""
        with self._store.read() as connection:
            served = endpoints.endpoint(connection, endpoint)
            return None if served is None else rows.find_one(connection, ModelVersion, equal(id=served.model_id))

    def versions(
        self, endpoint: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[VersionSummary]:
        """The endpoint's figures by the model version that answered, the last used first."""
        span = _span(since, until)
        with self._store.read() as connection:
            tallies = rollups.traffic_by_version(connection, endpoint, span)
            ratings = rollups.ratings_by_model(connection, endpoint, span)
            names = traffic.model_names(connection, [model_id for model_id, _ in tallies])
        return [
            VersionSummary(f"{names.get(id, id[:8])} v{version}", one.requests, one.errors, rated.ratings, rated.mean)
            for (id, version), one in tallies.items()
            for rated in [ratings.get(id, Ratings())]
        ]

    def timeseries(self, endpoint: str, bucket: Bucket, since: datetime, until: datetime) -> list[Point]:
        """Every bucket from `since` up to, not including, `until`; the first and the last may be cut by them."""
        first, width = bucket.start_of(since), bucket.width
        size = math.ceil((until - first) / width) if until > since else 0
        if size > MOST_POINTS:
            raise InvalidInputError(
                f"This time range has {size:,} {bucket}s.",
                "Choose wider buckets (minute, hour, day) or a shorter range.",
            )
        with self._store.read() as connection:
            tallies = rollups.traffic_by_bucket(connection, endpoint, bucket, (since, until))
            ratings = rollups.ratings_by_bucket(connection, endpoint, bucket, (since, until))
        silent, unrated = Tally(), Ratings()
        points = []
        for number in range(size):
            start = first + number * width
            key = bucket.key(start)
            points.append(point_of(start, tallies.get(key, silent), ratings.get(key, unrated)))
        return points

    def errors(self, endpoint: str, since: datetime | None = None, until: datetime | None = None) -> list[ErrorGroup]:
        """Why requests failed, grouped by kind, the most frequent first; of the newest `ERRORS_READ` of them."""
        with self._store.read() as connection:
            return group_errors(traffic.errors(connection, endpoint, _span(since, until), ERRORS_READ))

    def health(self, endpoint: str, drift: str | None = None, alerts: int = 0) -> Health:
        """The endpoint's health, from the requests of the last hour, the severity of its drift, and its open alerts."""
        until = now()
        with self._store.read() as connection:
            tallies = rollups.traffic_by_version(connection, endpoint, (until - HEALTH_SPAN, until))
        tally = sum(tallies.values(), Tally())
        return health(tally.requests, tally.errors, drift, alerts)

    def last_request_at(self, endpoint: str) -> datetime | None:
        """The time of the endpoint's last request; None without requests."""
        with self._store.read() as connection:
            return traffic.last_request_at(connection, endpoint)

    def requests(
        self,
        endpoint: str | None = None,
        limit: int = 50,
        offset: int = 0,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        failed: bool = False,
    ) -> list[RequestView]:
        """The requests, newest first; only `failed` ones, if that is asked for."""
        with self._store.read() as connection:
            records = traffic.requests(connection, endpoint, since, until, limit, offset, failed=failed)
            return _with_feedback(connection, records)

    def request(self, id: str) -> RequestView:
        """One request by its id or the beginning of it. Raises NotFoundError."""
        with self._store.read() as connection:
            return _with_feedback(connection, [rows.resolve(connection, InferenceRecord, id)])[0]


def _span(since: datetime | None, until: datetime | None) -> Span:
    return since or ALWAYS[0], until or ALWAYS[1]


def summary_of(
    endpoint: str,
    tally: Tally,
    ratings: Ratings,
    by_version: dict[str, int],
    percentiles: Sequence[float | None],
    *,
    exact: bool,
) -> EndpointSummary:
    """An endpoint in figures, from its sums and its percentiles of `SHARES`."""
    p50, p95 = percentiles
    return EndpointSummary(
        endpoint=endpoint,
        requests=tally.requests,
        errors=tally.errors,
        error_rate=tally.error_rate,
        mean_latency_ms=tally.mean_latency_ms,
        p50_ms=p50,
        p95_ms=p95,
        exact=exact,
        ratings=ratings.ratings,
        mean_rating=ratings.mean,
        corrections=ratings.corrections,
        last_at=tally.last_at,
        by_version=by_version,
    )


def point_of(start: datetime, tally: Tally, ratings: Ratings) -> Point:
    """One bucket from its sums."""
    p50, p95 = tally.percentiles(*PERCENTILES)
    return Point(
        start=start,
        requests=tally.requests,
        errors=tally.errors,
        mean_latency_ms=tally.mean_latency_ms,
        p50_ms=p50,
        p95_ms=p95,
        mean_rating=ratings.mean,
        ratings=ratings.ratings,
    )


def _percentiles(connection: Connection, endpoint: str, span: Span) -> list[float | None]:
    """Exact percentiles of the answered requests' latency (nearest rank); None when there are none."""
    latencies = sorted(traffic.latencies(connection, endpoint, span))
    return [latencies[math.ceil(share * len(latencies)) - 1] if latencies else None for share in PERCENTILES]


def _with_feedback(connection: Connection, records: Sequence[InferenceRecord]) -> list[RequestView]:
    last = traffic.last_feedback(connection, [record.request_id for record in records])
    return [RequestView(record, last.get(record.request_id)) for record in records]
