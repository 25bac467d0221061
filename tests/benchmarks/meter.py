"""A stopwatch around a program in a pty: the first picture, and what every key brings."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

QUIET = 0.06
"""Seconds without output after which a key counts as answered."""

_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?<>=$ ]*[A-Za-z@`]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[=>78cM])")
_FRAME = b"\x1b[?2026h"
_REPLIES = ((b"\x1b[?2026$p", b"\x1b[?2026;2$y"), (b"\x1b[?2048$p", b"\x1b[?2048;0$y"), (b"\x1b[c", b"\x1b[?62;22c"))


@dataclass(frozen=True)
class Answer:
    """What one key brought: milliseconds to the first byte and to the last one, bytes and frames in all."""

    first_ms: float
    last_ms: float
    size: int
    frames: int = 1


class Meter:
    """One program in a pty, timed from just before it is started."""

    def __init__(self, command: Sequence[str], size: tuple[int, int] = (120, 40), env: Mapping[str, str] | None = None):
        self.begun = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
            os.execvpe(command[0], list(command), environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.first_paint_ms = self.settled_ms = 0.0
        self.start_bytes = 0
        self.output = b""

    def __enter__(self) -> Meter:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)

    def _read(self, wait: float) -> bytes:
        if not select.select([self.fd], [], [], wait)[0]:
            return b""
        data = os.read(self.fd, 1 << 18)
        for query, reply in _REPLIES:
            if query in data:
                os.write(self.fd, reply)
        self.output += data
        return data

    def _start(self) -> None:
        seen = b""
        last = time.perf_counter()
        while time.perf_counter() - last < 0.5 or not self.first_paint_ms:
            data = self._read(0.05)
            if data:
                last = time.perf_counter()
                seen += data
                if not self.first_paint_ms and _ESCAPES.sub(b"", seen).strip():
                    self.first_paint_ms = (last - self.begun) * 1000
        self.settled_ms = (last - self.begun) * 1000
        self.start_bytes = len(seen)

    def press(self, data: bytes) -> None:
        """Press a key and look at nothing."""
        os.write(self.fd, data)

    def key(self, data: bytes, quiet: float = QUIET) -> Answer:
        """Press a key on a quiet screen; it is answered when nothing comes for `quiet` seconds.

        Raises RuntimeError when nothing at all comes.
        """
        while self._read(0):
            pass
        begun = time.perf_counter()
        os.write(self.fd, data)
        first = last = 0.0
        got = b""
        while more := self._read(quiet if got else 5.0):
            last = time.perf_counter()
            first = first or last
            got += more
        if not got:
            raise RuntimeError(f"the key {data!r} was not answered")
        return Answer((first - begun) * 1000, (last - begun) * 1000, len(got), got.count(_FRAME))

    def until(self, shown: str, since: int = 0) -> float:
        """Milliseconds until the program has sent this text, in one piece, behind the byte `since` of its output.

        Raises RuntimeError when it does not within a minute.
        """
        begun = time.perf_counter()
        while shown.encode() not in self.output[since:]:
            self._read(0.5)
            if time.perf_counter() - begun > 60:
                raise RuntimeError(f"{shown!r} was not shown")
        return (time.perf_counter() - begun) * 1000

    def burst(self, data: bytes, times: int, hertz: float) -> tuple[float, int]:
        """Press a key so many times at this rate: milliseconds from the last one to the last byte, and bytes in all."""
        size = 0
        for _ in range(times):
            until = time.perf_counter() + 1 / hertz
            os.write(self.fd, data)
            pressed = last = time.perf_counter()
            while (left := until - time.perf_counter()) > 0:
                if got := self._read(left):
                    size += len(got)
                    last = time.perf_counter()
        while got := self._read(0.3):
            size += len(got)
            last = time.perf_counter()
        return (last - pressed) * 1000, size

    def idle(self, seconds: float) -> int:
        """Bytes that come while nobody does anything."""
        until = time.perf_counter() + seconds
        size = 0
        while (left := until - time.perf_counter()) > 0:
            size += len(self._read(left))
        return size

    def rss_mb(self) -> float:
        """Resident memory of the program now."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)
