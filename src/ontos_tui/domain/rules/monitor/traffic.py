"""Traffic over time: buckets, latencies counted in bins, and what an endpoint's health is made of. Times are UTC."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import accumulate

PER_DECADE = 10
"""Bins of latencies between one power of ten and the next."""
FIRST_MS, LAST_MS = 0.1, 100_000.0
EDGES: tuple[float, ...] = tuple(
    FIRST_MS * 10 ** (number / PER_DECADE) for number in range(round(math.log10(LAST_MS / FIRST_MS)) * PER_DECADE + 1)
)
"""Borders between the bins, in ms. The first bin is below all of them, the last one starts at the last of them."""
BINS = len(EDGES) + 1
WITHIN = 10 ** (1 / PER_DECADE) - 1
"""How far a percentile that is read from the bins can be from the true one: the width of a bin (25.9 %)."""


_WIDTHS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_PREFIXES = {"minute": 16, "hour": 13, "day": 10}


class Bucket(StrEnum):
    """The width of a point in a time series; days are those of UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def width(self) -> timedelta:
        """How long a bucket lasts."""
        return _WIDTHS[self.value]

    @property
    def prefix(self) -> int:
        """The characters of an ISO time that all times of one bucket share."""
        return _PREFIXES[self.value]

    @property
    def narrower(self) -> Bucket | None:
        """The next smaller width."""
        return {"day": Bucket.HOUR, "hour": Bucket.MINUTE}.get(self.value)

    def start_of(self, at: datetime) -> datetime:
        """The beginning of the bucket that `at` is in."""
        at = at.astimezone(UTC).replace(second=0, microsecond=0)
        return at if self is Bucket.MINUTE else at.replace(minute=0, hour=at.hour if self is Bucket.HOUR else 0)

    def next_start(self, at: datetime) -> datetime:
        """`at` itself when a bucket begins there, else the beginning of the next one."""
        start = self.start_of(at)
        return start if start == at else start + self.width

    def key(self, start: datetime) -> str:
        """What a bucket is called: the characters that its times share."""
        # isoformat, not strftime: the latter writes the year 999 in three digits.
        return start.astimezone(UTC).isoformat()[: self.prefix]


@dataclass(frozen=True)
class Tally:
    """Requests, counted. Latencies (in ms) are those of the answered ones; `bins` counts them between `EDGES`."""

    requests: int = 0
    errors: int = 0
    latency_sum: float = 0.0
    bins: tuple[int, ...] = (0,) * BINS
    last_at: datetime | None = None

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.requests + other.requests,
            self.errors + other.errors,
            self.latency_sum + other.latency_sum,
            tuple(map(int.__add__, self.bins, other.bins)),
            max((at for at in (self.last_at, other.last_at) if at is not None), default=None),
        )

    @property
    def answered(self) -> int:
        """Requests without an error."""
        return self.requests - self.errors

    @property
    def error_rate(self) -> float | None:
        """Errors as a share of the requests; None without any."""
        return self.errors / self.requests if self.requests else None

    @property
    def mean_latency_ms(self) -> float | None:
        """Exact, of the answered ones."""
        return self.latency_sum / self.answered if self.answered else None

    def percentiles(self, *shares: float) -> tuple[float | None, ...]:
        """The latencies that these shares of the answered requests stay within, at most `WITHIN` from the true ones.

        Each lies in the bin of the true one (by nearest rank), as far in as its rank is among those of the bin; below
        the first border and above the last one it is that border, which is all that is known there.
        """
        seen = list(accumulate(self.bins))
        return tuple(_percentile(self.bins, seen, share) if seen[-1] else None for share in shares)


def _percentile(bins: Sequence[int], seen: Sequence[int], share: float) -> float:
    rank = max(1, math.ceil(share * seen[-1]))
    at = bisect_left(seen, rank)
    if at in (0, BINS - 1):
        return EDGES[0] if at == 0 else EDGES[-1]
    into = (rank - seen[at - 1] - 0.5) / bins[at]
    return float(EDGES[at - 1] * (EDGES[at] / EDGES[at - 1]) ** into)


def bin_of(latency_ms: float) -> int:
    """The bin that a latency is counted in."""
    return bisect_right(EDGES, latency_ms)


def bin_in_sql(latency_ms: str, low: int = 0, high: int = BINS - 1) -> str:
    """`bin_of` as SQL over a column, by halves: a sum for each bin takes ten times as long for many rows."""
    if low == high:
        return str(low)
    middle = (low + high) // 2
    lower, upper = bin_in_sql(latency_ms, low, middle), bin_in_sql(latency_ms, middle + 1, high)
    return f"CASE WHEN {latency_ms} < {EDGES[middle]!r} THEN {lower} ELSE {upper} END"


@dataclass(frozen=True)
class Ratings:
    """What people said, counted."""

    ratings: int = 0
    rating_sum: int = 0
    corrections: int = 0

    def __add__(self, other: Ratings) -> Ratings:
        return Ratings(
            self.ratings + other.ratings, self.rating_sum + other.rating_sum, self.corrections + other.corrections
        )

    @property
    def mean(self) -> float | None:
        """The mean rating; None without any."""
        return self.rating_sum / self.ratings if self.ratings else None


class HealthState(StrEnum):
    """How an endpoint is, in a word."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    WARNING = "warning"
    CRITICAL = "critical"
    NO_DATA = "no data"


BANDS: tuple[tuple[int, HealthState], ...] = (
    (90, HealthState.HEALTHY),
    (70, HealthState.DEGRADED),
    (50, HealthState.WARNING),
    (0, HealthState.CRITICAL),
)
"""From how many points on each state holds."""
LEAST_REQUESTS = 20
"""Requests within the last hour from which the share of errors says something."""
PER_ALERT = 10
FOR_DRIFT = {"critical": 30, "high": 20, "medium": 10}
"""Points that an open alert, and drift of a severity, cost."""


@dataclass(frozen=True)
class Health:
    """An endpoint's health: 0 to 100 points (None without enough requests), and why."""

    state: HealthState
    points: int | None
    requests: int
    errors: int


def health(requests: int, errors: int, drift: str | None = None, alerts: int = 0) -> Health:
    """100 points less the percentage of errors in the last hour, 10 for every open alert, and 30, 20 or 10 for drift.

    The bands and the prices of alerts and drift are those of the earlier web version. There, errors cost half a point
    a percent, so that an endpoint which only fails was no worse than `warning`, and one that nobody asks had 50 points;
    here every percent costs one point, and fewer than `LEAST_REQUESTS` requests are no data.
    """
    if requests < LEAST_REQUESTS:
        return Health(HealthState.NO_DATA, None, requests, errors)
    lost = 100 * errors / requests + PER_ALERT * alerts + FOR_DRIFT.get(drift or "", 0)
    # Rounded down, so that a band is not reached by rounding.
    points = max(0, math.floor(100 - lost))
    return Health(next(state for least, state in BANDS if points >= least), points, requests, errors)
