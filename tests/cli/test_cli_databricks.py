"""ontos train --on databricks: what it would take, and where nothing is set up."""

from __future__ import annotations

from command_result import Ontos

from emulator.databricks.scene import Scene
from labelled import make_sheet
from ontos_tui.workspace import Workspace


def test_an_estimate_says_what_it_costs_there_and_what_that_is_made_of(
    scene: Scene, ontos: Ontos, workspace: Workspace
) -> None:
    sheet = make_sheet(workspace.store, 60)
    out = ontos("train", sheet.name, "--on", "databricks", "--estimate").out
    assert "USD" in out
    assert "list price of 2026-09-25" in " ".join(out.split())
    assert scene.jobs.runs == {}


def test_another_place_is_wrong_usage_and_none_is_told(ontos: Ontos, workspace: Workspace) -> None:
    sheet = make_sheet(workspace.store, 60)
    ontos("train", sheet.name, "--on", "the moon", fails=2)
    assert "No Databricks workspace is set up" in ontos("train", sheet.name, "--on", "databricks", fails=1).err


def test_a_model_of_this_machine_is_deployed_at_once_also_in_a_team(
    scene: Scene, ontos: Ontos, workspace: Workspace
) -> None:
    sheet = make_sheet(workspace.store, 60)
    ontos("train", sheet.name, "--base-model", "nearest", "--wait")
    assert "defects" in ontos("deploy", "defects").out
    assert scene.serving.endpoints == {}
