"""The app in a terminal that one can read, with the labeling queue open."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from terminal import Terminal, ontos

_DECIDED = re.compile(r"([\d,]+)/[\d,]+ decided")
_SAVING = re.compile(r"(\d+) being saved")


def open_desk(home: Path) -> Terminal:
    """The app at the queue of the training sheet that the workspace was left with. Leave it as a context manager."""
    terminal = Terminal(ontos("--home", str(home)))
    terminal.sees("open the queue")
    terminal.send("\r")
    terminal.sees("▸defect_class", "decided")
    return terminal


def decided(terminal: Terminal) -> tuple[int, int]:
    """How many decisions the status line shows, and how many of them as being saved."""
    text = terminal.text()
    done, saving = _DECIDED.search(text), _SAVING.search(text)
    return int(done[1].replace(",", "")) if done else 0, int(saving[1]) if saving else 0
