"""A training becomes the next version of a model, wherever it ran."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ontos_tui.domain.learning import Trained
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.split import Split
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import models as queries


@dataclass(frozen=True)
class Training:
    """A training that has ended: what it learned from, how its pairs or rows were divided and how many there were on
    each side, and the folder of its files, relative to the workspace's."""

    sheet: TrainingSheet
    name: str
    job_id: str
    artifact: Path
    split: Split
    trained: Trained
    train_count: int
    held_out_count: int


def add_version(connection: Connection, training: Training, actor: str) -> ModelVersion:
    """The next version of this name, logged. Its lineage is still to be added."""
    sheet, trained = training.sheet, training.trained
    model = ModelVersion(
        name=training.name,
        version=queries.last_number(connection, training.name) + 1,
        training_sheet_id=sheet.id,
        template_id=sheet.template_id,
        template_version=sheet.template_version,
        sheet_id=sheet.sheet_id,
        job_id=training.job_id,
        base_model=trained.base_model,
        engine=trained.engine,
        params=trained.params,
        features=list(trained.features),
        # How the pairs were split is kept with the version, also where it was only proposed.
        template_snapshot={**sheet.template_snapshot, **training.split.in_template()},
        evaluation=trained.evaluation.model_dump(mode="json"),
        train_count=training.train_count,
        held_out_count=training.held_out_count,
        artifact=str(training.artifact),
        sha256=trained.sha256,
        seconds=trained.seconds,
        created_by=actor,
        updated_by=actor,
    )
    rows.add(connection, model)
    after = {
        "name": model.name,
        "version": model.version,
        "base_model": model.base_model,
        "job_id": model.job_id,
    }
    rows.log(connection, model, "train", actor, after=after, scope_id=sheet.id)
    return model
