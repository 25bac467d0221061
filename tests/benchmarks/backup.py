"""A backup of a large workspace with somebody deciding beside it: its seconds, and the longest wait of a decision.

python tests/benchmarks/backup.py [MB]
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders.severity import unlabeled_sheet
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.admin.backup import back_up
from ontos_tui.services.admin.restore import restore
from ontos_tui.services.label.decisions import Decision
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace

PAUSE = 0.05
"""Seconds between two decisions, as a fast person makes them."""
ROW_BYTES = 20_000


def build(home: Path, megabytes: int) -> str:
    """A workspace of that size, and a training sheet to decide in."""
    words = [f"{random.Random(n).getrandbits(40):x}" for n in range(5_000)]
    draw = random.Random(1)
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, pairs=20_000)
        for part in range(megabytes // 20):
            with workspace.store.write() as connection:
                rows.add_many(
                    connection,
                    (
                        Sheet(name=f"{part} {n}", source_table=" ".join(draw.choices(words, k=ROW_BYTES // 11)))
                        for n in range(20_000_000 // ROW_BYTES)
                    ),
                )
    return sheet.id


def decide(home: Path, sheet_id: str) -> None:
    """Decide until stdin ends; print the seconds of each decision."""
    with Workspace(home) as workspace:
        print("begun", flush=True)
        for pair in workspace.label.queue.open(sheet_id):
            begun = time.perf_counter()
            workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE)])
            print(time.perf_counter() - begun, flush=True)
            time.sleep(PAUSE)


def _waits(process: subprocess.Popen[str], seconds: float) -> list[float]:
    time.sleep(seconds)
    process.kill()
    assert process.stdout is not None, "it is a pipe"
    return [float(line) for line in process.stdout if line.endswith("\n")]


def _beside(home: Path, sheet_id: str, target: Path | None) -> list[float]:
    command = [sys.executable, __file__, "decide", str(home), sheet_id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "it is a pipe"
        process.stdout.readline()
        if target is None:
            return _waits(process, 10)
        report = back_up(home, target)
        print(
            f"backup: {report.workspace_bytes / 1e6:,.0f} MB, {report.bytes / 1e6:,.0f} MB file, {report.seconds:.1f} s"
        )
        return _waits(process, 1)


def main(megabytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        sheet_id = build(home, megabytes)
        for name, target in (("alone", None), ("beside a backup", Path(folder) / "backup.zip")):
            waits = sorted(_beside(home, sheet_id, target))
            print(
                f"{name}: {len(waits)} decisions, median {statistics.median(waits) * 1000:.1f} ms, "
                f"p99 {waits[int(len(waits) * 0.99)] * 1000:.1f} ms, longest {waits[-1] * 1000:.1f} ms"
            )
        begun = time.monotonic()
        restore(Path(folder) / "other", Path(folder) / "backup.zip")
        print(f"restore: {time.monotonic() - begun:.1f} s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["decide"]:
        decide(Path(sys.argv[2]), sys.argv[3])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
