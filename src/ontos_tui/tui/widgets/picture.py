"""A picture in the terminal: by Kitty's graphics or Sixel where the terminal is known to have them, else in cells.

Two pixels stand in a cell, one above the other: ▀ in the upper one's color on the lower one's. Without colors, or
over a line where every byte counts, shades of gray (░▒▓█) stand for a cell each. The terminal is not queried:
its environment or the settings say what it can show, so nothing is read from the keyboard's line.

A picture in Sixel is taken away by painting the whole screen anew, since the driver cannot know what lies under it.
Kitty's protocol: https://sw.kovidgoyal.net/kitty/graphics-protocol/
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from ontos_tui.tui.terminal.driver import DiffDriver
from ontos_tui.tui.terminal.textual_internals import driver_of
from ontos_tui.tui.widgets.lines import EMPTY, Line, LineView, Span, color, wrap

if TYPE_CHECKING:
    from PIL.Image import Image
    from textual.geometry import Region

    from ontos_tui.learning.encoding.images import Pixels

PictureMode = Literal["kitty", "sixel", "cells", "shades", "off"]

KITTY = ("xterm-kitty", "xterm-ghostty")
SIXEL = ("foot", "mlterm", "contour", "WezTerm", "iTerm.app", "mintty")
"""Terminals that are known to show Sixel, by the first part of TERM or by TERM_PROGRAM."""

SHADES = " ░▒▓█"
LEVELS = 8
"""Steps between two values of a color's 256: pixels that look alike are then painted alike, in far fewer bytes."""
CHUNK = 4_096
"""Base64 characters of one graphics command, as the protocol limits them."""
ID = 662
"""The picture's number in the terminal."""
TAKE_AWAY = f"\x1b_Ga=d,d=I,i={ID},q=2\x1b\\"


def choose_picture_mode(
    setting: str, environment: Mapping[str, str] = os.environ, *, colors: bool = True
) -> PictureMode:
    """How pictures are shown: as the settings say, and for `auto` by what the environment says of the terminal."""
    if setting in ("kitty", "sixel", "off", "shades"):
        return setting  # type: ignore[return-value]
    if not colors:
        return "shades"
    if setting == "cells":
        return "cells"
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return "shades"
    if environment.get("TMUX"):
        return "cells"  # it passes neither on, unless it was built and set so
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if term in KITTY:
        return "kitty"
    return "sixel" if term.partition("-")[0] in SIXEL or program in SIXEL else "cells"


def cell_lines(pixels: Pixels) -> Iterator[Line]:
    """Half-cells: two rows of pixels in a line; neighbors of the same colors are one span."""
    for top in range(0, pixels.height, 2):
        spans: list[Span] = []
        for column in range(pixels.width):
            upper = _at(pixels, column, top)
            lower = _at(pixels, column, top + 1) if top + 1 < pixels.height else ""
            style = color(f"{upper} on {lower}" if lower else upper)
            if spans and spans[-1].style == style:
                spans[-1] = Span(spans[-1].text + "▀", style)
            else:
                spans.append(Span("▀", style))
        yield tuple(spans)


def _at(pixels: Pixels, column: int, row: int) -> str:
    start = 3 * (row * pixels.width + column)
    red, green, blue = (min(255, (value + LEVELS // 2) // LEVELS * LEVELS) for value in pixels.rgb[start : start + 3])
    return f"#{red:02x}{green:02x}{blue:02x}"


def shade_lines(pixels: Pixels) -> Iterator[Line]:
    """A shade for each cell, the mean of the two pixels in it; stretched from the darkest to the brightest."""
    rows = []
    for top in range(0, pixels.height, 2):
        low = min(top + 1, pixels.height - 1)
        rows.append([_light(pixels, column, top) + _light(pixels, column, low) for column in range(pixels.width)])
    least, most = min(map(min, rows)), max(map(max, rows))
    for row in rows:
        yield (Span("".join(SHADES[(light - least) * len(SHADES) // (most - least + 1)] for light in row)),)


def _light(pixels: Pixels, column: int, row: int) -> int:
    start = 3 * (row * pixels.width + column)
    red, green, blue = pixels.rgb[start : start + 3]
    return 299 * red + 587 * green + 114 * blue  # ITU-R BT.601


def kitty_commands(image: Image, row: int, column: int, columns: int, rows: int) -> str:
    """What shows an image over so many cells from (row, column) on, both from 1; the cursor goes back to its place."""
    import base64
    import io

    into = io.BytesIO()
    image.save(into, "PNG")
    data = base64.b64encode(into.getvalue()).decode("ascii")
    chunks = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    first = f"a=T,f=100,i={ID},p=1,c={columns},r={rows},C=1,q=2"
    sent = [
        f"\x1b_G{first if number == 0 else 'q=2'},m={int(number < len(chunks) - 1)};{chunk}\x1b\\"
        for number, chunk in enumerate(chunks)
    ]
    return f"\x1b7\x1b[{row};{column}H{''.join(sent)}\x1b8"


def _in_sixel(image: Image, place: Region) -> str:
    """The commands for an image, as large as it fits into these cells."""
    from ontos_tui.tui.terminal.sixel import cell_size, sixel_commands

    width, height = cell_size()
    factor = min(place.width * width / image.width, place.height * height / image.height)
    size = int(image.width * factor), int(image.height * factor)
    return sixel_commands(image, place.y + 1, place.x + 1, *size)


class PictureView(LineView):
    """One picture, as large as there is room for it, or the words that stand in its place."""

    def __init__(self, way: PictureMode, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._way = way
        self._image: Image | None = None
        self._message = ""
        self._lines: list[Line] = []
        self._is_sent = False

    def show(self, image: Image | None, message: str = "") -> None:
        """Show an image; without one, `message`."""
        self._image, self._message = image, message
        self._relay()

    def on_resize(self) -> None:
        super().on_resize()
        self._relay()

    def _relay(self) -> None:
        from ontos_tui.learning.encoding.images import shrink

        width, height = self.size
        self.remove_picture()
        self._lines = []
        if not width or not height:
            return
        if self._image is None:
            self._lines = wrap(self._message, width, "muted")
        elif self._way in ("kitty", "sixel") and isinstance(driver_of(self.app), DiffDriver):
            self.call_after_refresh(self.send)
        else:
            pixels = shrink(self._image, width, 2 * height)
            self._lines = list(shade_lines(pixels) if self._way == "shades" else cell_lines(pixels))
        self.repaint()

    def send(self) -> None:
        """Have the terminal show the picture over the cells of this widget, where that is the way."""
        driver, image = driver_of(self.app), self._image
        if self._way not in ("kitty", "sixel") or image is None or not isinstance(driver, DiffDriver):
            return
        if not self.is_attached:
            return
        place = self.content_region
        if self._way == "sixel":
            driver.write(_in_sixel(image, place))
            driver.flush()
            self._is_sent = True
            return
        # A cell is about twice as high as wide.
        factor = min(place.width / image.width, 2 * place.height / image.height)
        columns, rows = max(1, int(image.width * factor)), max(1, int(image.height * factor / 2))
        driver.write(kitty_commands(image, place.y + 1, place.x + 1, columns, rows))
        driver.flush()
        self._is_sent = True

    def remove_picture(self) -> None:
        """Have the terminal forget the picture."""
        driver = driver_of(self.app)
        if self._is_sent and isinstance(driver, DiffDriver):
            if self._way == "sixel":
                driver.redraw()
                self.app.refresh(layout=True)
            else:
                driver.write(TAKE_AWAY)
                driver.flush()
        self._is_sent = False

    def on_unmount(self) -> None:
        self.remove_picture()

    def line_at(self, y: int, width: int) -> Line:
        return self._lines[y] if y < len(self._lines) else EMPTY
