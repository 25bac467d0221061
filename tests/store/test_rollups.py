"""The kept sums: at every moment what one gets by counting the rows, whatever was written, changed, and removed."""

from __future__ import annotations

import math
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.domain.rules.monitor.traffic import BINS, EDGES, WITHIN, Bucket, Ratings, Tally, bin_of
from ontos_tui.store import migrations, rollups, rows
from ontos_tui.store.bulk import stored
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.inference_log import log_requests
from tiers import examples

NOON = datetime(2026, 2, 28, 12, 0, tzinfo=UTC)
ENDPOINTS, MODELS = ("live", "other"), (("m1", 1), ("m1", 2), ("m2", 1))


@contextmanager
def a_store() -> Iterator[Store]:
    """A database of its own: hypothesis runs many examples in one test."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "ontos.db")
        try:
            yield store
        finally:
            store.close()


def asked(number: int, at: timedelta, latency: float, status: int, endpoint: str, model: tuple[str, int]) -> Record:
    return InferenceRecord(
        request_id=f"r{number}",
        endpoint=endpoint,
        model_id=model[0],
        model_version=model[1],
        requested_at=NOON + at,
        origin=Origin.HTTP,
        input={},
        latency_ms=latency,
        status_code=status,
    )


def said(number: int, at: timedelta, rating: int, corrected: bool, endpoint: str, model: str) -> Record:
    return FeedbackItem(
        id=f"f{number}",
        endpoint=endpoint,
        request_id=f"r{number}",
        model_id=model,
        rating=rating,
        input={},
        correction={"defect": "none"} if corrected else None,
        created_at=NOON + at,
    )


def counted_requests(log: list[Any], by: Any) -> dict[Any, Tally]:
    result: dict[Any, Tally] = {}
    for one in log:
        good = one.status_code < 400
        bins = tuple(int(good and number == bin_of(one.latency_ms)) for number in range(BINS))
        row = Tally(1, int(not good), one.latency_ms if good else 0.0, bins, one.requested_at)
        result[by(one)] = result.get(by(one), Tally()) + row
    return result


def counted_ratings(items: list[Any], by: Any) -> dict[Any, Ratings]:
    result: dict[Any, Ratings] = {}
    for one in items:
        result[by(one)] = result.get(by(one), Ratings()) + Ratings(1, one.rating, int(one.correction is not None))
    return result


def assert_same(saved: dict[Any, Tally], counted: dict[Any, Tally], *, latest: bool = True) -> None:
    assert saved.keys() == counted.keys()
    for key, tally in counted.items():
        there = saved[key]
        assert (there.requests, there.errors, there.bins) == (tally.requests, tally.errors, tally.bins)
        assert there.latency_sum == pytest.approx(tally.latency_sum, abs=1e-3)
        if latest:
            assert there.last_at == tally.last_at


def assert_right(store: Store, span: tuple[datetime, datetime], *, latest: bool = True) -> None:
    """Every sum that can be asked for against the rows."""
    with store.read() as connection:
        log, items = rows.find(connection, InferenceRecord), rows.find(connection, FeedbackItem)
        for endpoint in ENDPOINTS:
            inside = [one for one in log if one.endpoint == endpoint and span[0] <= one.requested_at < span[1]]
            rated = [one for one in items if one.endpoint == endpoint and span[0] <= one.created_at < span[1]]
            for bucket in Bucket:
                assert_same(
                    rollups.traffic_by_bucket(connection, endpoint, bucket, span),
                    counted_requests(inside, lambda one, b=bucket: b.key(b.start_of(one.requested_at))),
                    latest=latest,
                )
                assert rollups.ratings_by_bucket(connection, endpoint, bucket, span) == counted_ratings(
                    rated, lambda one, b=bucket: b.key(b.start_of(one.created_at))
                )
            assert_same(
                rollups.traffic_by_version(connection, endpoint, span),
                counted_requests(inside, lambda one: (one.model_id, one.model_version)),
                latest=latest,
            )
            assert rollups.ratings_by_model(connection, endpoint, span) == counted_ratings(
                rated, lambda one: one.model_id
            )


# Times that lie on borders as often as between them, some of them years away.
times = st.one_of(
    st.integers(-200, 200).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(-50, 50).map(lambda hours: timedelta(hours=hours)),
    st.integers(-(10**6) * 86_400 * 3, 10**6 * 86_400 * 3).map(lambda micro: timedelta(microseconds=micro)),
    st.sampled_from([timedelta(days=-700_000), timedelta(days=2_000_000)]),
)
latencies = st.one_of(st.floats(0, 1e6), st.sampled_from(EDGES))
requests = st.tuples(
    times, latencies, st.sampled_from([200, 200, 400, 503]), st.sampled_from(ENDPOINTS), st.sampled_from(MODELS)
)
feedback = st.tuples(
    times, st.integers(1, 5), st.booleans(), st.sampled_from(ENDPOINTS), st.sampled_from([m for m, _ in MODELS])
)
spans = st.tuples(times, times).map(lambda two: (NOON + min(two), NOON + max(two)))


@settings(max_examples=examples(5, 150))
@given(st.lists(requests, max_size=25), st.lists(feedback, max_size=10), spans, st.integers(0, 25))
def test_sums_are_those_of_the_rows_in_whatever_order_they_come(
    log: list[Any], items: list[Any], span: tuple[datetime, datetime], together: int
) -> None:
    with a_store() as store:
        with store.write() as connection:
            records = [asked(number, *one) for number, one in enumerate(log)]
            log_requests(connection, records[:together])
            rows.add_many(connection, records[together:])
            rows.add_many(connection, [said(number, *one) for number, one in enumerate(items)])
        assert_right(store, span)
        assert_right(store, rollups.ALWAYS)


changes = st.one_of(
    st.tuples(st.just("add"), requests, feedback),
    st.tuples(st.just("move"), st.integers(0, 9), requests, feedback),
    st.tuples(st.just("remove"), st.integers(0, 9)),
    st.tuples(st.just("again"), st.integers(0, 9), requests),
)


def names_of(record: Record) -> list[str]:
    return list(type(record).model_fields)


def ignored(connection: Connection, record: Record) -> None:
    """Write a record whose key is taken, as somebody does who asks SQLite to pass over it."""
    names = names_of(record)
    sql = f"INSERT OR IGNORE INTO {record.TABLE} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    assert connection.execute(sql, [stored(type(record), name, getattr(record, name)) for name in names]).rowcount == 0


@settings(max_examples=examples(5, 150))
@given(st.lists(changes, max_size=12), spans)
def test_sums_follow_changes_removals_and_refuse_what_was_there(
    steps: list[Any], span: tuple[datetime, datetime]
) -> None:
    with a_store() as store:
        there: set[int] = set()
        for number, (what, *rest) in enumerate(steps):
            with store.write() as connection:
                if what == "add":
                    rows.add(connection, asked(number, *rest[0]))
                    rows.add(connection, said(number, *rest[1]))
                    there.add(number)
                elif rest[0] not in there:
                    continue
                elif what == "again":
                    ignored(connection, asked(rest[0], *rest[1]))
                elif what == "remove":
                    connection.execute("DELETE FROM inference_log WHERE request_id = ?", (f"r{rest[0]}",))
                    connection.execute("DELETE FROM feedback_items WHERE id = ?", (f"f{rest[0]}",))
                    there.discard(rest[0])
                else:
                    for record in (asked(rest[0], *rest[1]), said(rest[0], *rest[2])):
                        rows.change(connection, record, **{name: getattr(record, name) for name in names_of(record)})
        # The latest time of a bucket is only ever raised.
        assert_right(store, span, latest=False)


def test_a_request_that_is_there_already_is_refused_and_counts_once(store: Store) -> None:
    first = asked(1, timedelta(0), 5.0, 200, "live", ("m1", 1))
    with store.write() as connection:
        rows.add(connection, first)
    with pytest.raises(sqlite3.IntegrityError), store.write() as connection:
        rows.add_many(connection, [asked(2, timedelta(0), 5.0, 200, "live", ("m1", 1)), first])
    with store.read() as connection:
        assert rows.count(connection, InferenceRecord) == 1
    assert_right(store, rollups.ALWAYS)


def test_what_was_there_before_is_summed_when_the_sums_come(store: Store) -> None:
    log = [
        asked(n, timedelta(minutes=7 * n), 3.0**n % 97, 500 if n % 5 == 0 else 200, "live", MODELS[n % 3])
        for n in range(300)
    ]
    items = [said(n, timedelta(hours=n), 1 + n % 5, n % 2 == 0, "live", "m1") for n in range(40)]
    with store.write() as connection:
        for name in ("summed", "unsummed", "resummed"):
            for source in ("inference_log", "feedback_items"):
                connection.execute(f"DROP TRIGGER {source}_{name}")
        for name in ("request_rollups", "rating_rollups"):
            connection.execute(f"DROP TABLE {name}")
        rows.add_many(connection, log)
        rows.add_many(connection, items)
        migrations.STEPS[4](connection)
    span = NOON + timedelta(minutes=33, seconds=20), NOON + timedelta(hours=30, minutes=4)
    assert_right(store, span)
    with store.write() as connection:
        rows.add(connection, asked(999, timedelta(hours=-100), 5.0, 200, "live", ("m1", 1)))
    assert_right(store, rollups.ALWAYS)


def test_a_long_span_reads_few_buckets(store: Store) -> None:
    """Whole days inside, narrower ones at the ends; each kind is found by the key."""
    span = NOON + timedelta(seconds=30), NOON + timedelta(days=900, seconds=59)
    pieces = rollups.cover(span)
    assert [bucket for bucket, _, _ in pieces] == [None, "minute", "hour", "day", "hour", None]
    assert pieces[0][1] == span[0]
    assert pieces[-1][2] == span[1]
    assert all(one[2] == two[1] for one, two in pairwise(pieces))
    with store.read() as connection:
        for name in ("request_rollups", "rating_rollups"):
            plan = connection.rows(
                f"EXPLAIN QUERY PLAN SELECT * FROM {name} WHERE endpoint = 'x' AND width = 'hour' AND start >= '2026'"
            )
            assert "USING PRIMARY KEY (endpoint=? AND width=? AND start>?)" in str(plan)


@given(st.lists(st.floats(EDGES[0], EDGES[-1], exclude_max=True), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_percentile_is_as_near_as_it_says(latencies: list[float], share: float) -> None:
    bins = [0] * BINS
    for latency in latencies:
        bins[bin_of(latency)] += 1
    exact = sorted(latencies)[math.ceil(share * len(latencies)) - 1]
    (result,) = Tally(bins=tuple(bins)).percentiles(share)
    assert result is not None
    assert bin_of(result) == bin_of(exact)
    assert max(result / exact, exact / result) <= 1 + WITHIN * (1 + 1e-9)


def test_beyond_the_bins_a_percentile_is_the_border() -> None:
    assert Tally().percentiles(0.5, 0.95) == (None, None)
    low, high = (1, *[0] * (BINS - 1)), (*[0] * (BINS - 1), 1)
    assert Tally(bins=low).percentiles(0.5) == pytest.approx((EDGES[0],))
    assert Tally(bins=high).percentiles(0.5) == pytest.approx((EDGES[-1],))
