"""MONITOR: one figure of an endpoint over time, as large as the screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.message import Message

from ontos_tui.domain.rules.ratings import HIGHEST, LOWEST
from ontos_tui.domain.rules.traffic import WITHIN
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.stages.base import Page
from ontos_tui.tui.stages.monitor.lines import Traffic
from ontos_tui.tui.widgets.chart import TICKS, Chart, Curve, Drawing, is_number, round_up
from ontos_tui.tui.widgets.lines import Line, OneLine, line, span

if TYPE_CHECKING:
    from ontos_tui.services.monitor.service import Point

LINE, DOTS = "braille", "•"
"""What a curve is drawn with; two curves differ in it, not in color alone. Few values need the dots to be seen."""


class Figure(StrEnum):
    """What a chart can show."""

    REQUESTS = "requests"
    ERRORS = "errors"
    LATENCY = "latency"
    RATING = "rating"


class MonitorChart(Page):
    """A chart of the endpoint that is looked at; it follows the log."""

    HELP_TITLE: ClassVar[str] = "In the chart"
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("monitor.chart.back", "escape", "Back", "To the endpoints and requests"),
        Command("monitor.chart.next_figure", "right,m", "Next metric", "Requests, errors, latency, ratings"),
        Command(
            "monitor.chart.previous_figure",
            "left",
            "Previous metric",
            "Requests, errors, latency, ratings",
            shown=False,
        ),
    )
    DEFAULT_CSS = "MonitorChart OneLine { padding: 0 1; }"

    class Left(Message):
        """The user is done with the chart."""

    def __init__(self) -> None:
        super().__init__()
        self.figure = Figure.REQUESTS
        self._traffic: Traffic | None = None

    def compose(self) -> ComposeResult:
        yield OneLine(id="chart-head")
        yield OneLine(id="chart-tabs")
        yield Chart(id="chart")

    def focus_first(self) -> None:
        self.query_one(Chart).focus()

    def reload(self) -> None:
        """The stage reads for all of its parts and calls `show`."""

    def show(self, traffic: Traffic, *, at_once: bool) -> None:
        """Draw this traffic; `at_once` when the user asked for it, else when a second has passed."""
        self._traffic = traffic
        self.query_one("#chart-head", OneLine).show(lambda width: _head(traffic))
        self.query_one("#chart-tabs", OneLine).show(lambda width: self._tabs(traffic))
        chart = self.query_one(Chart)
        (chart.show_now if at_once else chart.show)(drawing_of(traffic, self.figure))

    def _tabs(self, traffic: Traffic) -> Line:
        parts = [
            span(f"[{one}] " if one is self.figure else f" {one}  ", "key" if one is self.figure else "muted")
            for one in Figure
        ]
        return line(*parts, span(_about(traffic, self.figure), "text"))

    def action_back(self) -> None:
        self.post_message(self.Left())

    def action_next_figure(self) -> None:
        self._step(1)

    def action_previous_figure(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        figures = list(Figure)
        self.figure = figures[(figures.index(self.figure) + by) % len(figures)]
        if self._traffic is not None:
            self.show(self._traffic, at_once=True)


def _head(traffic: Traffic) -> Line:
    over = traffic.over
    range_text = f"  {over.label}, by {over.bucket}{' (UTC)' if over.bucket == 'day' else ''}"
    return line(span(traffic.summary.endpoint, "title"), span(range_text, "muted"))


def _about(traffic: Traffic, figure: Figure) -> str:
    """What the curves add up to, and which is which."""
    summary = traffic.summary
    if figure is Figure.REQUESTS:
        return f"{summary.requests:,} in all"
    if figure is Figure.ERRORS:
        return f"{summary.errors:,} in all"
    if figure is Figure.LATENCY:
        return f"ms: {DOTS}p95 ⠒median (≈{WITHIN:.0%})"
    return f"{summary.ratings:,} in all, mean by {traffic.over.bucket}"


def drawing_of(traffic: Traffic, figure: Figure) -> Drawing:
    """One figure of the traffic, with the limits of its axes."""
    points, over = traffic.points, traffic.over
    # A bucket is drawn in its middle; the first and the last may be cut by the span.
    at = [min(max(_middle(point, over.bucket.width), traffic.since), traffic.until).timestamp() for point in points]
    values: tuple[list[float | None], ...]
    if figure is Figure.REQUESTS:
        values = ([point.requests for point in points] if traffic.summary.requests else [],)
    elif figure is Figure.ERRORS:
        values = ([point.errors for point in points] if traffic.summary.requests else [],)
    elif figure is Figure.LATENCY:
        values = ([point.p50_ms for point in points], [point.p95_ms for point in points])
    else:
        values = ([point.mean_rating for point in points],)
    rating, whole = figure is Figure.RATING, figure in (Figure.REQUESTS, Figure.ERRORS)
    bottom = LOWEST if rating else 0.0
    return Drawing(
        curves=tuple(
            Curve(marker, tuple(at[: len(one)]), tuple(one))
            for marker, one in zip((DOTS,) if rating else (LINE, DOTS), values, strict=False)
        ),
        since=traffic.since.timestamp(),
        until=traffic.until.timestamp(),
        bottom=bottom,
        top=HIGHEST if rating else _top(values, whole=whole),
        format_time=_short_time if over.length <= timedelta(hours=48) else _short_date,
        empty=f"No data about {figure} in {over.in_words}, nothing to draw.",
        whole=whole,
    )


def _middle(point: Point, width: timedelta) -> datetime:
    return point.start + width / 2


def _top(values: Sequence[Sequence[float | None]], *, whole: bool) -> float:
    """A round number that no value is above."""
    most = max((value for one in values for value in one if value is not None and is_number(value)), default=0.0)
    step = round_up(most / TICKS, whole=whole)
    return step * max(1, math.ceil(most / step))


def _short_time(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC).astimezone():%H:%M}"


def _short_date(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC).astimezone():%m-%d}"
