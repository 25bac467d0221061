"""Drift of an endpoint: its recent traffic against what its model was trained on, or against an earlier time.

Inputs and predictions have a training reference. Confidence, latency, errors and ratings do not, so they are compared
with the traffic just before the recent time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError, NoTeamError, NotFoundError, NotReadyError
from ontos_tui.domain.nouns import no_such
from ontos_tui.domain.records.base import now as present
from ontos_tui.domain.records.monitor.drift import Bin, DriftReadiness, DriftReport, DriftSource, FeatureDrift
from ontos_tui.domain.records.serving import Endpoint
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.services.monitor.drift.comparison import Sides, build_report
from ontos_tui.services.monitor.drift.samples import BEFORE, read_traffic, read_training
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints
from ontos_tui.store.queries.monitor import drift

if TYPE_CHECKING:
    from ontos_tui.services.monitor.drift.databricks import TeamDrift

TRAINING = "training"
RECENT = timedelta(days=1)
"""The recent time, by default."""
MOST_REPORTS = 100
"""Reports that are stored of an endpoint."""

Window = tuple[datetime, datetime]


class DriftService:
    """Compares traffic, and stores and reads the reports. Times are parameters, so that tests need not wait."""

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
        """Compare, store the report and return it.

        `reference` is "training" or a time range; `recent` is a range or how far back from `now` it reaches.
        Raises NotFoundError for an unknown endpoint, InvalidInputError for a span that ends before it begins.
        """
        now = now or present()
        window = (now - recent, now) if isinstance(recent, timedelta) else recent
        for span in (window, *(() if isinstance(reference, str) else (reference,))):
            _check_window(*span)
        if isinstance(reference, str) and reference != TRAINING:
            raise InvalidInputError(f"{reference!r} is not a valid reference.", 'Use "training" or a time range.')
        with self._store.read() as connection:
            sides = _read(connection, endpoint, reference, window)
        return self._store_report(build_report(endpoint, sides, now, self._actor, DriftSource.HERE))

    def readiness(self, endpoint: str, now: datetime | None = None) -> DriftReadiness:
        """How many rows there are to compare. Raises NotFoundError for an unknown endpoint."""
        now = now or present()
        with self._store.read() as connection:
            model = _model_of(connection, endpoint)
            training = drift.training_pair_count(connection, model.id)
            return DriftReadiness(training, drift.request_count(connection, endpoint, now - RECENT, now))

    @property
    def has_team(self) -> bool:
        """Whether a team's workspace is set up."""
        return self._team is not None

    def check_team(
        self, endpoint: str, *, recent: timedelta | Window = RECENT, table: str = "", now: datetime | None = None
    ) -> DriftReport:
        """Compare the traffic of all users of an endpoint on Databricks, store the report and return it.

        If the team monitors the endpoint's log (or `table`, which is derived from it), the monitor's newest window is
        used, whatever `recent` is; else samples of the log are compared with the time before. Raises NotReadyError
        without a workspace or a log, AwayError, PlatformError.
        """
        if self._team is None:
            raise NoTeamError
        now = now or present()
        window = (now - recent, now) if isinstance(recent, timedelta) else recent
        _check_window(*window)
        with self._store.read() as connection:
            model = _model_of(connection, endpoint)
        return self._store_report(self._team().report(endpoint, model, window, now, self._actor, table))

    def _store_report(self, report: DriftReport) -> DriftReport:
        with self._store.write() as connection:
            drift.add_report(connection, report, MOST_REPORTS)
        return report

    def last(self, endpoint: str, *, of_team: bool = False) -> DriftReport | None:
        """The newest report of an endpoint; None when it was never compared."""
        reports = self.history(endpoint, 1, of_team=of_team)
        return reports[0] if reports else None

    def history(self, endpoint: str, limit: int = 20, *, of_team: bool = False) -> list[DriftReport]:
        """The reports about the traffic of this machine, or of all users on Databricks, the newest first."""
        with self._store.read() as connection:
            return drift.reports(connection, endpoint, limit, of_team=of_team)

    def picture(self, endpoint: str, feature: str) -> list[Bin]:
        """Both distributions of one signal in the last report, in the same bins.

        Raises NotReadyError before the first comparison, NotFoundError for an unknown signal.
        """
        report = self.last(endpoint)
        if report is None:
            raise NotReadyError(f"{endpoint!r} has not been compared yet.", f"Compare it: ontos drift {endpoint}")
        return find_feature(report, feature).picture


def find_feature(report: DriftReport, name: str) -> FeatureDrift:
    """A signal of a report by its name. Raises NotFoundError, which names the signals of the report."""
    for one in report.features:
        if name in (one.label, f"{one.signal}:{one.name}"):
            return one
    there = ", ".join(one.label for one in report.features) or "none"
    raise NotFoundError(f"The report has no signal {name!r}.", f"Its signals are {there}.")


def _check_window(since: datetime, until: datetime) -> None:
    if since >= until:
        raise InvalidInputError("The time range ends before it begins.", "Put its start first.")


def _model_of(connection: Connection, endpoint: str) -> ModelVersion:
    record = endpoints.endpoint(connection, endpoint)
    if record is None:
        raise no_such(Endpoint, endpoint)
    return rows.get(connection, ModelVersion, record.model_id)


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
