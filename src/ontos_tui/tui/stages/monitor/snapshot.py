"""MONITOR: everything that its screen shows, read at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ontos_tui.domain.records.base import now
from ontos_tui.domain.rules.traffic import Bucket
from ontos_tui.tui.stages.monitor.lines import Traffic
from ontos_tui.tui.stages.monitor.time_range import SpanOfTime

if TYPE_CHECKING:
    from ontos_tui.services.monitor.endpoint_card import Card
    from ontos_tui.workspace import Workspace


@dataclass(frozen=True)
class Board:
    """The cards of all endpoints, the traffic of the one that is looked at, and whether there is a team's workspace."""

    cards: tuple[Card, ...]
    traffic: Traffic | None
    has_team: bool


def read_board(workspace: Workspace, endpoint: str, over: SpanOfTime, limit: int) -> Board:
    """The board; of `endpoint`, or else the first there is, `limit` requests."""
    from ontos_tui.services.monitor.endpoint_card import make_card

    since, until = over.ending(now())
    names = [view.endpoint.name for view in workspace.deploy.endpoints.endpoints()]
    parts = (workspace.monitor.traffic, workspace.monitor.drift, workspace.monitor.alerts)
    cards = {name: make_card(*parts, name, since, over.end) for name in names}
    name = endpoint if endpoint in names else next(iter(names), None)
    traffic = _traffic(workspace, cards[name], over, since, until, limit) if name is not None else None
    return Board(tuple(cards.values()), traffic, workspace.monitor.team_traffic.has_team)


def _traffic(
    workspace: Workspace, card: Card, over: SpanOfTime, since: datetime, until: datetime, limit: int
) -> Traffic:
    monitor, name = workspace.monitor.traffic, card.summary.endpoint
    # The log may have been written to between the questions: the buckets reach to the last request that was counted.
    last = card.summary.last_at
    end = max(until, last + timedelta(microseconds=1)) if last is not None else until
    team = workspace.monitor.team_traffic
    return Traffic(
        over=over,
        card=card,
        versions=tuple(monitor.versions(name, since, over.end)),
        points=tuple(monitor.timeseries(name, over.bucket, since, end)),
        requests=tuple(monitor.requests(name, limit, since=since, until=over.end)),
        latest=monitor.last_request_at(name),
        since=since,
        until=until,
        team=team.traffic(name, Bucket.DAY, since, until) if team.has_team else None,
    )
