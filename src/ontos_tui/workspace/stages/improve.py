"""The services of IMPROVE."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from ontos_tui.workspace.stages.core import Core

if TYPE_CHECKING:
    from ontos_tui.services.deploy.service import DeployService
    from ontos_tui.services.improve.gaps.service import GapService
    from ontos_tui.services.improve.retraining import RetrainingService
    from ontos_tui.services.improve.service import ImproveService
    from ontos_tui.services.improve.tasks.service import AnnotationTaskService
    from ontos_tui.services.interchange.incoming.legacy_web import LegacyWebService
    from ontos_tui.services.train.service import TrainService


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
