"""How fast the screen is, against the smallest Textual app in the same run: `python tests/benchmarks/screen.py`.

Prints the first picture, memory, a stage switch, a labeling decision and idle bytes beside the budgets of the design.
The workspace is seeded with the sample data in a temporary folder; nothing of the user's is touched.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from meter import Answer, Meter, median, quantile

from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.workspace import Workspace

RUNS = 5
DECISIONS = 60


def _seed(home: Path) -> None:
    with Workspace(home) as workspace:
        report = workspace.onboarding.seed("defect_detection")
        workspace.generate.generation.generate(report.sheet.id, report.template.id, GenerationMode.AI)


def _row(what: str, value: str, budget: str) -> None:
    print(f"{what:<44} {value:<34} {budget}")


def _latency(answers: list[Answer]) -> str:
    first = [answer.first_ms for answer in answers]
    return f"p50 {median(first):.1f} ms, p99 {quantile(first, 0.99):.1f} ms"


def main() -> None:
    """Measure and print."""
    bare = [sys.executable, str(Path(__file__).with_name("bare.py"))]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _seed(home)
        ours = [sys.executable, "-m", "ontos_tui", "--home", str(home)]
        paints: dict[str, list[float]] = {"bare": [], "ours": []}
        settled: list[float] = []
        memory: list[float] = []
        for _ in range(RUNS):
            with Meter(bare) as meter:
                paints["bare"].append(meter.first_paint_ms)
            with Meter(ours) as meter:
                paints["ours"].append(meter.first_paint_ms)
                settled.append(meter.settled_ms)
                memory.append(meter.rss_mb())
        with Meter([sys.executable, "-m", "ontos_tui", "--home", f"{folder}/empty"]) as meter:
            meter.idle(3.0)  # what is loaded behind the first picture counts too
            empty = meter.rss_mb()
        with Meter(bare) as meter:
            floor = [meter.key(b"j") for _ in range(DECISIONS)]
        with Meter(ours) as meter:
            visits = [meter.key(str(stage).encode()) for stage in (2, 3, 4, 5, 6, 7, 1)]
            switches = [meter.key(str(stage).encode()) for _ in range(3) for stage in (2, 3, 1, 6, 5)]
            meter.idle(2.0)
            idle = meter.idle(3.0)
            meter.key(b"3")
            meter.key(b"\r")
            moves = [meter.key(b"j") for _ in range(DECISIONS)]
            decisions = [meter.key(b"a") for _ in range(DECISIONS)]

    ratio = median(paints["ours"]) / median(paints["bare"])
    _row("measured, 120x40", "value", "budget")
    _row("first picture", f"{median(paints['ours']):.0f} ms, {ratio:.2f} x bare Textual", "<= 1.3 x")
    _row("settled, with the first stage loaded", f"{median(settled):.0f} ms", "")
    _row("memory on an empty workspace", f"{empty:.0f} MB", "<= 60 MB before a heavy stage")
    _row("memory with a sheet's rows shown (DuckDB)", f"{median(memory):.0f} MB", "")
    _row("first visit of a stage", _latency(visits), "")
    _row("stage switch", f"{_latency(switches)}, {median([a.size for a in switches]):.0f} B", "<= 15 ms, <= 14 KB")
    _row("bare Textual: a key that changes one line", _latency(floor), "(the floor)")
    _row("next row in the queue", f"{_latency(moves)}, {median([a.size for a in moves]):.0f} B", "")
    _row("decision: key to next item", _latency(decisions), "p50 <= 5 ms, p99 <= 20 ms")
    _row("decision: bytes", f"p50 {median([a.size for a in decisions]):.0f} B", "<= 1,300 B")
    _row("idle for 3 s", f"{idle} B", "0 B")


if __name__ == "__main__":
    main()
