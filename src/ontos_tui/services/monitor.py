"""MONITOR: what endpoints were asked, how they answered, and what people said about it. All of it counted from the log.

An error is a request with a status of 400 or more. Latencies are those of the answered requests. Ratings count at the
time when they were given. Times are UTC.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Text, case, cast, func, literal_column, select, type_coerce

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.improve import FeedbackItem
from ontos_tui.domain.serving import InferenceRecord
from ontos_tui.domain.training import ModelVersion
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

LOG = table(InferenceRecord).c
FEEDBACK = table(FeedbackItem).c
MOST_POINTS = 100_000
"""Buckets of one time series; a span with more is refused."""

ANSWERED = LOG.status_code < 400
ERRORS = func.coalesce(func.sum(cast(LOG.status_code >= 400, Integer)), 0)


class Bucket(StrEnum):
    """The width of a point in a time series; days are those of UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def width(self) -> timedelta:
        """How long a bucket lasts."""
        return {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}[self.value]

    @property
    def prefix(self) -> int:
        """The characters of an ISO time that all times of one bucket share."""
        return {"minute": 16, "hour": 13, "day": 10}[self.value]

    def start_of(self, at: datetime) -> datetime:
        """The beginning of the bucket that `at` is in."""
        at = at.astimezone(UTC).replace(second=0, microsecond=0)
        return at if self is Bucket.MINUTE else at.replace(minute=0, hour=at.hour if self is Bucket.HOUR else 0)


@dataclass(frozen=True)
class EndpointSummary:
    """An endpoint in figures; None where there is nothing to make the figure from.

    `by_version` has the requests of each model version (`name v3`), the one that was asked last first.
    """

    endpoint: str
    requests: int
    errors: int
    error_rate: float | None
    p50_ms: float | None
    p95_ms: float | None
    ratings: int
    mean_rating: float | None
    corrections: int
    last_at: datetime | None
    by_version: dict[str, int]


@dataclass(frozen=True)
class VersionSummary:
    """What one model version (`name v3`) has a part in."""

    name: str
    requests: int
    errors: int
    ratings: int
    mean_rating: float | None


@dataclass(frozen=True)
class Point:
    """One bucket of a time series, from `start` on."""

    start: datetime
    requests: int
    errors: int
    mean_latency_ms: float | None
    mean_rating: float | None
    ratings: int


@dataclass(frozen=True)
class RequestView:
    """One request with the last thing that somebody said about it."""

    record: InferenceRecord
    feedback: FeedbackItem | None


class MonitorService:
    """Reads the inference log and the feedback."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def summary(self, endpoint: str, since: datetime | None = None) -> EndpointSummary:
        """The endpoint in figures, over all its requests or those from `since` on."""
        asked = [LOG.endpoint == endpoint] + ([] if since is None else [LOG.requested_at >= since])
        rated = [FEEDBACK.endpoint == endpoint] + ([] if since is None else [FEEDBACK.created_at >= since])
        with self._store.read() as connection:
            last_at = func.max(LOG.requested_at)
            versions = connection.execute(
                select(LOG.model_id, LOG.model_version, func.count(), ERRORS, last_at)
                .where(*asked)
                .group_by(LOG.model_id, LOG.model_version)
                .order_by(last_at.desc())
            ).all()
            names = _names(connection, [row[0] for row in versions])
            ratings, mean_rating, corrections = connection.execute(
                select(func.count(), func.avg(FEEDBACK.rating), func.count(FEEDBACK.correction)).where(*rated)
            ).one()
            requests, errors = sum(row[2] for row in versions), sum(row[3] for row in versions)
            p50, p95 = _percentiles(connection, asked, requests - errors, (0.50, 0.95))
        return EndpointSummary(
            endpoint=endpoint,
            requests=requests,
            errors=errors,
            error_rate=errors / requests if requests else None,
            p50_ms=p50,
            p95_ms=p95,
            ratings=ratings,
            mean_rating=mean_rating,
            corrections=corrections,
            last_at=max((row[4] for row in versions), default=None),
            by_version={f"{names.get(row[0], row[0][:8])} v{row[1]}": row[2] for row in versions},
        )

    def versions(self, endpoint: str, since: datetime | None = None) -> list[VersionSummary]:
        """The endpoint's figures by the model version that answered, the one that was asked last first."""
        asked = [LOG.endpoint == endpoint] + ([] if since is None else [LOG.requested_at >= since])
        rated = [FEEDBACK.endpoint == endpoint] + ([] if since is None else [FEEDBACK.created_at >= since])
        with self._store.read() as connection:
            found = connection.execute(
                select(LOG.model_id, LOG.model_version, func.count(), ERRORS)
                .where(*asked)
                .group_by(LOG.model_id, LOG.model_version)
                .order_by(func.max(LOG.requested_at).desc())
            ).all()
            ratings = {
                model_id: (count, mean)
                for model_id, count, mean in connection.execute(
                    select(FEEDBACK.model_id, func.count(), func.avg(FEEDBACK.rating))
                    .where(*rated)
                    .group_by(FEEDBACK.model_id)
                )
            }
            names = _names(connection, [row[0] for row in found])
        return [
            VersionSummary(f"{names.get(id, id[:8])} v{version}", requests, errors, *ratings.get(id, (0, None)))
            for id, version, requests, errors in found
        ]

    def timeseries(self, endpoint: str, bucket: Bucket, since: datetime, until: datetime) -> list[Point]:
        """Every bucket from `since` up to, not including, `until`; the first and the last may be cut by them."""
        first, width = bucket.start_of(since), bucket.width
        size = math.ceil((until - first) / width) if until > since else 0
        if size > MOST_POINTS:
            raise InvalidInputError(
                f"This span has {size:,} {bucket}s.", "Choose wider buckets (minute, hour, day) or a shorter span."
            )
        asked = _bucket(LOG.requested_at, bucket)
        mean_latency = func.avg(case((ANSWERED, LOG.latency_ms)))
        rated = _bucket(FEEDBACK.created_at, bucket)
        with self._store.read() as connection:
            requests = {
                start: figures
                for start, *figures in connection.execute(
                    select(asked, func.count(), ERRORS, mean_latency)
                    .where(LOG.endpoint == endpoint, LOG.requested_at >= since, LOG.requested_at < until)
                    .group_by(asked)
                )
            }
            ratings = {
                start: figures
                for start, *figures in connection.execute(
                    select(rated, func.avg(FEEDBACK.rating), func.count())
                    .where(FEEDBACK.endpoint == endpoint, FEEDBACK.created_at >= since, FEEDBACK.created_at < until)
                    .group_by(rated)
                )
            }
        points = []
        for number in range(size):
            start = first + number * width
            key = start.strftime("%Y-%m-%dT%H:%M")[: bucket.prefix]
            points.append(Point(start, *requests.get(key, (0, 0, None)), *ratings.get(key, (None, 0))))
        return points

    def requests(self, endpoint: str | None = None, limit: int = 50, offset: int = 0) -> list[RequestView]:
        """The requests, newest first."""
        where = () if endpoint is None else (LOG.endpoint == endpoint,)
        order: tuple[Any, ...] = (LOG.requested_at.desc(), literal_column("rowid").desc())
        with self._store.read() as connection:
            records = rows.find(connection, InferenceRecord, *where, order_by=order, limit=limit, offset=offset)
            return _with_feedback(connection, records)

    def request(self, id: str) -> RequestView:
        """One request by its id or the beginning of it. Raises NotFoundError."""
        with self._store.read() as connection:
            return _with_feedback(connection, [rows.resolve(connection, InferenceRecord, id)])[0]


def _bucket(at: ColumnElement[Any], bucket: Bucket) -> ColumnElement[str]:
    return func.substr(type_coerce(at, Text), 1, bucket.prefix)


def _names(connection: Connection, model_ids: Sequence[str]) -> dict[str, str]:
    columns = table(ModelVersion).c
    found = connection.execute(select(columns.id, columns.name).where(columns.id.in_(model_ids)))
    return {row.id: row.name for row in found}


def _percentiles(
    connection: Connection, where: Sequence[ColumnElement[bool]], n: int, shares: Sequence[float]
) -> list[float | None]:
    """Exact percentiles of the answered requests' latency (nearest rank); None when there are none."""
    latencies = select(LOG.latency_ms).where(*where, ANSWERED).order_by(LOG.latency_ms)
    return [
        connection.execute(latencies.limit(1).offset(math.ceil(share * n) - 1)).scalar_one() if n else None
        for share in shares
    ]


def _with_feedback(connection: Connection, records: Sequence[InferenceRecord]) -> list[RequestView]:
    ids = [record.request_id for record in records]
    order: tuple[Any, ...] = (FEEDBACK.created_at, literal_column("rowid"))
    said = rows.find(connection, FeedbackItem, FEEDBACK.request_id.in_(ids), order_by=order)
    last = {item.request_id: item for item in said}
    return [RequestView(record, last.get(record.request_id)) for record in records]
