"""Health by its bands, buckets by their borders, and moments as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.rules.monitor.traffic import LEAST_REQUESTS, Bucket, HealthState, health
from ontos_tui.domain.text.dates import read_moment

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("requests", "errors", "drift", "alerts", "points", "state"),
    [
        (0, 0, None, 0, None, HealthState.NO_DATA),
        (LEAST_REQUESTS - 1, LEAST_REQUESTS - 1, "critical", 5, None, HealthState.NO_DATA),
        (100, 0, None, 0, 100, HealthState.HEALTHY),
        (100, 10, None, 0, 90, HealthState.HEALTHY),
        (1_000, 101, None, 0, 89, HealthState.DEGRADED),
        (100, 0, "medium", 0, 90, HealthState.HEALTHY),
        (100, 0, "high", 0, 80, HealthState.DEGRADED),
        (100, 0, "critical", 0, 70, HealthState.DEGRADED),
        (100, 0, "critical", 1, 60, HealthState.WARNING),
        (100, 0, "low", 5, 50, HealthState.WARNING),
        (100, 0, None, 6, 40, HealthState.CRITICAL),
        (LEAST_REQUESTS, LEAST_REQUESTS, "critical", 9, 0, HealthState.CRITICAL),
    ],
)
def test_health_is_what_the_bands_say(
    requests: int, errors: int, drift: str | None, alerts: int, points: int | None, state: HealthState
) -> None:
    result = health(requests, errors, drift, alerts)
    assert (result.points, result.state) == (points, state)
    assert (result.requests, result.errors) == (requests, errors)


moments = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC))


@given(moments, st.sampled_from(list(Bucket)))
def test_a_moment_is_in_one_bucket_and_shares_its_key(at: datetime, bucket: Bucket) -> None:
    start = bucket.start_of(at)
    assert start <= at < start + bucket.width
    assert bucket.key(start) == bucket.key(at)
    assert bucket.key(start + bucket.width) != bucket.key(at)
    assert bucket.next_start(at) in (at, start + bucket.width)
    assert bucket.next_start(start) == start


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("now", timedelta(0)),
        ("90m", timedelta(minutes=90)),
        (" 12 h ", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("2026-11-24T11:30+00:00", timedelta(minutes=30)),
        ("2026-11-24 11:30Z", timedelta(minutes=30)),
    ],
)
def test_moments_are_read(text: str, before: timedelta) -> None:
    assert read_moment(text, NOON) == NOON - before


def test_without_a_zone_a_moment_is_local() -> None:
    assert read_moment("2026-11-24", NOON) == datetime(2026, 11, 24).astimezone()
    assert read_moment("2026-11-24 09:30", NOON).tzinfo is UTC


@given(st.one_of(st.text(max_size=12), st.sampled_from(["0001-01-01", "9999-12-31", "999999w", "", "12", "h"])))
def test_whatever_is_typed_is_a_moment_or_a_reason(text: str) -> None:
    try:
        result = read_moment(text, NOON)
    except ValueError as error:
        assert "is not a valid date" in str(error)
    else:
        assert result.tzinfo is UTC
