"""The app in a terminal that one can read, with the labeling queue open."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from terminal import Terminal, ontos

_DECIDED = re.compile(r"([\d,]+)/[\d,]+ decided")


def open_desk(home: Path) -> Terminal:
    """The app at the queue of the training sheet that the workspace was left with. Leave it as a context manager."""
    terminal = Terminal(ontos("--home", str(home)))
    terminal.sees("open the queue")
    terminal.send("\r")
    terminal.sees("▸defect_class", "decided")
    return terminal


def decided(terminal: Terminal) -> tuple[int, bool]:
    """How many decisions the status line shows, and whether it says that they are saved."""
    text = terminal.text()
    done = _DECIDED.search(text)
    return int(done[1].replace(",", "")) if done else 0, " · saved" in text
