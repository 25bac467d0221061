"""Sums by minute, hour and day that are always right: what a time series costs does not grow with the log.

SQLite's triggers keep them in the transaction that writes a request or a piece of feedback, whoever writes it and
however late it comes. Measured with and without them (tests/benchmarks/monitor.py), they cost some 30 µs of CPU a row,
where the commit of a single request takes milliseconds. A span that begins or ends inside a bucket is answered from
narrower buckets and, for the incomplete minute at either end, from the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.rules.traffic import BINS, EDGES, Bucket, Ratings, Tally, bin_in_sql
from ontos_tui.store import bulk

ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""A span that everything is in."""
K = TypeVar("K")
S = TypeVar("S", Tally, Ratings)
Span = tuple[datetime, datetime]
"""From the first moment up to, not including, the second one."""


def _in_bin(number: int) -> str:
    """Whether a row's latency is in this bin of the answered ones."""
    borders = [f"{{row}}latency_ms >= {EDGES[number - 1]!r}"] if number else []
    borders += [f"{{row}}latency_ms < {EDGES[number]!r}"] if number < len(EDGES) else []
    return " AND ".join([*borders, "{row}status_code < 400"])


@dataclass(frozen=True)
class _Kept:
    """What is summed of a table, by which columns.

    `sums` are SQL expressions of one row, made from the columns `used`. `gathered` is a query that makes the same sums
    by minute from all rows that fit a condition, in the order of the table's columns.
    """

    table: str
    source: str
    at: str
    used: tuple[str, ...]
    groups: Mapping[str, str]
    sums: Mapping[str, str]
    gathered: str

    def of(self, row: str) -> list[str]:
        """The sums' expressions for the row that `row` names."""
        return [sql.format(row=row) for sql in self.sums.values()]


REQUESTS = _Kept(
    "request_rollups",
    InferenceRecord.TABLE,
    "requested_at",
    ("status_code", "latency_ms"),
    {"model_id": "TEXT", "model_version": "INTEGER"},
    {
        "requests": "1",
        "errors": "{row}status_code >= 400",
        "latency_sum": "iif({row}status_code < 400, {row}latency_ms, 0.0)",
        **{f"bin{number}": _in_bin(number) for number in range(BINS)},
    },
    "SELECT endpoint, 'minute', start, model_id, model_version, sum(n), sum(n * (bin IS NULL)), sum(latency), "  # noqa: S608
    f"{', '.join(f'sum(n * (bin IS {number}))' for number in range(BINS))}, max(last) FROM ("
    "SELECT endpoint, substr(requested_at, 1, 16) AS start, model_id, model_version, count(*) AS n, "
    f"CASE WHEN status_code < 400 THEN {bin_in_sql('latency_ms')} END AS bin, "
    "sum(iif(status_code < 400, latency_ms, 0.0)) AS latency, max(requested_at) AS last "
    "FROM inference_log {where} GROUP BY 1, 2, 3, 4, bin) GROUP BY endpoint, start, model_id, model_version",
)
RATINGS = _Kept(
    "rating_rollups",
    FeedbackItem.TABLE,
    "created_at",
    ("rating", "correction"),
    {"model_id": "TEXT"},
    {"ratings": "1", "rating_sum": "{row}rating", "corrections": "{row}correction IS NOT NULL"},
    "SELECT endpoint, 'minute', substr(created_at, 1, 16), model_id, count(*), sum(rating), count(correction), "
    "max(created_at) FROM feedback_items {where} GROUP BY endpoint, 3, model_id",
)


def keep(connection: Connection) -> None:
    """Make the sums with their triggers, from what is there already."""
    # Percentiles were read from this index; it took longer to keep than the sums do.
    connection.exec_driver_sql("DROP INDEX IF EXISTS ix_inference_log_endpoint_latency_ms_status_code")
    for kept in (REQUESTS, RATINGS):
        for statement in (*_filled(kept), *_triggers(kept)):
            connection.exec_driver_sql(statement)


def _filled(kept: _Kept) -> Iterator[str]:
    groups = ", ".join(f"{name} {kind} NOT NULL" for name, kind in kept.groups.items())
    sums = ", ".join(f"{name} {'REAL' if name == 'latency_sum' else 'INTEGER'} NOT NULL" for name in kept.sums)
    yield (
        f"CREATE TABLE {kept.table} (endpoint TEXT NOT NULL, width TEXT NOT NULL, start TEXT NOT NULL, {groups}, "
        f"{sums}, last_at TEXT NOT NULL, PRIMARY KEY (endpoint, width, start, {', '.join(kept.groups)})) WITHOUT ROWID"
    )
    yield f"INSERT INTO {kept.table} {kept.gathered.format(where='')}"
    names = ", ".join(kept.groups)
    for bucket in (Bucket.HOUR, Bucket.DAY):  # each from the one before, which is much smaller
        yield (
            f"INSERT INTO {kept.table} SELECT endpoint, '{bucket}', substr(start, 1, {bucket.prefix}), {names}, "  # noqa: S608
            f"{', '.join(f'sum({name})' for name in kept.sums)}, max(last_at) FROM {kept.table} "
            f"WHERE width = '{bucket.narrower}' GROUP BY endpoint, 3, {names}"
        )


def _triggers(kept: _Kept) -> Iterator[str]:
    more, fewer = _change(kept, "new.", "+"), _change(kept, "old.", "-")
    of = ", ".join(("endpoint", kept.at, *kept.groups, *kept.used))
    yield f"CREATE TRIGGER {kept.source}_summed AFTER INSERT ON {kept.source} BEGIN {more} END"
    yield f"CREATE TRIGGER {kept.source}_unsummed AFTER DELETE ON {kept.source} BEGIN {fewer} END"
    yield f"CREATE TRIGGER {kept.source}_resummed AFTER UPDATE OF {of} ON {kept.source} BEGIN {fewer} {more} END"


def _change(kept: _Kept, row: str, sign: str) -> str:
    """Statements that add a row to its minute, hour and day, or take it out of them."""
    values = ", ".join(f"{sign}({sql})" for sql in kept.of(row))
    groups = ", ".join(f"{row}{name}" for name in kept.groups)
    added = ", ".join(f"{name} = {name} + excluded.{name}" for name in kept.sums)
    return " ".join(
        f"INSERT INTO {kept.table} VALUES ({row}endpoint, '{bucket}', substr({row}{kept.at}, 1, {bucket.prefix}), "  # noqa: S608
        f"{groups}, {values}, {row}{kept.at}) "
        f"ON CONFLICT DO UPDATE SET {added}, last_at = max(last_at, excluded.last_at);"
        for bucket in Bucket
    )


# Reading -----------------------------------------------------------------------------------------------------------


def traffic_by_bucket(connection: Connection, endpoint: str, bucket: Bucket, span: Span) -> dict[str, Tally]:
    """The requests of a span by the keys of the buckets that they are in; buckets without any are left out."""
    found: dict[str, Tally] = {}
    for start, _, _, *sums in _read(connection, REQUESTS, endpoint, span, bucket):
        _add(found, start[: bucket.prefix], _tally(sums))
    return found


def traffic_by_version(connection: Connection, endpoint: str, span: Span = ALWAYS) -> dict[tuple[str, int], Tally]:
    """The requests of a span by model id and version, the version that was asked last first."""
    found: dict[tuple[str, int], Tally] = {}
    for _, model_id, version, *sums in _read(connection, REQUESTS, endpoint, span):
        _add(found, (model_id, version), _tally(sums))
    return dict(sorted(found.items(), key=lambda one: one[1].last_at or ALWAYS[0], reverse=True))


def ratings_by_bucket(connection: Connection, endpoint: str, bucket: Bucket, span: Span) -> dict[str, Ratings]:
    """What was said in a span, by the keys of the buckets; those without any are left out."""
    found: dict[str, Ratings] = {}
    for start, _, *sums in _read(connection, RATINGS, endpoint, span, bucket):
        _add(found, start[: bucket.prefix], Ratings(*sums[:-1]))
    return found


def ratings_by_model(connection: Connection, endpoint: str, span: Span = ALWAYS) -> dict[str, Ratings]:
    """What was said in a span, by the model's id."""
    found: dict[str, Ratings] = {}
    for _, model_id, *sums in _read(connection, RATINGS, endpoint, span):
        _add(found, model_id, Ratings(*sums[:-1]))
    return found


def _add(found: dict[K, S], key: K, part: S) -> None:
    there = found.get(key)
    found[key] = part if there is None else there + part


def _tally(sums: Sequence[Any]) -> Tally:
    requests, errors, latency_sum, *bins, last_at = sums
    return Tally(requests, errors, latency_sum, tuple(bins), datetime.fromisoformat(last_at))


def _read(
    connection: Connection, kept: _Kept, endpoint: str, span: Span, widest: Bucket = Bucket.DAY
) -> Iterator[Sequence[Any]]:
    """The kept rows of a span: a time in their bucket, the groups, the sums, and when they were added to last.

    They are added up by the caller: SQLite takes ten times as long to group rows of this width.
    """
    first = next(iter(kept.sums))
    for bucket, since, until in cover(span, widest):
        if bucket is None:
            query = kept.gathered.format(where=f"WHERE endpoint = ? AND {kept.at} >= ? AND {kept.at} < ?")
            borders = [bulk.stored(InferenceRecord, "requested_at", at) for at in (since, until)]
        else:
            query = (
                f"SELECT * FROM {kept.table} "  # noqa: S608
                f"WHERE endpoint = ? AND width = '{bucket}' AND start >= ? AND start < ? AND {first} > 0"
            )
            borders = [bucket.key(since), bucket.key(until)]
        for _endpoint, _width, *row in connection.exec_driver_sql(query, (endpoint, *borders)):
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
