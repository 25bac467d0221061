"""MONITOR in words, numbers and blocks. Where there is nothing to count there is no number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ontos_tui.domain.rules.monitor.traffic import BANDS, LEAST_REQUESTS, Health, HealthState
from ontos_tui.domain.rules.ratings import HIGHEST, LOWEST
from ontos_tui.tui.dialogs.verdict import verdict_lines
from ontos_tui.tui.stages.monitor.time_range import SpanOfTime
from ontos_tui.tui.widgets.lines import EMPTY, Line, Span, fit, line, span, wrap
from ontos_tui.tui.widgets.sparkline import sparkline

if TYPE_CHECKING:
    from ontos_tui.domain.records.monitor.alerts import Alert
    from ontos_tui.domain.rules.monitor.error_groups import ErrorGroup
    from ontos_tui.services.monitor.endpoint_card import Card
    from ontos_tui.services.monitor.service import EndpointSummary, Point, RequestView, VersionSummary
    from ontos_tui.services.monitor.team_traffic import TeamTraffic

ROOM_FOR_VERDICT = 40
"""Cells of a card from which on the whole verdict on its model stands above the figures; else at the end."""
NAME, RANGE, TOTAL = 9, 12, 7
FIGURE = 10
"""Cells of a figure's name on a card."""
HEALTH: Mapping[HealthState, tuple[str, str]] = {
    HealthState.HEALTHY: ("✓", "good"),
    HealthState.DEGRADED: ("◐", "warn"),
    HealthState.WARNING: ("▲", "warn"),
    HealthState.CRITICAL: ("✗", "bad"),
    HealthState.NO_DATA: ("·", "muted"),
}
"""Glyph and style of each state."""
SEVERITY: Mapping[str, tuple[str, str]] = {
    "low": ("✓", "good"),
    "medium": ("◐", "warn"),
    "high": ("▲", "warn"),
    "critical": ("✗", "bad"),
}


@dataclass(frozen=True)
class Series:
    """What happened when, over a span of time from `since` to `until`: every bucket, and all of it in figures."""

    over: SpanOfTime
    summary: EndpointSummary
    points: Sequence[Point]
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Traffic:
    """One endpoint over a span of time that ended at `until`; with a team also what everybody asked it there."""

    over: SpanOfTime
    card: Card
    versions: tuple[VersionSummary, ...]
    points: tuple[Point, ...]
    requests: tuple[RequestView, ...]
    latest: datetime | None
    since: datetime
    until: datetime
    team: TeamTraffic | None = None
    errors: tuple[ErrorGroup, ...] = ()
    rules: int = 0
    """Alert rules that are on."""

    @property
    def summary(self) -> EndpointSummary:
        """The endpoint in figures."""
        return self.card.summary

    @property
    def series(self) -> Series:
        """What happened when."""
        return Series(self.over, self.summary, self.points, self.since, self.until)


def card_lines(traffic: Traffic, width: int) -> Iterator[Line]:
    """The figures of an endpoint, one a line, and those of each version when several have answered."""
    summary, card = traffic.summary, traffic.card
    verdict, narrow = card.verdict, width < ROOM_FOR_VERDICT
    score = () if verdict is None or not narrow else (span(f"  {verdict.sign} {verdict.score}", verdict.style),)
    yield line(span(summary.endpoint, "title"), *score)
    as_of = f", as of {traffic.until.astimezone():%H:%M:%S}" if traffic.over.end is None else ""
    yield line(span(f"{traffic.over.label}{as_of}", "muted"))
    yield _health_line(card.health)
    yield line(span(BANDS_TEXT, "muted"))
    if verdict is not None and not narrow:
        yield from verdict_lines(verdict, width)
    if summary.requests or summary.ratings:
        yield from figure_lines(summary, traffic.latest)
    else:
        yield from _no_data(traffic, width)
    if traffic.team is not None:
        yield from _team_lines(traffic.team)
    yield from _drift_lines(card, width)
    yield from _alert_lines(card.alerts, width)
    if len(traffic.versions) > 1:
        yield EMPTY
        yield from version_lines(traffic.versions, width)
    if verdict is not None and narrow:
        yield EMPTY
        yield from verdict_lines(verdict, width)


BANDS_TEXT = " ".join(
    f"{HEALTH[state][0]}≥{least}" if least else f"{HEALTH[state][0]}<{BANDS[-2][0]}" for least, state in BANDS
)
"""From how many points each state of health holds."""


def health_span(health: Health) -> Span:
    """The state of an endpoint as one glyph."""
    return span(*HEALTH[health.state])


def _health_line(health: Health) -> Line:
    mark, style = HEALTH[health.state]
    if health.points is None:
        return _figure("health", "no data", f", {health.requests} of {LEAST_REQUESTS}/h", "muted")
    return _figure("health", f"{mark} {health.state}", f" {health.points} of 100", style)


def figure_lines(summary: EndpointSummary, latest: datetime | None) -> Iterator[Line]:
    """Requests, errors, latency and ratings, one a line; `latest` is when the endpoint was asked last."""
    yield _figure("requests", f"{summary.requests:,}")
    rate = f"  {summary.error_rate:.1%} of {summary.requests:,}" if summary.error_rate is not None else ""
    sign = "✗ " if summary.errors else ""
    yield _figure("errors", f"{sign}{summary.errors:,}", rate, "bad" if summary.errors else "strong")
    about = "" if summary.exact else "≈ "
    yield _figure("latency", f"{about}{milliseconds(summary.p50_ms)}", "  median")
    yield _figure("", f"{about}{milliseconds(summary.p95_ms)}", "  p95")
    if summary.mean_rating is None:
        yield _figure("rating", "no data yet", style="muted")
    else:
        yield _figure("rating", f"{summary.mean_rating:.1f} of 5", f"  n={summary.ratings:,}")
        yield _figure("corrected", f"{summary.corrections:,}")
    if latest is not None:
        yield _figure("last", f"{latest.astimezone():%m-%d %H:%M:%S}", style="text")


def _no_data(traffic: Traffic, width: int) -> Iterator[Line]:
    yield line(
        span("no data yet", "strong") if traffic.latest is None else span("no data in this time range", "strong")
    )
    if traffic.latest is None:
        here = "" if traffic.team is None else " from here"
        yield from wrap(f"No requests yet{here}. Try it: 5, then p", width)
    else:
        yield from wrap(f"last request {traffic.latest.astimezone():%Y-%m-%d %H:%M}", width, "muted")
        yield line(span("t", "key"), ": longer time range")


def _team_lines(team: TeamTraffic) -> Iterator[Line]:
    """The requests in the team's workspace, as far as they were counted, and the key that shows more."""
    if team.reading is None:
        yield _figure("team", "not counted yet", style="muted")
        yield _figure("", "w", " counts", "key")
        return
    summary = team.summary
    yield _figure("team", f"{summary.requests:,}", "  requests there")
    if summary.error_rate:
        yield _figure("", f"✗ {summary.errors:,}", f"  {summary.error_rate:.1%}", "bad")
    yield _figure("", f"as of {team.reading.read_at.astimezone():%m-%d %H:%M}", style="text")
    yield _figure("", "w", ": show more", "key")


def _drift_lines(card: Card, width: int) -> Iterator[Line]:
    report = card.drift
    if card.readiness is not None or report is None:
        short = "" if card.readiness is None or card.readiness.is_ready else f"  {card.readiness.short}"
        yield _figure("drift", "no data yet", short, style="muted")
        return
    mark, style = SEVERITY.get(report.severity, ("·", "muted"))
    yield _figure("drift", f"{mark} {report.severity}", style=style)
    if report.drifted:
        yield from wrap(report.summary, width, "muted")


def _alert_lines(alerts: Sequence[Alert], width: int) -> Iterator[Line]:
    if not alerts:
        yield _figure("alerts", "none open", style="muted")
        return
    yield _figure("alerts", f"✗ {len(alerts)} open", style="bad")
    yield from wrap(alerts[0].message, width, "muted")


def _figure(name: str, value: str, beside: str = "", style: str = "strong") -> Line:
    return line(span(name, "muted", FIGURE), span(value, style), span(beside, "muted"))


def version_lines(versions: Sequence[VersionSummary], width: int) -> Iterator[Line]:
    """What each version has a part in, one a line, below their heads."""
    room = max(6, width - 21)
    yield line(span(f"{fit('version', room)} {'asked':>7} {'errors':>6} {'rated':>5}", "muted"))
    for one in versions:
        rating = f"{one.mean_rating:.1f}" if one.mean_rating is not None else "–"
        # Of a long name the end matters: it has the number.
        name = one.name if len(one.name) <= room else f"…{one.name[1 - room :]}"
        errors = span(f" {one.errors:>6,}", "bad" if one.errors else "text")
        yield line(span(name, "text", room), f" {one.requests:>7,}", errors, f" {rating:>5}")


def series_lines(series: Series, width: int) -> Iterator[Line]:
    """What happened when: a row of blocks each for requests, errors, latency and ratings, with their numbers."""
    summary, points, over = series.summary, series.points, series.over
    if not summary.requests and not summary.ratings:
        yield from wrap(f"No data in {over.in_words}, nothing to draw.", width, "muted")
        return
    # As wide as the blocks are: the numbers stand right beside them.
    room = len(sparkline([0.0] * len(points), max(8, width - NAME - RANGE - TOTAL - 2)))
    head = f"by {over.bucket}{' (UTC)' if over.bucket == 'day' else ''}"
    yield line(
        span(f"{fit(head, NAME + room)} {'min–max':>{RANGE}} {'sum':>{TOTAL}}", "muted"),
    )
    yield _counts("requests", [point.requests for point in points], room)
    yield _counts("errors", [point.errors for point in points], room)
    latencies = [point.mean_latency_ms for point in points]
    yield _means("mean ms", latencies, room)
    yield _means("rating", [point.mean_rating for point in points], room, LOWEST, HIGHEST)
    yield _axis(series, room)


def _counts(name: str, values: Sequence[int], room: int) -> Line:
    blocks = sparkline(values, room)
    low, high = min(values, default=0), max(values, default=0)
    return line(
        span(name, "muted", NAME), span(blocks, "accent", room),
        f" {fit(f'{low:,}–{high:,}', RANGE).strip():>{RANGE}}", f" {sum(values):>{TOTAL},}",
    )  # fmt: skip


def _means(name: str, values: Sequence[float | None], room: int, bottom: float = 0.0, top: float | None = None) -> Line:
    there = [value for value in values if value is not None]
    text = f"{min(there):.1f}–{max(there):.1f}" if there else "no data"
    return line(
        span(name, "muted", NAME), span(sparkline(values, room, bottom=bottom, top=top), "accent", room),
        f" {fit(text, RANGE).strip():>{RANGE}}",
    )  # fmt: skip


def _axis(series: Series, room: int) -> Line:
    start = f"{series.since.astimezone():%m-%d %H:%M}"
    if len(start) + 4 > room:
        start = start[:5]
    end = "now" if series.over.end is None else f"{series.until.astimezone():%m-%d %H:%M}"
    if len(start) + len(end) >= room:
        end = end[:5]
    gap = " " * max(1, room - len(start) - len(end))
    return line(Span(" " * NAME), span(f"{start}{gap}{end}", "muted"))


def milliseconds(value: float | None) -> str:
    """A latency as people read it."""
    if value is None:
        return "no data"
    return f"{value:.1f} ms" if value < 10 else f"{value:,.0f} ms"
