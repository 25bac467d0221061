"""kill -9 at random moments: what was confirmed is there, and the store is whole."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from screens import decided, open_desk

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
            told = [line.strip() for line in process.stdout if line.endswith("\n")]
        outcome.ended_early += not _is_whole(home)
        with Workspace(home) as workspace:
            kept = sum(pair.status is PairStatus.LABELED for pair in workspace.label.queue.pairs(told))
        outcome.confirmed += len(told)
        outcome.lost += len(told) - kept
    return outcome


def kill_apps(home: Path, sheet_id: str, rounds: int, seed: int = 2) -> Killed:
    """The app is fed keys at 20 Hz and killed at a random moment: what one frame showed as saved was confirmed."""
    outcome = Killed()
    draw = random.Random(seed)
    for _ in range(rounds):
        with Workspace(home) as workspace:
            before = workspace.label.queue.counts(sheet_id)
        done_before = before.total - before.unlabeled
        with open_desk(home) as terminal:
            confirmed = done_before
            until = time.monotonic() + draw.uniform(0.2, 1.5)
            while time.monotonic() < until:
                terminal.send("a")
                pause = min(until, time.monotonic() + 0.05)
                while (left := pause - time.monotonic()) > 0:
                    terminal.pump(left)
                    done, saved = decided(terminal)
                    confirmed = max(confirmed, done) if saved else confirmed
        # It was killed when the block was left, without any grace.
        outcome.ended_early += not _is_whole(home)
        with Workspace(home) as workspace:
            counts = workspace.label.queue.counts(sheet_id)
        outcome.confirmed += confirmed - done_before
        outcome.lost += max(0, confirmed - (counts.total - counts.unlabeled))
    return outcome


def _is_whole(home: Path) -> bool:
    with contextlib.closing(sqlite3.connect(home / "ontos.db")) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def _label(home: Path, sheet_id: str) -> None:
    """Decide until somebody ends it, and tell each decision that is confirmed."""
    with Workspace(home) as workspace:
        session = new_id()
        _tell(["begun"])
        while True:
            for pair in workspace.label.claims.next(sheet_id, session):
                workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE, version=pair.version)])
                _tell([pair.id])


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    _label(Path(sys.argv[1]), sys.argv[2])
