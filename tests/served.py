"""A workspace whose model answers: for the stages after training."""

from __future__ import annotations

from pathlib import Path

from labeled import make_sheet
from made_once import made_once
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.workspace import Workspace


def train(workspace: Workspace, sheet: TrainingSheet, job_id: str) -> ModelVersion:
    """The next version of the sheet's model, at once."""
    params = {"training_sheet_id": sheet.id, "base_model": "nearest", "name": "defects"}
    return workspace.train.models.run(params, job_id, NoProgress())


def trained(home: Path, pairs: int = 60) -> tuple[TrainingSheet, ModelVersion]:
    """A workspace with a model that answers whether a part is cracked; nothing is deployed."""
    return made_once(home, ("trained", pairs), lambda place: _train(place, pairs))


def served(home: Path, pairs: int = 60, endpoint: str = "live") -> tuple[TrainingSheet, ModelVersion]:
    """The same, deployed."""
    sheet, model = trained(home, pairs)
    with Workspace(home) as workspace:
        workspace.deploy.endpoints.deploy(model.id, endpoint)
    return sheet, model


def _train(home: Path, pairs: int) -> tuple[TrainingSheet, ModelVersion]:
    with Workspace(home) as workspace:
        sheet = make_sheet(workspace.store, pairs)
        return sheet, train(workspace, sheet, "j1")
