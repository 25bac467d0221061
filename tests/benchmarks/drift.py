"""Drift of large samples against plain SciPy in the same run: seconds, and memory over the data.

    python tests/benchmarks/drift.py [ROWS]

ROWS (1,000,000) on either side, eight columns of numbers and two of categories; every column gets its test
(Kolmogorov-Smirnov or chi-squared), the population stability index, the Jensen-Shannon distance and, with ours, a
picture. The peer calls SciPy's functions as its documentation does. Each runs in a process of its own, twice; the
quicker run counts. Seconds are those of the one processor that it uses, so that other programs do not count. Memory is
the highest resident size less that with the data alone. Then one comparison as a user asks for it: an endpoint's log of
ROWS / 5 requests, of which a sample is read, against 1,000 training pairs; by the clock.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders.traffic import NOON, deployed_model, log_requests
from ontos_tui.learning.drift_statistics import compare_categories, compare_numbers
from ontos_tui.workspace import Workspace

NUMBERS, CATEGORIES = 8, 2
BUDGET_SECONDS = 40 / 15
"""Evidently 0.7.23 took 40 s for 1,000,000 x 10; 15 times quicker is wanted."""
BUDGET_MB = 300

Column = tuple[list[str], list[str]] | tuple[np.ndarray, np.ndarray]


def columns(rows: int) -> list[Column]:
    """Both sides of every column; half of them are shifted a little, one has new categories."""
    draw = np.random.default_rng(1)
    found: list[Column] = []
    for number in range(NUMBERS):
        shift = 0.0 if number % 2 else 0.05 * number
        found.append((draw.normal(0, 1, rows), draw.gamma(2, 1, rows) if number == 7 else draw.normal(shift, 1, rows)))
    for number in range(CATEGORIES):
        names = np.array([f"category {n}" for n in range(20)])
        found.append(
            (names[draw.integers(0, 18, rows)].tolist(), names[draw.integers(number, 18 + number, rows)].tolist())
        )
    return found


def ours(data: list[Column]) -> None:
    """Everything that a report has."""
    for a, b in data:
        if isinstance(a, np.ndarray):
            compare_numbers(a, b)
        else:
            compare_categories(a, b)


def plain_scipy(data: list[Column]) -> None:
    """The same statistics by SciPy's own functions."""
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import chi2_contingency, ks_2samp

    for a, b in data:
        if isinstance(a, np.ndarray):
            ks_2samp(a, b, method="asymp")
            edges = np.quantile(a, np.linspace(0, 1, 11))
            edges[0], edges[-1] = -np.inf, np.inf
            counts = np.array([np.histogram(side, edges)[0] for side in (a, b)])
        else:
            sides = [Counter(side) for side in (a, b)]
            counts = np.array([[side[name] for name in sorted(sides[0] | sides[1])] for side in sides])
            chi2_contingency(counts)
        jensenshannon(*counts, base=2)
        p, q = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
        ((q - p) * np.log(q / p)).sum()


def resident_mb(name: str) -> float:
    """Resident memory of this process: VmRSS is the present one, VmHWM the highest since it was last forgotten."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(name))


def measure(work: Callable[[list[Column]], None], rows: int, told: multiprocessing.Queue[tuple[float, float]]) -> None:
    """Seconds and memory of one way, in this process."""
    small = columns(1_000)
    work(small)  # what is imported on the first call is no part of the work
    data = columns(rows)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets how much making the data took
    before = resident_mb("VmRSS")
    times = []
    for _ in range(2):
        begun = time.process_time()
        work(data)
        times.append(time.process_time() - begun)
    told.put((min(times), resident_mb("VmHWM") - before))


def in_a_process(work: Callable[[list[Column]], None], rows: int) -> tuple[float, float]:
    """`measure` in a process of its own."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=measure, args=(work, rows, told))
    process.start()
    result: tuple[float, float] = told.get()
    process.join()
    return result


def as_a_user(requests: int) -> tuple[float, int]:
    """Seconds of one comparison of an endpoint with so many requests in a day, and how many of them were read."""
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder)) as workspace:
        model = deployed_model(workspace, 1_000)
        draw = random.Random(1)
        step = timedelta(days=1).total_seconds() / (requests + 1)
        log_requests(workspace.store, model, (draw.randrange(100_000) for _ in range(requests)), NOON, seconds=step)
        begun = time.perf_counter()
        report = workspace.monitor.drift.check("live", now=NOON)
        return time.perf_counter() - begun, max(one.recent_count for one in report.features)


def main(rows: int) -> None:
    """Measure and print."""
    print(f"drift, {rows:,} rows x {NUMBERS + CATEGORIES} columns on either side")
    found = {}
    for name, work in (("plain SciPy", plain_scipy), ("ours", ours)):
        found[name] = seconds, memory = in_a_process(work, rows)
        print(f"  {name:<12} {seconds:6.2f} s   {memory:6.0f} MB over the data")
    seconds, memory = found["ours"]
    print(f"  ours takes {seconds / found['plain SciPy'][0]:.2f} of SciPy's time")
    if rows == 1_000_000:
        within = seconds <= BUDGET_SECONDS and memory <= BUDGET_MB
        print(f"  budget {BUDGET_SECONDS:.2f} s and {BUDGET_MB} MB: {'kept' if within else 'NOT KEPT'}")
    requests = rows // 5
    seconds, read = as_a_user(requests)
    print(f"  an endpoint with {requests:,} requests in a day: {seconds:.2f} s, of which {read:,} were read")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
