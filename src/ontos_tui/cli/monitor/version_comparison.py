"""`ontos monitor --compare`: two model versions side by side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from ontos_tui.cli.core.output import number, table
from ontos_tui.cli.core.session import Session
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.services.monitor.version_comparison import VersionComparison, VersionFigures

MOST_ANSWERS = 5
"""Values of an answer's field that the comparison shows."""


def show_comparison(
    session: Session, refs: tuple[str, str], endpoint: str | None, since: datetime | None, until: datetime | None
) -> None:
    """Two versions side by side, on one endpoint or on all of them."""
    from ontos_tui.services.monitor.version_comparison import compare_versions

    compared = compare_versions(session.workspace.store, *refs, endpoint, since, until)
    session.show(compared, lambda: _compare_lines(compared))


def _compare_lines(compared: VersionComparison) -> Iterator[str]:
    sides = (compared.left, compared.right)

    def row(name: str, values: list[str]) -> tuple[str, ...]:
        return name, *values

    def rate(one: VersionFigures) -> str:
        return "no data yet" if one.error_rate is None else f"{one.errors:,} ({100 * one.error_rate:.1f} %)"

    yield from table(
        ("", *(one.name for one in sides)),
        [
            row("requests", [f"{one.requests:,}" for one in sides]),
            row("errors", [rate(one) for one in sides]),
            row("mean latency", [number(one.mean_latency_ms, 1, "ms") for one in sides]),
            row("median ≈", [number(one.p50_ms, 1, "ms") for one in sides]),
            row("p95 ≈", [number(one.p95_ms, 1, "ms") for one in sides]),
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
                shares = [f"{value} {n / share.n:.1%}" for value, n in list(share.values.items())[:MOST_ANSWERS]]
                yield safe_line(f"  {share.field}: {', '.join(shares)}", 300)
