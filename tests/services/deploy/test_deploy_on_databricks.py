"""A table model of this machine on the team's workspace: registered, served, asked, rated, swapped and rolled back."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders.models import train_next, trained_model
from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import ConflictError, PlatformError
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.serving import Origin, Platform
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.platforms.databricks.models import registry
from ontos_tui.platforms.databricks.monitoring.inference_samples import PayloadSamples
from ontos_tui.platforms.databricks.workspace_client import Team
from ontos_tui.workspace import Workspace

ROW = {"voltage": 11.25, "line": "north"}
NAME = "team.ontos.defects"


class Words:
    """Progress that remembers what it said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def update(self, done: int, total: int, message: str = "") -> None:
        self.lines.append(message)


@pytest.fixture
def trained(home: Path) -> tuple[TrainingSheet, ModelVersion]:
    return trained_model(home)


@pytest.fixture
def team_workspace(
    scene: Scene, trained: tuple[TrainingSheet, ModelVersion], home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """The workspace of the model with an emulated Databricks, whose waits take no time."""
    from ontos_tui.platforms.databricks import serving

    monkeypatch.setattr(serving, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(registry, "PAUSE_SECONDS", 0.0)
    with Workspace(home) as workspace:
        yield workspace


def deployed(workspace: Workspace, model: ModelVersion) -> list[str]:
    words = Words()
    workspace.deploy.endpoints.deploy(model.id, "live", words, on=Platform.DATABRICKS)
    return words.lines


def test_a_table_model_is_packed_registered_and_served(
    scene: Scene, team_workspace: Workspace, trained: tuple[TrainingSheet, ModelVersion]
) -> None:
    _, model = trained
    lines = deployed(team_workspace, model)
    assert "packing defects v1" in lines
    assert f"sending the model to {NAME}" in lines
    root = "/Models/team/ontos/defects/1"
    files = {path.removeprefix(f"{root}/") for path in scene.files.files if path.startswith(root)}
    assert {"MLmodel", "MODEL_CARD.md", "lineage.json", "requirements.txt", "python_env.yaml"} <= files
    assert not [name for name in files if name.endswith((".pkl", ".pickle", ".joblib"))]
    lineage = json.loads(scene.files.files[f"{root}/lineage.json"])
    assert len(lineage["pairs"]) == model.train_count + model.held_out_count
    assert str(team_workspace.home).encode() not in b"".join(scene.files.files.values())
    assert scene.models.aliases == {(NAME, "champion"): 1}
    assert scene.models.tags[NAME, 1]["ontos_model"] == "defects v1"
    endpoint = scene.serving.endpoints["live"]
    (entity,) = endpoint["config"]["served_entities"]
    assert (entity["workload_type"], entity["scale_to_zero_enabled"]) == ("CPU", True)
    assert endpoint["ai_gateway"]["inference_table_config"]["enabled"]
    assert endpoint["ai_gateway"]["usage_tracking_config"] == {"enabled": True}
    assert {"key": "ontos_model", "value": NAME} in endpoint["tags"]
    view = team_workspace.deploy.endpoints.endpoint("live")
    assert view.place == f"Databricks, with {NAME} 1"


def test_it_answers_as_here_and_every_request_is_in_both_logs(
    scene: Scene, team_workspace: Workspace, trained: tuple[TrainingSheet, ModelVersion]
) -> None:
    _, model = trained
    service = team_workspace.deploy.endpoints
    deployed(team_workspace, model)
    service.deploy(model.id, "local-one")
    rows = [
        ROW,
        {"voltage": 999, "line": "attic"},
        {"voltage": None, "line": None},
        {"voltage": "abc", "line": "north"},
    ]
    there = service.query("live", rows, origin=Origin.PLAYGROUND)
    here = service.query("local-one", rows, origin=Origin.PLAYGROUND)
    for one, other in zip(there, here, strict=True):
        assert _said(one) == _said(other)
        assert one.latency_ms > 0
    assert [one.status_code for one in there] == [200, 200, 200, 400]
    assert there[1].outside
    stored = scene.engine.direct("SELECT client_request_id FROM team.ontos.live_payload")
    assert {one for (one,) in stored} == {record.request_id for record in there[:3]}


def _said(record: Any) -> tuple[Any, ...]:
    return record.output, record.confidence, record.certainty, record.intervals, record.outside, record.status_code


def test_feedback_and_monitor_work_on_it(
    team_workspace: Workspace, trained: tuple[TrainingSheet, ModelVersion]
) -> None:
    _, model = trained
    deployed(team_workspace, model)
    (record,) = team_workspace.deploy.endpoints.query("live", [ROW], origin=Origin.PLAYGROUND)
    item = team_workspace.improve.feedback.add_feedback(record.request_id, 2, correction={"defect": "scratch"})
    assert item.request_id == record.request_id
    figures = team_workspace.monitor.traffic.summary("live")
    assert (figures.requests, figures.errors) == (1, 0)


def test_drift_looks_at_the_answers_alone(
    team_workspace: Workspace, trained: tuple[TrainingSheet, ModelVersion], databricks: Team
) -> None:
    """The endpoint's log holds all that is said beside an answer; rows without one count as not answered."""
    _, model = trained
    deployed(team_workspace, model)
    team_workspace.deploy.endpoints.query("live", [ROW, {"voltage": 2, "line": None}], origin=Origin.CLI)
    span = (now() - timedelta(days=1), now() + timedelta(days=1))
    (sample,) = PayloadSamples(databricks).samples("live", span) or []
    assert [set(one.outputs[0] or {}) for one in sample.requests] == [{"defect", "severe"}] * 2
    assert all(set(one.inputs[0]) == {"voltage", "line"} for one in sample.requests)


def test_a_version_is_swapped_and_rolled_back_with_its_aliases(
    scene: Scene, team_workspace: Workspace, trained: tuple[TrainingSheet, ModelVersion]
) -> None:
    sheet, first = trained
    service = team_workspace.deploy.endpoints
    deployed(team_workspace, first)
    second = train_next(team_workspace, sheet, "j2")
    service.deploy(second.id, "live", NoProgress(), despite="a test")
    assert service.endpoint("live").place == f"Databricks, with {NAME} 2"
    assert scene.models.aliases == {(NAME, "champion"): 2, (NAME, "challenger"): 1}
    service.deploy(first.id, "live", NoProgress())
    assert scene.models.aliases == {(NAME, "champion"): 1, (NAME, "challenger"): 2}
    assert service.endpoint("live").endpoint.previous_model_id == second.id
    (record,) = service.query("live", [ROW], origin=Origin.CLI)
    assert (record.status_code, scene.serving.asked[-1].version) == (200, "1")
    service.roll_back("live")
    assert service.endpoint("live").place == f"Databricks, with {NAME} 2"
    assert scene.models.aliases == {(NAME, "champion"): 2, (NAME, "challenger"): 1}


def test_without_a_workspace_it_says_what_to_set(trained: tuple[TrainingSheet, ModelVersion], home: Path) -> None:
    _, model = trained
    with (
        Workspace(home) as workspace,
        pytest.raises(PlatformError, match="No Databricks workspace is set up") as error,
    ):
        workspace.deploy.endpoints.begin(model.id, "live", on=Platform.DATABRICKS)
    assert "databricks_catalog" in error.value.todo


def test_notes_and_the_archive_are_kept_here_and_there(
    scene: Scene, team_workspace: Workspace, trained: tuple[TrainingSheet, ModelVersion]
) -> None:
    sheet, first = trained
    deployed(team_workspace, first)
    notes = team_workspace.deploy.notes
    assert notes.note("defects:1", "Only for line north.").note == "Only for line north."
    assert scene.models.comments[NAME, 1].endswith("\n\nOnly for line north.")
    assert "Only for line north." in team_workspace.train.cards.model_card(first.id)
    with pytest.raises(ConflictError, match="answers at live"):
        notes.archive("defects:1")
    second = train_next(team_workspace, sheet, "j2")
    team_workspace.deploy.endpoints.deploy(second.id, "live", NoProgress(), despite="a test")
    assert notes.archive("defects:1").archived
    assert scene.models.tags[NAME, 1]["ontos_archived"] == "yes"
    with pytest.raises(ConflictError, match="defects v1 is archived"):
        team_workspace.deploy.endpoints.begin("defects:1", "other")
    assert not notes.archive("defects:1", False).archived
    assert scene.models.tags[NAME, 1]["ontos_archived"] == "no"


def test_a_workspace_that_takes_no_files_needs_mlflow_and_says_so(
    scene: Scene,
    team_workspace: Workspace,
    trained: tuple[TrainingSheet, ModelVersion],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, model = trained
    scene.models.takes_files = False
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(PlatformError, match="only by the storage of its cloud") as error:
        deployed(team_workspace, model)
    assert "ontos-tui[mlflow]" in error.value.todo
    assert team_workspace.deploy.endpoints.endpoints() == []
