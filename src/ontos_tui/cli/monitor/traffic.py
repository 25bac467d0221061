"""MONITOR: what the endpoints were asked, from the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.core.output import cell, count, facts, moment, number, table
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.monitor.alerts import Every, Once, watch_rules
from ontos_tui.domain.errors import AwayError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.rules.traffic import Bucket
    from ontos_tui.services.monitor.endpoint_card import Card
    from ontos_tui.services.monitor.service import EndpointSummary, Point, RequestView
    from ontos_tui.services.monitor.team_traffic import TeamTraffic
    from ontos_tui.services.monitor.version_comparison import VersionComparison, VersionFigures

WIDTHS = ("minute", "hour", "day")
MOST_ANSWERS = 5
"""Values of an answer's field that the comparison of two versions shows."""


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("monitor")(monitor)


def monitor(
    context: typer.Context,
    endpoint: Annotated[str | None, typer.Argument(help="name of the endpoint")] = None,
    bucket: Annotated[str, typer.Option("--bucket", help="minute, hour or day")] = "hour",
    last: Annotated[
        int | None, typer.Option("--last", min=1, max=10_000, help="so many buckets; 24 if not told")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="from: 2026-11-24, '2026-11-24 09:30', or 12h ago")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="up to, in the same forms; by default now")] = None,
    requests: Annotated[int, typer.Option("--requests", min=0, help="and the newest so many requests")] = 0,
    near: Annotated[str | None, typer.Option("--near", help="a request's id: the training pairs most like it")] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option("--compare", help="two model versions side by side, such as 1 2 or defects:1 defects:2"),
    ] = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="compare on all endpoints")] = False,
    team: Annotated[
        bool, typer.Option("--team", help="what everybody asked it on Databricks, counted in the warehouse")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="look at the alert rules, as `ontos alerts watch`")] = False,
    every: Every = 60.0,
    once: Once = False,
) -> None:
    """Requests, errors, latency and feedback of an endpoint; or two versions side by side."""
    from ontos_tui.domain.rules.traffic import Bucket
    from ontos_tui.services.monitor.endpoint_card import make_card

    if watch:
        watch_rules(Session.of(context), endpoint, every, once=once)
        return
    if endpoint is None:
        raise typer.BadParameter("Name an endpoint, or look at the alert rules with --watch.")
    if bucket not in WIDTHS:
        raise typer.BadParameter(f"{bucket!r} is none of: {', '.join(WIDTHS)}.")
    if last is not None and since is not None:
        raise typer.BadParameter("--last and --since both say where to begin; give one of them.")
    begin, end = _moment(since, "--since"), _moment(until, "--until")
    session, width = Session.of(context), Bucket(bucket)
    workspace = session.workspace
    if team:
        to = end or now()
        _team(session, endpoint, width, begin or to - (last or 24) * width.width, to)
        return
    workspace.deploy.endpoints.endpoint(endpoint)
    if compare is not None:
        _compare(session, compare, None if everywhere else endpoint, begin, end)
        return
    if near is not None:
        _near(session, near)
        return
    card = make_card(workspace.monitor.traffic, workspace.monitor.drift, workspace.monitor.alerts, endpoint, begin, end)
    to = end or now()
    points = workspace.monitor.traffic.timeseries(endpoint, width, begin or to - (last or 24) * width.width, to)
    views = workspace.monitor.traffic.requests(endpoint, requests, since=begin, until=end) if requests else []
    session.show(
        {
            "summary": card.summary,
            "health": card.health,
            "drift": card.drift,
            "alerts": card.alerts,
            "bucket": bucket,
            "points": points,
            "requests": views,
        },
        lambda: [*_card_lines(card), "", *_point_lines(points, bucket), *_request_lines(views)],
    )


def _team(session: Session, endpoint: str, width: Bucket, begin: datetime, end: datetime) -> None:
    """Counted now; or, while the workspace is away, as it was counted last."""
    service, away = session.workspace.monitor.team_traffic, ""
    try:
        service.read(endpoint, begin, end)
    except AwayError as error:
        if service.traffic(endpoint, width, begin, end).reading is None:
            raise
        away = str(error.what)
    traffic = service.traffic(endpoint, width, begin, end)
    told = {
        **{name: getattr(traffic, name) for name in ("summary", "versions", "points", "reading", "since", "until")},
        "bucket": width.value,
        "away": away,
    }
    session.show(told, lambda: [*_team_lines(traffic, away), "", *_point_lines(traffic.points, width.value)])


def _team_lines(traffic: TeamTraffic, away: str) -> Iterator[str]:
    reading = traffic.reading
    assert reading is not None
    if away:
        yield "The workspace is away; this was counted before:"
        yield safe_line(away, 300)
    yield f"Counted {moment(reading.read_at)} in the warehouse, which learns of a request within about an hour."
    if not reading.logged:
        yield "No data yet: the endpoint keeps no inference table in the team's schema."
        yield "What is deployed from here to the workspace does: `ontos deploy`."
        return
    for since, until in traffic.not_counted:
        yield f"Not counted yet: {moment(since)} – {moment(until)}."
    yield from _summary_lines(traffic.summary)
    for one in traffic.versions:
        if one.input_tokens is not None and one.output_tokens is not None:
            yield safe_line(f"{one.figures.name}: {one.input_tokens:,} tokens in, {one.output_tokens:,} out")
    yield from (safe_line(f"Not told: {why}", 300) for why in reading.missing)


def _moment(text: str | None, option: str) -> datetime | None:
    from ontos_tui.domain.dates import read_moment

    try:
        return None if text is None else read_moment(text, now())
    except ValueError as error:
        raise typer.BadParameter(f"{option}: {error}.") from None


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _card_lines(card: Card) -> list[str]:
    health, summary = card.health, card.summary
    points = "" if health.points is None else f", {health.points} of 100"
    worst = "none open" if not card.alerts else "; ".join(alert.message for alert in card.alerts)
    return [
        *_summary_lines(summary),
        *facts(
            [
                ("health", f"{health.state}{points} ({count(health.requests, 'request')} in the last hour)"),
                ("drift", _drift(card)),
                ("alerts", safe_line(worst)),
            ]
        ),
    ]


def _drift(card: Card) -> str:
    report = card.drift
    if report is None:
        return f"not compared yet; `ontos drift {card.summary.endpoint}` does"
    return safe_line(report.summary if not report.features else f"{report.severity}: {report.summary}", 300)


def _summary_lines(summary: EndpointSummary) -> list[str]:
    from ontos_tui.domain.rules.traffic import WITHIN

    rate = "no data yet" if summary.error_rate is None else f"{100 * summary.error_rate:.1f} %"
    versions = ", ".join(f"{name}: {amount:,}" for name, amount in dict(summary.by_version).items())
    about = "" if summary.exact else f" (from bins, within {WITHIN:.0%})"
    return facts(
        [
            ("endpoint", summary.endpoint),
            ("requests", f"{summary.requests:,}"),
            ("errors", f"{summary.errors:,} ({rate})"),
            (
                "latency",
                f"half within {number(summary.p50_ms, 1, 'ms')}, 95 % within {number(summary.p95_ms, 1, 'ms')}{about}",
            ),
            ("feedback", f"{summary.ratings:,}, mean rating {number(summary.mean_rating, 1)}"),
            ("corrections", f"{summary.corrections:,}"),
            ("last request", moment(summary.last_at) or "no data yet"),
            ("by version", versions),
        ]
    )


def _point_lines(points: Sequence[Point], bucket: str) -> list[str]:
    busy = [
        (
            moment(point.start),
            point.requests,
            point.errors,
            _short(point.mean_latency_ms),
            _short(point.p95_ms),
            _short(point.mean_rating),
        )
        for point in points
        if point.requests or point.ratings
    ]
    silent = len(points) - len(busy)
    heads = (f"{bucket} from", "requests", "errors", "mean ms", "95 % ms ≈", "mean rating")
    return [
        *table(heads, busy, "No traffic in this time."),
        *([f"{count(silent, bucket)} without traffic not shown."] if busy and silent else []),
    ]


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


# Two versions


def _compare(
    session: Session, refs: tuple[str, str], endpoint: str | None, since: datetime | None, until: datetime | None
) -> None:
    from ontos_tui.services.monitor.version_comparison import compare_versions

    compared = compare_versions(session.workspace.store, *refs, endpoint, since, until)
    session.show(compared, lambda: _compare_lines(compared))


def _compare_lines(compared: VersionComparison) -> Iterator[str]:
    sides = (compared.left, compared.right)

    def row(name: str, told: list[str]) -> tuple[str, ...]:
        return name, *told

    def rate(one: VersionFigures) -> str:
        return "no data yet" if one.error_rate is None else f"{one.errors:,} ({100 * one.error_rate:.1f} %)"

    yield from table(
        ("", *(one.name for one in sides)),
        [
            row("requests", [f"{one.requests:,}" for one in sides]),
            row("errors", [rate(one) for one in sides]),
            row("mean latency", [number(one.mean_latency_ms, 1, "ms") for one in sides]),
            row("half within ≈", [number(one.p50_ms, 1, "ms") for one in sides]),
            row("95 % within ≈", [number(one.p95_ms, 1, "ms") for one in sides]),
            row("mean rating", [f"{number(one.mean_rating, 1)} (n={one.ratings:,})" for one in sides]),
            row("corrections", [f"{one.corrections:,}" for one in sides]),
        ],
    )
    for one in sides:
        yield ""
        yield safe_line(
            f"{one.name} answered (the newest {one.sampled:,}):" if one.sampled else f"{one.name}: no data yet"
        )
        for share in one.answers:
            if share.median is not None:
                yield safe_line(f"  {share.field}: median {share.median:,.4g}, n={share.n:,}")
            elif share.n:
                told = [f"{value} {n / share.n:.1%}" for value, n in list(share.values.items())[:MOST_ANSWERS]]
                yield safe_line(f"  {share.field}: {', '.join(told)}", 300)


def _near(session: Session, request: str) -> None:
    from ontos_tui.services.monitor.nearest_pairs import nearest_training_pairs

    near = nearest_training_pairs(session.workspace.store, request, count=5)
    rows = [(f"{one.distance:.3f}", one.ref, one.pair_id[:8], cell(one.answer)) for one in near.found]
    session.show(near, lambda: table(("distance", "item", "pair", "answer"), rows))
