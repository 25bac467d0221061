"""MONITOR over a long log: time series and cards from the kept sums, and what keeping them costs a request.

    python tests/benchmarks/monitor.py [--rows N] [--keep DIR]

N requests (10,000,000 by default) to one endpoint over the last 30 days are made in bulk, answered by three versions,
with latencies of a log-normal spread and 2 % errors; the sums are then built as the migration builds them. Times are
of a warm workspace, the median and the largest of several, with the CPU time beside them, since
other work on the machine shows in the wall time only; the same series counted from the rows, by plain SQL over
the covering index, stands beside them. A request is logged as DEPLOY does it, in a transaction of its own with fsync,
with the triggers and without them, in turns, since the disk has moods. With --keep the workspace stays in DIR and is
used again by the next run.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ontos_tui.domain.records.serving import Endpoint, InferenceRecord, Origin
from ontos_tui.domain.rules.monitor.traffic import WITHIN, Bucket
from ontos_tui.services.monitor.service import MonitorService
from ontos_tui.store import bulk, migrations, rollups, rows
from ontos_tui.store.engine import Store

BUDGET_MS = 100.0
ENDPOINT = "live"
DAYS = 30
BATCH = 50_000
VERSIONS = (("a" * 32, 1), ("b" * 32, 2), ("c" * 32, 3))
SINGLES = 150


def log_of(count: int, until: datetime) -> Iterator[list[tuple[Any, ...]]]:
    """Rows as they are stored, in the order of their times."""
    draw = random.Random(0)
    maker = bulk.RowMaker(a_request(until))
    first = until - timedelta(days=DAYS)
    step = timedelta(days=DAYS) / count
    for start in range(0, count, BATCH):
        ids = bulk.new_ids(min(BATCH, count - start))
        yield [
            maker.row(
                request_id=id,
                requested_at=(first + number * step).isoformat(timespec="microseconds")[:-6] + "Z",
                model_id=model,
                model_version=version,
                latency_ms=draw.lognormvariate(3.0, 0.8),
                status_code=200 if draw.random() >= 0.02 else 500,
            )
            for number, id in enumerate(ids, start)
            for model, version in [VERSIONS[min(2, 4 * number // count)]]
        ]


def a_request(at: datetime) -> InferenceRecord:
    """One answered request."""
    return InferenceRecord(
        endpoint=ENDPOINT,
        model_id=VERSIONS[2][0],
        model_version=3,
        origin=Origin.HTTP,
        requested_at=at,
        input={"voltage": 1.5, "line": "north"},
        output={"defect": "crack"},
        confidence={"defect": 0.75},
        latency_ms=12.5,
    )


def triggers(store: Store) -> list[str]:
    """The statements that make the triggers of the kept sums."""
    with store.read() as connection:
        return connection.scalars(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'inference_log%summed'"
        )


def switch(store: Store, made: list[str], *, on: bool) -> None:
    """Make the triggers, or take them away."""
    with store.write() as connection:
        for statement in made:
            connection.execute(statement if on else f"DROP TRIGGER {statement.split()[2]}")


def fill(store: Store, count: int, until: datetime) -> None:
    """Write the log without its sums, then build them as a migration does."""
    began = time.perf_counter()
    with store.write() as connection:
        for source, sums in (("inference_log", "request_rollups"), ("feedback_items", "rating_rollups")):
            for name in ("summed", "unsummed", "resummed"):
                connection.execute(f"DROP TRIGGER {source}_{name}")
            connection.execute(f"DROP TABLE {sums}")
        # Its own counter is told once, not by its trigger ten million times.
        counted = connection.scalar("SELECT sql FROM sqlite_master WHERE name = 'inference_log_counted'")
        connection.execute("DROP TRIGGER inference_log_counted")
        rows.add(connection, Endpoint(name=ENDPOINT, model_id=VERSIONS[2][0]))
    names = ", ".join(InferenceRecord.model_fields)
    insert = f"INSERT INTO inference_log ({names}) VALUES ({', '.join('?' * len(InferenceRecord.model_fields))})"
    for batch in log_of(count, until):
        with store.write() as connection:
            connection.executemany(insert, batch)
    filled = time.perf_counter()
    with store.write() as connection:
        connection.execute("INSERT INTO request_counts VALUES (?, ?)", (ENDPOINT, count))
        connection.execute(str(counted))
        migrations.STEPS[4](connection)
    built = time.perf_counter()
    print(f"made {count:,} rows in {filled - began:,.0f} s; the migration built their sums in {built - filled:,.1f} s")


def timed(what: str, work: Callable[[], Any], budget: float | None = BUDGET_MS, repeats: int = 9) -> Any:
    """Do it several times and tell how long it took, beside the budget."""
    found, took, used = work(), [], []
    for _ in range(repeats):
        began, cpu = time.perf_counter(), time.thread_time()
        found = work()
        took.append(1_000 * (time.perf_counter() - began))
        used.append(1_000 * (time.thread_time() - cpu))
    middle, cpu = statistics.median(took), statistics.median(used)
    beside = "" if budget is None else f"  {middle / budget:5.2f} of the {budget:.0f} ms budget"
    print(f"{what:<50} {middle:9.1f} ms wall (at most {max(took):,.1f}), {cpu:7.1f} ms CPU{beside}")
    return found


def series(store: Store, until: datetime, count: int) -> None:
    """The figures of the screen."""
    monitor = MonitorService(store)
    for days, bucket in ((30, Bucket.HOUR), (30, Bucket.DAY), (7, Bucket.HOUR), (1, Bucket.MINUTE), (1, Bucket.HOUR)):
        since = until - timedelta(days=days, seconds=17)  # borders as they come, not those of the buckets
        points = timed(
            f"series, {days} d by {bucket}, {len(rollups.cover((since, until), bucket))} kinds of buckets",
            lambda since=since, bucket=bucket: monitor.timeseries(ENDPOINT, bucket, since, until),
        )
        inside = counted(store, since, until)
        assert sum(point.requests for point in points) == inside, "the buckets add up to the rows"
    since = until - timedelta(days=30)
    summary = timed("card, 30 d (percentiles from bins)", lambda: monitor.summary(ENDPOINT, since, until))
    assert summary.requests == counted(store, since, until)
    timed("card, last hour", lambda: monitor.summary(ENDPOINT, until - timedelta(hours=1), until))
    timed("versions, 30 d", lambda: monitor.versions(ENDPOINT, since, until))
    timed("health", lambda: monitor.health(ENDPOINT))
    timed("the newest 200 requests", lambda: monitor.requests(ENDPOINT, 200))
    exact = percentiles(store, count)
    told = ", ".join(
        f"p{share:.0%}"[:-1] + f" {mine:.2f} for {true:.2f}"
        for share, mine, true in zip((0.5, 0.95), (summary.p50_ms, summary.p95_ms), exact, strict=True)
    )
    print(f"percentiles from bins: {told} ms; the same bin by construction, at most {WITHIN:.1%} wide")
    from_rows = (
        "SELECT substr(requested_at, 1, 13), count(*), sum(status_code >= 400), sum(latency_ms) FROM inference_log "
        "WHERE endpoint = ? AND requested_at >= ? AND requested_at < ? GROUP BY 1"
    )

    def plain() -> list[Any]:
        with store.read() as connection:
            at = [bulk.stored(InferenceRecord, "requested_at", one) for one in (since, until)]
            return connection.rows(from_rows, (ENDPOINT, *at))

    timed("peer: 30 d by hour from the rows, no percentiles", plain, None, 1)


def counted(store: Store, since: datetime, until: datetime) -> int:
    """The rows of a span, one by one."""
    at = [bulk.stored(InferenceRecord, "requested_at", one) for one in (since, until)]
    query = "SELECT count(*) FROM inference_log WHERE endpoint = ? AND requested_at >= ? AND requested_at < ?"
    with store.read() as connection:
        return int(connection.scalar(query, (ENDPOINT, *at)))


def percentiles(store: Store, count: int) -> list[float]:
    """The true ones, of all answered requests."""
    query = "SELECT latency_ms FROM inference_log WHERE status_code < 400"
    with store.read() as connection:
        latencies = sorted(connection.scalars(query))
    return [latencies[int(share * len(latencies))] for share in (0.5, 0.95)]


def logging(store: Store) -> None:
    """One request at a time, and many at once, with and without the kept sums."""
    made = triggers(store)
    wall: dict[bool, list[float]] = {True: [], False: []}
    cpu: dict[bool, list[float]] = {True: [], False: []}
    many: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(6):
        on = turn % 2 == 0
        switch(store, made, on=False)
        if on:
            switch(store, made, on=True)
        singles = [a_request(datetime.now(UTC)) for _ in range(SINGLES + 5)]
        for number, record in enumerate(singles):
            began, used = time.perf_counter(), time.thread_time()
            with store.write() as connection:
                rows.add_many(connection, [record])
            if number >= 5:  # the first ones compile the statement
                wall[on].append(1_000 * (time.perf_counter() - began))
                cpu[on].append(1_000 * (time.thread_time() - used))
        together = [a_request(datetime.now(UTC)) for _ in range(2_000)]
        used = time.thread_time()
        with store.write() as connection:
            rows.add_many(connection, together)
        many[on].append(1e6 * (time.thread_time() - used) / len(together))
        with store.write() as connection:  # taken out as they came in, so that a workspace that is kept stays right
            for part in bulk.chunks([record.request_id for record in (*singles, *together)]):
                query = f"DELETE FROM inference_log WHERE request_id IN ({bulk.marks(part)})"
                connection.execute(query, tuple(part))
        if not on:
            switch(store, made, on=True)
    for what, took, unit in (
        ("one request, wall", wall, "ms"),
        ("one request, CPU", cpu, "ms"),
        ("of 2,000 at once, CPU a row", many, "µs"),
    ):
        with_sums, without = statistics.median(took[True]), statistics.median(took[False])
        print(
            f"log {what:<28} {with_sums:8.2f} {unit} with sums, {without:8.2f} {unit} without: "
            f"ratio {with_sums / without:.2f}"
        )


def size(store: Store) -> None:
    """What the sums take on the disk, as far as SQLite tells."""
    with store.read() as connection:
        kept = {
            bucket: connection.scalar(f"SELECT count(*) FROM request_rollups WHERE width = '{bucket}'")
            for bucket in Bucket
        }
    told = ", ".join(f"{n:,} of a {bucket}" for bucket, n in kept.items())
    print(f"sums kept: {told}; the database has {store.path.stat().st_size / 1e9:.2f} GB")


def main(count: int, folder: Path) -> None:
    """Measure and print."""
    path = folder / "ontos.db"
    fresh = not path.exists()
    store = Store(path)
    try:
        if fresh:
            fill(store, count, datetime.now(UTC))
        with store.read() as connection:
            last, count = connection.one("SELECT max(requested_at), count(*) FROM inference_log")
        until = datetime.fromisoformat(last) + timedelta(microseconds=1)
        size(store)
        series(store, until, count)
        logging(store)
    finally:
        store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--keep", type=Path, help="folder in which the workspace stays")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        main(given.rows, given.keep or Path(temporary))
