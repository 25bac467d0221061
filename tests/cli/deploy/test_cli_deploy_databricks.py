"""`ontos deploy --on databricks`, and what follows on it: the team's tables are scored there, notes go there."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.models import trained_model
from command_result import Ontos
from emulator.databricks.scene import Scene
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.workspace import Workspace
from tiers import deep

PARTS, SCORED = "team.plant.parts", "team.plant.scored"


@pytest.fixture
def trained(scene: Scene, home: Path) -> Scene:
    """A model here, and a table of parts there; what is deployed is ready when it is looked at first."""
    trained_model(home)
    scene.serving.polls = scene.models.polls = 1
    scene.engine.run(f"CREATE TABLE {PARTS} (part STRING, voltage DOUBLE, line STRING) USING DELTA")
    scene.engine.run(f"INSERT INTO {PARTS} VALUES ('P1', 1.5, 'north'), ('P2', 11.0, 'south'), ('P3', 21.0, NULL)")
    return scene


def test_a_model_is_deployed_there_and_scores_a_table_there(ontos: Ontos, trained: Scene) -> None:
    shown = ontos("deploy", "defects", "--on", "databricks", "--wait")
    assert "Databricks, with team.ontos.defects 1" in shown.out
    answered = ontos("query", "defects", "--input", '{"voltage": 1.5, "line": "north"}').out
    assert "answered by  defects, version 1" in answered
    estimate = ontos("predict", "defects", PARTS, "--out", SCORED, "--estimate", as_json=True).json
    assert (estimate["rows"], estimate["estimate"]["currency"]) == (3, "USD")
    report = ontos("predict", "defects", PARTS, "--out", SCORED, as_json=True).json
    assert (report["rows"], report["failed"], report["table"]) == (3, 0, SCORED)
    assert "3 rows" in ontos("predict", "defects", PARTS, "--out", SCORED).out
    ontos("models", "note", "defects", "Only for line north.")
    assert trained.models.comments["team.ontos.defects", 1].endswith("Only for line north.")


@deep
def test_in_the_background_it_is_a_job(ontos: Ontos, trained: Scene, home: Path) -> None:
    ontos("deploy", "defects", "--on", "databricks", "--wait")
    job = ontos("predict", "defects", PARTS, "--out", SCORED, "--background", as_json=True).json
    with Workspace(home) as workspace:
        assert workspace.jobs.wait(job["id"], 60).status is JobStatus.SUCCEEDED
    assert trained.engine.direct(f"SELECT count(*) FROM {SCORED}") == [(3,)]


def test_what_is_for_the_workspace_only_is_refused_elsewhere(ontos: Ontos, trained: Scene, tmp_path: Path) -> None:
    out = str(tmp_path / "out.csv")
    assert "costs nothing" in ontos("predict", "defects", "x.csv", "--out", out, "--estimate", fails=2).err
    assert "A Spark job scores tables" in ontos("predict", "defects", "x.csv", "--out", out, "--spark", fails=2).err
    assert "is not registered" in ontos("predict", "defects", PARTS, "--out", SCORED, "--spark", fails=1).err


def test_an_archived_model_is_left_out_of_the_list(ontos: Ontos, home: Path) -> None:
    trained_model(home)
    ontos("models", "archive", "defects:1")
    assert "defects:1" not in ontos("models", "list").out
    assert "defects:1" in ontos("models", "list", "--archived").out
    assert "is archived" in ontos("deploy", "defects", fails=1).err
    ontos("models", "unarchive", "defects:1")
    assert "defects:1" in ontos("models", "list").out
