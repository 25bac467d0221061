"""MONITOR: every figure against the rows that it was made from."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.domain.rules.monitor.traffic import WITHIN, Bucket, HealthState
from ontos_tui.services.monitor.service import MonitorService
from ontos_tui.store import rollups, rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.monitor import traffic
from ontos_tui.workspace import Workspace

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def asked(at: datetime = NOON, latency: float = 10.0, status: int = 200, **columns: Any) -> InferenceRecord:
    return InferenceRecord(
        **{
            "endpoint": "live",
            "model_id": "m1",
            "model_version": 1,
            "origin": Origin.HTTP,
            "input": {"x": 1},
            "requested_at": at,
            "latency_ms": latency,
            "status_code": status,
            **columns,
        }
    )


def said(request: InferenceRecord, rating: int, at: datetime, **columns: Any) -> FeedbackItem:
    return FeedbackItem(
        endpoint=request.endpoint,
        request_id=request.request_id,
        model_id=request.model_id,
        rating=rating,
        input=request.input,
        created_at=at,
        **columns,
    )


def keep(store: Store, *records: InferenceRecord | FeedbackItem) -> None:
    with store.write() as connection:
        for kind in (InferenceRecord, FeedbackItem):
            rows.add_many(connection, [record for record in records if isinstance(record, kind)])


def clear(store: Store) -> None:
    with store.write() as connection:
        for kind in (InferenceRecord, FeedbackItem):
            connection.execute(f"DELETE FROM {kind.TABLE}")


@pytest.fixture
def monitor(workspace: Workspace) -> MonitorService:
    return workspace.monitor.traffic


def test_without_rows_there_is_no_number(monitor: MonitorService) -> None:
    summary = monitor.summary("live")
    assert (summary.requests, summary.errors, summary.ratings, summary.corrections) == (0, 0, 0, 0)
    assert summary.error_rate is summary.p50_ms is summary.p95_ms is summary.mean_rating is summary.last_at is None
    assert summary.by_version == {}
    points = monitor.timeseries("live", Bucket.HOUR, NOON, NOON + timedelta(hours=3))
    assert len(points) == 3
    assert all(point.mean_latency_ms is None and point.mean_rating is None for point in points)
    assert monitor.requests() == []


def test_a_summary_counts_what_is_there(store: Store, monitor: MonitorService) -> None:
    good = [asked(NOON + timedelta(minutes=number), latency=float(number)) for number in range(1, 21)]
    bad = [asked(NOON, latency=9_999.0, status=status, model_version=2, model_id="m2") for status in (400, 500, 503)]
    other = asked(endpoint="other")
    first = good[0]
    keep(
        store,
        *good,
        *bad,
        other,
        said(first, 5, NOON),
        said(first, 2, NOON, correction={"defect": "none"}),
        said(other, 1, NOON),
    )
    summary = monitor.summary("live")
    assert (summary.requests, summary.errors, summary.error_rate) == (23, 3, 3 / 23)
    assert (summary.p50_ms, summary.p95_ms) == (10.0, 19.0), "of the answered ones, by nearest rank"
    assert (summary.ratings, summary.mean_rating, summary.corrections) == (2, 3.5, 1)
    assert summary.last_at == NOON + timedelta(minutes=20)
    assert summary.by_version == {"m1 v1": 20, "m2 v2": 3}
    later = monitor.summary("live", NOON + timedelta(minutes=11))
    assert (later.requests, later.errors, later.error_rate, later.p50_ms, later.ratings) == (10, 0, 0.0, 15.0, 0)


def test_a_span_ends_before_its_end_and_very_many_latencies_are_read_from_bins(
    store: Store, monitor: MonitorService, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, *(asked(NOON + timedelta(minutes=number), latency=1.5 * number + 1) for number in range(100)))
    inside = monitor.summary("live", NOON + timedelta(minutes=10), NOON + timedelta(minutes=60))
    assert (inside.requests, inside.p50_ms, inside.exact) == (50, 52.0, True)
    assert inside.last_at == NOON + timedelta(minutes=59)
    monkeypatch.setattr("ontos_tui.services.monitor.service.EXACT_UP_TO", 49)
    binned = monitor.summary("live", NOON + timedelta(minutes=10), NOON + timedelta(minutes=60))
    assert (binned.requests, binned.exact, binned.mean_latency_ms) == (50, False, inside.mean_latency_ms)
    for about, exact in ((binned.p50_ms, inside.p50_ms), (binned.p95_ms, inside.p95_ms)):
        assert about is not None
        assert about == pytest.approx(exact, rel=WITHIN)
    assert monitor.last_request_at("live") == NOON + timedelta(minutes=99)
    assert monitor.last_request_at("other") is None


def test_health_looks_at_the_last_hour_only(store: Store, monitor: MonitorService) -> None:
    present = now()
    keep(store, *(asked(present - timedelta(hours=2), status=500) for _ in range(50)))
    assert monitor.health("live").state is HealthState.NO_DATA
    keep(store, *(asked(present - timedelta(minutes=5), status=500 if number < 2 else 200) for number in range(20)))
    result = monitor.health("live", "high", alerts=1)
    assert (result.requests, result.errors, result.points) == (20, 2, 60)


def test_only_errors_have_a_rate_but_no_latency(store: Store, monitor: MonitorService) -> None:
    keep(store, asked(status=500), asked(status=400))
    summary = monitor.summary("live")
    assert (summary.requests, summary.error_rate, summary.p50_ms, summary.p95_ms) == (2, 1.0, None, None)
    (point,) = monitor.timeseries("live", Bucket.MINUTE, NOON, NOON + timedelta(minutes=1))
    assert (point.requests, point.errors, point.mean_latency_ms) == (2, 2, None)


offsets = st.integers(-3 * 86_400 * 10**6, 3 * 86_400 * 10**6).map(lambda micro: timedelta(microseconds=micro))


@given(
    st.lists(st.tuples(offsets, st.floats(0, 1e6), st.sampled_from([200, 200, 400, 503])), max_size=40),
    st.lists(st.tuples(offsets, st.integers(1, 5)), max_size=10),
    offsets,
    offsets,
    st.sampled_from(list(Bucket)),
    st.integers(-14, 14),
)
def test_buckets_are_complete_and_add_up_to_the_rows(
    store: Store,
    monitor: MonitorService,
    log: list[tuple[timedelta, float, int]],
    feedback: list[tuple[timedelta, int]],
    one: timedelta,
    other: timedelta,
    bucket: Bucket,
    zone: int,
) -> None:
    clear(store)
    records = [asked(NOON + after, latency, status) for after, latency, status in log]
    items = [said(asked(), rating, NOON + after) for after, rating in feedback]
    keep(store, *records, *items)
    since, until = sorted((NOON + one, NOON + other))
    here = timezone(timedelta(hours=zone))
    points = monitor.timeseries("live", bucket, since.astimezone(here), until.astimezone(here))
    inside = [record for record in records if since <= record.requested_at < until]
    rated = [item for item in items if since <= item.created_at < until]
    assert [point.start for point in points] == [
        points[0].start + number * bucket.width for number in range(len(points))
    ]
    if since < until:
        assert points[0].start <= since < points[0].start + bucket.width
        assert points[-1].start < until <= points[-1].start + bucket.width
    assert sum(point.requests for point in points) == len(inside)
    assert sum(point.errors for point in points) == sum(record.status_code >= 400 for record in inside)
    assert sum(point.ratings for point in points) == len(rated)
    expected = Counter(bucket.start_of(record.requested_at) for record in inside)
    assert {point.start: point.requests for point in points if point.requests} == expected
    for point in points:
        answered = [
            record.latency_ms
            for record in inside
            if record.status_code < 400 and bucket.start_of(record.requested_at) == point.start
        ]
        if answered:
            assert point.mean_latency_ms == pytest.approx(sum(answered) / len(answered), abs=1e-3)
        else:
            assert point.mean_latency_ms is None
    answered = sorted(record.latency_ms for record in records if record.status_code < 400)
    summary = monitor.summary("live")
    for value, share in ((summary.p50_ms, 0.50), (summary.p95_ms, 0.95)):
        assert value == (answered[math.ceil(share * len(answered)) - 1] if answered else None)


def test_a_span_that_is_empty_or_too_long(monitor: MonitorService) -> None:
    assert monitor.timeseries("live", Bucket.DAY, NOON, NOON) == []
    assert monitor.timeseries("live", Bucket.DAY, NOON, NOON - timedelta(days=1)) == []
    with pytest.raises(InvalidInputError, match="minutes"):
        monitor.timeseries("live", Bucket.MINUTE, NOON - timedelta(days=365), NOON)


def test_requests_come_newest_first_with_what_was_said_last(store: Store, monitor: MonitorService) -> None:
    records = [asked(NOON + timedelta(seconds=number)) for number in (3, 1, 2)]
    other = asked(NOON, endpoint="other")
    keep(store, *records, other, said(records[1], 2, NOON), said(records[1], 5, NOON + timedelta(days=1)))
    views = monitor.requests("live")
    assert [view.record.request_id for view in views] == [records[index].request_id for index in (0, 2, 1)]
    assert [view.feedback.rating if view.feedback else None for view in views] == [None, None, 5]
    assert [view.record for view in monitor.requests("live", limit=1, offset=1)] == [records[2]]
    assert [view.record for view in monitor.requests()][-1] == other
    result = monitor.request(records[1].request_id[:8])
    assert result.record == records[1]
    assert result.feedback is not None
    with pytest.raises(NotFoundError):
        monitor.request("nothing")


def test_the_queries_over_the_log_use_its_indexes(store: Store) -> None:
    span = (NOON, NOON + timedelta(hours=1))
    plans = []
    with store.read() as connection:
        for query in (
            lambda: traffic.latencies(connection, "live", span),
            lambda: rollups.traffic_by_version(
                connection, "live", (NOON + timedelta(seconds=15), NOON + timedelta(seconds=30))
            ),
            lambda: traffic.requests(connection, None, None, None, 50, 0),
            lambda: traffic.requests(connection, "live", *span, 50, 0),
            lambda: traffic.last_request_at(connection, "live"),
            lambda: traffic.newest_answers(connection, "live", "m", span, NOON, 10),
        ):
            statements: list[str] = []
            connection._raw.set_trace_callback(statements.append)
            query()
            connection._raw.set_trace_callback(None)
            (statement,) = statements
            plans.append(str(connection.rows(f"EXPLAIN QUERY PLAN {statement}")))
    covered, summed, *ordered = plans
    assert "COVERING INDEX ix_inference_log_endpoint_requested_at_" in covered
    assert "COVERING INDEX ix_inference_log_endpoint_requested_at_" in summed
    assert "ix_inference_log_requested_at" in ordered[0]
    assert all("ix_inference_log_endpoint_requested_at_" in plan for plan in ordered[1:])
    # Of the requests, only those of the same moment are sorted, by their number.
    assert not any("TEMP B-TREE FOR ORDER BY" in plan for plan in (covered, *ordered))
