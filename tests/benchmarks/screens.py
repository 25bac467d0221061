"""The app in a terminal that one can read, with the labeling queue open."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from terminal import Terminal, ontos

_DECIDED = re.compile(r"([\d,]+)/[\d,]+ decided")
_FRAME_END = b"\x1b[?2026l"


def open_desk(home: Path) -> Terminal:
    """The app at the queue of the training sheet that the workspace was left with. Leave it as a context manager."""
    terminal = Terminal(ontos("--home", str(home)))
    terminal.sees("open the queue")
    terminal.send("\r")
    terminal.sees("▸", "decided")
    return terminal


def decided(terminal: Terminal) -> tuple[int, bool]:
    """How many decisions the status line shows, and whether it says that they are saved."""
    return decided_in(terminal.text())


def decided_in(text: str) -> tuple[int, bool]:
    """The same, of what a screen shows."""
    done = _DECIDED.search(text)
    return int(done[1].replace(",", "")) if done else 0, done is not None and " · saved" in text


def watch_frames(terminal: Terminal, look: Callable[[], None]) -> None:
    """Call `look` after every frame that the program paints, however short it stands."""
    terminal._stream = _Frames(terminal._stream, look)  # type: ignore[assignment]


class _Frames:
    """A stream of bytes to a screen that stops at the end of each frame."""

    def __init__(self, stream: Any, look: Callable[[], None]) -> None:
        self._stream, self._look = stream, look
        self._rest = b""

    def feed(self, data: bytes) -> None:
        *frames, rest = (self._rest + data).split(_FRAME_END)
        for frame in frames:
            self._stream.feed(frame + _FRAME_END)
            self._look()
        # The mark itself may come in two pieces.
        cut = max(0, len(rest) - len(_FRAME_END) + 1)
        self._stream.feed(rest[:cut])
        self._rest = rest[cut:]
