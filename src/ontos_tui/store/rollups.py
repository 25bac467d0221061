"""Sums by minute, hour and day that are always right: what a time series costs does not grow with the log.

SQLite's triggers keep them in the transaction that writes a request or a piece of feedback, whoever writes it and
however late it comes. Measured with and without them (tests/benchmarks/monitor.py), they cost some 30 µs of CPU a row,
where the commit of a single request takes milliseconds. A span that begins or ends inside a bucket is answered from
narrower buckets and, for the incomplete minute at either end, from the rows themselves. The triggers stand in the
migrations (step 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.rules.monitor.traffic import BINS, Bucket, Ratings, Tally, bin_in_sql
from ontos_tui.store import bulk
from ontos_tui.store.connection import Connection

ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""A span that everything is in."""
K = TypeVar("K")
S = TypeVar("S", Tally, Ratings)
Span = tuple[datetime, datetime]
"""From the first moment up to, not including, the second one."""


@dataclass(frozen=True)
class _SumTable:
    """What is summed of a table: the table of the sums, the column with a row's time, and the first of the sums.

    `gathered` is a query that makes the same sums by minute from all rows that fit a condition, in the order of the
    table's columns.
    """

    table: str
    at: str
    first: str
    gathered: str


REQUESTS = _SumTable(
    "request_rollups",
    "requested_at",
    "requests",
    "SELECT endpoint, 'minute', start, model_id, model_version, sum(n), sum(n * (bin IS NULL)), sum(latency), "  # noqa: S608
    f"{', '.join(f'sum(n * (bin IS {number}))' for number in range(BINS))}, max(last) FROM ("
    "SELECT endpoint, substr(requested_at, 1, 16) AS start, model_id, model_version, count(*) AS n, "
    f"CASE WHEN status_code < 400 THEN {bin_in_sql('latency_ms')} END AS bin, "
    "sum(iif(status_code < 400, latency_ms, 0.0)) AS latency, max(requested_at) AS last "
    "FROM inference_log {where} GROUP BY 1, 2, 3, 4, bin) GROUP BY endpoint, start, model_id, model_version",
)
RATINGS = _SumTable(
    "rating_rollups",
    "created_at",
    "ratings",
    "SELECT endpoint, 'minute', substr(created_at, 1, 16), model_id, count(*), sum(rating), count(correction), "
    "max(created_at) FROM feedback_items {where} GROUP BY endpoint, 3, model_id",
)


@contextmanager
def summing_requests_once(connection: Connection) -> Iterator[None]:
    """Requests that are added within are summed at its end, all at once; one by one, that takes half of the time."""
    last = connection.scalar("SELECT coalesce(max(rowid), 0) FROM inference_log")
    connection.execute("INSERT INTO log_batch VALUES (1)")
    yield
    connection.execute("DELETE FROM log_batch")
    gathered = connection.rows(REQUESTS.gathered.format(where="NOT INDEXED WHERE rowid > ?"), (last,))
    for bucket in (Bucket.MINUTE, Bucket.HOUR, Bucket.DAY):
        rows = [(endpoint, bucket.value, start[: bucket.prefix], *sums) for endpoint, _, start, *sums in gathered]
        connection.executemany(_ADD_REQUESTS, rows)


_SUMS = ("requests", "errors", "latency_sum", *(f"bin{number}" for number in range(BINS)))
_ADD_REQUESTS = (
    f"INSERT INTO request_rollups VALUES ({', '.join('?' * (len(_SUMS) + 6))}) ON CONFLICT DO UPDATE SET "  # noqa: S608
    f"{', '.join(f'{name} = {name} + excluded.{name}' for name in _SUMS)}, last_at = max(last_at, excluded.last_at)"
)


def traffic_by_bucket(connection: Connection, endpoint: str, bucket: Bucket, span: Span) -> dict[str, Tally]:
    """The requests of a span by the keys of the buckets that they are in; buckets without any are left out."""
    totals: dict[str, Tally] = {}
    for start, _, _, *sums in _read(connection, REQUESTS, endpoint, span, bucket):
        _add(totals, start[: bucket.prefix], _tally(sums))
    return totals


def traffic_by_version(connection: Connection, endpoint: str, span: Span = ALWAYS) -> dict[tuple[str, int], Tally]:
    """The requests of a span by model id and version, the version that was asked last first."""
    totals: dict[tuple[str, int], Tally] = {}
    for _, model_id, version, *sums in _read(connection, REQUESTS, endpoint, span):
        _add(totals, (model_id, version), _tally(sums))
    return dict(sorted(totals.items(), key=lambda one: one[1].last_at or ALWAYS[0], reverse=True))


def ratings_by_bucket(connection: Connection, endpoint: str, bucket: Bucket, span: Span) -> dict[str, Ratings]:
    """What was said in a span, by the keys of the buckets; those without any are left out."""
    totals: dict[str, Ratings] = {}
    for start, _, *sums in _read(connection, RATINGS, endpoint, span, bucket):
        _add(totals, start[: bucket.prefix], Ratings(*sums[:-1]))
    return totals


def ratings_by_model(connection: Connection, endpoint: str, span: Span = ALWAYS) -> dict[str, Ratings]:
    """What was said in a span, by the model's id."""
    totals: dict[str, Ratings] = {}
    for _, model_id, *sums in _read(connection, RATINGS, endpoint, span):
        _add(totals, model_id, Ratings(*sums[:-1]))
    return totals


def _add(totals: dict[K, S], key: K, part: S) -> None:
    there = totals.get(key)
    totals[key] = part if there is None else there + part


def _tally(sums: Sequence[Any]) -> Tally:
    requests, errors, latency_sum, *bins, last_at = sums
    return Tally(requests, errors, latency_sum, tuple(bins), datetime.fromisoformat(last_at))


def _read(
    connection: Connection, sums: _SumTable, endpoint: str, span: Span, widest: Bucket = Bucket.DAY
) -> Iterator[Sequence[Any]]:
    """The stored sums of a span: a time in their bucket, the groups, the sums, and when they were added to last.

    They are added up by the caller: SQLite takes ten times as long to group rows of this width.
    """
    for bucket, since, until in cover(span, widest):
        if bucket is None:
            query = sums.gathered.format(where=f"WHERE endpoint = ? AND {sums.at} >= ? AND {sums.at} < ?")
            borders = [bulk.stored(InferenceRecord, "requested_at", at) for at in (since, until)]
        else:
            query = (
                f"SELECT * FROM {sums.table} "  # noqa: S608
                f"WHERE endpoint = ? AND width = '{bucket}' AND start >= ? AND start < ? AND {sums.first} > 0"
            )
            borders = [bucket.key(since), bucket.key(until)]
        for _endpoint, _width, *row in connection.execute(query, (endpoint, *borders)):
            yield row


def cover(span: Span, widest: Bucket | None = Bucket.DAY) -> list[tuple[Bucket | None, datetime, datetime]]:
    """The span in pieces of whole buckets, none wider than `widest`, and None where only the rows themselves fit."""
    since, until = span
    if since >= until:
        return []
    if widest is None:
        return [(None, since, until)]
    first, last = widest.next_start(since), widest.start_of(until)
    if first >= last:
        return cover(span, widest.narrower)
    return [
        *cover((since, first), widest.narrower),
        (widest, first, last),
        *cover((last, until), widest.narrower),
    ]
