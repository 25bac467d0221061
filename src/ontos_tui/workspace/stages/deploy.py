"""The services of DEPLOY."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ontos_tui.workspace.stages.core import Core, file_service, sheet_service

if TYPE_CHECKING:
    from ontos_tui.services.deploy.cases import CaseService
    from ontos_tui.services.deploy.floors import FloorService
    from ontos_tui.services.deploy.items import EndpointItems
    from ontos_tui.services.deploy.model_notes import ModelNotes
    from ontos_tui.services.deploy.registering import ModelRegistering
    from ontos_tui.services.deploy.scoring.service import ScoringService
    from ontos_tui.services.deploy.scoring.warehouse import WarehouseScoring
    from ontos_tui.services.deploy.service import DeployService


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
            core.store, core.engines.serving, catalog, file_service(core), sheet_service(core), core.jobs, core.home
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
            file_service(core),
            sheet_service(core),
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
