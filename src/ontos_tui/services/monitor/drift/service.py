"""Drift of an endpoint: its recent traffic against what its model was trained on, or against an earlier time.

Inputs and predictions have a training reference. Confidence, latency, errors and ratings do not, so they are compared
with the traffic just before the recent time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, not_, select

from ontos_tui.domain.errors import InvalidInputError, NoTeamError, NotFoundError, NotReadyError
from ontos_tui.domain.records.base import now as present
from ontos_tui.domain.records.drift import Bin, DriftReport, DriftSource, FeatureDrift
from ontos_tui.domain.records.serving import Endpoint
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.services.monitor.drift.comparison import Sides, compared
from ontos_tui.services.monitor.drift.samples import BEFORE, read_traffic, read_training
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

if TYPE_CHECKING:
    from ontos_tui.services.monitor.drift.databricks import TeamDrift

TRAINING = "training"
RECENT = timedelta(days=1)
"""The recent time unless another one is asked for."""
KEPT = 100
"""Reports that are kept of an endpoint."""

Window = tuple[datetime, datetime]
REPORTS = table(DriftReport).c


class DriftService:
    """Compares, keeps what came of it, and shows the last of it. Times are parameters, so nothing has to wait."""

    def __init__(self, store: Store, actor: str, team: Callable[[], TeamDrift] | None = None) -> None:
        """`team` is None where no team's workspace is set up."""
        self._store = store
        self._actor = actor
        self._team = team

    def check(
        self,
        endpoint: str,
        *,
        reference: str | Window = TRAINING,
        recent: timedelta | Window = RECENT,
        now: datetime | None = None,
    ) -> DriftReport:
        """Compare, keep the report and return it.

        `reference` is "training" or a span of time; `recent` is a span or how far back from `now` it reaches.
        Raises NotFoundError for an endpoint that there is not, InvalidInputError for a span that ends before it begins.
        """
        now = now or present()
        window = (now - recent, now) if isinstance(recent, timedelta) else recent
        for span in (window, *(() if isinstance(reference, str) else (reference,))):
            _check_window(*span)
        if isinstance(reference, str) and reference != TRAINING:
            raise InvalidInputError(f"{reference!r} is no reference.", 'Say "training", or name a span of time.')
        with self._store.read() as connection:
            sides = _read(connection, endpoint, reference, window)
        return self._keep(compared(endpoint, sides, now, self._actor, DriftSource.HERE))

    @property
    def has_team(self) -> bool:
        """Whether a team's workspace is set up that can be asked."""
        return self._team is not None

    def check_team(
        self, endpoint: str, *, recent: timedelta | Window = RECENT, table: str = "", now: datetime | None = None
    ) -> DriftReport:
        """Compare what everybody asked an endpoint on Databricks, keep the report and return it.

        Where the team has the endpoint's log monitored (or `table`, which is made of it), its monitor's newest window
        counts, whatever `recent` is; else samples of the log are compared with the time before. Raises NotReadyError
        without a workspace or a log, AwayError, PlatformError.
        """
        if self._team is None:
            raise NoTeamError
        now = now or present()
        window = (now - recent, now) if isinstance(recent, timedelta) else recent
        _check_window(*window)
        with self._store.read() as connection:
            model = _model_of(connection, endpoint)
        return self._keep(self._team().report(endpoint, model, window, now, self._actor, table))

    def _keep(self, report: DriftReport) -> DriftReport:
        with self._store.write() as connection:
            rows.add(connection, report)
            _forget_old(connection, report.endpoint)
        return report

    def last(self, endpoint: str, *, of_team: bool = False) -> DriftReport | None:
        """The newest report of an endpoint; None when it was never compared."""
        found = self.history(endpoint, 1, of_team=of_team)
        return found[0] if found else None

    def history(self, endpoint: str, limit: int = 20, *, of_team: bool = False) -> list[DriftReport]:
        """The reports about what was asked here, or about what everybody asked on Databricks, newest first."""
        here = REPORTS.source == DriftSource.HERE
        where = (REPORTS.endpoint == endpoint, not_(here) if of_team else here)
        order = (REPORTS.made_at.desc(), REPORTS.id)
        with self._store.read() as connection:
            return rows.find(connection, DriftReport, *where, order_by=order, limit=limit)

    def picture(self, endpoint: str, feature: str) -> list[Bin]:
        """Both distributions of one signal in the last report, in the same bins.

        Raises NotReadyError before the first comparison, NotFoundError for a signal that it does not have.
        """
        report = self.last(endpoint)
        if report is None:
            raise NotReadyError(f"{endpoint!r} has not been compared yet.", f"Run `ontos drift {endpoint}` first.")
        return find_feature(report, feature).picture


def find_feature(report: DriftReport, name: str) -> FeatureDrift:
    """A signal of a report by its name. Raises NotFoundError naming those that there are."""
    for one in report.features:
        if name in (one.label, f"{one.signal}:{one.name}"):
            return one
    there = ", ".join(one.label for one in report.features) or "none"
    raise NotFoundError(f"The report has no signal {name!r}.", f"There are: {there}.")


def _check_window(since: datetime, until: datetime) -> None:
    if since >= until:
        raise InvalidInputError("The span of time ends before it begins.", "Give its beginning first.")


def _model_of(connection: Connection, endpoint: str) -> ModelVersion:
    there = rows.find_one(connection, Endpoint, table(Endpoint).c.name == endpoint)
    if there is None:
        raise NotFoundError(f"There is no endpoint {endpoint!r}.", "List the endpoints (DEPLOY), or deploy a model.")
    return rows.get(connection, ModelVersion, there.model_id)


def _read(connection: Connection, endpoint: str, reference: str | Window, window: Window) -> Sides:
    model = _model_of(connection, endpoint)
    recent = read_traffic(connection, endpoint, *window)
    if not isinstance(reference, str):
        earlier = read_traffic(connection, endpoint, *reference)
        answers = [output for output in earlier.outputs if output is not None]
        return Sides(False, model, earlier.inputs, answers, earlier.total, earlier, recent)
    since, until = window
    earlier = read_traffic(connection, endpoint, since - max(BEFORE, until - since), since)
    inputs, answers, total = read_training(connection, model.id)
    return Sides(True, model, inputs, answers, total, earlier, recent)


def _forget_old(connection: Connection, endpoint: str) -> None:
    newest = select(REPORTS.id).where(REPORTS.endpoint == endpoint).order_by(REPORTS.made_at.desc()).limit(KEPT)
    connection.execute(delete(table(DriftReport)).where(REPORTS.endpoint == endpoint, REPORTS.id.not_in(newest)))
