"""A workspace whose model answers: for the stages after training."""

from __future__ import annotations

from pathlib import Path

from builders.copies import copied_workspace
from builders.defects import labeled_sheet
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.workspace import Workspace


def train_next(workspace: Workspace, sheet: TrainingSheet, job_id: str = "j1") -> ModelVersion:
    """The next version of the sheet's model, at once."""
    params = {"training_sheet_id": sheet.id, "base_model": "nearest", "name": "defects"}
    return workspace.train.models.run(params, job_id, NoProgress())


def trained_model(home: Path, pairs: int = 60) -> tuple[TrainingSheet, ModelVersion]:
    """A workspace with a model that answers whether a part is cracked; nothing is deployed."""
    return copied_workspace(home, ("trained", pairs), lambda place: _train(place, pairs))


def served_model(home: Path, pairs: int = 60, endpoint: str = "live") -> tuple[TrainingSheet, ModelVersion]:
    """The same, deployed."""
    sheet, model = trained_model(home, pairs)
    with Workspace(home) as workspace:
        workspace.deploy.endpoints.deploy(model.id, endpoint)
    return sheet, model


def _train(home: Path, pairs: int) -> tuple[TrainingSheet, ModelVersion]:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, pairs)
        return sheet, train_next(workspace, sheet, "j1")
