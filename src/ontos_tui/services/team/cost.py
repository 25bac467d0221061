"""What sharing costs a team: statements, commits and the hours of its SQL warehouse, by when its people worked.

An estimate from the team's own history: an open app sends what its pace says (pace.py), and the warehouse runs from the
first statement until it has had none for as long as its setting says. Other work on the same warehouse is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Protocol

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.base import now
from ontos_tui.services.team.pace import (
    PULL_SECONDS,
    PULL_STATEMENTS,
    PUSH_SECONDS,
    PUSH_STATEMENTS,
    REST_SECONDS,
)
from ontos_tui.store.engine import Store
from ontos_tui.store.sharing.history import moments

DBU_PER_HOUR = {
    "2X-Small": 4.0, "X-Small": 6.0, "Small": 12.0, "Medium": 24.0, "Large": 40.0, "X-Large": 80.0,
    "2X-Large": 144.0, "3X-Large": 272.0, "4X-Large": 528.0,
}  # fmt: skip
"""DBU an hour of one cluster of a SQL warehouse by its size, as the form for a new warehouse shows them.

4 for 2X-Small was seen again in 2024 (community.databricks.com, "Databricks warehouse cost calculation").
"""
USD_PER_DBU = 0.70
PRICE_SOURCE = (
    "list price of serverless SQL on AWS and Azure, as independent price guides had it in April 2026; "
    "your own: system.billing.list_prices"
)
DAYS = 30
"""Days of history that are looked at."""
Moment = tuple[str, datetime]


@dataclass(frozen=True)
class WarehouseFacts:
    """A SQL warehouse: its size, and after how many minutes without a statement it stops."""

    size: str
    auto_stop_minutes: float
    source: str = "the workspace"


USUAL = WarehouseFacts("2X-Small", 10.0, "assumed: the smallest size, stopping after 10 minutes")
"""What is assumed where the workspace cannot be asked."""


class WarehouseSource(Protocol):
    """Who knows the team's warehouse."""

    def size(self) -> tuple[str, float]:
        """Its size, and the minutes after which it stops. Raises PlatformError, AwayError."""
        ...


@dataclass(frozen=True)
class TeamCost:
    """What the sharing of so many people took in so many days; `usd` is at list price."""

    days: float
    people: int
    changes: int
    statements: int
    commits: int
    warehouse_hours: float
    dbu: float
    usd: float
    size: str
    auto_stop_minutes: float
    basis: str
    warehouse_source: str
    price_source: str = PRICE_SOURCE


class CostService:
    """The cost of sharing by this workspace's events, which are the whole team's."""

    def __init__(self, store: Store, source: WarehouseSource | None, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._source = source
        self._clock = clock

    def of_history(self, days: int = DAYS) -> TeamCost:
        """What sharing took in the last days. Sends no statement; the warehouse's size is asked for by REST."""
        since = self._clock() - timedelta(days=days)
        with self._store.read() as connection:
            return cost_of(moments(connection, since), days, self._warehouse())

    def _warehouse(self) -> WarehouseFacts:
        if self._source is None:
            return USUAL
        try:
            return WarehouseFacts(*self._source.size())
        except OntosError as error:
            return WarehouseFacts(USUAL.size, USUAL.auto_stop_minutes, f"{USUAL.source}; {error.what}")


def cost_of(history: Iterable[Moment], days: float, warehouse: WarehouseFacts) -> TeamCost:
    """The cost of a history, which comes by person and time."""
    people, changes, commits, looks = 0, 0, 0, 0
    running: list[tuple[datetime, datetime]] = []
    for _, person in groupby(history, key=lambda moment: moment[0]):
        people += 1
        for session in _sessions(at for _, at in person):
            changes += session.changes
            commits += session.pushes
            looks += session.looks
            running.append((session.begin, session.end))
    hours = _hours(running, timedelta(minutes=warehouse.auto_stop_minutes))
    dbu = hours * DBU_PER_HOUR.get(warehouse.size, DBU_PER_HOUR[USUAL.size])
    return TeamCost(
        days=days,
        people=people,
        changes=changes,
        statements=commits * PUSH_STATEMENTS + looks * PULL_STATEMENTS,
        commits=commits,
        warehouse_hours=hours,
        dbu=dbu,
        usd=dbu * USD_PER_DBU,
        size=warehouse.size,
        auto_stop_minutes=warehouse.auto_stop_minutes,
        basis=f"an estimate: changes go within {PUSH_SECONDS:.0f} s, an open app looks every {PULL_SECONDS:.0f} s "
        f"until {REST_SECONDS / 60:.0f} minutes after the last change",
        warehouse_source=warehouse.source,
    )


@dataclass
class _Session:
    """One person at work without a long break."""

    begin: datetime
    last_push: datetime
    changes: int = 1
    pushes: int = 1
    looks: int = 0

    @property
    def end(self) -> datetime:
        return self.last_push + timedelta(seconds=REST_SECONDS)


def _sessions(times: Iterable[datetime]) -> Iterator[_Session]:
    session: _Session | None = None
    for at in times:
        if session is None or at > session.end:
            if session is not None:
                yield _closed(session)
            session = _Session(at, at)
            continue
        session.changes += 1
        gap = (at - session.last_push).total_seconds()
        if gap > PUSH_SECONDS:
            session.pushes += 1
            session.looks += int(gap // PULL_SECONDS)
            session.last_push = at
    if session is not None:
        yield _closed(session)


def _closed(session: _Session) -> _Session:
    session.looks += int(REST_SECONDS // PULL_SECONDS)
    return session


def _hours(running: list[tuple[datetime, datetime]], auto_stop: timedelta) -> float:
    """Hours in which the warehouse ran for anybody, each with what it waits before it stops."""
    total = timedelta()
    until: datetime | None = None
    for begin, end in sorted(running):
        stop = end + auto_stop
        if until is None or begin > until:
            total += stop - begin
            until = stop
        elif stop > until:
            total += stop - until
            until = stop
    return total.total_seconds() / 3600
