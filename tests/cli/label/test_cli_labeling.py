"""Labeling jobs by commands: one leads, others label and review, each under a name of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders.labelers import parts_sheet, published_labelset
from builders.severity import MAJOR, MINOR, unlabeled_sheet
from command_result import Ontos, Result
from ontos_tui.domain.records.pairs import CanonicalLabel, TrainingSheet
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace
from tiers import deep


@pytest.fixture
def sheet(home: Path) -> TrainingSheet:
    """A training sheet with 5 open pairs, each proposed to be minor."""
    with Workspace(home) as workspace:
        return unlabeled_sheet(workspace.store, 5)


class Team:
    """The command line, used by several people."""

    def __init__(self, ontos: Ontos, patch: pytest.MonkeyPatch) -> None:
        self._ontos = ontos
        self._patch = patch

    def as_(self, name: str, *words: object, as_json: bool = True, fails: int = 0) -> Result:
        """Run `ontos labeling …` as that person."""
        self._patch.setenv("ONTOS_ACTOR", name)
        return self._ontos("labeling", *words, as_json=as_json, fails=fails)


@pytest.fixture
def team(ontos: Ontos, monkeypatch: pytest.MonkeyPatch) -> Team:
    return Team(ontos, monkeypatch)


def test_from_a_draft_to_labels(team: Team, ontos: Ontos, sheet: TrainingSheet) -> None:
    created = team.as_("ana", "create", "Marks", "--training-sheet", sheet.id[:8], "--batch-size", 3, "--review",
                    "--instructions", "look at \x1b[31m edges").json  # fmt: skip
    assert (created["job"]["status"], created["job"]["total_items"], created["tasks"]) == ("draft", 5, {"pending": 2})
    team.as_("bo", "claim", "Marks", fails=1)
    team.as_("ana", "activate", "Marks")
    task = team.as_("bo", "claim", "Marks").json
    assert (task["assignee"], task["number"], task["counts"]["unlabeled"]) == ("bo", 1, 3)
    assert [one["task"]["id"] for one in team.as_("bo", "mine").json] == [task["id"]]
    items = team.as_("bo", "next", task["id"][:8], "--count", 9).json
    assert [item["item_ref"] for item in items] == ["item-1", "item-2", "item-3"]
    assert items[0]["proposal"] == MINOR
    assert "gold_answer" not in items[0]
    assert "is assigned to bo" in team.as_("cy", "decide", items[0]["id"], "approve", fails=1).err
    done = team.as_("bo", "decide", items[0]["id"][:8], "approve", as_json=False).out
    assert done == "approved item-1\n"
    team.as_("bo", "decide", items[1]["id"], "edit", "--answer", json.dumps(MAJOR), "--notes", "deep")
    assert "not decided yet" in team.as_("bo", "submit", task["id"], fails=1).err
    assert "needs a reason" in team.as_("bo", "decide", items[2]["id"], "reject", fails=1).err
    team.as_("bo", "decide", items[2]["id"], "reject", "--reason", "blurred")
    assert team.as_("bo", "undo", task["id"]).json["pairs"][0]["status"] == "unlabeled"
    team.as_("bo", "decide", items[2]["id"], "reject", "--reason", "out of focus")
    assert team.as_("bo", "submit", task["id"]).json["status"] == "submitted"
    assert "is your own" in team.as_("bo", "review", task["id"], "approve", fails=1).err
    assert "needs a reason" in team.as_("ana", "review", task["id"], "rework", fails=1).err
    assert team.as_("ana", "review", task["id"], "rework", "--notes", "edges").json["assignee"] == "bo"
    team.as_("bo", "submit", task["id"])
    assert team.as_("ana", "review", task["id"], "approve").json["status"] == "approved"
    shown = team.as_("ana", "show", "Marks").json
    assert shown["labels"] == 2
    assert [one["task"]["status"] for one in shown["labeling_tasks"]] == ["approved", "pending"]
    output = team.as_("ana", "show", "Marks", as_json=False).out
    assert "3 of 5" in output
    assert "1.1" in output
    assert "\x1b" not in output
    (listed,) = team.as_("ana", "list").json
    assert (listed["decided"], listed["total"], listed["tasks"]) == (3, 5, {"approved": 1, "pending": 1})
    assert "active" in team.as_("ana", "list", as_json=False).out
    assert ontos("label", "stats", as_json=True).json[0]["counts"]["labeled"] == 2


def test_tasks_are_given_released_and_ended(team: Team, sheet: TrainingSheet) -> None:
    team.as_("ana", "create", "Marks", "--training-sheet", sheet.name, "--batch-size", 2)
    team.as_("ana", "activate", "Marks")
    tasks = [one["task"]["id"] for one in team.as_("ana", "show", "Marks").json["labeling_tasks"]]
    assert team.as_("ana", "assign", tasks[2], "cy").json["lease_until"] is None
    team.as_("ana", "prioritize", tasks[1], "urgent", "--due", "2030-01-31")
    claimed = team.as_("bo", "claim", "Marks").json
    assert (claimed["id"], claimed["due_date"]) == (tasks[1], "2030-01-31")
    assert "is assigned to bo, not to you" in team.as_("cy", "release", tasks[1], fails=1).err
    assert team.as_("bo", "release", tasks[1][:8]).json["status"] == "pending"
    assert team.as_("bo", "mine").json == []
    assert "You have no tasks" in team.as_("bo", "mine", as_json=False).out
    assert "cy" in team.as_("cy", "mine", as_json=False).out
    assert "Marks is paused" in team.as_("ana", "pause", "Marks", as_json=False).out
    assert "is paused" in team.as_("bo", "claim", "Marks", fails=1).err
    assert "3 tasks of 'Marks' are not finished" in team.as_("ana", "complete", "Marks", fails=1).err
    assert team.as_("ana", "complete", "Marks", "--force").json["status"] == "completed"
    assert team.as_("ana", "archive", "Marks").json["status"] == "archived"
    assert team.as_("ana", "list").json == []
    assert "Only a draft can be deleted" in team.as_("ana", "delete", "Marks", fails=1).err
    team.as_("ana", "create", "Again", "--training-sheet", sheet.name, "--limit", 1)
    assert "Again is deleted" in team.as_("ana", "delete", "Again", as_json=False).out
    assert len(team.as_("ana", "list", "--archived").json) == 1


def test_a_hidden_proposal_and_a_known_truth_stay_hidden(team: Team, home: Path, sheet: TrainingSheet) -> None:
    with Workspace(home) as workspace, workspace.store.write() as connection:
        columns = {"sheet_id": sheet.sheet_id, "item_ref": "item-5", "label_type": "severity"}
        rows.add(connection, CanonicalLabel(**columns, label_data=MAJOR, source="ground_truth"))
    options = ("--blind", 1, "--gold", 0.1)
    team.as_("ana", "create", "Marks", "--training-sheet", sheet.id, *options)
    team.as_("ana", "activate", "Marks")
    task = team.as_("bo", "claim", "Marks").json["id"]
    result = team.as_("bo", "next", task, "--count", 9)
    assert len(result.json) == 5
    assert "major" not in result.out
    assert "minor" not in result.out
    first, second = result.json[:2]
    assert (first["blind"], first["proposal"], first["confidence"], first["certainty"]) == (True, None, None, "")
    assert "the proposal is hidden" in team.as_("bo", "next", task, as_json=False).out
    assert "nothing to approve" in team.as_("bo", "decide", first["id"], "approve", fails=1).err
    (decided,) = team.as_("bo", "decide", first["id"], "edit", "--answer", json.dumps(MINOR)).json["pairs"]
    assert (decided["was_blind"], decided["proposal"]) == (True, MINOR)
    assert "gold_answer" not in decided
    (rejected,) = team.as_("bo", "decide", second["id"], "reject", "--reason", "x").json["pairs"]
    assert rejected["was_blind"] is True


def test_a_sheet_with_a_labelset_and_a_list_of_ones_own(team: Team, home: Path, tmp_path: Path) -> None:
    with Workspace(home) as workspace:
        parts_sheet(workspace.store, tmp_path, 4)
        published_labelset(workspace.store)
    own = team.as_("ana", "own", "parts", "Severity", "--limit", 2).json
    (item,) = team.as_("ana", "next", own["id"]).json
    team.as_("ana", "decide", item["id"], "edit", "--answer", json.dumps(MINOR))
    assert team.as_("ana", "own", "parts", "Severity").json["id"] == own["id"]
    with Workspace(home) as workspace:
        assert [label.item_ref for label in workspace.label.canonical_labels.find()] == ["p1"]
    team.as_("ana", "create", "Parts", "--sheet", "parts", "--labelset", "Severity", "--overlap", 2)
    shown = team.as_("ana", "show", "Parts").json
    assert (shown["job"]["total_items"], shown["total"], shown["labelset"]["name"]) == (3, 6, "Severity")
    assert "a sheet and a labelset" in team.as_("ana", "create", "Less", "--sheet", "parts", fails=1).err
    again = team.as_("ana", "create", "All", "--sheet", "parts", "--labelset", "Severity", "--again").json
    assert again["job"]["total_items"] == 4


def test_wrong_usage_is_shown(team: Team, sheet: TrainingSheet) -> None:
    assert "No labeling job" in team.as_("ana", "show", "nowhere", fails=1).err
    team.as_("ana", "create", "Marks", "--training-sheet", sheet.id, "--overlap", 0, fails=2)
    team.as_("ana", "create", "Marks", fails=1)
    assert "ONTOS_ACTOR" in team.as_("ana", "--help", as_json=False).out


@deep  # tests/services/label has processes that share a job in any case
def test_processes_that_claim_at_once_get_a_task_each(team: Team, home: Path, sheet: TrainingSheet) -> None:
    team.as_("ana", "create", "Marks", "--training-sheet", sheet.id, "--batch-size", 2)
    team.as_("ana", "activate", "Marks")
    command = [sys.executable, "-m", "ontos_tui", "--home", str(home), "labeling", "claim", "Marks", "--json"]
    names = ("bo", "cy", "di", "ed")
    started = [
        subprocess.Popen(command, env={**os.environ, "ONTOS_ACTOR": name}, stdout=subprocess.PIPE, text=True)
        for name in names
    ]
    got = [json.loads(process.communicate(timeout=120)[0]) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    assert got.count(None) == 1, "there are three tasks"
    claimed = {task["number"]: task["assignee"] for task in got if task is not None}
    assert sorted(claimed) == [1, 2, 3]
    assert len(set(claimed.values())) == 3
    shown = team.as_("ana", "show", "Marks").json
    assert {one["task"]["number"]: one["task"]["assignee"] for one in shown["labeling_tasks"]} == claimed
