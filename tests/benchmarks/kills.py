"""kill -9 at random moments: what was confirmed is there, and the store is whole."""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from screens import decided, open_desk, watch_frames

from ontos_tui.domain.records.base import new_id
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.decisions import Decision
from ontos_tui.workspace import Workspace


@dataclass
class Killed:
    """What was confirmed over all rounds, what of it was lost, and how many stores were not whole."""

    confirmed: int = 0
    lost: int = 0
    ended_early: int = 0
    frames: int = 0
    """Frames in which decisions were shown as saved."""

    def __str__(self) -> str:
        return f"{self.confirmed:,} confirmed, {self.lost} lost, {self.ended_early} stores broken"


def kill_services(home: Path, sheet_id: str, rounds: int, seed: int = 1) -> Killed:
    """A process that prints every decision that `decide` returned is killed at a random moment."""
    outcome = Killed()
    draw = random.Random(seed)
    for _ in range(rounds):
        command = [sys.executable, __file__, str(home), sheet_id]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None, "asked for"
            process.stdout.readline()  # it has begun
            time.sleep(draw.uniform(0.02, 0.5))
            process.kill()
            confirmed = [line.strip() for line in process.stdout if line.endswith("\n")]
        outcome.ended_early += not _is_whole(home)
        with Workspace(home) as workspace:
            there = sum(pair.status is PairStatus.LABELED for pair in workspace.label.queue.pairs(confirmed))
        outcome.confirmed += len(confirmed)
        outcome.lost += len(confirmed) - there
    return outcome


def kill_apps(home: Path, sheet_id: str, rounds: int, seed: int = 2) -> Killed:
    """The app is fed keys and killed: what any frame of it showed as saved was confirmed, however short it stood.

    One in three is killed by the frame that first shows another decision as saved, the others at random moments.
    """
    outcome = Killed()
    draw = random.Random(seed)
    for _ in range(rounds):
        before = _decided(home, sheet_id)
        shown, frames = _kill_one(home, draw)
        outcome.ended_early += not _is_whole(home)
        outcome.confirmed += max(0, shown - before)
        outcome.frames += frames
        outcome.lost += max(0, shown - _decided(home, sheet_id))
    return outcome


def _kill_one(home: Path, draw: random.Random) -> tuple[int, int]:
    """Label and kill; the most decisions that a frame showed as saved, and how many frames showed that."""
    shown: list[int] = []
    with open_desk(home) as terminal:

        def look() -> None:
            done, saved = decided(terminal)
            if saved:
                shown.append(done)

        look()
        watch_frames(terminal, look)
        first, at_once, pace = shown[-1] if shown else 0, draw.random() < 1 / 3, draw.uniform(0.002, 0.08)
        until = time.monotonic() + draw.uniform(0.0, 1.5)
        while time.monotonic() < until and not (at_once and shown and shown[-1] > first):
            terminal.send("a")
            pause = min(until, time.monotonic() + pace)
            while (left := pause - time.monotonic()) > 0 and not (at_once and shown and shown[-1] > first):
                terminal.pump(left)
        terminal.signal(signal.SIGKILL)
        while terminal.pump(0.05):  # what it had painted before
            pass
        look()
    return max(shown, default=0), len(shown)


def _decided(home: Path, sheet_id: str) -> int:
    with Workspace(home) as workspace:
        counts = workspace.label.queue.counts(sheet_id)
    return counts.total - counts.unlabeled


def _is_whole(home: Path) -> bool:
    with contextlib.closing(sqlite3.connect(home / "ontos.db")) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def _label(home: Path, sheet_id: str) -> None:
    """Decide until somebody ends it, and print each decision that is confirmed."""
    with Workspace(home) as workspace:
        session = new_id()
        _say(["begun"])
        while True:
            for pair in workspace.label.claims.next(sheet_id, session):
                workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE, version=pair.version)])
                _say([pair.id])


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    _label(Path(sys.argv[1]), sys.argv[2])
