"""A line of 9,600 baud, and a console: few bytes a key, sixteen colors, and no character that a font lacks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builders.models import served_model
from builders.request_log import log, minutes
from builders.severity import unlabeled_sheet
from ontos_tui.tui.terminal.line_speed import LineSpeed, erases_in_color, is_slow
from ontos_tui.workspace import Workspace
from terminal import Terminal, settling
from tiers import deep

BYTES_A_SECOND = 960
"""9,600 baud: ten bits a byte."""
DECISION_SECONDS, STAGE_SECONDS = 0.8, 4.0
"""What a decision and a stage take at most until the picture is whole."""


def test_a_line_is_slow_when_writes_were_seen_to_wait() -> None:
    line = LineSpeed()
    assert not line.is_slow
    line.written(100_000, 0.01)  # into a buffer
    assert line.bytes_per_second is None
    line.written(2_000, 2.0)
    assert line.is_slow
    for _ in range(12):
        line.written(500_000, 0.1)
    assert not line.is_slow


def test_the_environment_says_that_a_line_is_slow() -> None:
    assert is_slow({"SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"}) and is_slow({"SSH_TTY": "/dev/pts/3"})
    assert erases_in_color("xterm-256color") and not erases_in_color("vt100")


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """Pairs to label, and an endpoint with traffic."""
    home = tmp_path / "home"
    _, model = served_model(home)
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=20)
        log(workspace, model, minutes(*(17 * number for number in range(80))))
    return home


def seconds(terminal: Terminal, *keys: str) -> float:
    """What the line needs for what these keys bring, one after the other."""
    terminal.settle()
    before = len(terminal.output)
    for key in keys:
        terminal.send(key)
        terminal.settle()
    return (len(terminal.output) - before) / BYTES_A_SECOND / len(keys)


@deep
def test_ten_decisions_and_the_wall_at_9600_baud(busy: Path) -> None:
    with Terminal(settling("--home", str(busy)), (80, 24), {"SSH_TTY": "/dev/pts/9"}) as terminal:
        terminal.sees("1✓Data", "? Help")
        assert seconds(terminal, "3") < STAGE_SECONDS
        terminal.send("\x1b[B\r")
        terminal.sees("0/20 decided", "a Approve")
        assert seconds(terminal, *"a" * 10) < DECISION_SECONDS
        assert seconds(terminal, "\x1b", "6") < STAGE_SECONDS
        terminal.sees("requests and errors", "┤")


@deep
def test_a_console_shows_sixteen_colors_and_its_own_characters(busy: Path) -> None:
    environment = {"TERM": "linux", "COLORTERM": "", "LANG": "C.UTF-8"}
    with Terminal(settling("--home", str(busy)), (80, 24), environment) as terminal:
        for keys, needle in (("3", "3√Label"), ("6", "requests and errors"), ("7", "7"), ("?", "Help")):
            terminal.send(keys)
            terminal.sees(needle)
            terminal.settle()
        text = terminal.output.decode()
        assert not re.search(r"\x1b\[[0-9;]*[34]8;[25]", text), "no more than sixteen colors"
        strange = {one for one in text if ord(one) > 127 and one not in "•↑↓→←↔↕▲▼►◄♦"}
        assert not {one for one in strange if not one.encode("cp437", "ignore")}
