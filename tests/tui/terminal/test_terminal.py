"""The app in a real pty: it starts, leaves everything as it was, and survives what lines and signals do."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest

from builders.crystals import crystals_to_decide
from ontos_tui.workspace import Workspace
from terminal import BRIEF_TOASTS, Terminal, ontos, settling
from tiers import deep


def _open(home: Path, *arguments: str, size: tuple[int, int] = (80, 24), **env: str) -> Terminal:
    """The app on an empty workspace, past the wizard that greets there."""
    terminal = Terminal(settling("--home", str(home), *arguments), size, env)
    terminal.sees("▐1 Use case▌", "Defect Detection")
    terminal.send("\x1b")
    terminal.sees("1 Data", "7 Improve", "Defect Detection")
    return terminal


def test_it_opens_and_q_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    with _open(tmp_path) as terminal:
        terminal.send("q")
        assert terminal.ended() == 0
        assert terminal.modes_left_on() == set()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_the_terminal_as_it_was(tmp_path: Path, number: int, code: int) -> None:
    with _open(tmp_path) as terminal:
        terminal.signal(number)
        assert terminal.ended() == code
        assert terminal.modes_left_on() == set()


def test_sigquit_ends_it_at_once_and_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    with _open(tmp_path) as terminal:
        terminal.signal(signal.SIGQUIT)
        assert terminal.ended() == -signal.SIGQUIT
        assert terminal.modes_left_on() == set()


def test_q_prints_nothing_after_data_was_seen(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        workspace.onboarding.seed("defect_detection")
    with Terminal(ontos("--home", str(tmp_path)), (80, 24)) as terminal:
        terminal.sees("Crystal inspections", "INS-00001")
        terminal.send("q")
        assert terminal.ended() == 0
        _, _, after = terminal.output.rpartition(b"\x1b[?1049l")
        assert re.sub(rb"\x1b\[\?\d+[hl]", b"", after) == b""


def test_it_ends_when_the_line_drops(tmp_path: Path) -> None:
    with _open(tmp_path) as terminal:
        terminal.hang_up()
        assert terminal.ended() != 0


def test_bytes_that_are_no_utf8_do_no_harm(tmp_path: Path) -> None:
    with _open(tmp_path) as terminal:
        terminal.send(b"\x1b[M \xf70\xff\xfe")
        terminal.send("?")
        terminal.sees("Help · Data")


def test_without_a_terminal_it_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        ontos("--home", str(tmp_path)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "ontos --help" in done.stderr


def test_nothing_is_sent_while_nothing_happens(tmp_path: Path) -> None:
    with _open(tmp_path) as terminal:
        terminal.settle()
        before = len(terminal.output)
        for _ in range(5):
            terminal.settle()  # the watcher has been round twice more
        assert len(terminal.output) == before


def test_the_screen_is_the_same_with_the_plain_driver(tmp_path: Path) -> None:
    screens = []
    for arguments in ((), ("--plain-driver",)):
        with _open(tmp_path, *arguments, size=(120, 40)) as terminal:
            terminal.send("?")
            terminal.sees("Help · Data")
            terminal.send("\x1b")
            terminal.until(lambda t=terminal: "Help · Data" not in t.text(), "the help is gone")  # type: ignore[misc]
            terminal.send("3")
            terminal.sees("training sheet")
            terminal.settle()
            screens.append(terminal.text())
    assert screens[0] == screens[1]


def test_no_color_sends_no_colors(tmp_path: Path) -> None:
    with _open(tmp_path, NO_COLOR="1") as terminal:
        assert b"38;2;" not in terminal.output
        assert b"38;5;" not in terminal.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_decision_that_was_shown_is_kept_when_the_line_drops(tmp_path: Path, number: int) -> None:
    training_sheet = crystals_to_decide(tmp_path, limit=12)
    with Workspace(tmp_path) as workspace:
        before = workspace.label.queue.counts(training_sheet)
    with Terminal(ontos("--home", str(tmp_path))) as terminal:
        terminal.sees("7 Improve", "INS-00001")
        terminal.send("3")
        terminal.sees("open the queue")
        terminal.send("\r")
        terminal.sees("▸defect_class")
        terminal.send("a")
        terminal.sees("1/12 decided", "saved")
        terminal.signal(number)
        terminal.ended()
    with Workspace(tmp_path) as workspace:
        assert workspace.label.queue.counts(training_sheet).labeled == before.labeled + 1


def _picture(terminal: Terminal) -> list[list[object]]:
    """What one sees once the app has settled; not the foreground and the weight of a space."""
    terminal.settle()
    rows = []
    for y in range(terminal.screen.lines):
        cells = [terminal.screen.buffer[y][x] for x in range(terminal.screen.columns)]
        rows.append([cell._replace(fg="default", bold=False) if cell.data == " " else cell for cell in cells])
    return rows


KEYS = ("jjj", "a", "x", "x", "a", "n", "\x1b", "4", "g", "p", "?", "\x1b", "u", "1", "j", "2", "3", "/", "\x1b", "k")


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=deep)])
def test_what_is_painted_line_by_line_is_what_the_compositor_paints(tmp_path: Path, size: tuple[int, int]) -> None:
    crystals_to_decide(tmp_path, limit=60)
    with Terminal(settling("--home", str(tmp_path)), size, {BRIEF_TOASTS: "1"}) as terminal:
        terminal.sees("Open", "INS-00001")
        terminal.send("3")
        terminal.sees("open the queue")
        terminal.send("\r")
        terminal.sees("▸defect_class")
        for keys in KEYS:
            terminal.send(keys)
            painted = _picture(terminal)
            terminal.send("\x0c")
            whole = _picture(terminal)
            for y, (mine, theirs) in enumerate(zip(painted, whole, strict=True)):
                assert mine == theirs, f"after {keys!r}, line {y}:\n{terminal.text()}"
