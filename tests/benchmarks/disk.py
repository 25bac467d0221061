"""From a key to the disk, and from another process to this one's screen."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

from screens import decided, open_desk

from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.label.queue import QueueFilter
from ontos_tui.workspace import Workspace

LABELED = "SELECT sum(n) FROM pair_counts WHERE training_sheet_id = ? AND status = 'labeled'"


def key_to_disk(home: Path, sheet_id: str, keys: int) -> list[float]:
    """Milliseconds from `a` until another process sees the decision, which SQLite lets it only after the fsync."""
    took = []
    with open_desk(home) as terminal, contextlib.closing(sqlite3.connect(home / "ontos.db")) as connection:
        for _ in range(keys):
            while terminal.pump(0.1):
                pass
            before = connection.execute(LABELED, (sheet_id,)).fetchone()[0] or 0
            begun = time.perf_counter()
            terminal.send("a")
            while (connection.execute(LABELED, (sheet_id,)).fetchone()[0] or 0) == before:
                time.sleep(0.0005)
            took.append((time.perf_counter() - begun) * 1000)
    return took


def decided_elsewhere(home: Path, sheet_id: str, times: int) -> list[float]:
    """Seconds from a decision in this process until the status line of an app shows it."""
    took = []
    with open_desk(home) as terminal, Workspace(home) as workspace:
        queue = workspace.label.queue.open(sheet_id, QueueFilter(status=PairStatus.UNLABELED))
        for pair in workspace.label.queue.pairs([row.id for row in queue[-times:]]):
            while terminal.pump(0.1):
                pass
            before = decided(terminal)[0]
            workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE)])
            begun = time.perf_counter()
            terminal.until(lambda shown=before: decided(terminal)[0] > shown, "it is in sight")  # type: ignore[misc]
            took.append(time.perf_counter() - begun)
    return took
