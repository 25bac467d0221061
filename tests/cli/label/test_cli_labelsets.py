"""Labelsets by commands: made, filled, published, covered, and kept while in use."""

from __future__ import annotations

import json
from pathlib import Path

from builders.severity import SEVERITY_SCHEMA, unlabeled_sheet
from command_result import Ontos
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace

SEVERITY = ("--label-type", "severity", "--field", "severity")


def test_a_draft_gets_classes_and_is_published(ontos: Ontos) -> None:
    draft = ontos("labelset", "create", "Marks", *SEVERITY, "--class", "none:1", "--class", "minor:b:#ffaa00",
                 as_json=True).json  # fmt: skip
    assert (draft["status"], draft["classes"][1]["hotkey"], draft["classes"][1]["color"]) == (
        "draft",
        "b",
        "#ffaa00",
    )
    output = ontos(
        "labelset", "add-class", draft["id"][:8], "major", "--key", "c", "--description", "deep \x1b[31m"
    ).out
    assert "major" in output
    assert "\x1b" not in output
    assert "the same key" in ontos("labelset", "add-class", "Marks", "worse", "--key", "c", fails=1).err
    assert ontos("labelset", "publish", "Marks", as_json=True).json["status"] == "published"
    assert "cannot change" in ontos("labelset", "add-class", "Marks", "worse", fails=1).err
    assert ontos("labelset", "new-version", "Marks", as_json=True).json["version"] == "1.1.0"
    assert ontos("labelset", "add-class", "Marks", "worse", as_json=True).json["version"] == "1.1.0"
    listed = ontos("labelset", "list", as_json=True).json
    assert [(one["name"], one["version"], one["item_count"]) for one in listed] == [
        ("Marks", "1.1.0", 0),
        ("Marks", "1.0.0", 0),
    ]
    assert "published" in ontos("labelset", "list", "--search", "mark").out
    assert "archived" in ontos("labelset", "archive", draft["id"]).out


def test_what_cannot_be_is_refused(ontos: Ontos) -> None:
    assert "is not a class" in ontos("labelset", "create", "Marks", *SEVERITY, "--class", ":b", fails=1).err
    assert "is not JSON" in ontos("labelset", "create", "Marks", *SEVERITY, "--schema", "{", fails=1).err
    ontos("labelset", "create", "Marks", *SEVERITY, "--schema", json.dumps(SEVERITY_SCHEMA))
    assert "No classes." in ontos("labelset", "show", "Marks").out
    assert "no classes" in ontos("labelset", "publish", "Marks", fails=1).err
    assert "No labelset" in ontos("labelset", "show", "nowhere", fails=1).err
    assert "Create one" in ontos("labelset", "list", "--search", "nothing").out


def test_a_templates_choices_become_classes_and_cover_a_sheet(ontos: Ontos, home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, 4)
        with workspace.store.write() as connection:
            rows.change(connection, rows.get(connection, Sheet, sheet.sheet_id), item_count=4)
    draft = ontos("labelset", "from-template", "severity 0", as_json=True).json
    assert [one["name"] for one in draft["classes"]] == ["none", "minor", "major"]
    ontos("labelset", "publish", draft["id"])
    (empty,) = ontos("labelset", "coverage", draft["id"], as_json=True).json
    assert (empty["labeled"], empty["share"]) == (0, 0.0)
    with Workspace(home) as workspace:
        ids = [row.id for row in workspace.label.queue.open(sheet.id)]
        workspace.label.queue.decide([Decision(ids[0], Verdict.APPROVE)])
    (one,) = ontos("labelset", "coverage", draft["id"], "--sheet", sheet.sheet_id, as_json=True).json
    assert (one["items"], one["labeled"], one["share"], one["per_class"]["minor"]) == (4, 1, 0.25, 1)
    assert "25%" in ontos("labelset", "coverage", draft["id"]).out
    shown = ontos("labelset", "show", draft["id"])
    assert "labels           1" in shown.out
    assert ontos("labelset", "show", draft["id"], as_json=True).json["links"]["labels"] == 1
    assert "1 canonical labels" in ontos("labelset", "delete", draft["id"], fails=1).err
    ontos("label", "undo", sheet.id)
    assert "is deleted" in ontos("labelset", "delete", draft["id"]).out
