"""Canonical labels by commands: put without pairs, corrected, restored, constrained, taken out and in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders.labelers import parts_sheet, published_labelset
from builders.severity import MAJOR, MINOR, unlabeled_sheet
from command_result import Ontos
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.workspace import Workspace

TYPE = ("--label-type", "severity")


@pytest.fixture
def parts(home: Path, tmp_path: Path) -> str:
    """The name of a sheet of four parts, for which there is a labelset."""
    with Workspace(home) as workspace:
        published_labelset(workspace.store)
        return parts_sheet(workspace.store, tmp_path, 4).name


def test_items_are_labeled_without_pairs(ontos: Ontos, parts: str) -> None:
    assert [one["item_ref"] for one in ontos("label", "items", parts, *TYPE, "--limit", 2, as_json=True).json] == [
        "p1",
        "p2",
    ]
    label = ontos("label", "put", parts, "p1", *TYPE, "--answer", json.dumps(MINOR), "--confidence", "low",
                 "--notes", "by eye \x1b[31m", as_json=True).json  # fmt: skip
    assert (label["label_data"], label["confidence"], label["version"], label["created_by"]) == (
        MINOR,
        "low",
        1,
        "ana",
    )
    assert "── p2" in ontos("label", "items", parts, *TYPE, "--limit", 1).out
    assert "does not fit" in ontos("label", "put", parts, "p2", *TYPE, "--answer", '{"severity": 1}', fails=1).err
    assert "no item 'p9'" in ontos("label", "put", parts, "p9", *TYPE, "--answer", json.dumps(MINOR), fails=1).err
    output = ontos("label", "put", parts, "p1", *TYPE, "--answer", json.dumps(MAJOR)).out
    assert "version         2" in output
    listed = ontos("label", "labels", "--type", "severity", "--sheet", parts, "--text", "major", as_json=True).json
    assert (listed["total"], listed["labels"][0]["id"]) == (1, label["id"])
    assert ontos("label", "labels", "--text", "purple", as_json=True).json["total"] == 0
    assert "\x1b" not in ontos("label", "versions", label["id"][:8]).out
    assert "No labels" in ontos("label", "labels", "--type", "color").out


def test_what_a_label_said_is_stored_and_comes_back(ontos: Ontos, parts: str) -> None:
    label = ontos("label", "put", parts, "p1", *TYPE, "--answer", json.dumps(MINOR), as_json=True).json["id"]
    ontos("label", "edit", label, "--answer", json.dumps(MAJOR), "--notes", "looked again")
    assert "Nothing to change" in ontos("label", "edit", label, fails=1).err
    stored = ontos("label", "versions", label[:8], as_json=True).json
    assert (stored["label"]["label_data"], [one["label_data"] for one in stored["versions"]]) == (MAJOR, [MINOR])
    for stale in (("edit", label, "--notes", "x"), ("restore", label, 1), ("remove", label)):
        assert "changed the label" in ontos("label", *stale, "--if-version", 1, fails=1).err
    newer = ontos("label", "restore", label, 1, "--if-version", 2, as_json=True).json
    assert (newer["label_data"], newer["version"]) == (MINOR, 3)
    assert "no version 9" in ontos("label", "restore", label, 9, fails=1).err
    assert "The label of p1 is removed" in ontos("label", "remove", label).out
    assert "No canonical label" in ontos("label", "versions", label, fails=1).err


def test_a_label_in_use_stays_and_its_uses_reach_its_pairs(ontos: Ontos, home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, 1)
        (pair,) = [row.id for row in workspace.label.queue.open(sheet.id)]
        workspace.label.queue.decide([Decision(pair, Verdict.APPROVE)])
    (label,) = ontos("label", "labels", as_json=True).json["labels"]
    assert "used by 1 pairs" in ontos("label", "remove", label["id"], fails=1).err
    changed = ontos("label", "constrain", label["id"], "--prohibit", "training", "--reason", "not ours", as_json=True)
    assert changed.json["prohibited_uses"] == ["training"]
    with Workspace(home) as workspace:
        assert workspace.label.queue.pair(pair).prohibited_uses == ["training"]
    held_out = ontos("label", "constrain", label["id"], "--allow", "evaluation", "--classification", "restricted")
    assert "uses            evaluation" in held_out.out
    assert ontos("label", "constrain", label["id"], "--free", as_json=True).json["prohibited_uses"] == []
    assert "goes with no" in ontos("label", "constrain", label["id"], "--free", "--allow", "training", fails=1).err
    ontos("label", "constrain", label["id"], "--allow", "everything", fails=2)


def test_out_and_in_again(ontos: Ontos, parts: str, tmp_path: Path) -> None:
    ontos("label", "put", parts, "p1", *TYPE, "--answer", json.dumps(MINOR))
    ontos("label", "put", parts, "p2", *TYPE, "--answer", json.dumps(MAJOR))
    file = tmp_path / "labels.jsonl"
    assert ontos("label", "export-labels", file, "--sheet", parts, as_json=True).json["labels"] == 2
    first = json.loads(file.read_text().splitlines()[0])
    file.write_text(json.dumps({**first, "label_data": MAJOR, "item_ref": "p1"}) + "\n")
    assert ontos("label", "import-labels", file, "--dry-run", as_json=True).json["updated"] == 1
    assert ontos("label", "labels", "--text", "major", as_json=True).json["total"] == 1
    assert "1 changed" in ontos("label", "import-labels", file).out
    assert ontos("label", "labels", "--text", "major", as_json=True).json["total"] == 2
    file.write_text("{no json\n")
    refused = ontos("label", "import-labels", file, fails=1)
    assert "line 1" in refused.out
    assert "Nothing was imported" in refused.err
    assert "nowhere" in ontos("label", "labels", "--sheet", "nowhere", fails=1).err
