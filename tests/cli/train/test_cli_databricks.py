"""ontos train --on databricks: what it would take, and where nothing is set up."""

from __future__ import annotations

from builders.defects import labeled_sheet
from builders.parts_table import ROWS, parts_sheet, parts_table
from builders.payload import START, Found, logged, monitored, payload
from builders.traffic import deployed_model
from command_result import Ontos
from emulator.databricks.scene import Scene
from emulator.databricks.server import TOKEN
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


def test_an_estimate_says_what_it_costs_there_and_what_that_is_made_of(
    scene: Scene, ontos: Ontos, workspace: Workspace
) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    out = ontos("train", sheet.name, "--on", "databricks", "--estimate").out
    assert "USD" in out
    assert "list price of 2026-09-25" in " ".join(out.split())
    assert scene.jobs.runs == {}


def test_another_place_is_wrong_usage_and_none_is_shown(ontos: Ontos, workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    ontos("train", sheet.name, "--on", "the moon", fails=2)
    assert "No Databricks workspace is set up" in ontos("train", sheet.name, "--on", "databricks", fails=1).err


def test_a_model_of_this_machine_is_deployed_at_once_also_in_a_team(
    scene: Scene, ontos: Ontos, workspace: Workspace
) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    ontos("train", sheet.name, "--base-model", "nearest", "--wait")
    assert "defects" in ontos("deploy", "defects").out
    assert scene.serving.endpoints == {}


SPAN = ("--since", "2026-11-25 08:00", "--until", "2026-11-26 08:00", "--bucket", "day")


def test_the_teams_traffic_is_counted_in_the_warehouse(scene: Scene, ontos: Ontos) -> None:
    assert "has no inference table" in ontos("monitor", "weld-check", "--team").out
    payload(scene.engine)
    output = ontos("monitor", "weld-check", "--team", *SPAN, as_json=True).json
    assert sum(point["requests"] for point in output["points"]) == output["summary"]["requests"] == 12
    out = ontos("monitor", "weld-check", "--team", *SPAN).out
    assert "2 (16.7 %)" in out
    assert "Missing: Tokens" in out
    assert "by hour" in ontos("monitor", "weld-check", "--team", "--bucket", "minute", fails=1).err


def test_the_teams_traffic_is_shown_as_it_was_while_the_workspace_is_away(scene: Scene, ontos: Ontos) -> None:
    payload(scene.engine)
    scene.workspace.tokens.clear()
    assert "who you are" in ontos("monitor", "weld-check", "--team", *SPAN, fails=1).err
    scene.workspace.tokens.add(TOKEN)
    ontos("monitor", "weld-check", "--team", *SPAN)
    scene.workspace.tokens.clear()
    out = ontos("monitor", "weld-check", "--team", *SPAN).out
    assert "these are the last counts" in out
    assert "2 (16.7 %)" in out


def test_drift_of_the_teams_requests(scene: Scene, ontos: Ontos, workspace: Workspace) -> None:
    deployed_model(workspace, 120)
    assert "no inference table" in ontos("drift", "live", "--team", fails=1).err
    logged(scene.engine, START, [])
    monitored(scene, [Found("voltage", ks=(0.4, 1e-20), psi=0.45, means=(2.1, 3.4))], baseline=True)
    out = ontos("drift", "live", "--team").out
    assert "the monitor's baseline, 400 rows" in out
    assert "! voltage is 1.3 higher than in the baseline (mean 2.1 → 3.4)" in out
    report = ontos("drift", "live", "--team", "--last", as_json=True).json
    assert (report["source"], report["severity"], report["recent_rows"]) == ("monitor", "critical", 500)
    assert "no distributions" in ontos("drift", "live", "--team", "--last").out
    assert "PSI" in ontos("drift", "live", "--team", "--last", "--feature", "voltage").out
    ontos("drift", "live", "--table", "a.b.c", fails=2)
    assert "no data-quality monitor" in ontos("drift", "live", "--team", "--table", "team.plant.notes", fails=1).err


def test_without_a_workspace_the_teams_traffic_is_shown_to_be_none(ontos: Ontos) -> None:
    assert "No Databricks workspace is set up" in ontos("monitor", "live", "--team", fails=1).err


def test_a_training_where_the_rows_are_counts_them_and_says_what_it_costs(
    scene: Scene, ontos: Ontos, workspace: Workspace
) -> None:
    parts_table(scene)
    sheet = parts_sheet(workspace)
    asked = ("train", sheet.name, "--on", "warehouse", "--estimate")
    text = " ".join(ontos(*asked).out.split())
    assert "rows; as many are used as help, 400,000 at most" in text
    assert "groups of lot drawn by a hash" in text
    assert "a list price of April 2026" in text
    document = ontos(*asked, as_json=True).json
    assert document["rows"]["train"] + document["rows"]["held_out"] == ROWS
    assert scene.jobs.runs == {}


def test_a_large_table_is_better_trained_where_it_is(scene: Scene, ontos: Ontos, workspace: Workspace) -> None:
    parts_table(scene)
    sheet = parts_sheet(workspace)
    assert "--on warehouse" not in ontos("train", sheet.name, "--estimate").out
    with workspace.store.write() as connection:
        rows.change(connection, workspace.data.sheets.sheet(sheet.sheet_id), item_count=40_000_000)
    assert "40,000,000 rows: --on warehouse" in ontos("train", sheet.name, "--estimate").out
