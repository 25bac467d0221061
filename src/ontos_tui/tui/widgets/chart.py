"""A chart of curves or bars over time under a heading, painted like every other text: rows that changed are sent."""

from __future__ import annotations

import time
from collections.abc import Callable

from ontos_tui.tui.widgets.lines import EMPTY, Line, LineView, wrap
from ontos_tui.tui.widgets.plotting import Drawing, plotted

AT_MOST_EVERY = 1.0
"""Seconds between two drawings of a chart that keeps changing: one costs 20 ms."""


class Chart(LineView, can_focus=True):
    """One drawing at a time, redrawn when it differs, and at most once in `at_most_every` seconds."""

    DEFAULT_CSS = """
    Chart { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None, at_most_every: Callable[[], float] | None = None) -> None:
        super().__init__(id=id)
        self._at_most_every = at_most_every or (lambda: AT_MOST_EVERY)
        self._heading: Callable[[int], Line] | None = None
        self._drawing: Drawing | None = None
        self._drawn: tuple[Drawing, int, int] | None = None
        self._drawn_at = float("-inf")
        self._waiting = False
        self._lines: list[Line] = []

    def show(self, drawing: Drawing, heading: Callable[[int], Line] | None = None) -> None:
        """Show this; later, if something was drawn a short time ago."""
        self._drawing, self._heading = drawing, heading
        left = self._drawn_at + self._at_most_every() - time.monotonic()
        if left <= 0:
            self._draw()
        elif not self._waiting:
            self._waiting = True
            self.set_timer(left, self._draw)

    def show_now(self, drawing: Drawing, heading: Callable[[int], Line] | None = None) -> None:
        """Show this at once, after a key of the user's."""
        self._drawing, self._heading = drawing, heading
        self._draw()

    def on_resize(self) -> None:
        super().on_resize()
        if self._drawing is not None:
            self._draw()

    def _draw(self) -> None:
        self._waiting = False
        drawing, (width, height) = self._drawing, self.size
        height -= self._heading is not None
        if drawing is None or not self.is_attached or not width:
            return
        if self._drawn != (drawing, width, height):
            self._drawn, self._drawn_at = (drawing, width, height), time.monotonic()
            self._lines = self._draw_lines(drawing, width, height)
        self.repaint()

    def _draw_lines(self, drawing: Drawing, width: int, height: int) -> list[Line]:
        if drawing.has_values:
            return plotted(drawing, width, height)
        return [EMPTY, *wrap(drawing.empty, width, "muted")][: max(0, height)]

    def line_at(self, y: int, width: int) -> Line:
        if self._heading is not None:
            if y == 0:
                return self._heading(width)
            y -= 1
        return self._lines[y] if y < len(self._lines) else EMPTY
