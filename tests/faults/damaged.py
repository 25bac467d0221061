"""Workspaces whose database was damaged: flipped bytes, lost tables, cut files, cut logs, files of other programs.

Promised: the workspace opens and reads as it was, or one sentence says what is wrong and what to do; never a traceback,
and never a new workspace in the place of the old one.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from builders.severity import unlabeled_sheet
from faults.result import Result
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.label.decisions import Decision
from ontos_tui.workspace import Workspace

PROMISE = "a damaged workspace opens as it was, or says in one sentence what is damaged and what to do"
PAIRS = 200


def run(seed: int, seconds: float) -> Result:
    """Damage copies of a workspace until the time is over."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems = 0, []
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        sheet = _workspace(model)
        while not tried or time.monotonic() < until:
            name, damage = list(DAMAGES.items())[tried % len(DAMAGES)]
            home = Path(folder) / f"{tried}"
            shutil.copytree(model, home)
            damage(home / "ontos.db", draw)
            problem = _problem(home, sheet)
            if problem:
                problems.append(f"{name}: {problem}")
            tried += 1
            shutil.rmtree(home)
    return Result(PROMISE, tried, len(problems), tuple(problems[:10]))


def _workspace(model: Path) -> str:
    """A workspace as a kill leaves it, with decisions in the database and in its log."""
    home = model.with_name("made")
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, pairs=PAIRS)
        pairs = workspace.label.queue.open(sheet.id)
        for pair in pairs[:60]:
            workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE)])
        with workspace.store.read():
            shutil.copytree(home, model)
    return sheet.id


def _problem(home: Path, sheet: str) -> str:
    try:
        with Workspace(home) as workspace:
            counts = workspace.label.queue.counts(sheet)
            decided = sum(pair.status.value == "labeled" for pair in workspace.label.queue.pairs(
                [pair.id for pair in workspace.label.queue.open(sheet)]))  # fmt: skip
            # A byte that was flipped in a text is a text: no checksum is in SQLite's pages. All rows have to be there.
            if counts.total != PAIRS or decided != 60:
                return f"opened with {decided} of 60 decisions and {counts.total} of {PAIRS} pairs, without a word"
    except OntosError as error:
        if not error.todo or "Traceback" in error.what or "\n" in error.what:
            return f"no remedy: {error.what}"
    except Exception as error:  # noqa: BLE001  # that is what is being looked for
        return f"{type(error).__name__}: {error}"
    return ""


def _flip(path: Path, draw: random.Random, first: int = 0) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(draw.choice([1, 8, 200])):
        at = draw.randrange(first, len(content))
        content[at] ^= 1 << draw.randrange(8)
    path.write_bytes(content)


def _scramble(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at = draw.randrange(0, len(content) - 4096, 4096)
    content[at : at + 4096] = draw.randbytes(4096)
    path.write_bytes(content)


def _cut(path: Path, draw: random.Random) -> None:
    with path.open("rb+") as file:
        file.truncate(draw.randrange(0, path.stat().st_size))


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _drop(path: Path, draw: random.Random) -> None:
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        names = [name for name in names if not name.startswith("sqlite_")]
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(f"DROP TABLE {draw.choice(names)}")


def _foreign(path: Path, draw: random.Random) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
        connection.execute(f"PRAGMA user_version = {draw.choice([0, 1, 13])}")


def _empty(path: Path, draw: random.Random) -> None:
    path.write_bytes(b"")


def _gone(path: Path, draw: random.Random) -> None:
    path.unlink()


DAMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    "the header flipped": lambda path, draw: path.write_bytes(draw.randbytes(100) + path.read_bytes()[100:]),
    "a page scrambled": _scramble,
    "the file cut": _cut,
    "the log cut": lambda path, draw: _cut(_log(path), draw),
    "bytes of the log flipped": lambda path, draw: _flip(_log(path), draw),
    "the log gone": lambda path, draw: _log(path).unlink(),
    "a table dropped": _drop,
    "another program's database": _foreign,
    "an empty file": _empty,
    "the file gone": _gone,
}
