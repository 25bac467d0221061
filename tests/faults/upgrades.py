"""Workspaces of every released version, whose upgrade is killed at random moments, also time and again.

Promised: the next start has what an upgrade that nobody killed has, row by row; and a copy from before is there.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from builders.released import VERSIONS, restore
from faults.result import Result
from ontos_tui.store.workspace_file.copying import BACKUPS
from ontos_tui.workspace import Workspace

PROMISE = "an upgrade from any released version that is killed is whole at the next start, with a copy from before"
Rows = dict[str, set[Any]]


def run(seed: int, seconds: float) -> Result:
    """Upgrade and kill until the time is over."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems = 0, list[str]()
    with tempfile.TemporaryDirectory() as folder:
        known: dict[int, tuple[Rows, float]] = {}
        while not tried or time.monotonic() < until:
            version = VERSIONS[tried % len(VERSIONS)]
            if version not in known:
                known[version] = _reference(Path(folder) / f"reference-{version}", version)
            home = Path(folder) / f"{tried}"
            problems += [f"version {version}: {one}" for one in upgrade_and_kill(home, version, *known[version], draw)]
            tried += 1
            shutil.rmtree(home)
    return Result(PROMISE, tried, len(problems), tuple(problems[:10]))


def _reference(place: Path, version: int) -> tuple[Rows, float]:
    """What the upgrade makes, as far as it is always the same, and how long it takes."""
    first, second = place / "first", place / "second"
    for home in (first, second):
        restore(home / "ontos.db", version)
        begun = time.monotonic()
        Workspace(home).close()
    one, other = contents(first / "ontos.db"), contents(second / "ontos.db")
    return {name: rows for name, rows in one.items() if other[name] == rows}, time.monotonic() - begun


def contents(path: Path) -> Rows:
    """The rows of every table, and what the schema says."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows: Rows = {name: set(map(repr, database.execute(f'SELECT * FROM "{name}"'))) for name in names}
        schema = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
        rows["schema"] = set(database.execute(schema))
        rows["version"] = set(database.execute("PRAGMA user_version"))
    return rows


def upgrade_and_kill(home: Path, version: int, known: Rows, seconds: float, draw: random.Random) -> Iterator[str]:
    """Begin the upgrade and kill it, up to three times; what is not as promised at the start after that."""
    restore(home / "ontos.db", version)
    for _ in range(draw.choice([1, 1, 2, 3])):
        pid = os.fork()
        if pid == 0:
            try:
                Workspace(home).close()
            finally:
                os._exit(0)
        time.sleep(draw.uniform(0.0, seconds))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    with Workspace(home) as workspace, workspace.store.read() as connection:
        if connection.scalar("PRAGMA integrity_check") != "ok":
            yield "the database is not whole"
    now = contents(home / "ontos.db")
    yield from (f"{name} is not as without a kill" for name in known if now.get(name) != known[name])
    if not list((home / BACKUPS).glob(f"before-migration-*-schema-{version}.db")):
        yield "no copy from before"
    if left := [path.name for path in home.rglob("*.part")]:
        yield f"left behind: {left}"
