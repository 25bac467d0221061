"""`ontos train`: the split, the parameters, and an estimate that says what the training then does."""

from __future__ import annotations

from builders.defects import labeled_sheet
from command_result import Ontos
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.workspace import Workspace


def test_an_estimate_names_the_split_and_its_reason_and_the_training_keeps_to_it(
    ontos: Ontos, workspace: Workspace
) -> None:
    sheet = labeled_sheet(workspace.store, 60, split_by=SplitBy.PROPOSED)
    out = " ".join(ontos("train", sheet.name, "--estimate").out.split())
    assert "by batch (proposed; --group and --order change it)" in out
    assert "batch: 12 values, each one stretch of rows" in out
    assert "recommended: " in out
    told = ontos("train", sheet.name, "--estimate", as_json=True).json
    model = ontos("train", sheet.name, "--base-model", "nearest", "--wait", as_json=True).json
    assert (model["train_count"], model["held_out_count"]) == (told["plan"]["train"], told["plan"]["held_out"])
    assert told["plan"]["held_out"] == 10
    assert model["template_snapshot"]["group_column"] == "batch"


def test_groups_and_order_are_decided_and_kept(ontos: Ontos, workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    plan = ontos("train", sheet.name, "--group", "line", "--order", "voltage", "--estimate", as_json=True).json["plan"]
    assert (plan["split"], plan["confirmed"]) == ("by line, tested on the latest by voltage", True)
    plan = ontos("train", sheet.name, "--estimate", as_json=True).json["plan"]
    assert plan["split"].startswith("by line"), "kept"
    plan = ontos("train", sheet.name, "--group", "none", "--order", "none", "--estimate", as_json=True).json["plan"]
    assert plan["split"] == "rows are independent"
    assert "no column 'nowhere'" in ontos("train", sheet.name, "--group", "nowhere", fails=1).err


def test_parameters_are_listed_checked_and_used(ontos: Ontos, workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    out = ontos("train", sheet.name, "--show-parameters").out
    for word in ("n_estimators", "learning_rate", "labeled pairs that vote", "automatic", "default"):
        assert word in out
    listed = ontos("train", sheet.name, "--show-parameters", "--base-model", "nearest", as_json=True).json
    (nearest,) = listed["base_models"]
    assert [one["name"] for one in nearest["parameters"]] == ["neighbors"]
    ontos("train", sheet.name, "--base-model", "nearest", "--param", "neighbors=3", "--wait")
    assert "no parameter 'k'" in ontos("train", sheet.name, "--base-model", "nearest", "--param", "k=3", fails=1).err
    assert (
        "cannot be 'many'"
        in ontos("train", sheet.name, "--base-model", "nearest", "--param", "neighbors=many", fails=1).err
    )
    ontos("train", sheet.name, "--param", "neighbors", fails=2)
    ontos("train", sheet.name, "--show-parameters", "--base-model", "brain", fails=2)
