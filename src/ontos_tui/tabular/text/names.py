"""The names of columns: none of them empty, no two alike, and without blanks around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count

SHOWN = 3


def distinct(names: Sequence[str], second: int = 1) -> tuple[tuple[str, ...], list[str]]:
    """Names without two alike in any case, and none empty, with what to say of those that were changed.

    The second of a name is called name_<second>.
    """
    taken: set[str] = set()
    result: list[str] = []
    repeated, empty = [], []
    for place, given in enumerate(names):
        name = re.sub(r"\s*[\r\n]+\s*", " ", given.strip().strip("\ufeff\u200b"))
        first = name or f"column{place}"
        tries = (first if number < second else f"{first}_{number}" for number in count(second - 1))
        free = next(one for one in tries if one.lower() not in taken)
        taken.add(free.lower())
        result.append(free)
        if not name:
            empty.append(free)
        elif free != name:
            repeated.append(free)
    notes = []
    if repeated:
        notes.append(f"Several columns have the same name; the later ones are called {_listed(repeated)}.")
    if empty:
        verb = "column has no name; it is" if len(empty) == 1 else "columns have no name; they are"
        notes.append(f"{len(empty)} {verb} called {_listed(empty)}.")
    return tuple(result), notes


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(repr(name) for name in names[:SHOWN]) + more
