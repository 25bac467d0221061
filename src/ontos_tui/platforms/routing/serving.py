"""Serving for a team: what was trained on this machine answers here, what its workspace has registered, there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ontos_tui.domain.answer_columns import AnswerColumns
from ontos_tui.domain.learning import EndpointAnswer, Progress
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.platforms.databricks.models.registration import registered_version
from ontos_tui.platforms.ports import Serving


class TeamServing:
    """Two ways of serving, chosen by where a model's files are. `away` is created when it is first needed."""

    def __init__(self, here: Serving, away: Callable[[], Serving]) -> None:
        self._here = here
        self._make = away
        self._away: Serving | None = None

    def takes_long(self, model: ModelVersion) -> bool:
        """Whether deploying this version takes minutes."""
        return self._of(model).takes_long(model)

    def deploy(self, endpoint: str, model: ModelVersion, progress: Progress | None = None) -> None:
        """Let the endpoint answer with this version from the next request on."""
        self._of(model).deploy(endpoint, model, progress)

    def invoke(
        self, endpoint: str, model: ModelVersion, rows: Sequence[Row], ids: Sequence[str] = ()
    ) -> list[EndpointAnswer]:
        """Ask the endpoint; a row that does not fit is answered with its error, not raised."""
        return self._of(model).invoke(endpoint, model, rows, ids)

    def score(
        self, endpoint: str, model: ModelVersion, columns: Mapping[str, Sequence[Any]], count: int
    ) -> AnswerColumns:
        """Ask the model about rows that come by the column."""
        return self._of(model).score(endpoint, model, columns, count)

    def _of(self, model: ModelVersion) -> Serving:
        if registered_version(model) is None:
            return self._here
        if self._away is None:
            self._away = self._make()
        return self._away
