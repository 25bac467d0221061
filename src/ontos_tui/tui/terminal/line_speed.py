"""Whether the line to the terminal is slow: what repaints by itself then does so less often."""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Mapping

SLOW_BYTES = 20_000
"""Bytes a second below which a line is slow."""
LEAST_SECONDS = 0.05
"""A write that takes less has only filled a buffer, and says nothing."""
_SLOW_BAUD = tuple(getattr(termios, f"B{rate}") for rate in (300, 600, 1200, 2400, 4800, 9600, 19200))


_ERASE_IN_COLOR = ("xterm", "linux", "alacritty", "kitty", "foot", "wezterm", "konsole", "vte", "gnome", "tmux")


def erases_in_color(terminal: str) -> bool:
    """Whether a terminal that TERM calls so erases cells in the present background color."""
    return terminal.startswith(_ERASE_IN_COLOR)


class LineSpeed:
    """The speed of a line, from how long it keeps those waiting who write to it."""

    def __init__(self) -> None:
        self.bytes_per_second: float | None = None
        """None while no write had to wait."""

    def written(self, size: int, seconds: float) -> None:
        """So many bytes were taken in so much time."""
        if seconds >= LEAST_SECONDS:
            rate = size / seconds
            known = self.bytes_per_second
            self.bytes_per_second = rate if known is None else 0.5 * (known + rate)

    @property
    def is_slow(self) -> bool:
        """Whether writes were seen to wait for a slow line."""
        return self.bytes_per_second is not None and self.bytes_per_second < SLOW_BYTES


LINE = LineSpeed()
"""The line of this process to its terminal."""


def is_slow(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal is reached over SSH, a serial line, or one that was seen to be slow."""
    return bool(environment.get("SSH_CONNECTION") or environment.get("SSH_TTY")) or _is_serial() or LINE.is_slow


def _is_serial() -> bool:
    stream = sys.__stderr__
    if stream is None:
        return False
    try:
        speed = termios.tcgetattr(stream.fileno())[5]
    except (termios.error, OSError, ValueError):
        return False
    return speed in _SLOW_BAUD
