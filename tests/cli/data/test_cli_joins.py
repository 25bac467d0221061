"""`ontos data join`, `data compute`, `sheet duplicate` and `sheet roles`."""

from __future__ import annotations

from pathlib import Path

from builders.machines import add_machines
from command_result import Ontos
from ontos_tui.workspace import Workspace


def test_a_join_is_proposed_counted_accepted_and_removed(ontos: Ontos, home: Path, tmp_path: Path) -> None:
    with Workspace(home) as workspace:
        add_machines(workspace, tmp_path)
    proposed = ontos("data", "join", "telemetry", "machines", fails=2)
    assert "--on machine=machineID" in proposed.out
    looked = ontos("data", "join", "telemetry", "machines", "--on", "machine=machineID", "--dry-run").out
    assert "matched    6 of 7" in looked
    report = ontos(
        "data", "join", "machines", "telemetry", "--on", "machineID=machine", "--dry-run", as_json=True, fails=2
    )
    assert report.json["counts"]["doubled_rows"] == 6
    added = ontos(
        "data", "join", "telemetry", "machines", "--on", "machine=machineID", "--as", "both", as_json=True
    ).json
    assert (added["table"]["address"], added["counts"]["rows"]) == ("local.joined.both", 7)
    late = ontos(
        *("data", "join", "telemetry", "failures", "--by", "machine", "--nearest", "time=at", "--direction", "after"),
        *("--within", "30min", "--dry-run"),
    )
    assert "looks ahead" in late.out
    assert "Removed local.joined.both" in ontos("data", "unjoin", "both").out
    assert "write KEY" in ontos("data", "join", "telemetry", "machines", "--on", "=x", fails=2).err


def test_columns_are_computed_and_roles_decided(ontos: Ontos, home: Path, tmp_path: Path) -> None:
    with Workspace(home) as workspace:
        add_machines(workspace, tmp_path)
    units = ("--by", "machine", "--order", "time")
    looked = ontos("data", "compute", "telemetry", "rul = remaining()", *units, "--cap", "2h", "--dry-run").out
    assert "looks ahead" in looked
    added = ontos("data", "compute", "telemetry", "rul", "=", "remaining()", *units, as_json=True).json
    assert (added["counts"]["computed"], added["column"]["kind"]) == (7, "remaining")
    events = ("--events", "failures", "--start", "at", "--label", "part")
    assert "no event" in ontos("data", "compute", "telemetry", "e = event_label()", *units, *events).out
    assert "in quotes" in ontos("data", "compute", "telemetry", "volt", fails=2).err
    made = ontos(
        *("sheet", "create", "S", "--table", "telemetry", "--window-size", "2", "--group", "machine"),
        *("--order", "time", "--window-label", "rul=last", "--window-label", "e=event"),
    ).out
    assert "No window bridges more than 36000" in made
    roles = ontos("sheet", "roles", "S", as_json=True).json
    assert {one["column"]: one["role"] for one in roles}["rul"] == "note"
    assert "decided" in ontos("sheet", "roles", "S", "volt_mean=note").out
    copy = ontos("sheet", "duplicate", "S", as_json=True).json
    assert copy["column_roles"] == {"rul": "note", "volt_mean": "note"}
    assert ontos("sheet", "edit", "S", "--max-gap", "13h", as_json=True).json["window_max_gap"] == 46_800
    assert ontos("sheet", "edit", "S", "--check", as_json=True).json["name"] == "S"
    assert "write COLUMN=ROLE" in ontos("sheet", "roles", "S", "volt_mean=feature", fails=2).err
    assert "Removed" in ontos("data", "compute", "telemetry", "--remove", "e").out
