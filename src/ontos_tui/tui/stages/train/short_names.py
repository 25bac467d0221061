"""Names for narrow columns that stay distinct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from ontos_tui.domain.text.terminal_text import safe_line


def distinct_names(names: Sequence[str], room: int) -> list[str]:
    """`names` in at most `room` cells each: their beginnings; where two begin alike their ends too, else numbers."""
    whole = [safe_line(name) for name in names]
    short = [_cut(name, room, 0) for name in whole]
    for tail in range(1, max(1, room)):
        seen = Counter(short)
        if len(seen) == len(short):
            return short
        short = [_cut(name, room, tail) if seen[cut] > 1 else cut for name, cut in zip(whole, short, strict=True)]
    if len(set(short)) == len(short):
        return short
    return [str(number) for number in range(1, len(names) + 1)]


def _cut(name: str, room: int, tail: int) -> str:
    """The beginning and the last `tail` characters of a name that is too long."""
    if cell_len(name) <= room:
        return name
    end = name[len(name) - tail :] if tail else ""
    return set_cell_size(name, max(0, room - cell_len(end))).rstrip() + end
