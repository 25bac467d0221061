"""`ontos monitor --team`: an endpoint's traffic in the team's workspace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from ontos_tui.cli.core.output import moment
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.monitor.figures import point_lines, summary_lines
from ontos_tui.domain.errors import AwayError
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.rules.monitor.traffic import Bucket
    from ontos_tui.services.monitor.team_traffic import TeamTraffic


def show_team_traffic(session: Session, endpoint: str, width: Bucket, begin: datetime, end: datetime) -> None:
    """The team's traffic, counted now; while the workspace is away, as it was counted last."""
    service, away = session.workspace.monitor.team_traffic, ""
    try:
        service.read(endpoint, begin, end)
    except AwayError as error:
        if service.traffic(endpoint, width, begin, end).reading is None:
            raise
        away = str(error.what)
    traffic = service.traffic(endpoint, width, begin, end)
    value = {
        **{name: getattr(traffic, name) for name in ("summary", "versions", "points", "reading", "since", "until")},
        "bucket": width.value,
        "away": away,
    }
    session.show(value, lambda: [*_team_lines(traffic, away), "", *point_lines(traffic.points, width.value)])


def _team_lines(traffic: TeamTraffic, away: str) -> Iterator[str]:
    reading = traffic.reading
    assert reading is not None
    if away:
        yield "The workspace cannot be reached; these are the last counts:"
        yield safe_line(away, 300)
    yield f"Counted {moment(reading.read_at)} in the warehouse, which has a request within about an hour."
    if not reading.logged:
        yield "No data yet: the endpoint has no inference table in the team's schema."
        yield "Endpoints that are deployed from here have one: `ontos deploy MODEL`"
        return
    for since, until in traffic.not_counted:
        yield f"Not counted yet: {moment(since)} – {moment(until)}."
    yield from summary_lines(traffic.summary)
    for one in traffic.versions:
        if one.input_tokens is not None and one.output_tokens is not None:
            yield safe_line(f"{one.figures.name}: {one.input_tokens:,} tokens in, {one.output_tokens:,} out")
    yield from (safe_line(f"Missing: {why}", 300) for why in reading.missing)
