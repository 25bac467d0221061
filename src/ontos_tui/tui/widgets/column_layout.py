"""How wide the columns of a list are, and what their texts share. Pure computation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rich.cells import cell_len

from ontos_tui.tui.widgets.names import common_beginning

LEAST = 4
"""Cells of a flexible column at least."""
LEAST_SHARED = 3
"""Characters that texts have to share before they are shortened."""


class Column(Protocol):
    """A column as far as its layout goes: its width is 0 when it is flexible."""

    @property
    def title(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def ends(self) -> bool: ...


@dataclass(frozen=True)
class ColumnLayout:
    """The cells of each column in a table `width` cells wide, and what all texts of a column begin with."""

    width: int
    widths: list[int]
    shared: list[str]


def needed_widths(columns: Sequence[Column], sample: Sequence[Sequence[str]]) -> list[int]:
    """What each column needs: its own width, or the longest text and the heading."""
    return [
        column.width or max([LEAST, cell_len(column.title), *(cell_len(texts[at]) for texts in sample)])
        for at, column in enumerate(columns)
    ]


def lay_out(columns: Sequence[Column], sample: Sequence[Sequence[str]], width: int) -> ColumnLayout:
    """Every flexible column gets what it needs and a share of the rest; the widest give way where it is too much."""
    needs = needed_widths(columns, sample)
    flexible = [at for at, column in enumerate(columns) if not column.width]
    room = width - 1 - len(columns) - sum(needs) + 1
    if room > 0 and flexible:
        total = sum(needs[at] for at in flexible)
        shares = {at: room * needs[at] // total for at in flexible}
        for at in flexible:
            needs[at] += shares[at]
        needs[flexible[-1]] += room - sum(shares.values())
    while room < 0 and flexible:
        widest = max(flexible, key=lambda at: needs[at])
        if needs[widest] <= LEAST:
            break
        needs[widest] -= 1
        room += 1
    shared = [
        _shared_beginning([texts[at] for texts in sample]) if column.ends else "" for at, column in enumerate(columns)
    ]
    return ColumnLayout(width, needs, shared)


def fit_right(text: str, room: int) -> str:
    """The text at the right end of so many cells."""
    text = text.strip()
    return " " * (room - cell_len(text)) + text


def _shared_beginning(texts: Sequence[str]) -> str:
    """What all of several texts begin with, unless that is next to nothing; a number is not torn."""
    beginning = common_beginning(texts).rstrip("0123456789") if len(set(texts)) > 1 else ""
    if any(text[len(beginning) : len(beginning) + 1] and not cell_len(text[len(beginning)]) for text in texts):
        beginning = beginning[:-1]  # a mark goes on with the last character
    return beginning if len(beginning) >= LEAST_SHARED else ""
