"""`ontos monitor`: an endpoint's requests, errors, latency and feedback, from the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import cell, count, facts, table
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.monitor.alerts import Every, Once, watch_rules
from ontos_tui.cli.monitor.figures import point_lines, summary_lines
from ontos_tui.cli.monitor.team_traffic import show_team_traffic
from ontos_tui.cli.monitor.version_comparison import show_comparison
from ontos_tui.domain.records.base import now
from ontos_tui.domain.rules.monitor.traffic import Bucket
from ontos_tui.domain.text.dates import read_moment
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.monitor.endpoint_card import Card
    from ontos_tui.services.monitor.service import RequestView

BUCKETS = 24
"""Time buckets that are shown unless --last or --since says otherwise."""


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("monitor")(monitor)


@dataclass(frozen=True)
class _TimeRange:
    """The buckets between `begin` and `end`; `since` and `until` are what was given, None where nothing was."""

    width: Bucket
    begin: datetime
    end: datetime
    since: datetime | None
    until: datetime | None


def monitor(
    context: typer.Context,
    endpoint: Annotated[str | None, typer.Argument(help="name of the endpoint")] = None,
    bucket: Annotated[str, typer.Option("--bucket", help="minute, hour or day")] = "hour",
    last: Annotated[
        int | None, typer.Option("--last", min=1, max=10_000, help="number of buckets; by default 24")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="from: 2026-11-24, '2026-11-24 09:30', or 12h ago")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="up to, in the same forms; by default now")] = None,
    requests: Annotated[int, typer.Option("--requests", min=0, help="and the newest N requests")] = 0,
    near: Annotated[str | None, typer.Option("--near", help="a request's id: its nearest training pairs")] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option("--compare", help="two model versions side by side, such as 1 2 or defects:1 defects:2"),
    ] = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="compare on all endpoints")] = False,
    team: Annotated[
        bool, typer.Option("--team", help="the team's requests on Databricks, counted in the warehouse")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="check the alert rules, as `ontos alerts watch`")] = False,
    every: Every = 60.0,
    once: Once = False,
    wall: Annotated[
        bool, typer.Option("--wall", help="open the app in MONITOR: every endpoint and its charts on one screen")
    ] = False,
) -> None:
    """Requests, errors, latency and feedback of an endpoint; or two versions side by side."""
    session = Session.of(context)
    if wall:  # `ontos_tui.__main__` opens the app where there is a terminal, before any command is known
        raise typer.BadParameter("--wall opens the app; give it alone, or with an endpoint.")
    if watch:
        watch_rules(session, endpoint, every, once=once)
        return
    if endpoint is None:
        raise typer.BadParameter("Name an endpoint, or check the alert rules with --watch.")
    span = _time_range(bucket, last, since, until)
    if team:
        show_team_traffic(session, endpoint, span.width, span.begin, span.end)
        return
    session.workspace.deploy.endpoints.endpoint(endpoint)
    if compare is not None:
        show_comparison(session, compare, None if everywhere else endpoint, span.since, span.until)
    elif near is not None:
        _show_nearest_pairs(session, near)
    else:
        _show_traffic(session, endpoint, span, requests)


def _time_range(bucket: str, last: int | None, since: str | None, until: str | None) -> _TimeRange:
    if bucket not in list(Bucket):
        raise typer.BadParameter(f"{bucket!r} is not one of: {', '.join(Bucket)}.")
    if last is not None and since is not None:
        raise typer.BadParameter("--last and --since both set the beginning; give one of them.")
    width, begin, end = Bucket(bucket), _moment(since, "--since"), _moment(until, "--until")
    to = end or now()
    return _TimeRange(width, begin or to - (last or BUCKETS) * width.width, to, begin, end)


def _moment(text: str | None, option: str) -> datetime | None:
    try:
        return None if text is None else read_moment(text, now())
    except ValueError as error:
        raise typer.BadParameter(f"{option}: {error}.") from None


def _show_traffic(session: Session, endpoint: str, span: _TimeRange, requests: int) -> None:
    from ontos_tui.services.monitor.endpoint_card import make_card

    monitor, traffic = session.workspace.monitor, session.workspace.monitor.traffic
    card = make_card(traffic, monitor.drift, monitor.alerts, endpoint, span.since, span.until)
    points = traffic.timeseries(endpoint, span.width, span.begin, span.end)
    views = traffic.requests(endpoint, requests, since=span.since, until=span.until) if requests else []
    session.show(
        {
            "summary": card.summary,
            "health": card.health,
            "verdict": card.verdict,
            "drift": card.drift,
            "alerts": card.alerts,
            "bucket": span.width,
            "points": points,
            "requests": views,
        },
        lambda: [*_card_lines(card), "", *point_lines(points, span.width.value), *_request_lines(views)],
    )


def _card_lines(card: Card) -> list[str]:
    health, summary = card.health, card.summary
    points = "" if health.points is None else f", {health.points} of 100"
    worst = "none open" if not card.alerts else "; ".join(alert.message for alert in card.alerts)
    return [
        *summary_lines(summary),
        *facts(
            [
                ("model", "" if card.verdict is None else f"{card.verdict.sign} {card.verdict.text}"),
                ("health", f"{health.state}{points} ({count(health.requests, 'request')} in the last hour)"),
                ("drift", _drift(card)),
                ("alerts", safe_line(worst)),
            ]
        ),
    ]


def _drift(card: Card) -> str:
    report = card.drift
    if card.readiness is not None and not card.readiness.is_ready:
        return f"no data yet: {card.readiness.describe()}"
    if report is None:
        return f"not compared yet: `ontos drift {card.summary.endpoint}`"
    return safe_line(report.summary if not report.features else f"{report.severity}: {report.summary}", 300)


def _request_lines(views: list[RequestView]) -> list[str]:
    if not views:
        return []
    rows = [
        (
            view.record.request_id[:8],
            view.record.requested_at,
            view.record.model_version,
            view.record.status_code,
            f"{view.record.latency_ms:.1f}",
            view.record.output or view.record.error,
            "" if view.feedback is None else view.feedback.rating,
        )
        for view in views
    ]
    return ["", *table(("request", "at", "version", "status", "ms", "answer", "rating"), rows)]


def _show_nearest_pairs(session: Session, request: str) -> None:
    from ontos_tui.services.monitor.nearest_pairs import nearest_training_pairs

    near = nearest_training_pairs(session.workspace.store, request, count=5)
    rows = [(f"{one.distance:.3f}", one.ref, one.pair_id[:8], cell(one.answer)) for one in near.pairs]
    value = {"pairs": near.pairs, "looked_at": near.looked_at, "learned": near.learned}
    session.show(value, lambda: table(("distance", "item", "pair", "answer"), rows))
