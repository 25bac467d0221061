"""MONITOR: everything that its screen shows, read at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ontos_tui.domain.records.base import now
from ontos_tui.domain.rules.monitor.traffic import Bucket
from ontos_tui.tui.stages.monitor.lines import Traffic
from ontos_tui.tui.stages.monitor.time_range import SpanOfTime

if TYPE_CHECKING:
    from ontos_tui.services.monitor.endpoint_card import Card
    from ontos_tui.workspace import Workspace


DRIFT_EVERY = timedelta(hours=1)
"""Time between two comparisons for drift while the wall is shown."""


@dataclass(frozen=True)
class Board:
    """The cards of all endpoints, the traffic of the one that is looked at, and whether there is a team's workspace."""

    cards: tuple[Card, ...]
    traffic: Traffic | None
    has_team: bool


def read_board(workspace: Workspace, endpoint: str, over: SpanOfTime, limit: int, *, failed: bool = False) -> Board:
    """The board; of `endpoint`, or else the first there is, `limit` requests, only `failed` ones if that is asked."""
    from ontos_tui.services.monitor.endpoint_card import make_card

    since, until = over.ending(now())
    names = [view.endpoint.name for view in workspace.deploy.endpoints.endpoints()]
    parts = (workspace.monitor.traffic, workspace.monitor.drift, workspace.monitor.alerts)
    cards = {name: make_card(*parts, name, since, over.end) for name in names}
    name = endpoint if endpoint in names else next(iter(names), None)
    traffic = _traffic(workspace, cards[name], over, (since, until), limit, failed=failed) if name is not None else None
    return Board(tuple(cards.values()), traffic, workspace.monitor.team_traffic.has_team)


def compare_where_due(workspace: Workspace) -> None:
    """Compare every endpoint for drift whose last comparison is an hour old, if it was asked since then."""
    for view in workspace.deploy.endpoints.endpoints():
        name, drift = view.endpoint.name, workspace.monitor.drift
        last, latest = drift.last(name), workspace.monitor.traffic.last_request_at(name)
        is_new = last is None or (latest is not None and last.compared_at < min(latest, now() - DRIFT_EVERY))
        if is_new and drift.readiness(name).is_ready:
            drift.check(name)


def _traffic(
    workspace: Workspace, card: Card, over: SpanOfTime, between: tuple[datetime, datetime], limit: int, *, failed: bool
) -> Traffic:
    monitor, name, (since, until) = workspace.monitor.traffic, card.summary.endpoint, between
    # The log may have been written to between the questions: the buckets reach to the last request that was counted.
    last = card.summary.last_at
    end = max(until, last + timedelta(microseconds=1)) if last is not None else until
    team = workspace.monitor.team_traffic
    return Traffic(
        over=over,
        card=card,
        versions=tuple(monitor.versions(name, since, over.end)),
        points=tuple(monitor.timeseries(name, over.bucket, since, end)),
        requests=tuple(monitor.requests(name, limit, since=since, until=over.end, failed=failed)),
        latest=monitor.last_request_at(name),
        since=since,
        until=until,
        errors=tuple(monitor.errors(name, since, over.end)) if card.summary.errors else (),
        rules=sum(rule.enabled for rule in workspace.monitor.alerts.rules(name)),
        team=team.traffic(name, Bucket.DAY, since, until) if team.has_team else None,
    )
