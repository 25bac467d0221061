"""An endpoint's figures and time buckets, as lines for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontos_tui.cli.core.output import count, facts, moment, number, table

if TYPE_CHECKING:
    from ontos_tui.services.monitor.service import EndpointSummary, Point


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def summary_lines(summary: EndpointSummary) -> list[str]:
    """An endpoint's figures, one a line."""
    from ontos_tui.domain.rules.monitor.traffic import WITHIN

    rate = "no data yet" if summary.error_rate is None else f"{100 * summary.error_rate:.1f} %"
    versions = ", ".join(f"{name}: {amount:,}" for name, amount in dict(summary.by_version).items())
    about = "" if summary.exact else f" (estimated, within {WITHIN:.0%})"
    return facts(
        [
            ("endpoint", summary.endpoint),
            ("requests", f"{summary.requests:,}"),
            ("errors", f"{summary.errors:,} ({rate})"),
            (
                "latency",
                f"median {number(summary.p50_ms, 1, 'ms')}, p95 {number(summary.p95_ms, 1, 'ms')}{about}",
            ),
            ("feedback", f"{summary.ratings:,}, mean rating {number(summary.mean_rating, 1)}"),
            ("corrections", f"{summary.corrections:,}"),
            ("last request", moment(summary.last_at) or "no data yet"),
            ("by version", versions),
        ]
    )


def point_lines(points: Sequence[Point], bucket: str) -> list[str]:
    """The buckets with traffic, one a line."""
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
    heads = (f"{bucket} from", "requests", "errors", "mean ms", "p95 ms ≈", "mean rating")
    return [
        *table(heads, busy, "No traffic in this time range."),
        *([f"{count(silent, bucket)} without traffic not shown."] if busy and silent else []),
    ]
