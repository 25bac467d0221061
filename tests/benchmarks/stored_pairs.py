"""What Q&A pairs cost in the database: bytes by table and index, and the CPU time of what reads and writes many.

    python tests/benchmarks/stored_pairs.py [--pairs N] [--rounds N]

Asks only functions that are older than the way in which fields are stored, so it can be run upon any commit to compare.
Seconds are CPU seconds of this process, the median of the rounds; bytes are those of SQLite's pages.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from store_trial import items

from ontos_tui.domain.records.pairs import GenerationMode, LabelingMode, QAPair, TrainingSheet
from ontos_tui.domain.rules.segments import Segment
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.interchange.selection import ExportOptions, OutgoingPairs
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.improve.annotation_tasks import undecided_in_segment
from ontos_tui.store.queries.interchange.outgoing_pairs import field_names
from ontos_tui.store.queries.label.labeling_queue import Place, QueueFilter, QueueSort, entries, next_unlabeled, numbers
from ontos_tui.store.queries.training.columns import usable_columns
from ontos_tui.store.queries.training.pairs import gate_counts, last_change

Work = Callable[[], Any]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "ontos.db")
        sheet = TrainingSheet(
            name="parts",
            sheet_id=f"{7:032x}",
            template_id="",
            template_version="1",
            template_snapshot={},
            label_type="severity",
            generation_mode=GenerationMode.COLUMN,
        )
        with store.write() as connection:
            rows.add(connection, sheet)
        write(store, sheet, given.pairs)
        sizes(store, given.pairs)
        reading(store, sheet, given.pairs, given.rounds)
        store.close()


def write(store: Store, sheet: TrainingSheet, count: int) -> None:
    """Insert the pairs, 4,000 in each transaction; every other one is labeled."""
    seconds = []
    pairs = []
    for number, fields in enumerate(items(count), 1):
        answer = {"severity": ("none", "minor", "major")[number % 3]}
        labeled = number % 2 == 0
        pairs.append(
            QAPair(
                training_sheet_id=sheet.id,
                sheet_id=sheet.sheet_id,
                item_ref=f"{number}",
                sequence_number=number,
                source_data=fields,
                proposal=answer,
                proposed_by="column severity",
                labeling_mode=LabelingMode.EXISTING_COLUMN,
                answer=answer if labeled else None,
                status=PairStatus.LABELED if labeled else PairStatus.UNLABELED,
                created_by="ana",
                updated_by="ana",
            )
        )
        if len(pairs) == 4_000 or number == count:
            began = time.process_time()
            with store.write() as connection:
                rows.add_many(connection, pairs)
            seconds.append((time.process_time() - began) / len(pairs))
            pairs = []
    print(f"insert, CPU µs a pair              {1e6 * statistics.median(seconds):10.1f}")


def sizes(store: Store, count: int) -> None:
    """Bytes a pair, of the table and of each of its indexes."""
    with store.read() as connection:
        sql = (
            "SELECT d.name, sum(d.pgsize) FROM dbstat d JOIN sqlite_schema s ON s.name = d.name "
            "WHERE s.tbl_name = 'qa_pairs' GROUP BY 1"
        )
        parts = [(name, size / count) for name, size in connection.rows(sql)]
    print(f"bytes a pair                       {sum(size for _, size in parts):10.0f}")
    for name, size in parts:
        print(f"  {name:<60}{size:6.0f}")


def reading(store: Store, sheet: TrainingSheet, count: int, rounds: int) -> None:
    """What reads many pairs, and what must answer at once."""
    place = Place(QAPair, sheet.id)
    segment = Segment(field="supplier", value="North")
    with store.read() as connection:
        keys = connection.scalars("SELECT id FROM qa_pairs WHERE sequence_number % 100 = 0 LIMIT 500")
        work: dict[str, tuple[float, Work]] = {
            "columns for training, s": (1, lambda: usable_columns(connection, sheet.id)),
            "export, every pair, s": (
                1,
                lambda: sum(1 for _ in OutgoingPairs(connection, sheet.id, ExportOptions(all_statuses=True))),
            ),
            "names of all fields, s": (1, lambda: field_names(connection, sheet.id)),
            "search: rare, s": (
                1,
                lambda: numbers(connection, place, QueueFilter(text=f"SN-{count // 2:07d}"), QueueSort.ORDER),
            ),
            "search: in a quarter, s": (
                1,
                lambda: numbers(connection, place, QueueFilter(text="scratch"), QueueSort.ORDER),
            ),
            "pairs of a segment, s": (1, lambda: undecided_in_segment(connection, sheet.id, segment)),
            "one pair, µs": (1e6 / len(keys), lambda: [rows.get(connection, QAPair, key) for key in keys]),
            "queue: in order, ms": (1e3, lambda: numbers(connection, place, QueueFilter(), QueueSort.ORDER)),
            "queue: one status, ms": (
                1e3,
                lambda: numbers(connection, place, QueueFilter(status=PairStatus.UNLABELED), QueueSort.ORDER),
            ),
            "queue: oldest first, ms": (1e3, lambda: numbers(connection, place, QueueFilter(), QueueSort.OLDEST)),
            "queue: 40 rows, µs": (
                1e6,
                lambda: entries(connection, place, range(count // 2, count // 2 + 40), in_a_row=True),
            ),
            "queue: next undecided, µs": (1e6, lambda: next_unlabeled(connection, place, count // 2)),
            "gates, ms": (1e3, lambda: gate_counts(connection, sheet.id)),
            "last change, µs": (1e6, lambda: last_change(connection, sheet.id)),
        }
        for name, (scale, function) in work.items():
            print(f"{name:<34}{scale * median_cpu(function, rounds):11.2f}")


def median_cpu(function: Work, rounds: int) -> float:
    """CPU seconds of one call, the median."""
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        function()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
