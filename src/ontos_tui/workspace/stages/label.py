"""The services of LABEL."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ontos_tui.settings import Settings
from ontos_tui.workspace.stages.core import Core

if TYPE_CHECKING:
    from ontos_tui.domain.records.labeling import TaskItem
    from ontos_tui.services.canonical.service import CanonicalLabelService
    from ontos_tui.services.interchange.canonical_labels import CanonicalLabelFiles
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
    from ontos_tui.services.records.usage_constraints import ConstraintService


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
