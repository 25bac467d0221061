"""A row of numbers as a row of blocks: small, and readable without color."""

from __future__ import annotations

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
NOTHING = "·"
WIDEST = 4
"""Cells that one value may take when there is room."""


def sparkline(
    values: Sequence[float | None], width: int, *, bottom: float = 0.0, top: float | None = None, nothing: str = NOTHING
) -> str:
    """`values` in at most `width` cells, from `bottom` to `top` (their maximum); `nothing` where there is no value.

    NaN and infinity are no values. More values than cells are joined, the largest of each group standing for it, so
    that a peak is never hidden; few values are drawn several cells wide.
    """
    if width <= 0 or not values:
        return ""
    groups = _grouped([value if value is not None and math.isfinite(value) else None for value in values], width)
    highest = max((value for value in groups if value is not None), default=bottom) if top is None else top
    cells = min(WIDEST, max(1, width // len(groups)))
    return "".join(
        (nothing if value is None else BLOCKS[_level(value - bottom, highest - bottom)]) * cells for value in groups
    )


def _grouped(values: list[float | None], width: int) -> list[float | None]:
    if len(values) <= width:
        return values
    joined: list[float | None] = []
    for cell in range(width):
        part = values[cell * len(values) // width : (cell + 1) * len(values) // width]
        joined.append(max((value for value in part if value is not None), default=None))
    return joined


def _level(value: float, span: float) -> int:
    """The block of a value: the lowest for none of the span, the second at least for anything above it."""
    if span <= 0 or value <= 0:
        return 0
    return min(len(BLOCKS) - 1, max(1, round(value / span * (len(BLOCKS) - 1))))
