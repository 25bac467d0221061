"""`ontos cases`, `ontos floors`, and `ontos deploy` where checks fail."""

from __future__ import annotations

import json
from pathlib import Path

from builders.evaluations import measured, weak_evaluation
from builders.models import trained_model
from command_result import Ontos
from ontos_tui.workspace import Workspace


def test_cases_are_added_listed_and_removed(home: Path, ontos: Ontos) -> None:
    sheet, _ = trained_model(home)
    added = ontos("cases", "add", sheet.id, "P0003", "--field", "defect", "--note", "once \x1b[31mlost", as_json=True)
    case = json.loads(added.out)
    assert case["expected"] == {"defect": "crack"}
    listed = ontos("cases").out
    assert "P0003" in listed
    assert "defect crack" in listed
    assert "\x1b" not in listed
    assert "P0003" in ontos("cases", "list", "--training-sheet", sheet.id, as_json=True).out
    assert "already" in ontos("cases", "add", sheet.id, "P0003", fails=1).err
    assert "No Q&A pair 'P7777'" in ontos("cases", "add", sheet.id, "P7777", fails=1).err
    assert "FIELD=NUMBER" in ontos("cases", "add", sheet.id, "P0004", "--within", "depth", fails=1).err
    ontos("cases", "remove", case["id"][:8], as_json=True)
    assert "No must-pass cases" in ontos("cases").out


def test_floors_are_set_listed_and_removed(home: Path, ontos: Ontos) -> None:
    trained_model(home)
    assert "recall of crack ≥ 0.9" in ontos("floors", "set", "defects", "recall", "0.9", "--class", "crack").out
    (floor,) = json.loads(ontos("floors", "list", "--name", "defects", as_json=True).out)
    assert (floor["measure"], floor["bound"]) == ("recall", 0.9)
    assert "recall is of one class" in ontos("floors", "set", "defects", "recall", "0.9", fails=1).err
    ontos("floors", "remove", "defects", "recall", "--class", "crack", as_json=True)
    assert "No floors" in ontos("floors").out


def test_a_deployment_that_fails_a_check_names_it_and_needs_a_reason(home: Path, ontos: Ontos) -> None:
    _, model = trained_model(home)
    with Workspace(home) as workspace:
        measured(workspace, model, weak_evaluation())
    shown = ontos("deploy", "defects", "--check", fails=1)
    assert "✗ verdict" in shown.out
    assert "○ must-pass cases" in shown.out
    refused = ontos("deploy", "defects", fails=1)
    assert "verdict: Not usable yet" in refused.err
    assert "--despite" in refused.err
    assert "No endpoints" in ontos("endpoints").out
    ontos("deploy", "defects", "--despite", "a trial on the bench", as_json=True)
    assert "a trial on the bench" in ontos("endpoints", "show", "defects").out
    document = json.loads(ontos("endpoints", "show", "defects", as_json=True).out)
    (deployment,) = document["deployments"]
    assert deployment["reason"] == "a trial on the bench"
    assert [check["outcome"] for check in deployment["checks"]] == ["not measured", "failed"]


def test_checks_are_shown_without_deploying(home: Path, ontos: Ontos) -> None:
    trained_model(home)
    assert "✓ verdict" in ontos("deploy", "defects", "--check").out
    assert json.loads(ontos("deploy", "defects", "--check", as_json=True).out)["checks"][1]["outcome"] == "passed"
    assert "No endpoints" in ontos("endpoints").out
    ontos("deploy", "defects")
    assert "Nothing to check" in ontos("deploy", "defects", "--check").out
