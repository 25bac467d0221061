"""`ontos watch`, killed at random moments while files arrive, some of them half written.

Promised: every row of every file that stands still is in the table once, whatever was killed, and what the killed
watch left is not in the way.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from faults.result import Result
from ontos_tui.workspace import Workspace

PROMISE = "a killed watch of a folder has every row of every file once, and goes on at the next start"
ROWS = 400


def run(seed: int, seconds: float) -> Result:
    """Let files arrive and kill the watch, until the time is over; a try is a kill."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems = 0, list[str]()
    with tempfile.TemporaryDirectory() as folder:
        home, incoming = Path(folder) / "home", Path(folder) / "incoming"
        incoming.mkdir()
        expected: Counter[str] = Counter()
        while not tried or time.monotonic() < until:
            expected += _arrive(incoming, draw, tried)
            problems += _watch_and_kill(home, incoming, draw)
            tried += 1
            if tried % 10 == 0:
                problems += _problems(home, incoming, expected)
        problems += _problems(home, incoming, expected)
    return Result(PROMISE, tried, len(problems), tuple(problems[:10]))


def _arrive(incoming: Path, draw: random.Random, number: int) -> Counter[str]:
    """New files, one of them larger; the rows that each has."""
    rows: Counter[str] = Counter()
    for part in range(draw.randrange(1, 4)):
        name, count = f"run{number}-{part}.csv", draw.choice([1, 5, ROWS])
        lines = ["id,t,y", *(f"{number}-{part}-{row},{row},{draw.random():.3f}" for row in range(count))]
        (incoming / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        rows[name] = count
    return rows


def _watch_and_kill(home: Path, incoming: Path, draw: random.Random) -> Iterator[str]:
    command = [sys.executable, "-m", "ontos_tui", "--home", str(home), "watch", str(incoming), "--every", "0.5"]
    late = incoming / f"late{draw.randrange(10**9)}.csv"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None, "it is a pipe"
        late.write_text("id,t,", encoding="utf-8")  # a file that is being written, and goes away again
        time.sleep(draw.uniform(0.3, 4.5))
        process.kill()
        said = process.stderr.read().strip()
    late.unlink()
    if said:
        yield f"the watch said: {said.splitlines()[-1][:200]}"


def _problems(home: Path, incoming: Path, expected: Counter[str]) -> Iterator[str]:
    """What is not as promised after a look at what stands still."""
    with Workspace(home) as workspace:
        watching = workspace.data.watching
        list(watching.looks(watching.request(incoming), 1.0, time.sleep, once=True))
        total = sum(expected.values())
        page = workspace.data.catalog.preview("local.files.incoming", limit=total + 100)
        counts = Counter(str(item.fields["source_file"]) for item in page.items)
        twice = sum(count > 1 for count in Counter(str(item.fields["id"]) for item in page.items).values())
    wrong = sorted(name for name in {*expected, *counts} if expected[name] != counts[name])
    if wrong:
        yield f"{len(wrong)} files have other rows, such as {wrong[0]}: {counts[wrong[0]]} of {expected[wrong[0]]}"
    if twice:
        yield f"{twice} rows are there more than once"
