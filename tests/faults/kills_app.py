"""The app and its services, killed at random moments while somebody decides.

Promised: what the services confirmed and what a frame of the app showed as saved is there, and the database is whole.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from builders.severity import unlabeled_sheet
from faults.result import Result
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.tui.core.ui_state import Session
from ontos_tui.workspace import Workspace

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from kills import Killed, kill_apps, kill_services

PROMISE = "no decision that was confirmed or shown as saved is lost by kill -9"
PAIRS = 20_000


def run(seed: int, seconds: float) -> Result:
    """Kill until the time is over, services and apps by turns."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    total = Killed()
    rounds = 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        sheet = _workspace(home)
        while not rounds or time.monotonic() < until:
            kill = kill_services if rounds % 4 == 3 else kill_apps
            one = kill(home, sheet.id, 1, draw.randrange(1 << 30))
            total.confirmed += one.confirmed
            total.lost += one.lost
            total.ended_early += one.ended_early
            total.frames += one.frames
            rounds += 1
    notes = (f"{rounds} kills, {total.confirmed:,} decisions confirmed, {total.frames:,} frames said saved",)
    return Result(PROMISE, rounds, total.lost + total.ended_early, notes)


def _workspace(home: Path) -> TrainingSheet:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, pairs=PAIRS)
    session = Session(stage="label", training_sheet_id=sheet.id)
    session.save(home)
    return sheet
