"""ontos train --on databricks: what it would take, and where nothing is set up."""

from __future__ import annotations

from command_result import Ontos

from emulator.databricks.scene import Scene
from emulator.databricks.serving_rest import PAYLOAD
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


def test_the_teams_traffic_is_counted_in_the_warehouse(scene: Scene, ontos: Ontos) -> None:
    assert "No traffic in this time." in ontos("monitor", "live", "--team").out
    scene.engine.run("CREATE SCHEMA IF NOT EXISTS team.ontos")
    scene.engine.run(f"CREATE TABLE team.ontos.live_payload ({PAYLOAD}) USING DELTA")
    scene.engine.run(
        "INSERT INTO team.ontos.live_payload VALUES ('r', current_date(), 'c', TIMESTAMP '2026-01-02 10:05:00', 200, "
        "1.0, 12, '{}', '{}', 'e', NULL, 'ana@example.com')"
    )
    span = ("--since", "2026-01-02", "--until", "2026-01-03")
    (point,) = ontos("monitor", "live", "--team", *span, as_json=True).json["points"]
    assert (point["requests"], point["errors"], point["mean_latency_ms"]) == (1, 0, 12.0)


def test_without_a_workspace_the_teams_traffic_is_told_to_be_none(ontos: Ontos) -> None:
    assert "No Databricks workspace is set up" in ontos("monitor", "live", "--team", fails=1).err
