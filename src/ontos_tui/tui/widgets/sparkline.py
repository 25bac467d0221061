"""A row of numbers as a row of blocks: small, and readable without colour."""

from __future__ import annotations

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
NOTHING = "·"


def sparkline(values: Sequence[float | None], width: int) -> str:
    """`values` in at most `width` cells, from 0 to their maximum; a dot where there is no value.

    More values than cells are joined, the largest of each group standing for it.
    """
    if width <= 0 or not values:
        return ""
    groups = _grouped([value if value is not None and math.isfinite(value) else None for value in values], width)
    top = max((value for value in groups if value is not None), default=0.0)
    return "".join(NOTHING if value is None else BLOCKS[_level(value, top)] for value in groups)


def _grouped(values: list[float | None], width: int) -> list[float | None]:
    if len(values) <= width:
        return values
    joined: list[float | None] = []
    for cell in range(width):
        part = values[cell * len(values) // width : (cell + 1) * len(values) // width]
        joined.append(max((value for value in part if value is not None), default=None))
    return joined


def _level(value: float, top: float) -> int:
    return min(len(BLOCKS) - 1, max(0, round(value / top * (len(BLOCKS) - 1)))) if top > 0 else 0
