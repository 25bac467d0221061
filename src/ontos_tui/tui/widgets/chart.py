"""A chart of curves over time, drawn by plotext. The only place that knows plotext; imported when a chart is opened."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.color import Color
from textual.widget import Widget

from ontos_tui.tui.widgets.lines import Panel, wrap

if TYPE_CHECKING:
    from textual_plotext import PlotextPlot

AT_MOST_EVERY = 1.0
"""Seconds between two drawings of a chart that keeps changing: one costs 20 ms and tens of KB."""
POINTS_PER_COLUMN = 2
"""Of all curves together: what plotext takes grows with the points."""
ALONE = "⠒"
CELLS_PER_TICK = 16
TICKS = 4


@dataclass(frozen=True)
class Curve:
    """Values at moments (seconds since the epoch); None where there is none. Drawn with `marker`."""

    marker: str
    at: Sequence[float]
    values: Sequence[float | None]


@dataclass(frozen=True)
class Drawing:
    """Curves within limits. Without any value there is nothing to draw, and `empty` says so."""

    curves: tuple[Curve, ...]
    since: float
    until: float
    bottom: float
    top: float
    format_time: Callable[[float], str]
    empty: str
    whole: bool = False
    """Whether the values are whole numbers, and so the marks beside them."""

    @property
    def has_values(self) -> bool:
        """Whether there is something to draw."""
        return any(is_number(value) for curve in self.curves for value in curve.values)


class Chart(Widget, can_focus=True):
    """One drawing at a time, redrawn when it differs and at most once a second."""

    DEFAULT_CSS = """
    Chart { height: 1fr; }
    Chart > Panel { height: 1fr; padding: 1 2; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._drawing: Drawing | None = None
        self._drawn: tuple[Drawing, int, int] | None = None
        self._drawn_at = 0.0
        self._waiting = False

    def compose(self) -> ComposeResult:
        from textual_plotext import PlotextPlot

        nothing = Panel(id="nothing")
        nothing.can_focus = False
        yield nothing
        yield PlotextPlot(id="plot")

    def on_mount(self) -> None:
        self._plot.display = False

    @property
    def _plot(self) -> PlotextPlot:
        from textual_plotext import PlotextPlot

        return self.query_one(PlotextPlot)

    def show(self, drawing: Drawing) -> None:
        """Show this; soon, if something was drawn within the last second."""
        self._drawing = drawing
        left = self._drawn_at + AT_MOST_EVERY - time.monotonic()
        if left <= 0:
            self._draw()
        elif not self._waiting:
            self._waiting = True
            self.set_timer(left, self._draw)

    def show_now(self, drawing: Drawing) -> None:
        """Show this at once, after a key of the user's."""
        self._drawing = drawing
        self._draw()

    def on_resize(self) -> None:
        """Another width takes another choice of points."""
        if self._drawing is not None:
            self._draw()

    def _draw(self) -> None:
        self._waiting = False
        drawing, (width, height) = self._drawing, self.size
        if drawing is None or not self.is_attached or self._drawn == (drawing, width, height) or not width:
            return
        self._drawn, self._drawn_at = (drawing, width, height), time.monotonic()
        nothing, plot = self.query_one("#nothing", Panel), self._plot
        nothing.display, plot.display = not drawing.has_values, drawing.has_values
        if drawing.has_values:
            self._fill(plot, drawing, width)
            plot.refresh()
        else:
            nothing.show(lambda room: wrap(drawing.empty, room, "muted"))

    def _fill(self, plot: PlotextPlot, drawing: Drawing, width: int) -> None:
        plt = plot.plt
        plt.clear_figure()
        variables = self.app.theme_variables
        colors = [Color.parse(variables.get(name, "white")).rgb for name in ("primary", "accent")]
        most = POINTS_PER_COLUMN * width // max(1, len(drawing.curves))
        for number, curve in enumerate(drawing.curves):
            points = decimated(list(zip(curve.at, curve.values, strict=True)), most)
            for run in runs(points):
                at, values = [x for x, _ in run], [min(max(y, drawing.bottom), drawing.top) for _, y in run]
                # One value alone would be one dot of braille.
                marker = ALONE if len(run) == 1 and curve.marker == "braille" else curve.marker
                plt.plot(at, values, marker=marker, color=colors[number % len(colors)])
        plt.xlim(drawing.since, drawing.until)
        plt.ylim(drawing.bottom, drawing.top)
        marks = ticks(drawing.bottom, drawing.top, whole=drawing.whole)
        plt.yticks(marks, [f"{mark:,.6g}" for mark in marks])
        count = max(2, width // CELLS_PER_TICK)
        moments = [drawing.since + (drawing.until - drawing.since) * part / (count - 1) for part in range(count)]
        plt.xticks(moments, [drawing.format_time(moment) for moment in moments])
        plt.xaxes(True, False)
        plt.yaxes(True, False)


Point = tuple[float, float | None]


def is_number(value: float | None) -> bool:
    """Whether a value can be drawn."""
    return value is not None and math.isfinite(value)


def decimated(points: Sequence[Point], most: int) -> list[Point]:
    """At most `most` of the points (2 at least), such that no peak and no valley is hidden.

    Of each group of neighbors the lowest and the highest stay, in their order; a group without values is one gap.
    """
    if len(points) <= max(2, most):
        return list(points)
    groups = max(1, most // 2)
    chosen: list[Point] = []
    for group in range(groups):
        part = points[group * len(points) // groups : (group + 1) * len(points) // groups]
        there = [(x, y) for x, y in part if y is not None and math.isfinite(y)]
        if there:
            chosen += sorted({min(there, key=lambda one: one[1]), max(there, key=lambda one: one[1])})
        else:
            chosen.append((part[0][0], None))
    return chosen


def runs(points: Sequence[Point]) -> Iterator[list[tuple[float, float]]]:
    """The points between gaps: what a line may join."""
    run: list[tuple[float, float]] = []
    for x, y in points:
        if y is not None and math.isfinite(y):
            run.append((x, y))
        elif run:
            yield run
            run = []
    if run:
        yield run


def ticks(bottom: float, top: float, *, whole: bool = False) -> list[float]:
    """Round numbers from `bottom` to `top`, about `TICKS` steps apart."""
    step = round_up((top - bottom) / TICKS, whole=whole)
    return [bottom + number * step for number in range(int((top - bottom) / step + 1e-9) + 1)]


def round_up(value: float, *, whole: bool = False) -> float:
    """The next number of the form 1, 2 or 5 times a power of ten; 1 at least when `whole`."""
    if whole and value <= 1:
        return 1.0
    if value <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value * (1 - 1e-12))
