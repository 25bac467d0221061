"""Drawings as lines of text, by plotext. The only place that knows plotext; it is imported with the first chart."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.tui.widgets.lines import Line, Span

if TYPE_CHECKING:
    from textual_plotext.plot import Plot as Plotext

POINTS_PER_COLUMN = 2
"""Of all curves together: what plotext takes grows with the points."""
ALONE = "⠒"
CELLS_PER_TICK = 16
TICKS = 4
LEAST_ROWS, LEAST_COLUMNS = 3, 8
"""Below this there is no room for a curve beside its axes."""
_CODES = {"accent": 1, "warn": 2, "bad": 3, "good": 4, "strong": 5}
_STYLES = {str(code): style for style, code in _CODES.items()}
_SGR = re.compile(r"\x1b\[([0-9;]*)m")


@dataclass(frozen=True)
class Curve:
    """Values at moments (seconds since the epoch); None where there is none. Drawn with `marker`, in a named style.

    With a `bar`, in seconds, each value is a bar of that width from the bottom up.
    """

    marker: str
    at: Sequence[float]
    values: Sequence[float | None]
    style: str = "accent"
    bar: float = 0.0


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


def plotted(drawing: Drawing, width: int, height: int) -> list[Line]:
    """The drawing in so many cells and rows; nothing where there is no room for one."""
    if width < LEAST_COLUMNS or height < LEAST_ROWS:
        return []
    from textual_plotext.plot import Plot as Plotext

    plot = Plotext()
    plot.plotsize(width, height)
    plot._set_size(width, height)
    plot.theme("clear")
    _fill(plot, drawing, width)
    return [_styled(row) for row in plot.build().split("\n")[:height]]


def _fill(plot: Plotext, drawing: Drawing, width: int) -> None:
    most = POINTS_PER_COLUMN * width // max(1, len(drawing.curves))
    for curve in drawing.curves:
        points = decimated(list(zip(curve.at, curve.values, strict=True)), most)
        for run in runs(points):
            at, values = [x for x, _ in run], [min(max(y, drawing.bottom), drawing.top) for _, y in run]
            if curve.bar:
                _bars(plot, drawing, curve, at, values)
                continue
            # One value alone would be one dot of braille.
            marker = ALONE if len(run) == 1 and curve.marker == "braille" else curve.marker
            plot.plot(at, values, marker=marker, color=_CODES[curve.style])
    plot.xlim(drawing.since, drawing.until)
    plot.ylim(drawing.bottom, drawing.top)
    marks = ticks(drawing.bottom, drawing.top, whole=drawing.whole)
    plot.yticks(marks, [f"{mark:,.6g}" for mark in marks])
    count = max(2, width // CELLS_PER_TICK)
    moments = [drawing.since + (drawing.until - drawing.since) * part / (count - 1) for part in range(count)]
    plot.xticks(moments, [drawing.format_time(moment) for moment in moments])
    plot.xaxes(True, False)
    plot.yaxes(True, False)


def _bars(plot: Plotext, drawing: Drawing, curve: Curve, at: list[float], values: list[float]) -> None:
    """A filled bar for each value above the bottom, as wide as `curve.bar`, within the limits."""
    for x, y in zip(at, values, strict=True):
        if y > drawing.bottom:
            left, right = max(drawing.since, x - curve.bar / 2), min(drawing.until, x + curve.bar / 2)
            plot.plot([left, right], [y, y], marker=curve.marker, color=_CODES[curve.style], fillx=True)


def _styled(row: str) -> Line:
    """A row of plotext's output as a line: its color codes stand for our styles, so a theme colors it."""
    parts: list[Span] = []
    style, at = "muted", 0
    for match in _SGR.finditer(row):
        if text := row[at : match.start()]:
            parts.append(Span(text, style))
        codes, at = match.group(1).split(";"), match.end()
        style = _STYLES.get(codes[-1], "muted") if codes[:2] == ["38", "5"] else "muted"
    if rest := row[at:]:
        parts.append(Span(rest, style))
    return tuple(parts)


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
