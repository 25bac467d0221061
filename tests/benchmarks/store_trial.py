"""What keeping records costs, and three ways to keep the fields of Q&A pairs: the figures of docs/decisions/store.md.

    python tests/benchmarks/store_trial.py [--pairs N] [--rounds N]

Seconds are CPU seconds of this process, the median of the rounds; bytes are those of SQLite's pages. The first table
asks only the verbs of store/rows.py, so it can be run upon any commit to compare.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

FIELDS = 20
Pair = dict[str, Any]

IMPORTS = {
    "sqlite3 and json": "import sqlite3, json",
    "the records (pydantic)": "import ontos_tui.domain.records.tables",
    "the records and the store": "import ontos_tui.domain.records.tables, ontos_tui.store.engine, ontos_tui.store.rows",
}
MEASURE = """
import resource, sys
{}
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    imports(max(9, asked.rounds))
    with tempfile.TemporaryDirectory() as folder:
        verbs(Path(folder), asked.rounds)
        layouts(Path(folder), asked.pairs, asked.rounds)


def imports(rounds: int) -> None:
    """CPU and memory of a process that only imports."""
    print("importing, a process of its own: CPU ms, MB")
    for name, statement in IMPORTS.items():
        script = [sys.executable, "-c", MEASURE.format(statement)]
        runs = [
            tuple(map(float, subprocess.run(script, capture_output=True, text=True, check=True).stdout.split()))
            for _ in range(rounds)
        ]
        cpu, memory = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"  {name:<32}{1000 * cpu:8.0f}{memory:8.1f}")


def verbs(folder: Path, rounds: int) -> None:
    """The verbs of store/rows.py upon Q&A pairs."""
    from ontos_tui.domain.records.pairs import QAPair
    from ontos_tui.store import rows
    from ontos_tui.store.engine import Store

    store = Store(folder / "verbs.db")
    fields = list(items(10_000))

    def made(sheet: str) -> list[QAPair]:
        return [
            QAPair(training_sheet_id=sheet, sheet_id="s", item_ref=f"{n}", sequence_number=n, source_data=one)
            for n, one in enumerate(fields)
        ]

    print("store/rows.py: CPU ms (a pair: µs)")
    batches = [made(f"{number:032x}") for number in range(rounds)]

    def insert(round: int) -> None:
        with store.write() as connection:
            rows.add_many(connection, batches[round])

    told("insert 10,000", [cpu(insert, round) for round in range(rounds)])
    ids = [pair.id for pair in batches[0][:1_000]]

    def get(_round: int) -> None:
        with store.read() as connection:
            for key in ids:
                rows.get(connection, QAPair, key)

    def read_each(_round: int) -> None:
        for key in ids:
            with store.read() as connection:
                rows.get(connection, QAPair, key)

    def change(_round: int) -> None:
        with store.write() as connection:
            for pair in batches[0][:1_000]:
                rows.change(connection, pair, notes="changed")

    get(0)  # whatever is prepared at the first time
    told("find 1 by its key, µs", [1000 * seconds / len(ids) for seconds in (cpu(get, n) for n in range(rounds))], 1000)
    told("the same, a connection each, µs", [cpu(read_each, n) / len(ids) for n in range(rounds)], 1e6)
    told("update 1 by its key, µs", [cpu(change, n) / len(ids) for n in range(rounds)], 1e6)
    store.close()
    single = Store(folder / "single.db")
    with single.write() as connection:
        rows.add_many(connection, batches[0])

    def find(_round: int) -> None:
        with single.read() as connection:
            assert len(rows.find(connection, QAPair)) == len(fields)

    told("find 10,000", [cpu(find, n) for n in range(rounds)])
    single.close()


def items(count: int) -> Iterator[Pair]:
    """Items as instruments make them: figures, whole numbers, words and a sentence, the same fields in each."""
    draw = random.Random(7)
    for number in range(count):
        item: Pair = {"serial_no": f"SN-{number:07d}"}
        item |= {f"reading_{n:02d}_mean": round(draw.gauss(20, 5), 4) for n in range(12)}
        item |= {f"count_{n}": draw.randrange(10_000) for n in range(4)}
        item |= {"supplier": draw.choice(("North", "South", "East works")), "line": draw.choice("ABC")}
        item["remark"] = draw.choice(("", "scratch near the edge, seen twice", "ok", "held back by the night shift"))
        assert len(item) == FIELDS
        yield item


class Layout:
    """One way to keep the fields of the pairs of a training sheet beside the pairs' other columns."""

    name: str

    def make(self, db: sqlite3.Connection, names: list[str]) -> None:
        """The tables."""
        raise NotImplementedError

    def write(self, db: sqlite3.Connection, pairs: list[Pair]) -> None:
        """All pairs, in one transaction."""
        raise NotImplementedError

    def columns(self, db: sqlite3.Connection, names: list[str]) -> dict[str, np.ndarray[Any, Any]]:
        """The fields as NumPy columns."""
        raise NotImplementedError

    def search(self, db: sqlite3.Connection, names: list[str], text: str) -> int:
        """How many pairs have a value that holds the text."""
        raise NotImplementedError

    def one(self, db: sqlite3.Connection, names: list[str], number: int) -> Pair:
        """The fields of one pair."""
        raise NotImplementedError


ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
BATCH = 500
"""Rows that are parsed at once; beyond, their values fall out of the caches."""


class Objects(Layout):
    """A JSON object a pair."""

    name = "JSON objects"

    def make(self, db: sqlite3.Connection, names: list[str]) -> None:
        db.execute("CREATE TABLE pairs (n INTEGER PRIMARY KEY, fields TEXT NOT NULL)")

    def write(self, db: sqlite3.Connection, pairs: list[Pair]) -> None:
        db.executemany("INSERT INTO pairs VALUES (?, ?)", ((n, ENCODE(pair)) for n, pair in enumerate(pairs)))

    def columns(self, db: sqlite3.Connection, names: list[str]) -> dict[str, np.ndarray[Any, Any]]:
        kept: dict[str, list[Any]] = {name: [] for name in names}
        for (text,) in db.execute("SELECT fields FROM pairs ORDER BY n"):
            pair = json.loads(text)
            for name in names:
                kept[name].append(pair.get(name))
        return {name: np.array(values) for name, values in kept.items()}

    def search(self, db: sqlite3.Connection, names: list[str], text: str) -> int:
        return among_values(db, text)

    def one(self, db: sqlite3.Connection, names: list[str], number: int) -> Pair:
        found: Pair = json.loads(db.execute("SELECT fields FROM pairs WHERE n = ?", (number,)).fetchone()[0])
        return found


class Arrays(Layout):
    """A JSON array of values a pair; the names stand once at the training sheet."""

    name = "JSON arrays, names once"

    def make(self, db: sqlite3.Connection, names: list[str]) -> None:
        db.execute("CREATE TABLE pairs (n INTEGER PRIMARY KEY, fields TEXT NOT NULL)")

    def write(self, db: sqlite3.Connection, pairs: list[Pair]) -> None:
        rows = ((n, ENCODE(list(pair.values()))) for n, pair in enumerate(pairs))
        db.executemany("INSERT INTO pairs VALUES (?, ?)", rows)

    def columns(self, db: sqlite3.Connection, names: list[str]) -> dict[str, np.ndarray[Any, Any]]:
        kept: list[list[Any]] = [[] for _ in names]
        cursor = db.execute("SELECT fields FROM pairs ORDER BY n")
        while some := cursor.fetchmany(BATCH):
            values = json.loads(f"[{','.join(text for (text,) in some)}]")
            for column, part in zip(kept, zip(*values, strict=True), strict=True):
                column.extend(part)
        return {name: np.array(values) for name, values in zip(names, kept, strict=True)}

    def search(self, db: sqlite3.Connection, names: list[str], text: str) -> int:
        return among_values(db, text)

    def one(self, db: sqlite3.Connection, names: list[str], number: int) -> Pair:
        text = db.execute("SELECT fields FROM pairs WHERE n = ?", (number,)).fetchone()[0]
        return dict(zip(names, json.loads(text), strict=True))


class Columns(Layout):
    """A table for each training sheet, a column for each field."""

    name = "a table a training sheet"

    def make(self, db: sqlite3.Connection, names: list[str]) -> None:
        db.execute(f"CREATE TABLE pairs (n INTEGER PRIMARY KEY, {', '.join(f'f{at}' for at in range(len(names)))})")

    def write(self, db: sqlite3.Connection, pairs: list[Pair]) -> None:
        marks = ", ".join("?" * (1 + FIELDS))
        db.executemany(f"INSERT INTO pairs VALUES ({marks})", ((n, *pair.values()) for n, pair in enumerate(pairs)))

    def columns(self, db: sqlite3.Connection, names: list[str]) -> dict[str, np.ndarray[Any, Any]]:
        wanted = ", ".join(f"f{at}" for at in range(len(names)))
        kept: list[list[Any]] = [[] for _ in names]
        cursor = db.execute(f"SELECT {wanted} FROM pairs ORDER BY n")
        while some := cursor.fetchmany(BATCH):
            for column, part in zip(kept, zip(*some, strict=True), strict=True):
                column.extend(part)
        return {name: np.array(values) for name, values in zip(names, kept, strict=True)}

    def search(self, db: sqlite3.Connection, names: list[str], text: str) -> int:
        where = " OR ".join(f"f{at} LIKE ?" for at in range(len(names)))
        query = f"SELECT count(*) FROM pairs WHERE {where}"
        return int(db.execute(query, [f"%{text}%"] * len(names)).fetchone()[0])

    def one(self, db: sqlite3.Connection, names: list[str], number: int) -> Pair:
        return dict(zip(names, db.execute("SELECT * FROM pairs WHERE n = ?", (number,)).fetchone()[1:], strict=True))


def among_values(db: sqlite3.Connection, text: str) -> int:
    """As the labeling queue searches: a look at the whole first, at the single values where it fits."""
    query = (
        "SELECT count(*) FROM pairs WHERE fields LIKE ? "
        "AND EXISTS (SELECT 1 FROM json_each(fields) WHERE CAST(value AS TEXT) LIKE ?)"
    )
    return int(db.execute(query, (f"%{text}%", f"%{text}%")).fetchone()[0])


def layouts(folder: Path, count: int, rounds: int) -> None:
    """Each way beside the others, in turns."""
    pairs = list(items(count))
    names = list(pairs[0])
    ways: list[Layout] = [Objects(), Arrays(), Columns()]
    print(f"the fields of {count:,} pairs x {FIELDS}: CPU s")
    print(f"  {'':<26}{'B/pair':>8}{'write':>8}{'columns':>9}{'rare':>8}{'often':>8}{'one, µs':>9}")
    seconds: dict[tuple[str, str], list[float]] = {}
    sizes: dict[str, float] = {}
    for round in range(rounds):
        for way in ways:
            path = folder / f"{way.name}-{round}.db"
            db = sqlite3.connect(path, isolation_level=None)
            db.execute("PRAGMA journal_mode = WAL")
            way.make(db, names)

            def write(_round: int, way: Layout = way, db: sqlite3.Connection = db) -> None:
                db.execute("BEGIN IMMEDIATE")
                way.write(db, pairs)
                db.execute("COMMIT")

            def one(_round: int, way: Layout = way, db: sqlite3.Connection = db) -> None:
                for number in range(0, count, max(1, count // 1_000)):
                    assert way.one(db, names, number) == pairs[number]

            work: dict[str, Callable[[int], Any]] = {
                "write": write,
                "columns": lambda _, way=way, db=db: way.columns(db, names),
                "rare": lambda _, way=way, db=db: way.search(db, names, f"SN-{count // 2:07d}"),
                "often": lambda _, way=way, db=db: way.search(db, names, "scratch"),
                "one": one,
            }
            for name, function in work.items():
                seconds.setdefault((way.name, name), []).append(cpu(function, round))
            assert len(way.columns(db, names)) == FIELDS
            sizes[way.name] = sum(row[0] for row in db.execute("SELECT pgsize FROM dbstat")) / count
            db.close()
            path.unlink()
    for way in ways:
        median = {
            name: statistics.median(seconds[way.name, name]) for name in ("write", "columns", "rare", "often", "one")
        }
        print(
            f"  {way.name:<26}{sizes[way.name]:8.0f}{median['write']:8.2f}{median['columns']:9.2f}"
            f"{median['rare']:8.2f}{median['often']:8.2f}{1e3 * median['one']:9.1f}"
        )
    print(f"  peak memory of all this: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def cpu(function: Callable[[int], Any], round: int) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    function(round)
    return time.process_time() - began


def told(what: str, values: list[float], scale: float = 1000) -> None:
    """One line of the first tables."""
    print(f"  {what:<34}{scale * statistics.median(values):10.1f}")


if __name__ == "__main__":
    main()
