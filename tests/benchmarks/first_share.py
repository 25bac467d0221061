"""The first sharing of a large sheet: statements, seconds and memory, against the emulated Databricks.

    python tests/benchmarks/first_share.py [--pairs N]

A million pairs take some minutes, most of them the emulator's. Statements are counted where they arrive, in another
process than the one that shares, so that the memory shown is of the program alone.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

MOST_STATEMENTS = 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=1_000_000)
    asked = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=[theirs])
    server.start()
    try:
        _measure(ours, asked.pairs)
    finally:
        ours.send("end")
        server.join()


def _measure(pipe: Connection, pairs: int) -> None:
    from sheets import seeded

    from emulator.databricks.server import TOKEN
    from ontos_tui.platforms.databricks.team.delta_log import DeltaLog
    from ontos_tui.platforms.databricks.workspace_client import Place, Team
    from ontos_tui.services.team.team_log import SharingService
    from ontos_tui.workspace import Workspace

    os.environ["DATABRICKS_HOST"], os.environ["DATABRICKS_TOKEN"] = pipe.recv(), TOKEN
    gc.set_threshold(20_000)  # as the program does
    with tempfile.TemporaryDirectory() as folder:
        seeded(Path(folder), pairs)
        with Workspace(Path(folder)) as workspace:
            log = DeltaLog(Team(Place("", "w1", "team", "ontos")))
            sharing = SharingService(workspace.store, log, "ana")
            base = _peak_mb()
            steps = []
            for name, step in (("start", sharing.start), ("push", sharing.push), ("pull", sharing.pull)):
                begun = time.perf_counter()
                step()
                steps.append((name, time.perf_counter() - begun, _peak_mb() - base, _statements(pipe)))
            log.close()
    print(f"{pairs:,} pairs      {'seconds':>9} {'MB over base':>13} {'statements':>11}")
    for name, seconds, memory, statements in steps:
        print(f"{name:<20} {seconds:>9.1f} {memory:>13.0f} {statements:>11}")
    print(f"statements in all: {steps[-1][3]}, goal at most {MOST_STATEMENTS}")


def _statements(pipe: Connection) -> int:
    pipe.send("count")
    return int(pipe.recv())


def _serve(pipe: Connection) -> None:
    from emulator.databricks.scene import served

    with served() as scene:
        before = len(scene.engine.statements)
        pipe.send(scene.workspace.url)
        while pipe.recv() == "count":
            pipe.send(len(scene.engine.statements) - before)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
