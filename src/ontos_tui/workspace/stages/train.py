"""The services of TRAIN."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import NoTeamError
from ontos_tui.workspace.stages.core import Core

if TYPE_CHECKING:
    from ontos_tui.services.train.cards import CardService
    from ontos_tui.services.train.service import TrainService
    from ontos_tui.services.train.warehouse.service import WarehouseTraining


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

    @cached_property
    def warehouse(self) -> WarehouseTraining:
        """Trains where the rows of the team's tables are. Raises NoTeamError where there is no workspace."""
        from ontos_tui.platforms.databricks.table_training.rows import WarehouseRows
        from ontos_tui.platforms.databricks.table_training.run import TableTraining
        from ontos_tui.services.train.warehouse.service import WarehouseTraining

        core, team = self._core, self._core.engines.team
        if team is None or core.engines.unity_catalog is None:
            raise NoTeamError
        return WarehouseTraining(
            core.store,
            self.models,
            core.engines.unity_catalog,
            WarehouseRows(team),
            TableTraining(team),
            core.jobs,
            core.home,
            core.actor,
            asdict(team.place),
        )
