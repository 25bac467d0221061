"""Pastes of a megabyte, with and without the terminal's brackets, into every stage of the real app.

Promised: half a second of the processor and 50 MB at most, no command is given by it, and the app answers to keys.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from pathlib import Path

from builders.severity import unlabeled_sheet
from faults.result import Result
from ontos_tui.tui.core.ui_state import Session
from ontos_tui.workspace import Workspace
from terminal import Terminal, settling

PROMISE = "a paste of 1 MB takes 0.5 s of the processor and 50 MB at most, and decides nothing"
MOST_SECONDS, MOST_BYTES = 0.5, 50 * 1024**2
SIZE = 1_000_000
PIECES = (
    "\x1b[31mred\x1b[0m ", "\x1b]52;c;aGFja2Vk\x07", "\x1b[A", "\x1bOP", "\x1b[200", "\x1b[<35;1;1M",
    "approve\r", "a", "\r\n", "plain text of a letter, ", "\x1bP", "\x1b_x", "\x9b31m", "é日本💥", "\0", "\x7f",
    "\t", "q", "\x03", "\x1b[M !!", "x" * 200,
)  # fmt: skip


def run(seed: int, seconds: float) -> Result:
    """Paste until the time is over."""
    draw, until = random.Random(seed), time.monotonic() + seconds
    tried, problems, most = 0, list[str](), 0.0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with Workspace(home) as workspace:
            sheet = unlabeled_sheet(workspace.store, pairs=100)
        Session(stage="label", training_sheet_id=sheet.id).save(home)
        while not tried or time.monotonic() < until:
            text, bracketed, where = _text(draw), draw.random() < 0.5, draw.choice("1234567")
            try:
                cost, grown = paste(home, text, where, bracketed=bracketed)
            except AssertionError as error:
                problems.append(f"stage {where}, brackets {bracketed}: {' / '.join(str(error).split(chr(10)))[:300]}")
                cost, grown = 0.0, 0
            tried, most = tried + 1, max(most, cost)
            what = f"stage {where}, {'with' if bracketed else 'without'} brackets"
            if cost > MOST_SECONDS:
                problems.append(f"{what}: {cost:.2f} s")
            if grown > MOST_BYTES:
                problems.append(f"{what}: {grown / 1024**2:.0f} MB")
            with Workspace(home) as workspace:
                if workspace.label.queue.counts(sheet.id).unlabeled != 100:
                    problems.append(f"{what}: it decided something")
    return Result(PROMISE, tried, len(problems), (*problems[:10], f"the slowest took {most:.2f} s of the processor"))


def _text(draw: random.Random) -> str:
    some = [draw.choice(PIECES) for _ in range(draw.choice([1, 3, 40]))]
    whole = "".join(some)
    return (whole * (SIZE // len(whole) + 1))[:SIZE].replace("\x1b[201~", "")


def paste(home: Path, text: str, stage: str, *, bracketed: bool) -> tuple[float, int]:
    """Paste into a stage of a new app; the seconds of the processor and the bytes of memory that it took."""
    with Terminal(settling("--home", str(home))) as terminal:
        terminal.sees("7 Improve")
        terminal.send(stage)
        terminal.settle()
        if stage == "3":
            terminal.send("\r")
            terminal.settle()
        seconds, memory = _processor(terminal.pid), _peak(terminal.pid)
        content = text.encode("utf-8", "replace")
        _feed(terminal, b"\x1b[200~" + content + b"\x1b[201~" if bracketed else content)
        terminal.pump(0.2)  # what is pasted without brackets ends with a pause
        terminal.settle()
        cost, grown = _processor(terminal.pid) - seconds, _peak(terminal.pid) - memory
        terminal.send("?")
        terminal.sees("Help")
    return cost, grown


def _feed(terminal: Terminal, content: bytes) -> None:
    """As a terminal pastes: as much as goes in, while what the app answers is read."""
    os.set_blocking(terminal.fd, False)
    try:
        deadline = time.monotonic() + 20
        while content:
            assert time.monotonic() < deadline, "the paste does not go in"
            try:
                content = content[os.write(terminal.fd, content[: 1 << 16]) :]
            except BlockingIOError:
                terminal.pump(0.002)
    finally:
        os.set_blocking(terminal.fd, True)


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
