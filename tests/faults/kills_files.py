"""Exports, settings, imports, backups and restores, killed at random moments.

Promised: every file is the old one or the new one, whole; a workspace opens, with all of an import or nothing of it;
and what the killed writer left is gone at the next start.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from builders.severity import MINOR, unlabeled_sheet
from faults.result import Result
from ontos_tui.domain.file_formats import Format
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.replacing import write_text
from ontos_tui.services.admin.backup import back_up
from ontos_tui.services.admin.restore import restore
from ontos_tui.services.admin.settings_file import SettingsService
from ontos_tui.services.label.decisions import Decision
from ontos_tui.workspace import Workspace

PROMISE = "a killed export, setting, import, backup or restore leaves the old or the new, whole, and nothing else"
PAIRS = LABELS = 300
LONG = 40_000


def run(seed: int, seconds: float) -> Result:
    """Kill a process that writes without a pause, until the time is over."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems = 0, []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        home, out = place / "home", place / "out"
        out.mkdir()
        _prepare(home, place)
        while not tried or time.monotonic() < until:
            command = [sys.executable, __file__, str(place), str(draw.randrange(1 << 30))]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None and process.stderr is not None, "they are pipes"
                process.stdout.readline()
                time.sleep(draw.uniform(0.0, 1.2))
                process.kill()
                done = process.stdout.read().split()
                errors = process.stderr.read()
            tried += 1
            during = done[-1] if done else "start"
            if errors:
                problems.append(f"{during}: {errors.strip().splitlines()[-1][:200]}")
            problems += [f"killed during {during}: {problem}" for problem in _problems(home, out)]
    return Result(PROMISE, tried, len(problems), tuple(problems[:10]))


def _prepare(home: Path, place: Path) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, pairs=PAIRS)
        pairs = workspace.label.queue.open(sheet.id)
        workspace.label.queue.decide([Decision(pair.id, Verdict.APPROVE) for pair in pairs])
        (place / "sheet").write_text(sheet.id)
        lines = [
            {"sheet": workspace.data.sheets.sheet(sheet.sheet_id).name, "item_ref": f"new-{n}", "label_type": "other",
             "label": MINOR} for n in range(LABELS)
        ]  # fmt: skip
    (place / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    back_up(home, place / "first.zip")


def _problems(home: Path, out: Path) -> Iterator[str]:
    """What is not as promised, after the next start."""
    with Workspace(home) as workspace:
        with workspace.store.read() as connection:
            if connection.scalar("PRAGMA integrity_check") != "ok":
                yield "the database is not whole"
            pairs = connection.scalar("SELECT count(*) FROM qa_pairs WHERE status = 'labeled'")
            labels = connection.scalar("SELECT count(*) FROM canonical_labels WHERE label_type = 'other'")
        if pairs != PAIRS:
            yield f"{pairs} of {PAIRS} decisions"
        if labels not in (0, LABELS):
            yield f"{labels} of {LABELS} imported labels"
    for path, is_whole in CHECKS.items():
        file = (home if path == "settings.toml" else out) / path
        if file.exists() and not is_whole(file):
            yield f"{path} is not whole"
    left = [path.name for place in (home, out) for path in place.iterdir() if path.name.endswith(".part")]
    if left:
        yield f"left behind: {left}"


def _is_settings(path: Path) -> bool:
    value = tomllib.loads(path.read_text(encoding="utf-8"))["chat_model"]
    return len(value) == LONG and len(set(value)) == 1


def _is_export(path: Path) -> bool:
    lines = path.read_text(encoding="utf-8").splitlines()
    return len(lines) == PAIRS and all(json.loads(line) for line in lines)


def _is_backup(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        if archive.testzip() is not None:
            return False
        archive.extract("ontos.db", path.parent / "looked-at")
    with closing(sqlite3.connect(path.parent / "looked-at" / "ontos.db")) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


CHECKS: dict[str, Callable[[Path], bool]] = {
    "settings.toml": _is_settings,
    "export.jsonl": _is_export,
    "backup.zip": _is_backup,
    "card.md": lambda path: len(path.read_bytes()) == LONG,
}


def _write_for_ever(place: Path, seed: int) -> None:
    """Do one thing after the other, each announced before it begins."""
    draw = random.Random(seed)
    home, out, sheet = place / "home", place / "out", (place / "sheet").read_text()
    settings = SettingsService(home)
    print("begun", flush=True)
    while True:
        what = draw.choice(["settings", "export", "card", "backup", "restore", "import"])
        print(what, flush=True)
        if what == "settings":
            settings.change("chat_model", draw.choice("abc") * LONG)
        elif what == "card":
            write_text(out / "card.md", draw.choice("abc") * LONG)
        elif what == "backup":
            back_up(home, out / "backup.zip")
        elif what == "restore":
            restore(home, place / "first.zip")
        else:
            with Workspace(home) as workspace:
                if what == "export":
                    workspace.label.files.export(sheet, out / "export.jsonl", Format.CHAT)
                else:
                    workspace.label.canonical_label_files.import_file(place / "labels.jsonl")


if __name__ == "__main__":
    _write_for_ever(Path(sys.argv[1]), int(sys.argv[2]))
