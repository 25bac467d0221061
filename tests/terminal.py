"""A terminal for tests: a real pty with the real program in it, every byte recorded, and a screen to look at."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

PATIENCE = 120.0
"""Seconds after which a test hangs."""

REQUEST = "ontos tests: settle"
MARK = "\x1b]777;settled\x07"
"""What terminal_app is asked by a paste, and how it answers."""
BRIEF_TOASTS = "ONTOS_TEST_BRIEF_TOASTS"
"""Set in the environment, it has terminal_app take toasts away at once."""

_REPLIES: tuple[tuple[bytes, bytes], ...] = (
    (b"\x1b[c", b"\x1b[?62;22c"),
    (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
    (b"\x1b[?2048$p", b"\x1b[?2048;0$y"),
    (b"\x1b[6n", b"\x1b[1;1R"),
)


class Terminal:
    """One program in a pty. Use as a context manager; it is ended by its own pid when the test is over."""

    def __init__(
        self, command: Sequence[str], size: tuple[int, int] = (120, 40), env: Mapping[str, str] | None = None
    ) -> None:
        self.output = b""
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.code: int | None = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # Before the program starts, or it may ask for the size while there is none yet.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            # pytest-xdist sets these, and they would go before the terminal's own size.
            inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
            environment = {**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
            os.execvpe(command[0], list(command), environment)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.hang_up()

    def hang_up(self) -> None:
        """The line drops."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def send(self, keys: str | bytes) -> None:
        """Type."""
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def signal(self, number: int) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def pump(self, seconds: float = 0.05) -> bool:
        """Take what comes within `seconds`; False when nothing came."""
        if self.fd < 0 or not self._came(seconds):
            return False
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.output += data
        self._stream.feed(data)
        for query, reply in _REPLIES:
            if query in data:
                os.write(self.fd, reply)
        return bool(data)

    def _came(self, seconds: float) -> bool:
        """Whether something comes within `seconds`. `select` would refuse a number above 1,023."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        return bool(poll.poll(seconds * 1_000))

    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(row.rstrip() for row in self.screen.display)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until `condition` holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"never happened: {what}\n{self.text()}"
            self.pump()

    def settle(self) -> None:
        """Wait until the app has dealt with what was typed; for programs that `settling` starts.

        The mark by which the app says so is no output of its own, so it is taken out of `output`.
        """
        mark = MARK.encode()
        self.send(f"\x1b[200~{REQUEST}\x1b[201~")
        self.until(lambda: mark in self.output, "the app settles")
        self.output = self.output.replace(mark, b"")

    def sees(self, *needles: str) -> None:
        """Wait until the screen shows all of these."""
        self.until(lambda: all(needle in self.text() for needle in needles), f"seeing {needles}")

    def ended(self) -> int:
        """Wait until the program has ended; its exit code, or minus the signal's number."""
        deadline = time.monotonic() + PATIENCE
        while self.code is None:
            assert time.monotonic() < deadline, f"the program did not end\n{self.text()}"
            self.pump(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        while self.pump(0.02):
            pass
        return self.code

    def modes_left_on(self) -> set[str]:
        """Terminal modes that were switched on and not off again."""
        on: set[str] = set()
        for number in ("1049", "1000", "1003", "1006", "1015", "1004", "2004"):
            set_at = self.output.rfind(f"\x1b[?{number}h".encode())
            if set_at > self.output.rfind(f"\x1b[?{number}l".encode()):
                on.add(number)
        if self.output.rfind(b"\x1b[?25l") > self.output.rfind(b"\x1b[?25h"):
            on.add("cursor hidden")
        return on


def ontos(*arguments: str) -> list[str]:
    """The command line that starts the app."""
    return [sys.executable, "-m", "ontos_tui", *arguments]


def settling(*arguments: str) -> list[str]:
    """The same, for tests that use `Terminal.settle`."""
    return [sys.executable, str(Path(__file__).with_name("terminal_app.py")), *arguments]
