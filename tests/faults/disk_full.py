"""Commands on a disk that fills up: a limit on the size of files stands for it, at a random size.

Promised: a command that cannot write says so in one sentence and ends with 1; files are the old or the new ones, whole;
the workspace opens afterwards with all that was confirmed.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from builders.severity import unlabeled_sheet
from faults.result import Result
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.label.decisions import Decision
from ontos_tui.workspace import Workspace

PROMISE = "on a full disk a command says so, and leaves files and workspace whole"
PAIRS = 300
LIMITED = """
import resource, sys
limit = int(sys.argv.pop(1))
from ontos_tui.__main__ import main
import ontos_tui.cli.app
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
main()
"""


def run(seed: int, seconds: float) -> Result:
    """Run commands under random limits until the time is over."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems = 0, []
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        with Workspace(model) as workspace:
            sheet = unlabeled_sheet(workspace.store, pairs=PAIRS)
            pairs = workspace.label.queue.open(sheet.id)
            workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE) for pair in pairs[:-1]])
        while not tried or time.monotonic() < until:
            home = Path(folder) / f"{tried}"
            shutil.copytree(model, home)
            command = draw.choice(_commands(home, sheet.id, pairs[-1].id))
            problems += [f"{' '.join(command)[:60]}: {one}" for one in _problems(home, command, draw)]
            shutil.rmtree(home)
            tried += 1
    return Result(PROMISE, tried, len(problems), tuple(problems[:10]))


def _commands(home: Path, sheet: str, pair: str) -> list[list[str]]:
    return [
        ["settings", "set", "chat_model", "x" * 20_000],
        ["label", "export", sheet, "--out", str(home / "out.jsonl")],
        ["export", sheet, "--out", str(home / "out.csv")],
        ["label", "decide", pair, "approve"],
        ["backup", str(home / "backup.zip")],
        ["seed", "defect_detection"],
    ]


def _problems(home: Path, command: list[str], draw: random.Random) -> list[str]:
    problems = []
    old = {name: (home / name).write_text("old\n") and b"old\n" for name in ("out.jsonl", "out.csv", "backup.zip")}
    limit = draw.choice([0, 1, 4_096, draw.randrange(10_000), draw.randrange(100_000), draw.randrange(2_000_000)])
    words = [sys.executable, "-c", LIMITED, str(limit), "--home", str(home), *command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    if "Traceback" in done.stderr or "should not have" in done.stderr:
        problems.append(f"limit {limit}: {done.stderr.strip().splitlines()[-1][:200]}")
    if done.returncode not in (0, 1):
        problems.append(f"limit {limit}: ended with {done.returncode}")
    if done.returncode == 1 and "Error:" not in done.stderr:
        problems.append(f"limit {limit}: no reason on stderr")
    for name, content in old.items():
        if done.returncode and (home / name).read_bytes() != content:
            problems.append(f"limit {limit}: {name} was changed by a command that failed")
    with Workspace(home) as workspace, workspace.store.read() as connection:
        if connection.scalar("PRAGMA integrity_check") != "ok":
            problems.append(f"limit {limit}: the database is not whole")
        if connection.scalar("SELECT count(*) FROM qa_pairs WHERE status = 'labeled'") < PAIRS - 1:
            problems.append(f"limit {limit}: decisions are gone")
    if (home / "settings.toml").exists() and done.returncode == 0 and command[0] == "settings":
        shown = subprocess.run(
            [sys.executable, "-m", "ontos_tui", "--home", str(home), "--json", "settings", "list"],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        if not any(one["value"] == "x" * 20_000 for one in json.loads(shown.stdout)):
            problems.append(f"limit {limit}: the setting is not there")
    return problems
