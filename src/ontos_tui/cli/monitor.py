"""MONITOR: what the endpoints were asked, from the log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ontos_tui.cli.alerts import Every, Once, watch_rules
from ontos_tui.cli.output import count, facts, moment, number, table
from ontos_tui.cli.session import Session

if TYPE_CHECKING:
    from ontos_tui.services.monitor import EndpointSummary, RequestView

WIDTHS = ("minute", "hour", "day")


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("monitor")(monitor)


def monitor(
    context: typer.Context,
    endpoint: Annotated[str | None, typer.Argument(help="name of the endpoint")] = None,
    bucket: Annotated[str, typer.Option("--bucket", help="minute, hour or day")] = "hour",
    last: Annotated[int, typer.Option("--last", min=1, max=10_000, help="so many buckets up to now")] = 24,
    requests: Annotated[int, typer.Option("--requests", min=0, help="and the last so many requests")] = 0,
    watch: Annotated[bool, typer.Option("--watch", help="look at the alert rules, as `ontos alerts watch`")] = False,
    every: Every = 60.0,
    once: Once = False,
) -> None:
    """Requests, errors, latency and feedback of an endpoint."""
    from ontos_tui.domain.traffic import Bucket

    if watch:
        watch_rules(Session.of(context), endpoint, every, once=once)
        return
    if endpoint is None:
        raise typer.BadParameter("Name an endpoint, or look at the alert rules with --watch.")
    if bucket not in WIDTHS:
        raise typer.BadParameter(f"{bucket!r} is none of: {', '.join(WIDTHS)}.")
    session, width = Session.of(context), Bucket(bucket)
    service = session.workspace.monitor
    session.workspace.deploy.endpoint(endpoint)
    until = datetime.now(UTC)
    summary = service.summary(endpoint)
    points = service.timeseries(endpoint, width, until - last * width.width, until)
    views = service.requests(endpoint, limit=requests) if requests else []
    busy = [
        (moment(point.start), point.requests, point.errors, _short(point.mean_latency_ms), _short(point.mean_rating))
        for point in points
        if point.requests or point.ratings
    ]
    silent = len(points) - len(busy)
    session.show(
        {"summary": summary, "bucket": bucket, "points": points, "requests": views},
        lambda: [
            *_summary_lines(summary),
            "",
            *table(
                (f"{bucket} from", "requests", "errors", "mean ms", "mean rating"), busy, "No traffic in this time."
            ),
            *([f"{count(silent, bucket)} without traffic not shown."] if busy and silent else []),
            *_request_lines(views),
        ],
    )


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _summary_lines(summary: EndpointSummary) -> list[str]:
    rate = "no data yet" if summary.error_rate is None else f"{100 * summary.error_rate:.1f} %"
    versions = ", ".join(f"{name}: {amount:,}" for name, amount in dict(summary.by_version).items())
    return facts(
        [
            ("endpoint", summary.endpoint),
            ("requests", f"{summary.requests:,}"),
            ("errors", f"{summary.errors:,} ({rate})"),
            (
                "latency",
                f"half within {number(summary.p50_ms, 1, 'ms')}, 95 % within {number(summary.p95_ms, 1, 'ms')}",
            ),
            ("feedback", f"{summary.ratings:,}, mean rating {number(summary.mean_rating, 1)}"),
            ("corrections", f"{summary.corrections:,}"),
            ("last request", moment(summary.last_at) or "no data yet"),
            ("by version", versions),
        ]
    )


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
