"""Sums by minute, hour and day that are always right: what a time series costs does not grow with the log.

SQLite's triggers keep them in the transaction that writes a request or a piece of feedback, whoever writes it and
however late it comes. Measured against sums by the writer (tests/benchmarks/monitor.py): a trigger costs 30 µs a row,
where the commit of a single request costs milliseconds. A span that begins or ends inside a bucket is answered from
narrower buckets and, for the last incomplete minute at either end, from the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from ontos_tui.domain.improve import FeedbackItem
from ontos_tui.domain.serving import InferenceRecord
from ontos_tui.domain.traffic import BINS, EDGES, Bucket, Ratings, Tally
from ontos_tui.store import bulk

ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""A span that everything is in."""
Span = tuple[datetime, datetime]
"""From the first moment up to, not including, the second one."""


def _bin(number: int) -> str:
    """Whether a row's latency is in this bin of the answered ones."""
    borders = [f"{{row}}latency_ms >= {EDGES[number - 1]!r}"] if number else []
    borders += [f"{{row}}latency_ms < {EDGES[number]!r}"] if number < len(EDGES) else []
    return " AND ".join([*borders, "{row}status_code < 400"])


@dataclass(frozen=True)
class _Kept:
    """What is summed of a table, by which columns; `sums` are SQL expressions of one row, made from `used`."""

    table: str
    source: str
    at: str
    used: tuple[str, ...]
    groups: Mapping[str, str]
    sums: Mapping[str, str]

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
        **{f"bin{number}": _bin(number) for number in range(BINS)},
    },
)
RATINGS = _Kept(
    "rating_rollups",
    FeedbackItem.TABLE,
    "created_at",
    ("rating", "correction"),
    {"model_id": "TEXT"},
    {"ratings": "1", "rating_sum": "{row}rating", "corrections": "{row}correction IS NOT NULL"},
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
    source, columns, latest = kept.source, kept.of(""), kept.at
    where = ""
    for bucket in Bucket:  # each from the one before, which is much smaller
        start = f"substr({kept.at if source == kept.source else 'start'}, 1, {bucket.prefix})"
        yield (
            f"INSERT INTO {kept.table} SELECT endpoint, '{bucket}', {start}, {', '.join(kept.groups)}, "  # noqa: S608
            f"{', '.join(f'sum({column})' for column in columns)}, max({latest}) FROM {source} {where} "
            f"GROUP BY endpoint, 3, {', '.join(kept.groups)}"
        )
        source, columns, latest, where = kept.table, list(kept.sums), "last_at", f"WHERE width = '{bucket}'"


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
    found = _read(connection, REQUESTS, (f"substr(start, 1, {bucket.prefix})",), endpoint, span, bucket)
    return {row[0]: _tally(row[1:]) for row in found}


def traffic_by_version(connection: Connection, endpoint: str, span: Span = ALWAYS) -> dict[tuple[str, int], Tally]:
    """The requests of a span by model id and version, the version that was asked last first."""
    found = _read(connection, REQUESTS, tuple(REQUESTS.groups), endpoint, span)
    return {(row[0], row[1]): _tally(row[2:]) for row in sorted(found, key=lambda row: row[-1], reverse=True)}


def ratings_by_bucket(connection: Connection, endpoint: str, bucket: Bucket, span: Span) -> dict[str, Ratings]:
    """What was said in a span, by the keys of the buckets; those without any are left out."""
    found = _read(connection, RATINGS, (f"substr(start, 1, {bucket.prefix})",), endpoint, span, bucket)
    return {row[0]: Ratings(*row[1:4]) for row in found}


def ratings_by_model(connection: Connection, endpoint: str, span: Span = ALWAYS) -> dict[str, Ratings]:
    """What was said in a span, by the model's id."""
    return {row[0]: Ratings(*row[1:4]) for row in _read(connection, RATINGS, ("model_id",), endpoint, span)}


def _tally(row: Sequence[Any]) -> Tally:
    return Tally(row[0], row[1], row[2], tuple(row[3 : 3 + BINS]), datetime.fromisoformat(row[3 + BINS]))


def _read(
    connection: Connection, kept: _Kept, by: Sequence[str], endpoint: str, span: Span, widest: Bucket = Bucket.DAY
) -> list[Sequence[Any]]:
    """One row for every group `by`: its values, its sums, and when it was added to last."""
    parts: list[str] = []
    values: list[str] = []
    for bucket, since, until in cover(span, widest):
        names = ", ".join((*kept.groups, *kept.sums, "last_at"))
        if bucket is None:
            columns = ", ".join(f"{sql} AS {name}" for name, sql in zip(kept.sums, kept.of(""), strict=True))
            parts.append(
                f"SELECT {kept.at} AS start, {', '.join(kept.groups)}, {columns}, {kept.at} AS last_at "  # noqa: S608
                f"FROM {kept.source} WHERE endpoint = ? AND {kept.at} >= ? AND {kept.at} < ?"
            )
            values += [endpoint, *(bulk.stored(InferenceRecord, "requested_at", at) for at in (since, until))]
        else:
            parts.append(
                f"SELECT start, {names} FROM {kept.table} "  # noqa: S608
                f"WHERE endpoint = ? AND width = '{bucket}' AND start >= ? AND start < ?"
            )
            values += [endpoint, bucket.key(since), bucket.key(until)]
    if not parts:
        return []
    first = next(iter(kept.sums))
    query = (
        f"SELECT {', '.join(by)}, {', '.join(f'sum({name})' for name in kept.sums)}, max(last_at) "  # noqa: S608
        f"FROM ({' UNION ALL '.join(parts)}) GROUP BY {', '.join(by)} HAVING sum({first}) > 0"
    )
    return [tuple(row) for row in connection.exec_driver_sql(query, tuple(values))]


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
