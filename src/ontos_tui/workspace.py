"""One workspace, put together: settings, store and platform make the services. Each is made when it is first used."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ontos_tui.home import default_home
from ontos_tui.platforms.lazy import later
from ontos_tui.settings import Settings
from ontos_tui.store.engine import Store

if TYPE_CHECKING:
    from ontos_tui.domain.records.labeling import LabelingTask
    from ontos_tui.jobs.queue import JobQueue
    from ontos_tui.platforms.databricks.catalog import UnityCatalog
    from ontos_tui.platforms.databricks.inference_counts import InferenceTables
    from ontos_tui.platforms.databricks.workspace_client import Team
    from ontos_tui.platforms.ports import Catalog, ChatModel, Serving, Trainer
    from ontos_tui.services.admin.settings_file import PreferenceService
    from ontos_tui.services.canonical.service import CanonicalLabelService
    from ontos_tui.services.data.images import ImageService
    from ontos_tui.services.data.service import DataService
    from ontos_tui.services.deploy.service import DeployService
    from ontos_tui.services.generate.service import GenerateService
    from ontos_tui.services.guide.onboarding import OnboardingService
    from ontos_tui.services.guide.overview import OverviewService
    from ontos_tui.services.guide.wizard import WizardService
    from ontos_tui.services.improve.gaps.service import GapService
    from ontos_tui.services.improve.service import ImproveService
    from ontos_tui.services.improve.tasks.service import AnnotationTaskService
    from ontos_tui.services.interchange.legacy_web import OldWebService
    from ontos_tui.services.interchange.service import InterchangeService
    from ontos_tui.services.label.claims import ClaimService
    from ontos_tui.services.label.hints.service import HintService
    from ontos_tui.services.label.labeling_jobs.agreement import AgreementService
    from ontos_tui.services.label.labeling_jobs.labeler_stats import LabelerService
    from ontos_tui.services.label.labeling_jobs.service import LabelingService
    from ontos_tui.services.label.labelsets.service import LabelsetService
    from ontos_tui.services.label.saved_views import ViewService
    from ontos_tui.services.label.service import LabelService
    from ontos_tui.services.label.task_service import TaskLabelService
    from ontos_tui.services.monitor.alerts.service import AlertService
    from ontos_tui.services.monitor.drift.databricks import TeamDrift
    from ontos_tui.services.monitor.drift.service import DriftService
    from ontos_tui.services.monitor.service import MonitorService
    from ontos_tui.services.monitor.team_traffic import TeamTrafficService
    from ontos_tui.services.records.usage_constraints import ConstraintService
    from ontos_tui.services.team.sync import SyncService
    from ontos_tui.services.templates.drafts import DraftingService
    from ontos_tui.services.templates.service import TemplateService
    from ontos_tui.services.train.service import TrainService


class Workspace:
    """A folder with a database, models and settings, and everything that can be done with it."""

    def __init__(self, home: Path | None = None) -> None:
        """Open the workspace at `home` (made if missing). Raises StoreError or InvalidInputError."""
        self.home = (home or default_home()).expanduser().absolute()
        self.settings = Settings.load(self.home)
        self.store = Store(self.home / "ontos.db")
        self.actor = self.settings.actor

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database, and of the team's warehouse where that was used."""
        # What was never asked for is not made only to be closed.
        for used in (self.__dict__.get("unity_catalog"), self.__dict__.get("team")):
            if used is not None:
                used.close()
        self.store.close()

    def claim_task(self, job_ref: str) -> LabelingTask | None:
        """Claim the next free task of a labeling job: at the team's hub where this workspace shares, else here."""
        if self.team is not None and self.sync.status().state != "off":
            return self.sync.claim(self.labeling, job_ref)
        return self.labeling.claim(job_ref)

    @cached_property
    def catalog(self) -> Catalog:
        from ontos_tui.platforms.local.catalog import LocalCatalog

        local = LocalCatalog(self.store)
        if self.unity_catalog is None:
            return local
        from ontos_tui.platforms.routing.catalog import CompositeCatalog

        return CompositeCatalog(local, self.unity_catalog)

    @cached_property
    def unity_catalog(self) -> UnityCatalog | None:
        """The tables of the Databricks workspace, when the settings name one. It is opened when it is first asked."""
        if not self.settings.uses_databricks:
            return None
        from ontos_tui.platforms.databricks.catalog import UnityCatalog
        from ontos_tui.platforms.databricks.workspace_client import BROWSE_SECONDS, Place, Team

        return UnityCatalog(Team(Place.of(self.settings), BROWSE_SECONDS))

    @cached_property
    def chat(self) -> ChatModel:
        """What proposes answers: a model of the team's workspace, or the OpenAI-compatible server of the settings, as
        far as they name one; else labeled examples and documents.
        """
        if self.settings.databricks_model and self.team is not None:
            from ontos_tui.platforms.databricks.chat import FoundationModelChat

            return FoundationModelChat(
                self.team,
                self.settings.databricks_model,
                concurrency=self.settings.chat_concurrency,
                batch_from=self.settings.databricks_batch_from,
            )
        if self.settings.chat_base_url:
            from ontos_tui.platforms.chat.asking import OpenAIChat

            return OpenAIChat(self.settings)
        return later(_local_proposals)

    @cached_property
    def trainer(self) -> Trainer:
        return later(_local_trainer)

    @cached_property
    def serving(self) -> Serving:
        from ontos_tui.platforms.local.serving import LocalServing

        local = LocalServing(self.home, self.trainer)
        if self.team is None:
            return local
        from ontos_tui.platforms.routing.serving import TeamServing

        return TeamServing(local, self._served_by_the_team)

    def _served_by_the_team(self) -> Serving:
        from ontos_tui.platforms.databricks.serving import DatabricksServing
        from ontos_tui.services.train.fine_tuning import rendered

        assert self.team is not None
        return DatabricksServing(self.team, rendered)

    @cached_property
    def jobs(self) -> JobQueue:
        from ontos_tui.jobs.queue import JobQueue

        return JobQueue(self.store, self.home, self.actor)

    @cached_property
    def data(self) -> DataService:
        from ontos_tui.services.data.service import DataService

        return DataService(self.store, self.catalog, self.actor)

    @cached_property
    def preferences(self) -> PreferenceService:
        from ontos_tui.services.admin.settings_file import PreferenceService

        return PreferenceService(self.home)

    @cached_property
    def images(self) -> ImageService:
        from ontos_tui.services.data.images import ImageService

        return ImageService(self.store)

    @cached_property
    def templates(self) -> TemplateService:
        from ontos_tui.services.templates.service import TemplateService

        return TemplateService(self.store, self.actor)

    @cached_property
    def generate(self) -> GenerateService:
        from ontos_tui.services.generate.service import GenerateService

        return GenerateService(self.store, self.catalog, self.chat, self.jobs, self.actor)

    @cached_property
    def label(self) -> LabelService:
        from ontos_tui.services.label.service import LabelService

        return LabelService(self.store, self.actor)

    @cached_property
    def task_label(self) -> TaskLabelService:
        from ontos_tui.services.label.task_service import TaskLabelService

        return TaskLabelService(self.store, self.actor)

    @cached_property
    def labelsets(self) -> LabelsetService:
        from ontos_tui.services.label.labelsets.service import LabelsetService

        return LabelsetService(self.store, self.actor)

    @cached_property
    def constraints(self) -> ConstraintService:
        from ontos_tui.services.records.usage_constraints import ConstraintService

        return ConstraintService(self.store, self.actor)

    @cached_property
    def labeling(self) -> LabelingService:
        from ontos_tui.services.label.labeling_jobs.service import LabelingService

        return LabelingService(self.store, self.catalog, self.actor)

    @cached_property
    def agreement(self) -> AgreementService:
        from ontos_tui.services.label.labeling_jobs.agreement import AgreementService

        return AgreementService(self.store, self.actor)

    @cached_property
    def labelers(self) -> LabelerService:
        from ontos_tui.services.label.labeling_jobs.labeler_stats import LabelerService

        return LabelerService(self.store)

    @cached_property
    def labels(self) -> CanonicalLabelService:
        from ontos_tui.services.canonical.service import CanonicalLabelService

        return CanonicalLabelService(self.store, self.catalog, self.actor)

    @cached_property
    def claims(self) -> ClaimService:
        from ontos_tui.services.label.claims import ClaimService

        return ClaimService(self.store, self.actor)

    @cached_property
    def interchange(self) -> InterchangeService:
        from ontos_tui.services.interchange.service import InterchangeService

        return InterchangeService(self.store, self.actor)

    @cached_property
    def hints(self) -> HintService:
        from ontos_tui.services.label.hints.service import HintService

        return HintService(self.store, lambda: self.trainer, self.jobs, self.home, self.actor, self.settings.hints)

    @cached_property
    def views(self) -> ViewService:
        from ontos_tui.services.label.saved_views import ViewService

        return ViewService(self.store, self.actor)

    @cached_property
    def train(self) -> TrainService:
        from ontos_tui.services.train.service import TrainService

        tuning = None
        if self.team is not None:
            from ontos_tui.platforms.databricks.trainer import AiRuntime
            from ontos_tui.services.train.fine_tuning import FineTuning

            tuning = FineTuning(AiRuntime(self.team), self.trainer)
        return TrainService(self.store, self.trainer, self.jobs, self.home, self.actor, tuning)

    @cached_property
    def deploy(self) -> DeployService:
        from ontos_tui.services.deploy.service import DeployService

        return DeployService(self.store, self.serving, self.jobs, self.settings, self.actor)

    @cached_property
    def monitor(self) -> MonitorService:
        from ontos_tui.services.monitor.service import MonitorService

        return MonitorService(self.store)

    @cached_property
    def team_traffic(self) -> TeamTrafficService:
        from ontos_tui.services.monitor.team_traffic import TeamTrafficService

        return TeamTrafficService(self.store, None if self.team is None else self._logs_of_the_team)

    def _logs_of_the_team(self) -> InferenceTables:
        from ontos_tui.platforms.databricks.inference_counts import InferenceTables

        assert self.team is not None
        return InferenceTables(self.team)

    @cached_property
    def drift(self) -> DriftService:
        from ontos_tui.services.monitor.drift.service import DriftService

        return DriftService(self.store, self.actor, None if self.team is None else self._drift_of_the_team)

    def _drift_of_the_team(self) -> TeamDrift:
        from ontos_tui.platforms.databricks.inference_samples import PayloadSamples
        from ontos_tui.platforms.databricks.quality_monitor import QualityMonitors
        from ontos_tui.services.monitor.drift.databricks import TeamDrift

        assert self.team is not None
        return TeamDrift(QualityMonitors(self.team), PayloadSamples(self.team))

    @cached_property
    def alerts(self) -> AlertService:
        from ontos_tui.services.monitor.alerts.service import AlertService

        return AlertService(self.store, self.monitor, self.drift, self.jobs, self.settings, self.actor)

    @cached_property
    def improve(self) -> ImproveService:
        from ontos_tui.services.improve.service import ImproveService

        return ImproveService(self.store, self.train, self.actor)

    @cached_property
    def gaps(self) -> GapService:
        from ontos_tui.services.improve.gaps.service import GapService

        return GapService(self.store, self.trainer, self.home, self.actor)

    @cached_property
    def old_web(self) -> OldWebService:
        from ontos_tui.services.interchange.legacy_web import OldWebService

        return OldWebService(self.store, self.actor)

    @cached_property
    def annotation(self) -> AnnotationTaskService:
        from ontos_tui.services.improve.tasks.service import AnnotationTaskService

        return AnnotationTaskService(self.store, self.actor)

    @cached_property
    def onboarding(self) -> OnboardingService:
        from ontos_tui.services.guide.onboarding import OnboardingService

        return OnboardingService(self.store, self.data, self.templates, self.actor, lambda: self.generate)

    @cached_property
    def drafting(self) -> DraftingService:
        from ontos_tui.services.templates.drafts import DraftingService

        return DraftingService(self.data, self.catalog, self.templates)

    @cached_property
    def wizard(self) -> WizardService:
        from ontos_tui.services.guide.wizard import WizardService

        return WizardService(
            self.onboarding, self.data, self.templates, self.generate, self.label, self.train, self.deploy
        )

    @cached_property
    def team(self) -> Team | None:
        """The team's Databricks workspace, when the settings name one."""
        settings = self.settings
        if not (settings.databricks_catalog and settings.databricks_warehouse):
            return None
        from ontos_tui.platforms.databricks.workspace_client import Place, Team

        return Team(Place.of(settings))

    @cached_property
    def sync(self) -> SyncService:
        from ontos_tui.services.team.sync import SyncService

        hub = None
        if self.team is not None:
            from ontos_tui.platforms.databricks.delta_hub import Hub

            hub = Hub(self.team)
        return SyncService(self.store, hub, self.actor)

    @cached_property
    def overview(self) -> OverviewService:
        from ontos_tui.services.guide.overview import OverviewService

        return OverviewService(self.store)


def _local_proposals() -> ChatModel:
    from ontos_tui.platforms.local.proposals import LocalProposals

    return LocalProposals()


def _local_trainer() -> Trainer:
    from ontos_tui.platforms.local.trainer import LocalTrainer

    return LocalTrainer()
