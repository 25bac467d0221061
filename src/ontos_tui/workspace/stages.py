"""The services of each stage, created on first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.settings import Settings
from ontos_tui.store.engine import Store
from ontos_tui.workspace.engines import Engines

if TYPE_CHECKING:
    from ontos_tui.domain.records.labeling import TaskItem
    from ontos_tui.jobs.queue import JobQueue
    from ontos_tui.platforms.databricks.monitoring.inference_counts import InferenceTables
    from ontos_tui.platforms.databricks.workspace_client import Team
    from ontos_tui.services.canonical.service import CanonicalLabelService
    from ontos_tui.services.data.derived_tables.computed import ComputedService
    from ontos_tui.services.data.derived_tables.joins import JoinService
    from ontos_tui.services.data.files import FileService
    from ontos_tui.services.data.folder_tables.service import FolderService
    from ontos_tui.services.data.folder_tables.watch import WatchService
    from ontos_tui.services.data.images import ImageService
    from ontos_tui.services.data.quality.service import QualityService
    from ontos_tui.services.data.roles import RoleService
    from ontos_tui.services.data.service import CatalogService
    from ontos_tui.services.data.sheets import SheetService
    from ontos_tui.services.deploy.cases import CaseService
    from ontos_tui.services.deploy.floors import FloorService
    from ontos_tui.services.deploy.items import EndpointItems
    from ontos_tui.services.deploy.model_notes import ModelNotes
    from ontos_tui.services.deploy.registering import ModelRegistering
    from ontos_tui.services.deploy.scoring.service import ScoringService
    from ontos_tui.services.deploy.scoring.warehouse import WarehouseScoring
    from ontos_tui.services.deploy.service import DeployService
    from ontos_tui.services.generate.service import GenerateService
    from ontos_tui.services.improve.gaps.service import GapService
    from ontos_tui.services.improve.retraining import RetrainingService
    from ontos_tui.services.improve.service import ImproveService
    from ontos_tui.services.improve.tasks.service import AnnotationTaskService
    from ontos_tui.services.interchange.canonical_labels import CanonicalLabelFiles
    from ontos_tui.services.interchange.example_files import ExampleFiles
    from ontos_tui.services.interchange.incoming.legacy_web import LegacyWebService
    from ontos_tui.services.interchange.service import InterchangeService
    from ontos_tui.services.label.claims import ClaimService
    from ontos_tui.services.label.decision_service import DecisionService
    from ontos_tui.services.label.hints.service import HintService
    from ontos_tui.services.label.labeling_jobs.agreement import AgreementService
    from ontos_tui.services.label.labeling_jobs.labeler_stats import LabelerService
    from ontos_tui.services.label.labeling_jobs.service import LabelingService
    from ontos_tui.services.label.labelsets.service import LabelsetService
    from ontos_tui.services.label.saved_views import ViewService
    from ontos_tui.services.label.service import LabelService
    from ontos_tui.services.monitor.alerts.service import AlertService
    from ontos_tui.services.monitor.drift.databricks import TeamDrift
    from ontos_tui.services.monitor.drift.service import DriftService
    from ontos_tui.services.monitor.retention import LogRetention
    from ontos_tui.services.monitor.service import MonitorService
    from ontos_tui.services.monitor.team_traffic import TeamTrafficService
    from ontos_tui.services.records.usage_constraints import ConstraintService
    from ontos_tui.services.templates.examples import ExampleService
    from ontos_tui.services.templates.service import TemplateService
    from ontos_tui.services.templates.trial import TemplateTrials
    from ontos_tui.services.train.cards import CardService
    from ontos_tui.services.train.service import TrainService


@dataclass(frozen=True)
class Core:
    """What every service is built from."""

    home: Path
    settings: Settings
    store: Store
    engines: Engines
    jobs: JobQueue
    actor: str


def _files(core: Core) -> FileService:
    from ontos_tui.services.data.files import FileService

    return FileService(core.store, core.engines.catalog, core.actor)


def _sheets(core: Core) -> SheetService:
    from ontos_tui.services.data.sheets import SheetService

    return SheetService(core.store, core.engines.catalog, core.actor)


class DataServices:
    """DATA: files and tables, the sheets over them, and their pictures."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @cached_property
    def catalog(self) -> CatalogService:
        from ontos_tui.services.data.service import CatalogService

        return CatalogService(self._core.store, self._core.engines.catalog)

    @cached_property
    def files(self) -> FileService:
        return _files(self._core)

    @cached_property
    def folders(self) -> FolderService:
        from ontos_tui.services.data.folder_tables.service import FolderService

        return FolderService(self._core.store, self._core.actor)

    @cached_property
    def watching(self) -> WatchService:
        from ontos_tui.services.data.folder_tables.watch import WatchService

        return WatchService(self._core.store, self.folders, self._core.jobs)

    @cached_property
    def sheets(self) -> SheetService:
        return _sheets(self._core)

    @cached_property
    def quality(self) -> QualityService:
        from ontos_tui.services.data.quality.service import QualityService

        return QualityService(self._core.store, self._core.engines.catalog, self.files, self.sheets)

    @cached_property
    def roles(self) -> RoleService:
        from ontos_tui.services.data.roles import RoleService

        return RoleService(self.sheets, self._core.engines.catalog)

    @cached_property
    def joins(self) -> JoinService:
        from ontos_tui.services.data.derived_tables.joins import JoinService

        core = self._core
        return JoinService(core.store, core.engines.catalog, core.engines.derivations, core.actor)

    @cached_property
    def computed(self) -> ComputedService:
        from ontos_tui.services.data.derived_tables.computed import ComputedService

        core = self._core
        return ComputedService(core.store, core.engines.catalog, core.engines.derivations, core.actor)

    @cached_property
    def images(self) -> ImageService:
        from ontos_tui.services.data.images import ImageService

        return ImageService(self._core.store)


class GenerateServices:
    """GENERATE: templates, and the pairs that they make of a sheet."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @cached_property
    def templates(self) -> TemplateService:
        from ontos_tui.services.templates.service import TemplateService

        return TemplateService(self._core.store, self._core.actor)

    @cached_property
    def trials(self) -> TemplateTrials:
        from ontos_tui.services.data.sheets import SheetService
        from ontos_tui.services.templates.trial import TemplateTrials

        catalog = self._core.engines.catalog
        return TemplateTrials(SheetService(self._core.store, catalog, self._core.actor), catalog)

    @cached_property
    def examples(self) -> ExampleService:
        from ontos_tui.services.templates.examples import ExampleService

        return ExampleService(self._core.store, self._core.actor)

    @cached_property
    def example_files(self) -> ExampleFiles:
        from ontos_tui.services.interchange.example_files import ExampleFiles

        return ExampleFiles(self._core.store, self.examples)

    @cached_property
    def generation(self) -> GenerateService:
        from ontos_tui.services.generate.service import GenerateService

        return GenerateService(
            self._core.store, self._core.engines.catalog, self._core.engines.chat, self._core.jobs, self._core.actor
        )


class LabelServices:
    """LABEL: the queue, and everything that helps to decide."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @cached_property
    def queue(self) -> LabelService:
        from ontos_tui.services.label.service import LabelService

        return LabelService(self._core.store, self._core.actor)

    @cached_property
    def task_queue(self) -> DecisionService[TaskItem]:
        from ontos_tui.services.label.task_service import task_decisions

        return task_decisions(self._core.store, self._core.actor)

    @cached_property
    def claims(self) -> ClaimService:
        from ontos_tui.services.label.claims import ClaimService

        return ClaimService(self._core.store, self._core.actor)

    @cached_property
    def hints(self) -> HintService:
        from ontos_tui.services.label.hints.service import HintService

        return HintService(
            self._core.store,
            lambda: self._core.engines.trainer,
            self._core.jobs,
            self._core.home,
            self._core.actor,
            lambda: Settings.load(self._core.home).hints,
        )

    @cached_property
    def views(self) -> ViewService:
        from ontos_tui.services.label.saved_views import ViewService

        return ViewService(self._core.store, self._core.actor)

    @cached_property
    def canonical_labels(self) -> CanonicalLabelService:
        from ontos_tui.services.canonical.service import CanonicalLabelService

        return CanonicalLabelService(self._core.store, self._core.engines.catalog, self._core.actor)

    @cached_property
    def canonical_label_files(self) -> CanonicalLabelFiles:
        from ontos_tui.services.interchange.canonical_labels import CanonicalLabelFiles

        return CanonicalLabelFiles(self._core.store, self._core.engines.catalog, self._core.actor)

    @cached_property
    def labelsets(self) -> LabelsetService:
        from ontos_tui.services.label.labelsets.service import LabelsetService

        return LabelsetService(self._core.store, self._core.actor)

    @cached_property
    def jobs(self) -> LabelingService:
        from ontos_tui.services.label.labeling_jobs.service import LabelingService

        return LabelingService(self._core.store, self._core.engines.catalog, self._core.actor)

    @cached_property
    def agreement(self) -> AgreementService:
        from ontos_tui.services.label.labeling_jobs.agreement import AgreementService

        return AgreementService(self._core.store, self._core.actor)

    @cached_property
    def labelers(self) -> LabelerService:
        from ontos_tui.services.label.labeling_jobs.labeler_stats import LabelerService

        return LabelerService(self._core.store)

    @cached_property
    def constraints(self) -> ConstraintService:
        from ontos_tui.services.records.usage_constraints import ConstraintService

        return ConstraintService(self._core.store, self._core.actor)

    @cached_property
    def files(self) -> InterchangeService:
        from ontos_tui.services.interchange.service import InterchangeService

        return InterchangeService(self._core.store, self._core.engines.catalog, self._core.actor)


class TrainServices:
    """TRAIN: trainings, and the model versions that came of them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @cached_property
    def models(self) -> TrainService:
        from ontos_tui.services.records.source_tags import refresh_tags
        from ontos_tui.services.train.service import TrainService

        tuning = None
        if (team := self._core.engines.team) is not None:
            from ontos_tui.platforms.databricks.fine_tuning.trainer import AiRuntime
            from ontos_tui.services.train.fine_tuning import FineTuning

            tuning = FineTuning(AiRuntime(team), self._core.engines.trainer)
        core = self._core
        return TrainService(
            core.store,
            core.engines.trainer,
            core.jobs,
            core.home,
            core.actor,
            tuning,
            lambda sheet_id: refresh_tags(core.store, lambda: core.engines.catalog, sheet_id, core.actor),
        )

    @cached_property
    def cards(self) -> CardService:
        from ontos_tui.services.train.cards import CardService

        return CardService(self._core.store)


class DeployServices:
    """DEPLOY: endpoints, and what must hold before they answer with another version."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @cached_property
    def endpoints(self) -> DeployService:
        from ontos_tui.services.deploy.gate import DeploymentGate
        from ontos_tui.services.deploy.service import DeployService

        core = self._core
        gate = DeploymentGate(core.store, lambda: core.engines.trainer, core.home)
        return DeployService(
            core.store, core.engines.serving, core.jobs, core.settings, core.actor, gate, self.registering
        )

    @cached_property
    def registering(self) -> ModelRegistering | None:
        """What brings models to the team's workspace, where there is one."""
        core = self._core
        if core.engines.team is None:
            return None
        from ontos_tui.platforms.databricks.models.registry import UnityModels
        from ontos_tui.services.deploy.registering import ModelRegistering
        from ontos_tui.services.train.cards import CardService

        return ModelRegistering(
            core.store, core.home, UnityModels(core.engines.team), CardService(core.store), core.actor
        )

    @cached_property
    def scoring(self) -> ScoringService:
        from ontos_tui.services.deploy.scoring.service import ScoringService

        core = self._core
        catalog = core.engines.catalog
        return ScoringService(
            core.store, core.engines.serving, catalog, _files(core), _sheets(core), core.jobs, core.home
        )

    @cached_property
    def notes(self) -> ModelNotes:
        from ontos_tui.services.deploy.model_notes import ModelNotes

        return ModelNotes(self._core.store, self._core.actor, self.registering)

    @cached_property
    def warehouse_scoring(self) -> WarehouseScoring:
        """Scores tables of the team's workspace there. Raises PlatformError where there is none."""
        from ontos_tui.platforms.databricks.models.table_scoring import TableScoring
        from ontos_tui.services.deploy.registering import workspace_is_missing
        from ontos_tui.services.deploy.scoring.warehouse import WarehouseScoring

        core = self._core
        if core.engines.team is None or core.engines.unity_catalog is None:
            raise workspace_is_missing()
        return WarehouseScoring(
            core.store,
            TableScoring(core.engines.team, core.engines.unity_catalog),
            core.engines.catalog,
            core.engines.serving,
            _files(core),
            _sheets(core),
            core.jobs,
        )

    @cached_property
    def items(self) -> EndpointItems:
        from ontos_tui.services.deploy.items import EndpointItems

        return EndpointItems(self._core.store, self._core.engines.catalog)

    @cached_property
    def cases(self) -> CaseService:
        from ontos_tui.services.deploy.cases import CaseService

        return CaseService(self._core.store, self._core.actor)

    @cached_property
    def floors(self) -> FloorService:
        from ontos_tui.services.deploy.floors import FloorService

        return FloorService(self._core.store, self._core.actor)


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


class ImproveServices:
    """IMPROVE: feedback, gaps, and the annotation tasks that close them."""

    def __init__(self, core: Core, models: Callable[[], TrainService], endpoints: Callable[[], DeployService]) -> None:
        self._core = core
        self._models = models
        self._endpoints = endpoints

    @cached_property
    def retraining(self) -> RetrainingService:
        from ontos_tui.services.improve.retraining import RetrainingService

        return RetrainingService(self.feedback, self._models(), self._endpoints())

    @cached_property
    def feedback(self) -> ImproveService:
        from ontos_tui.services.improve.service import ImproveService

        return ImproveService(self._core.store, self._models(), self._core.actor)

    @cached_property
    def gaps(self) -> GapService:
        from ontos_tui.services.improve.gaps.service import GapService

        return GapService(self._core.store, self._core.engines.trainer, self._core.home, self._core.actor)

    @cached_property
    def tasks(self) -> AnnotationTaskService:
        from ontos_tui.services.improve.tasks.service import AnnotationTaskService

        return AnnotationTaskService(self._core.store, self._core.actor)

    @cached_property
    def legacy_web(self) -> LegacyWebService:
        from ontos_tui.services.interchange.incoming.legacy_web import LegacyWebService

        return LegacyWebService(self._core.store, self._core.actor)


def _inference_tables(team: Team) -> InferenceTables:
    from ontos_tui.platforms.databricks.monitoring.inference_counts import InferenceTables

    return InferenceTables(team)


def _team_drift(team: Team) -> TeamDrift:
    from ontos_tui.platforms.databricks.monitoring.inference_samples import PayloadSamples
    from ontos_tui.platforms.databricks.monitoring.quality_monitor import QualityMonitors
    from ontos_tui.services.monitor.drift.databricks import TeamDrift

    return TeamDrift(QualityMonitors(team), PayloadSamples(team))
