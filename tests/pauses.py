"""Pauses that take no time."""

from __future__ import annotations

import time


class Pauses:
    """A clock that goes on by itself where somebody would sleep."""

    def __init__(self) -> None:
        self.seconds = 0.0
        """How long the pauses would have been."""

    def time(self) -> float:
        return time.time() + self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
