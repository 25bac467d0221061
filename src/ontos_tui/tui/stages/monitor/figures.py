"""MONITOR: what is drawn of an endpoint's traffic: bars for counts, lines for measures, gaps where nothing was."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ontos_tui.domain.rules.monitor.traffic import WITHIN
from ontos_tui.domain.rules.ratings import HIGHEST, LOWEST
from ontos_tui.tui.stages.monitor.lines import Traffic, milliseconds
from ontos_tui.tui.terminal.charset import has_few_glyphs
from ontos_tui.tui.widgets.lines import Line, fit, line, span
from ontos_tui.tui.widgets.plotting import TICKS, Curve, Drawing, is_number, round_up

if TYPE_CHECKING:
    from ontos_tui.services.monitor.service import Point

DOTS = "•"
"""Two curves differ in what they are drawn with, not in color alone. Few values need the dots to be seen."""
BAR = 0.8
"""Of the width of a bucket."""


class Figure(StrEnum):
    """What a chart can show."""

    REQUESTS = "requests"
    ERRORS = "errors"
    LATENCY = "latency"
    RATING = "rating"


def heading_of(traffic: Traffic, figure: Figure, width: int) -> Line:
    """What a small chart shows, and what it adds up to."""
    summary, over = traffic.summary, traffic.over
    name = {Figure.REQUESTS: "requests and errors", Figure.LATENCY: "latency ms"}.get(figure, figure.value)
    beside, style = f"by {over.bucket}", "muted"
    if figure is Figure.REQUESTS and summary.errors:
        beside, style = f"{_error_marker()} {summary.errors:,} failed", "bad"
    elif figure is Figure.LATENCY and summary.p95_ms is not None:
        beside = f"⠒ p50 {milliseconds(summary.p50_ms)} • p95 {milliseconds(summary.p95_ms)}"
    elif figure is Figure.RATING and summary.mean_rating is not None:
        beside = f"mean of {summary.ratings:,}: {summary.mean_rating:.1f}"
    room = max(0, width - len(beside) - 2)
    return line(span(f" {fit(name, room)}", "strong"), span(beside, style))


def explanation_of(traffic: Traffic, figure: Figure) -> str:
    """What the curves of a large chart add up to, and which is which."""
    summary = traffic.summary
    if figure is Figure.REQUESTS:
        return f"{summary.requests:,} in all, {_error_marker()} {summary.errors:,} failed"
    if figure is Figure.ERRORS:
        return f"{summary.errors:,} in all"
    if figure is Figure.LATENCY:
        return f"ms: {DOTS}p95 ⠒median (≈{WITHIN:.0%})"
    return f"{summary.ratings:,} in all, mean by {traffic.over.bucket}"


def drawing_of(traffic: Traffic, figure: Figure) -> Drawing:
    """One figure of the traffic, with the limits of its axes."""
    points, over = traffic.points, traffic.over
    # Whole buckets, each drawn in its middle: within one of them a drawing changes only with the traffic.
    since, until = over.bucket.start_of(traffic.since), over.bucket.next_start(traffic.until)
    at = tuple(_middle(point, over.bucket.width).timestamp() for point in points)
    curves = _curves(traffic, figure, at)
    rating, whole = figure is Figure.RATING, figure in (Figure.REQUESTS, Figure.ERRORS)
    return Drawing(
        curves=curves,
        since=since.timestamp(),
        until=until.timestamp(),
        bottom=LOWEST if rating else 0.0,
        top=HIGHEST if rating else _top([curve.values for curve in curves], whole=whole),
        format_time=_short_time if over.length <= timedelta(hours=48) else _short_date,
        empty=f"No data about {figure} in {over.in_words}, nothing to draw.",
        whole=whole,
    )


def _error_marker() -> str:
    """What a failed request is drawn with: where color does not tell it from the others, another pattern."""
    return "▒" if has_few_glyphs() or "NO_COLOR" in os.environ else "█"


def _curves(traffic: Traffic, figure: Figure, at: tuple[float, ...]) -> tuple[Curve, ...]:
    points, bar = traffic.points, BAR * traffic.over.bucket.width.total_seconds()
    blocks, curve = ("█", "*") if has_few_glyphs() else ("hd", "braille")
    if figure is Figure.LATENCY:
        return (
            Curve(curve, at, tuple(point.p50_ms for point in points)),
            Curve(DOTS, at, tuple(point.p95_ms for point in points), "warn"),
        )
    if figure is Figure.RATING:
        return (Curve(DOTS, at, tuple(point.mean_rating for point in points)),)
    if not traffic.summary.requests:
        return ()
    errors = Curve(
        "▒" if _error_marker() == "▒" else blocks, at, tuple(float(point.errors) for point in points), "bad", bar
    )
    if figure is Figure.ERRORS:
        return (errors,)
    return Curve(blocks, at, tuple(float(point.requests) for point in points), bar=bar), errors


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
