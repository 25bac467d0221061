"""Joining a team: the log of a first sharing and of many decisions into an empty workspace, beside a bare bulk insert.

    python tests/benchmarks/join.py [--decisions N] [--profile]

The log is in memory; each decision is an entry of its own. The bare insert writes the rows that came out into the same
tables of another workspace, a thousand entries a transaction, and nothing else.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from builders.severity import MAJOR, unlabeled_sheet
from builders.team_log import BEGIN, Member, SharedLog
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.entries import LogRow
from ontos_tui.services.label.service import Decision

PAGE = 1_000
"""Entries of one page of the log, as DeltaLog reads them."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--decisions", type=int, default=50_000)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shared = history(Path(folder) / "ana", asked.decisions)
        joined = Member(Path(folder) / "ben", "ben", shared)
        joined.sharing.start()
        gc.set_threshold(20_000)  # as the program does
        base = peak_mb()
        profile = cProfile.Profile(time.process_time) if asked.profile else None
        if profile is not None:
            profile.enable()
        begun, cpu = time.perf_counter(), time.process_time()
        joined.sharing.pull()
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        if profile is not None:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        grown = peak_mb() - base
        bare = bare_insert(joined, Path(folder) / "bare", len(shared.rows))
        joined.close()
    entries = len(shared.rows)
    print(f"entries                        {entries:>10,}")
    print(f"joined, seconds (CPU)          {seconds:>10.2f} ({cpu:.2f})")
    print(f"entries a second of CPU        {entries / cpu:>10,.0f}   goal 10,000")
    print(f"bare bulk insert, seconds CPU  {bare:>10.2f}")
    print(f"share of the bare insert       {bare / cpu:>10.2f}   goal 0.40")
    print(f"memory over the base, MB       {grown:>10.0f}   goal 150")


def history(home: Path, decisions: int) -> SharedLog:
    """A log in which a sheet was shared, and each of its pairs decided, one entry a decision."""
    shared = SharedLog()
    ana = Member(home, "ana", shared)
    sheet = unlabeled_sheet(ana.store, decisions).id
    ana.sharing.start()
    ana.sharing.push()
    ana.sharing.pull()
    first, *others = ana.label.queue.open(sheet)
    ana.label.queue.decide([Decision(first.id, Verdict.EDIT, answer=MAJOR)])
    ana.sharing.push()
    pattern = shared.rows.pop()
    shared.rows.extend(list(copies(pattern, shared.rows, [first, *others])))
    ana.close()
    return shared


def copies(pattern: LogRow, shared: list[LogRow], pairs: list[Any]) -> Iterator[LogRow]:
    """The entry of one decision for each of the pairs: with its own values, and other ids for what was written anew."""
    first = pairs[0]
    values, bases = {}, {}
    for row in shared:
        for change in (change for group in json.loads(row.body)["groups"] for change in group):
            values[change["k"]], bases[change["k"]] = change["v"], [row.writer, row.seq]
    body = json.loads(pattern.body)
    own = sorted({change["k"] for group in body["groups"] for change in group} - {first.id})
    for number, pair in enumerate(pairs):
        text = pattern.body
        for place, key in enumerate(own):
            text = text.replace(key, f"{number:08x}{place:024x}")
        made = json.loads(text.replace(first.id, pair.id).replace(f'"{first.item_ref}"', f'"{pair.item_ref}"'))
        for change in made["groups"][0]:
            if change["k"] == pair.id:
                decided = {name: one for name, one in change["v"].items() if one != values[first.id][name]}
                mine = values[pair.id]
                change["v"] = {**mine, **decided, "id": pair.id, "item_ref": pair.item_ref}
                change["b"] = bases[pair.id]
        whole = json.dumps(made, separators=(",", ":"))
        yield LogRow(pattern.version + number, BEGIN, pattern.writer, pattern.seq + number, "ana", 1, whole)


def bare_insert(joined: Member, home: Path, entries: int) -> float:
    """Seconds of CPU that inserting the same rows takes."""
    other = Member(home, "bare", SharedLog())
    with joined.store.read() as connection:
        tables = {
            record: connection.rows(f"SELECT {', '.join(record.model_fields)} FROM {record.TABLE}") for record in SHARED
        }
    begun = time.process_time()
    for record, rows in tables.items():
        names = list(record.model_fields)
        sql = f"INSERT OR IGNORE INTO {record.TABLE} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        for start in range(0, len(rows), PAGE):
            with other.store.write() as connection:
                connection.executemany(sql, rows[start : start + PAGE])
    seconds = time.process_time() - begun
    other.close()
    return seconds


def peak_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
