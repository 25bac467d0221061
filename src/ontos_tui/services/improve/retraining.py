"""What a retraining of an endpoint's model would bring, or what the newest version has brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import ConflictError, NotReadyError
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.store.queries.models import LineageChanges

if TYPE_CHECKING:
    from ontos_tui.services.deploy.service import DeployService
    from ontos_tui.services.improve.service import ImproveService, RetrainPreview
    from ontos_tui.services.train.comparison import Comparison
    from ontos_tui.services.train.service import TrainService


@dataclass(frozen=True)
class RetrainingOutlook:
    """What a retraining of an endpoint's model would bring, or has brought.

    `since` is what has changed since the newest version, which need not be the one that the endpoint serves. When the
    two differ there is a comparison, or the reason why there is none. `previous` is what a roll-back leads to.
    """

    endpoint: str
    preview: RetrainPreview
    newest: ModelVersion
    since: LineageChanges
    comparison: Comparison | None = None
    no_comparison: str = ""
    previous: ModelVersion | None = None

    @property
    def is_newer(self) -> bool:
        """Whether a version waits that the endpoint does not serve."""
        return self.newest.version > self.preview.model.version

    @property
    def has_changes(self) -> bool:
        """Whether a training would learn anything else than the last one did."""
        return bool(self.since.new or self.since.corrected or self.since.removed)


class RetrainingService:
    """Reads the outlook of endpoints. A comparison runs two models over all held-out pairs, so it is kept."""

    def __init__(self, improve: ImproveService, train: TrainService, deploy: DeployService) -> None:
        self._improve, self._train, self._deploy = improve, train, deploy
        self._compared: dict[tuple[str, str, str], Comparison] = {}
        """By the two versions, and the changes since the newer one: a changed pair may be a held-out one."""

    def outlook(self, endpoint: str) -> RetrainingOutlook | None:
        """The outlook of this endpoint, or of the one changed last where there is none of that name.

        None while nothing is deployed.
        """
        views = self._deploy.endpoints()
        if not views:
            return None
        last = max(views, key=lambda one: one.endpoint.updated_at)
        view = next((one for one in views if one.endpoint.name == endpoint), last)
        model, name = view.model, view.endpoint.name
        models = self._train.models()
        newest = max((one for one in models if one.name == model.name), key=lambda one: one.version)
        previous = next((one for one in models if one.id == view.endpoint.previous_model_id), None)
        preview = self._improve.retrain_preview(name)
        since = preview.changes if newest.id == model.id else self._train.changes_since(newest)
        comparison, reason = None, ""
        if newest.version > model.version:
            try:
                comparison = self._compare(model, newest, since)
            except (NotReadyError, ConflictError) as error:
                reason = str(error)
        return RetrainingOutlook(name, preview, newest, since, comparison, reason, previous)

    def _compare(self, model: ModelVersion, newest: ModelVersion, since: LineageChanges) -> Comparison:
        key = (model.id, newest.id, str(since))
        if key not in self._compared:
            self._compared[key] = self._train.compare(model, newest)
        return self._compared[key]
