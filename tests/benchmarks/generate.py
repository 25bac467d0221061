"""Column-mode generation, beside bare sqlite3 writing the same rows in the same run.

    python tests/benchmarks/generate.py [ROWS]

The peer gets finished tuples and the same tables and indexes, with and without the triggers that keep the counts; it
reads no file, makes no JSON and checks no answer, so it is a floor rather than a competitor. Rates are of wall time,
the CPU time of the thread stands beside them, since other work on the machine shows in the former only.
"""

from __future__ import annotations

import csv
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.services.generate.service import BATCH
from ontos_tui.workspace import Workspace

SCHEMA = {"type": "object", "properties": {"failed": {"type": "boolean"}}, "required": ["failed"]}
BUDGET = 20_000


def measured(what: str, rows: int, work: Callable[[], None]) -> float:
    """Do it, tell how fast it was, and return the pairs per second."""
    wall, cpu = time.perf_counter(), time.thread_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    print(f"{what:<44} {rows / wall:>10,.0f} pairs/s   {wall:6.2f} s wall   {cpu:6.2f} s CPU")
    return rows / wall


def write_file(path: Path, rows: int) -> None:
    """A file like the public predictive-maintenance set: eight fields and a label."""
    draw = random.Random(0)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "type", "air [K]", "process [K]", "speed [rpm]", "torque [Nm]", "wear [min]", "failed"])
        for number in range(rows):
            values = (draw.gauss(300, 2), draw.gauss(310, 1), draw.randint(1_000, 3_000), draw.gauss(40, 9))
            writer.writerow([f"m{number}", draw.choice("LMH"), *values, draw.randint(0, 250), draw.randint(0, 1)])


def floor(database: Path, home: Path, *, triggers: bool) -> Callable[[], None]:
    """Bare executemany of the pairs in `database` into an empty copy of its tables; the reading is not measured."""
    source = sqlite3.connect(database)
    rows = source.execute("SELECT * FROM qa_pairs ORDER BY sequence_number").fetchall()
    kinds = ("table", "index", "trigger") if triggers else ("table", "index")
    shapes = source.execute(
        "SELECT type, sql FROM sqlite_master WHERE tbl_name IN ('qa_pairs', 'pair_counts') AND sql IS NOT NULL"
    ).fetchall()
    target = sqlite3.connect(home / f"floor-{triggers}.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-16000"):
        target.execute(f"PRAGMA {pragma}")
    for kind in kinds:
        for shape in [sql for found, sql in shapes if found == kind]:
            target.execute(shape)
    insert = f"INSERT INTO qa_pairs VALUES ({', '.join('?' * len(rows[0]))})"

    def work() -> None:
        for start in range(0, len(rows), BATCH):
            target.execute("BEGIN IMMEDIATE")
            target.executemany(insert, rows[start : start + BATCH])
            target.execute("COMMIT")

    return work


def main(rows: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_file(home / "machines.csv", rows)
        with Workspace(home / "home") as workspace:
            added = workspace.data.files.add_file(home / "machines.csv")
            sheet = workspace.data.sheets.create_sheet("machines", added.address, item_id_column="id")
            template = workspace.generate.templates.create(
                name="failure",
                label_type="failure",
                user_prompt="{{ type }} {{ torque_nm }}",
                output_schema=SCHEMA,
                answer_columns={"failed": "failed"},
            )
            service = workspace.generate.generation  # what the platform imports is not part of it

            def generate() -> None:
                report = service.generate(sheet.id, template.id, GenerationMode.COLUMN)
                assert report.proposed == rows

            ours = measured(f"generate {rows:,} rows from CSV, column mode", rows, generate)
            measured("generate again: nothing new", rows, lambda: again(workspace, sheet.id, template.id, rows))
            database = workspace.store.path
        bare = measured("sqlite3 executemany, counts kept", rows, floor(database, home, triggers=True))
        measured("sqlite3 executemany, no counts", rows, floor(database, home, triggers=False))
    print(f"ratio to bare sqlite3: {ours / bare:.2f};  budget {BUDGET:,} pairs/s: {ours / BUDGET:.2f} of it")


def again(workspace: Workspace, sheet_id: str, template_id: str, rows: int) -> None:
    """A second run, which finds everything there."""
    report = workspace.generate.generation.generate(sheet_id, template_id, GenerationMode.COLUMN)
    assert (report.created, report.existing) == (0, rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
