"""The labeling queue as a search: a text looked for, and everything in the order of its likeness to one item.

    python tests/benchmarks/search.py [PAIRS]

Made-up items with six fields, one of them a note of 14 words; a rare word stands in one of 50,000 notes, a frequent one
in most. Text searches are the best of three; the ratios are of CPU time, to that of a bare scan of the same table.
While the order by likeness is made, another thread reads what a key of the queue reads, and its waiting is told.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders.severity import unlabeled_sheet
from ontos_tui.domain.records.pairs import LabelingMode, QAPair, TrainingSheet
from ontos_tui.services.label.queue import Queue, QueueFilter, QueueSort
from ontos_tui.store.bulk import RowMaker, new_ids
from ontos_tui.workspace import Workspace

AT_ONCE = 50_000
STEMS = ("crack", "scratch", "pit", "stain", "edge", "weld", "coat", "burn", "dent", "line", "grain", "void")
ENDINGS = ("", "s", "ed", "ing", "like", "free", "ish", "ness", "al", "y")
WORDS = [stem + ending for stem in STEMS for ending in ENDINGS]


def item(number: int, drawn: random.Random) -> dict[str, Any]:
    """What is known of one made-up item."""
    note = " ".join(drawn.choices(WORDS, k=14))
    return {
        "torque": 40 + number % 97,
        "machine": f"M{number % 31}",
        "line": "north" if number % 2 else "south",
        "temperature": round(drawn.gauss(20, 3), 3),
        "shift": number % 3,
        "note": f"{note} delamination" if number % AT_ONCE == 777 else note,
    }


def filled(workspace: Workspace, pairs: int) -> TrainingSheet:
    """A training sheet with so many pairs."""
    sheet = unlabeled_sheet(workspace.store, 0, user_prompt="{{ torque }} {{ machine }} {{ line }} {{ note }}")
    like = QAPair(
        training_sheet_id=sheet.id,
        sheet_id=sheet.sheet_id,
        item_ref="",
        sequence_number=1,
        source_data={},
        proposal={"severity": "minor"},
        confidence=0.5,
        proposed_by="a benchmark",
        labeling_mode=LabelingMode.AI_GENERATED,
    )
    maker, drawn = RowMaker(like), random.Random(0)
    for start in range(0, pairs, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, pairs))
        with workspace.store.write() as connection:
            made = [
                maker.row(
                    id=key,
                    item_ref=f"item-{number + 1}",
                    sequence_number=number + 1,
                    source_data=connection.fields.text(item(number, drawn)),
                )
                for key, number in zip(new_ids(len(numbers)), numbers, strict=True)
            ]
            maker.insert(connection, made)
    return sheet


def best(work: Callable[[], Any], times: int = 3) -> tuple[float, float]:
    """The shortest of some runs: seconds by the clock, and of the processor."""
    taken = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.thread_time()
        work()
        taken.append((time.perf_counter() - wall, time.thread_time() - cpu))
    return min(taken)


def tell(what: str, taken: tuple[float, float], floor: tuple[float, float], count: int) -> None:
    """One line."""
    print(f"{what:<26} {taken[0]:6.2f} s  {taken[1]:6.2f} s CPU  {taken[1] / floor[1]:5.1f} x  {count:>9,} pairs")


def waiting_beside(work: Callable[[], Any], ask: Callable[[], Any]) -> list[float]:
    """How long each `ask` takes while `work` goes on in a thread, the shortest first."""
    thread = threading.Thread(target=work)
    thread.start()
    waits = []
    while thread.is_alive():
        before = time.perf_counter()
        ask()
        waits.append(time.perf_counter() - before)
        time.sleep(0.05)
    return sorted(waits)


def main(pairs: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder)) as workspace:
        sheet = filled(workspace, pairs)

        def scan() -> None:
            query = "SELECT count(*) FROM qa_pairs WHERE training_sheet_id = ? AND length(source_data) < 0"
            with workspace.store.read() as connection:
                connection.scalar(query, (sheet.id,))

        def found(wanted: QueueFilter, sort: QueueSort = QueueSort.ORDER) -> Queue:
            return workspace.label.queue.open(sheet.id, wanted, sort)

        floor = best(scan)
        tell("a bare scan of the table", floor, floor, pairs)
        for told, text in (("rare", "delamination"), ("frequent", "edge"), ("absent", "zzz"), ("an item", "item-777")):
            wanted = QueueFilter(text=text)
            tell(f"text search, {told}", best(partial(found, wanted)), floor, len(found(wanted)))
        like = partial(found, QueueFilter(like="item-778"), QueueSort.SIMILAR)
        tell("most like one item first", best(like, 1), floor, pairs)
        whole = workspace.label.queue.open(sheet.id)
        waits = waiting_beside(like, lambda: whole[pairs // 2])
        middle, last = waits[len(waits) // 2] * 1000, waits[min(len(waits) - 1, len(waits) * 99 // 100)] * 1000
        print(f"a row asked for meanwhile: p50 {middle:.1f} ms, p99 {last:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 100_000)
