"""MONITOR on Databricks: the traffic of an endpoint from all users, counted there on demand, and stored here.

The last count can be shown while the workspace is not reachable, always with its time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError, NoTeamError
from ontos_tui.domain.records.monitor.team_traffic import TeamHour, TeamReading
from ontos_tui.domain.rules.monitor.traffic import Bucket, Ratings, Tally
from ontos_tui.services.monitor.service import (
    MOST_POINTS,
    PERCENTILES,
    EndpointSummary,
    Point,
    VersionSummary,
    point_of,
    summary_of,
)
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.monitor import traffic

if TYPE_CHECKING:
    from ontos_tui.platforms.databricks.monitoring.inference_counts import InferenceTables


@dataclass(frozen=True)
class TeamVersion:
    """One served model in figures, with its tokens; None where the log does not have them."""

    figures: VersionSummary
    input_tokens: int | None
    output_tokens: int | None


@dataclass(frozen=True)
class TeamTraffic:
    """An endpoint over a span of whole hours, as counted at `reading.read_at`; without a reading, not counted yet."""

    summary: EndpointSummary
    versions: tuple[TeamVersion, ...]
    points: tuple[Point, ...]
    reading: TeamReading | None
    since: datetime
    until: datetime

    @property
    def not_counted(self) -> tuple[tuple[datetime, datetime], ...]:
        """The parts of the span that are not counted yet."""
        if self.reading is None or self.reading.until <= self.since or self.reading.since >= self.until:
            return ((self.since, self.until),)
        parts = ((self.since, self.reading.since), (self.reading.until, self.until))
        return tuple((since, until) for since, until in parts if since < until)


class TeamTrafficService:
    """Counts a team's traffic, stores the counts, and reads them."""

    def __init__(self, store: Store, logs: Callable[[], InferenceTables] | None) -> None:
        """`logs` is None where no team's workspace is set up."""
        self._store = store
        self._logs = logs

    @property
    def has_team(self) -> bool:
        """Whether there is a workspace to count in."""
        return self._logs is not None

    def read(self, endpoint: str, since: datetime, until: datetime) -> TeamReading:
        """Count the hours of a span again, and replace the stored counts.

        Feedback may come days after its request, so no part of the span is final. Raises NoTeamError
        without a workspace, AwayError, PlatformError.
        """
        if self._logs is None:
            raise NoTeamError
        since, until = whole_hours(since, until)
        counted = self._logs().hours(endpoint, since, until)
        with self._store.write() as connection:
            before = traffic.team_reading(connection, endpoint)
            first, last = since, until
            if before is not None and before.logged and before.since <= until and since <= before.until:
                first, last = min(since, before.since), max(until, before.until)
            reading = TeamReading(
                endpoint=endpoint, since=first, until=last, logged=counted.logged, missing=list(counted.missing)
            )
            traffic.replace_team_hours(connection, since, until, counted.hours, reading)
        return reading

    def traffic(self, endpoint: str, bucket: Bucket, since: datetime, until: datetime) -> TeamTraffic:
        """The stored counts of a span, in whole hours. Raises InvalidInputError for buckets of a minute."""
        if bucket is Bucket.MINUTE:
            raise InvalidInputError("Team traffic is counted by hour.", "Choose hours or days.")
        since, until = whole_hours(since, until)
        with self._store.read() as connection:
            hours = traffic.team_hours(connection, endpoint, since, until)
            reading = traffic.team_reading(connection, endpoint)
        return TeamTraffic(
            summary=_summary(endpoint, hours),
            versions=tuple(_version(name, some) for name, some in _by_version(hours).items()),
            points=tuple(_points(hours, bucket, since, until)),
            reading=reading,
            since=since,
            until=until,
        )


def whole_hours(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The span, extended to full hours. Raises InvalidInputError when it ends before it begins."""
    if since >= until:
        raise InvalidInputError("The time range ends before it begins.", "Put its start first.")
    return Bucket.HOUR.start_of(since), Bucket.HOUR.next_start(until)


def _summary(endpoint: str, hours: Sequence[TeamHour]) -> EndpointSummary:
    tally, ratings = sum((one.tally for one in hours), Tally()), sum((one.rating_counts for one in hours), Ratings())
    requests_by_version = {name: sum(one.requests for one in some) for name, some in _by_version(hours).items()}
    return summary_of(endpoint, tally, ratings, requests_by_version, tally.percentiles(*PERCENTILES), exact=False)


def _by_version(hours: Sequence[TeamHour]) -> dict[str, list[TeamHour]]:
    """The hours by the version that answered, the last used first."""
    groups: dict[str, list[TeamHour]] = {}
    for one in sorted(hours, key=lambda hour: hour.last_at, reverse=True):
        groups.setdefault(one.version or one.served or "unknown", []).append(one)
    return groups


def _version(name: str, hours: Sequence[TeamHour]) -> TeamVersion:
    tally, ratings = sum((one.tally for one in hours), Tally()), sum((one.rating_counts for one in hours), Ratings())
    figures = VersionSummary(name, tally.requests, tally.errors, ratings.ratings, ratings.mean)
    return TeamVersion(figures, _sum(one.input_tokens for one in hours), _sum(one.output_tokens for one in hours))


def _sum(values: Iterable[int | None]) -> int | None:
    """The sum of the known values; None without one."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _points(hours: Sequence[TeamHour], bucket: Bucket, since: datetime, until: datetime) -> Iterator[Point]:
    first = bucket.start_of(since)
    size = math.ceil((until - first) / bucket.width)
    if size > MOST_POINTS:
        raise InvalidInputError(
            f"This time range has {size:,} {bucket}s.", "Choose wider buckets or a shorter time range."
        )
    tallies: dict[datetime, Tally] = {}
    ratings: dict[datetime, Ratings] = {}
    for one in hours:
        start = bucket.start_of(one.start)
        tallies[start] = tallies.get(start, Tally()) + one.tally
        ratings[start] = ratings.get(start, Ratings()) + one.rating_counts
    for number in range(size):
        start = first + number * bucket.width
        yield point_of(start, tallies.get(start, Tally()), ratings.get(start, Ratings()))
