"""One workspace, put together: settings, store and engines make the services, one attribute a stage."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ontos_tui.domain.records.sync import SyncState
from ontos_tui.home import default_home
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.replacing import note_in, sweep
from ontos_tui.settings import Settings
from ontos_tui.store.engine import Store
from ontos_tui.store.logins import known_login
from ontos_tui.store.presence import MARKER, enter, leave
from ontos_tui.workspace.engines import Engines
from ontos_tui.workspace.stages.core import Core
from ontos_tui.workspace.stages.data import DataServices
from ontos_tui.workspace.stages.deploy import DeployServices
from ontos_tui.workspace.stages.generate import GenerateServices
from ontos_tui.workspace.stages.improve import ImproveServices
from ontos_tui.workspace.stages.label import LabelServices
from ontos_tui.workspace.stages.monitor import MonitorServices
from ontos_tui.workspace.stages.train import TrainServices

if TYPE_CHECKING:
    from ontos_tui.domain.records.labeling import LabelingTask
    from ontos_tui.services.admin.settings_file import SettingsService
    from ontos_tui.services.guide.onboarding import OnboardingService
    from ontos_tui.services.guide.overview import OverviewService
    from ontos_tui.services.guide.wizard import WizardService
    from ontos_tui.services.interchange.tracking import TrackingService
    from ontos_tui.services.team.cost import CostService
    from ontos_tui.services.team.publishing import PublishingService
    from ontos_tui.services.team.team_log import SharingService
    from ontos_tui.services.templates.drafts import DraftingService


def _enter(home: Path) -> int | None:
    """Say that the workspace is open here, complete a restore that was interrupted, and remove what was left behind."""
    if (home / MARKER).exists():
        from ontos_tui.services.admin.restore import finish_if_alone

        finish_if_alone(home)
    presence = enter(home)
    note_in(home)
    sweep(home)
    return presence


class Workspace:
    """A folder with a database, models and settings, and everything that can be done with it, by stage."""

    def __init__(self, home: Path | None = None) -> None:
        """Open the workspace at `home` (created if missing). Raises StoreError or InvalidInputError."""
        self.home = (home or default_home()).expanduser().absolute()
        self.settings = Settings.load(self.home)
        self._presence = _enter(self.home)
        self.store = Store(self.home / "ontos.db")
        self.actor = self.store.actor = known_login(self.store) or self.settings.actor
        self.engines = Engines(self.home, self.settings, self.store)
        self.jobs = JobQueue(self.store, self.home, self.actor)
        core = Core(self.home, self.settings, self.store, self.engines, self.jobs, self.actor)
        self.data = DataServices(core)
        self.generate = GenerateServices(core)
        self.label = LabelServices(core)
        self.train = TrainServices(core)
        self.deploy = DeployServices(core)
        self.monitor = MonitorServices(core)
        self.improve = ImproveServices(core, lambda: self.train.models, lambda: self.deploy.endpoints)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def read_settings(self) -> None:
        """Read the settings anew. What was opened by them, such as engines, stays. Raises InvalidInputError."""
        self.settings = Settings.load(self.home)

    def close(self) -> None:
        """Close the database, and the connections to the team's warehouse."""
        self.engines.close()
        self.store.close()
        leave(self._presence)
        self._presence = None

    def claim_task(self, job_ref: str) -> LabelingTask | None:
        """Claim the next free task of a labeling job: in the team's log if this workspace is shared, else here."""
        if self.engines.team is not None and self.sharing.status().state is not SyncState.OFF:
            return self.sharing.claim(self.label.jobs, job_ref)
        return self.label.jobs.claim(job_ref)

    # Beside the stages

    @cached_property
    def settings_file(self) -> SettingsService:
        """The settings: their values, where they come from, and changes to settings.toml."""
        from ontos_tui.services.admin.settings_file import SettingsService

        return SettingsService(self.home)

    @cached_property
    def tracking(self) -> TrackingService:
        """Trainings and feedback for MLflow. Raises NotReadyError where the settings name no address."""
        from ontos_tui.domain.errors import NotReadyError
        from ontos_tui.platforms.tracking import MlflowTracking
        from ontos_tui.services.interchange.tracking import TrackingService

        uri = self.settings.mlflow_tracking_uri
        if not uri:
            raise NotReadyError("No address of MLflow is set.", "Set it: ontos settings set mlflow_tracking_uri URI")
        return TrackingService(self.store, self.home, MlflowTracking(uri), self.train.cards)

    @cached_property
    def onboarding(self) -> OnboardingService:
        """Sample data for a first start."""
        from ontos_tui.services.guide.onboarding import OnboardingService

        return OnboardingService(
            self.store,
            self.data.files,
            self.data.sheets,
            self.generate.templates,
            self.actor,
            lambda: self.generate.generation,
        )

    @cached_property
    def drafts(self) -> DraftingService:
        """Templates drafted from the columns of the user's own data."""
        from ontos_tui.services.templates.drafts import DraftingService

        return DraftingService(self.data.sheets, self.engines.catalog, self.generate.templates)

    @cached_property
    def wizard(self) -> WizardService:
        """Seven guided steps from data to a model that answers."""
        from ontos_tui.services.guide.wizard import WizardService

        return WizardService(
            self.onboarding,
            self.data.sheets,
            self.generate.templates,
            self.generate.generation,
            self.label.queue,
            self.train.models,
            self.deploy.endpoints,
        )

    @cached_property
    def overview(self) -> OverviewService:
        """How far the loop is, and what to do next."""
        from ontos_tui.services.guide.overview import OverviewService

        return OverviewService(self.store)

    @cached_property
    def sharing(self) -> SharingService:
        """Sharing with the team."""
        from ontos_tui.services.team.team_log import SharingService

        if self.engines.team is None:
            return SharingService(self.store, None, self.settings.actor)
        from ontos_tui.platforms.databricks.team.delta_log import DeltaLog
        from ontos_tui.platforms.databricks.team.old_tables import DeltaTables

        team = self.engines.team
        return SharingService(self.store, DeltaLog(team), self.settings.actor, DeltaTables(team))

    @cached_property
    def publishing(self) -> PublishingService | None:
        """The tables for the team's dashboards; None without a team."""
        from ontos_tui.services.team.publishing import PublishingService

        if self.engines.team is None:
            return None
        from ontos_tui.platforms.databricks.team.delta_log import DeltaLog
        from ontos_tui.platforms.databricks.team.team_tables import TeamTables

        team = self.engines.team
        minutes = self.settings.databricks_tables_minutes
        return PublishingService(self.store, DeltaLog(team), TeamTables(team), minutes)

    @cached_property
    def sharing_cost(self) -> CostService:
        """What sharing takes, by the team's own history."""
        from ontos_tui.services.team.cost import CostService

        if self.engines.team is None:
            return CostService(self.store, None)
        from ontos_tui.platforms.databricks.warehouse import TeamWarehouse

        return CostService(self.store, TeamWarehouse(self.engines.team))
