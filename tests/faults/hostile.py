"""Hostile strings as the arguments of every command: escapes, markup, paths, formulas, surrogates, and long texts.

Promised: every command ends with 0, 1 or 2 and words, within its time; no control character reaches the terminal, and
nothing reports an error of the program's own.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builders.severity import unlabeled_sheet
from faults.result import Result
from ontos_tui.cli.app import command_tree
from ontos_tui.cli.app import run as run_command
from ontos_tui.workspace import Workspace

PROMISE = "every command takes any string, and prints no control character and no error of its own"
NOT_RUN = frozenset({"demo", "serve", "alerts watch", "sync", "drift watch", "jobs wait"})
"""Commands that do not end by themselves, or reach for other machines."""
STRINGS = (
    "\x1b]52;c;aGFja2Vk\x07\x1b[2J\x1b[31mred", "\x9b5n\x9d0;x\x9c", "[@click=app.quit]x[/]", "\u202eevil\u2066",
    "a\x00b", "\udcff\udc80", "../../../etc/passwd", "/dev/null", "'; DROP TABLE qa_pairs; --", '"', "`", "%s%n%d",
    "=cmd|' /C calc'!A0", "{{ 7*7 }}", "${IFS}", "-1", "0", "1e309", "NaN", "", " ", "\n", "💥" * 50, "é" * 300,
    "x" * 20_000, "{" * 500, "[" * 500 + "]" * 500, '{"a": 1}', "*", "@", "@/dev/null", "~root", "\u2028",
)  # fmt: skip
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
MOST_SECONDS = 120.0


def run(seed: int, seconds: float) -> Result:
    """Call commands with hostile arguments until the time is over."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems = 0, []
    commands = sorted(_commands(command_tree(), ()), key=lambda one: one[0])
    draw.shuffle(commands)
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        home, place = Path(folder) / "home", Path(folder) / "place"
        with Workspace(home) as workspace:
            sheet = unlabeled_sheet(workspace.store, pairs=5)
        place.mkdir()
        os.chdir(place)  # files of hostile names are written here
        try:
            while not tried or time.monotonic() < until:
                name, command = commands[tried % len(commands)]
                words = [*name.split(), *_arguments(command, draw, sheet.id)]
                problems += [f"{name} {words[len(name.split()) :]!r:.150}: {one}" for one in _call(home, words)]
                tried += 1
        finally:
            os.chdir(here)
            shutil.rmtree(place, ignore_errors=True)
    return Result(PROMISE, tried, len(problems), tuple(problems[:10]))


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))
        elif " ".join((*path, name)) not in NOT_RUN:
            yield " ".join((*path, name)), command


def _arguments(command: Any, draw: random.Random, sheet: str) -> list[str]:
    """Values for some of the options and most of the arguments; a real training sheet at times, to get further."""
    words: list[str] = []
    for parameter in command.params:
        value = sheet if draw.random() < 0.25 else draw.choice(STRINGS)
        if parameter.param_type_name == "argument":
            words += [value] if draw.random() < 0.95 else []
        elif draw.random() < 0.2 and parameter.name not in ("help", "wait", "watch", "follow"):
            option = max(parameter.opts, key=len)
            words = [option, *words] if parameter.is_flag else [f"{option}={value}", *words]
    return words


def _call(home: Path, words: list[str]) -> list[str]:
    out, err = io.StringIO(), io.StringIO()
    begun = time.monotonic()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run_command(words, home)
    except BaseException as error:  # noqa: BLE001  # that is what is being looked for
        return [f"{type(error).__name__}: {error!s:.200}"]
    problems = []
    text = out.getvalue() + err.getvalue()
    if code not in (0, 1, 2):
        problems.append(f"ended with {code}")
    if "should not have" in text or "Traceback" in text:
        problems.append(err.getvalue().strip()[-300:])
    if bad := CONTROL.search(text):
        problems.append(f"printed {bad.group()!r}")
    if (took := time.monotonic() - begun) > MOST_SECONDS:
        problems.append(f"took {took:.0f} s")
    return problems
