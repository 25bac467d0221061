"""The services of MONITOR."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from ontos_tui.settings import Settings
from ontos_tui.workspace.stages.core import Core

if TYPE_CHECKING:
    from ontos_tui.platforms.databricks.monitoring.inference_counts import InferenceTables
    from ontos_tui.platforms.databricks.workspace_client import Team
    from ontos_tui.services.monitor.alerts.service import AlertService
    from ontos_tui.services.monitor.drift.databricks import TeamDrift
    from ontos_tui.services.monitor.drift.service import DriftService
    from ontos_tui.services.monitor.retention import LogRetention
    from ontos_tui.services.monitor.service import MonitorService
    from ontos_tui.services.monitor.team_traffic import TeamTrafficService


class MonitorServices:
    """MONITOR: traffic, drift and alerts of the endpoints."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @cached_property
    def traffic(self) -> MonitorService:
        from ontos_tui.services.monitor.service import MonitorService

        return MonitorService(self._core.store)

    @property
    def retention(self) -> LogRetention:
        """With the days that the settings say now."""
        from ontos_tui.services.monitor.retention import LogRetention

        return LogRetention(self._core.store, Settings.load(self._core.home).log_days)

    @cached_property
    def team_traffic(self) -> TeamTrafficService:
        from ontos_tui.services.monitor.team_traffic import TeamTrafficService

        team = self._core.engines.team
        return TeamTrafficService(self._core.store, None if team is None else partial(_inference_tables, team))

    @cached_property
    def drift(self) -> DriftService:
        from ontos_tui.services.monitor.drift.service import DriftService

        team = self._core.engines.team
        return DriftService(self._core.store, self._core.actor, None if team is None else partial(_team_drift, team))

    @cached_property
    def alerts(self) -> AlertService:
        from ontos_tui.services.monitor.alerts.service import AlertService

        settings = partial(Settings.load, self._core.home)
        return AlertService(self._core.store, self.traffic, self.drift, self._core.jobs, settings, self._core.actor)


def _inference_tables(team: Team) -> InferenceTables:
    from ontos_tui.platforms.databricks.monitoring.inference_counts import InferenceTables

    return InferenceTables(team)


def _team_drift(team: Team) -> TeamDrift:
    from ontos_tui.platforms.databricks.monitoring.inference_bins import PayloadBins
    from ontos_tui.platforms.databricks.monitoring.inference_samples import PayloadSamples
    from ontos_tui.platforms.databricks.monitoring.quality_monitor import QualityMonitors
    from ontos_tui.services.monitor.drift.databricks import TeamDrift

    return TeamDrift(QualityMonitors(team), PayloadSamples(team), PayloadBins(team))
