"""Sixel graphics: an image as the terminals of xterm's kind take it, six rows of pixels in a character.

The format: https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

import fcntl
import struct
import sys
import termios
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

COLORS = 64
"""Colors of a picture: every one costs bytes in each band of six rows."""
CELL = (8, 16)
"""Pixels of a cell, as small as they come, where the terminal does not say how large its own are."""
FIRST = 63
"""The character that stands for six pixels that are off."""


def cell_size() -> tuple[int, int]:
    """Pixels of a cell, as the kernel knows them of this terminal; the terminal itself is not queried."""
    try:
        size = fcntl.ioctl(sys.__stderr__.fileno() if sys.__stderr__ is not None else 2, termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):
        return CELL
    rows, columns, width, height = struct.unpack("HHHH", size)
    return (width // columns, height // rows) if rows and columns and width and height else CELL


def sixel_commands(image: Image, row: int, column: int, width: int, height: int) -> str:
    """What paints an image of so many pixels from the cell (row, column) on, both from 1; the cursor goes back."""
    return f"\x1b7\x1b[{row};{column}H\x1bP0;1q{''.join(_picture(image, width, height))}\x1b\\\x1b8"


def _picture(image: Image, width: int, height: int) -> Iterator[str]:
    import numpy as np

    # The terminal scrolls when the last band is cut: whole bands only.
    height -= height % 6
    indexed = image.convert("RGB").resize((max(1, width), max(6, height))).quantize(COLORS)
    pixels = np.asarray(indexed)
    palette = indexed.getpalette() or []
    yield f'"1;1;{pixels.shape[1]};{pixels.shape[0]}'
    used = np.unique(pixels)
    for number in used:
        red, green, blue = (round(value * 100 / 255) for value in palette[3 * number : 3 * number + 3])
        yield f"#{number};2;{red};{green};{blue}"
    weights = (1 << np.arange(6))[:, None]
    for top in range(0, pixels.shape[0], 6):
        band = pixels[top : top + 6]
        for number in np.unique(band):
            codes = ((band == number) * weights[: len(band)]).sum(axis=0) + FIRST
            yield f"#{number}{''.join(_runs(codes.tolist()))}$"
        yield "-"


def _runs(codes: list[int]) -> Iterator[str]:
    """The same character several times over is sent with its count."""
    for code, same in groupby(codes):
        count = sum(1 for _ in same)
        yield f"!{count}{chr(code)}" if count > 3 else chr(code) * count
