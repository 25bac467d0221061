"""The wall in words and numbers: the endpoints, what is wrong with one of them, and why its requests fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ontos_tui.domain.rules.monitor.traffic import LEAST_REQUESTS, HealthState
from ontos_tui.tui.dialogs.verdict import verdict_lines
from ontos_tui.tui.stages.monitor.lines import HEALTH, SEVERITY, Traffic, health_span, milliseconds, version_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import Line, Span, fit, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec

if TYPE_CHECKING:
    from ontos_tui.domain.rules.monitor.error_groups import ErrorGroup
    from ontos_tui.services.monitor.endpoint_card import Card
    from ontos_tui.services.monitor.team_traffic import TeamTraffic

NARROW = 80
"""Cells of the screen below which the list of endpoints leaves out what the facts below say as well."""
NAME = 8
"""Cells of a fact's name."""


def endpoint_columns(width: int) -> list[ColumnSpec]:
    """What the list of endpoints says of each, for a screen of this width."""
    columns = [ColumnSpec("", 1), ColumnSpec("endpoint", 0, ends=True), ColumnSpec("requests", 8, right=True)]
    columns.append(ColumnSpec("errors", 6, right=True))
    if width >= NARROW:
        columns.append(ColumnSpec("p50", 7, right=True))
    columns += [ColumnSpec("p95", 7, right=True), ColumnSpec("rating", 6, right=True)]
    if width >= NARROW:
        columns.append(ColumnSpec("drift", 12))
    return [*columns, ColumnSpec("alerts", 6, right=True)]


def endpoint_cells(card: Card, width: int) -> Sequence[object]:
    """One endpoint in the list."""
    summary = card.summary
    rate = summary.error_rate
    errors: object = span("–", "muted") if rate is None else span(f"{rate:.1%}", "bad" if rate else "good")
    cells: list[object] = [
        health_span(card.health),
        summary.endpoint,
        f"{summary.requests:,}" if summary.requests else span("no data", "muted"),
        errors,
    ]
    about = "" if summary.exact else "≈"
    slow, median = (
        span("–", "muted") if value is None else f"{about}{milliseconds(value)}"
        for value in (summary.p95_ms, summary.p50_ms)
    )
    rating = span("–", "muted") if summary.mean_rating is None else f"{summary.mean_rating:.1f}"
    drift, alerts = _drift_cell(card), span(f"✗ {len(card.alerts)}", "bad") if card.alerts else span("none", "muted")
    return [*cells, *([median] if width >= NARROW else []), slow, rating, *([drift] if width >= NARROW else []), alerts]


def _drift_cell(card: Card) -> Span:
    if card.readiness is not None and not card.readiness.is_ready:
        return span(card.readiness.short, "muted")
    if card.drift is None or card.readiness is not None:
        return span("not compared", "muted")
    mark, style = SEVERITY.get(card.drift.severity, ("·", "muted"))
    return span(f"{mark} {card.drift.severity}", style)


def head_line(traffic: Traffic, width: int) -> Line:
    """The one thing to know about an endpoint, and the time that is shown."""
    over = traffic.over
    beside = f"{over.label}, by {over.bucket}{' (UTC)' if over.bucket == 'day' else ''}"
    name, (mark, style, text) = f" {traffic.summary.endpoint}  ", _news(traffic)
    room = width - len(name) - len(beside) - 2
    if room < 24:  # the news goes before the time
        beside, room = "", width - len(name) - 1
    return line(span(name, "title"), span(fit(f"{mark} {text}", max(0, room)), style), span(f" {beside}", "muted"))


def _news(traffic: Traffic) -> tuple[str, str, str]:
    """The worst that is known of an endpoint: sign, style and words."""
    card, summary = traffic.card, traffic.summary
    if card.alerts:
        worst = max(card.alerts, key=lambda alert: (_weight(alert.severity), alert.opened_at))
        message = worst.message.removeprefix(f"{worst.endpoint}: ").partition(";")[0]
        return "✗", "bad", f"{message} since {clock(worst.opened_at, traffic.until)}"
    health = card.health
    if health.state in (HealthState.CRITICAL, HealthState.WARNING, HealthState.DEGRADED):
        mark, style = HEALTH[health.state]
        share = f", {health.errors / health.requests:.0%} of the last hour's requests failed" if health.errors else ""
        return mark, style, f"{health.state}, {health.points} of 100{share}"
    if traffic.latest is None:
        here = "" if traffic.team is None else " from here"
        return "○", "muted", f"No requests yet{here}. Try it: 5, then p"
    if not summary.requests:
        return "○", "muted", f"no requests for {_ago(traffic.until - traffic.latest)}; longer time range: t"
    if health.state is HealthState.HEALTHY:
        return "✓", "good", f"healthy, {health.points} of 100"
    return (
        "·",
        "muted",
        f"health: from {LEAST_REQUESTS} requests an hour on; {health.requests} so far",
    )


def _weight(severity: str) -> int:
    return ("low", "medium", "high", "critical").index(severity)


def clock(at: datetime, present: datetime) -> str:
    """A time as people say it: 14:02 today, Nov 24 before."""
    here = at.astimezone()
    return f"{here:%H:%M}" if here.date() == present.astimezone().date() else f"{here:%b} {here.day}"


def _ago(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    return f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"


def why_lines(traffic: Traffic, width: int) -> Iterator[Line]:
    """Why requests failed, by kind; the newest answers where none did."""
    if not traffic.errors:
        yield from _newest_lines(traffic, width)
        return
    yield line(
        span(f"why {traffic.summary.errors:,} failed  ", "strong"), span("e", "key"), span(" lists them", "muted")
    )
    most = len(f"{traffic.errors[0].count:,}")
    for group in traffic.errors:
        yield from _group_lines(group, width, most)


def _group_lines(group: ErrorGroup, width: int, most: int) -> Iterator[Line]:
    lead = f"{group.count:>{most},} × "
    first, *rest = wrap(f"{group.status} {group.describe()}", width - len(lead))
    yield line(span(lead, "bad"), *first)
    for more in rest:
        yield line(" " * len(lead), *more)


def _newest_lines(traffic: Traffic, width: int) -> Iterator[Line]:
    if not traffic.requests:
        yield line(span("no answers in this time range", "muted"))
        return
    yield line(span("newest answers", "strong"), span("  r", "key"), span(" shows all", "muted"))
    for view in traffic.requests[:20]:
        record = view.record
        answer = " · ".join(value_text(value) for value in (record.output or {}).values())
        beside = f" {milliseconds(record.latency_ms)}"
        at = f"{record.requested_at.astimezone():%H:%M:%S} "
        yield line(
            span(at, "muted"), span("✓ ", "good"), span(fit(answer, max(4, width - len(at) - len(beside) - 2))),
            span(beside, "muted"),
        )  # fmt: skip


def state_lines(traffic: Traffic, width: int) -> Iterator[Line]:
    """Ratings, drift, alerts and the model: what the charts do not show."""
    card, summary = traffic.card, traffic.summary
    if summary.mean_rating is None:
        yield from _fact("rating", "no ratings in this time range", "muted", width)
    else:
        corrected = f", {summary.corrections:,} corrected" if summary.corrections else ""
        rated = f"{summary.mean_rating:.1f} of 5 ({summary.ratings:,} rated{corrected})"
        yield from _fact("rating", rated, "text", width)
    yield from _fact("drift", *_drift_words(card), width)
    yield from _fact("alerts", *_alert_words(traffic), width)
    if traffic.team is not None:
        yield from _fact("team", *_team_words(traffic.team), width)
    if traffic.latest is not None:
        yield from _fact("last", f"request at {clock(traffic.latest, traffic.until)}", "text", width)


def model_lines(traffic: Traffic, width: int) -> Iterator[Line]:
    """What the model's score means, and what each version answered."""
    if traffic.card.verdict is not None:
        yield from verdict_lines(traffic.card.verdict, width)
    if traffic.versions:
        yield from version_lines(traffic.versions, width)


def _fact(name: str, text: str, style: str, width: int) -> Iterator[Line]:
    first, *rest = wrap(text, width - NAME, style)
    yield line(span(name, "muted", NAME), *first)
    for more in rest:
        yield line(" " * NAME, *more)


def _drift_words(card: Card) -> tuple[str, str]:
    if card.readiness is not None:
        return f"{card.readiness.describe()}{': D' if card.readiness.is_ready else ''}", "muted"
    if card.drift is None:
        return "not compared yet: D", "muted"
    mark, style = SEVERITY.get(card.drift.severity, ("·", "muted"))
    return f"{mark} {card.drift.severity}: {card.drift.summary}", style


def _team_words(team: TeamTraffic) -> tuple[str, str]:
    if team.reading is None:
        return "requests there are not counted yet: w", "muted"
    failed = f", ✗ {team.summary.errors:,} failed" if team.summary.errors else ""
    return f"{team.summary.requests:,} requests there{failed}", "bad" if failed else "text"


def _alert_words(traffic: Traffic) -> tuple[str, str]:
    alerts, rules = traffic.card.alerts, traffic.rules
    watched = f"{rules:,} rule{'' if rules == 1 else 's'} on" if rules else "no rule; A adds one"
    if not alerts:
        return f"none open, {watched}", "muted"
    return f"✗ {len(alerts):,} open, {watched}", "bad"
