"""Gaps, tasks, bulk feedback and the curve by commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.defects import add_pairs, labeled_sheet
from command_result import Ontos
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.serving import Origin
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.workspace import Workspace


def train(workspace: Workspace, sheet: TrainingSheet, job_id: str) -> None:
    params = {"training_sheet_id": sheet.id, "base_model": "nearest", "name": "defects"}
    workspace.train.models.run(params, job_id, NoProgress())


@pytest.fixture
def sheet(home: Path) -> TrainingSheet:
    """A served model that is wrong about the south, with undecided pairs of both lines."""
    with Workspace(home) as workspace:
        created = labeled_sheet(workspace.store, 0)
        add_pairs(workspace.store, created, range(1, 121, 2))
        add_pairs(workspace.store, created, range(301, 361, 2), allowed_uses=["evaluation"])
        add_pairs(workspace.store, created, range(400, 460, 2), {"defect": "none"}, allowed_uses=["evaluation"])
        add_pairs(workspace.store, created, range(500, 560), status=PairStatus.UNLABELED)
        train(workspace, created, "j1")
        workspace.deploy.endpoints.deploy("defects", "live")
        return created


def test_from_a_gap_to_the_pairs_that_close_it(ontos: Ontos, sheet: TrainingSheet) -> None:
    assert "Find some: `ontos gaps analyze`" in ontos("gaps", "list").out
    output = ontos("gaps", "analyze").out
    assert "defects v1: " in output and "line = south" in output and "No request has been answered yet." in output
    assert "severity by the share of the examined rows" in output
    listed = ontos("gaps", "list", "--kind", "capability", as_json=True).json
    (gap,) = [one for one in listed if "line = south" in one["description"]]
    assert ontos("gaps", "analyze", "defects", as_json=True).json["new"] == []
    ontos("gaps", "update", gap["id"][:8], "--severity", "low", "--action", "ask Bo", "--note", "it is known")
    shown = ontos("gaps", "show", gap["id"][:8]).out
    assert "ask Bo" in shown and "it is known" in shown and "rule of thumb" in shown
    created = ontos(
        "gaps", "task", gap["id"], "--target", 4, "--assignee", "bo", "--due", "2027-01-31", as_json=True
    ).json
    assert (created["task"]["status"], created["task"]["due_date"], created["items"]) == ("assigned", "2027-01-31", 4)
    task = created["task"]["id"]
    assert "0/4" in ontos("tasks", "list", "--assignee", "bo").out
    pairs = ontos("tasks", "open", task, as_json=True).json["pairs"]
    assert len(pairs) == 4
    ontos("label", "decide", pairs[0]["id"], "edit", "--answer", '{"defect": "none"}')
    assert len(ontos("tasks", "open", task, as_json=True).json["pairs"]) == 3
    assert "Next: ontos label decide" in ontos("tasks", "open", task).out
    assert "in_progress" in ontos("tasks", "show", task[:8]).out
    ontos("tasks", "assign", task, "cy")
    ontos("tasks", "update", task, "--priority", "urgent", "--target", "1")
    assert "review" in ontos("tasks", "show", task).out
    assert "completed" in ontos("tasks", "update", task, "--status", "completed").out
    assert "cannot become pending" in ontos("tasks", "update", task, "--status", "pending", fails=1).err


def test_what_cannot_be_is_shown(ontos: Ontos, sheet: TrainingSheet) -> None:
    ontos("gaps", "show", "nothing", fails=1)
    ontos("gaps", "analyze", "nothing", fails=1)
    ontos("tasks", "open", "nothing", fails=1)
    ontos("gaps", "analyze")
    gap = ontos("gaps", "list", as_json=True).json[0]["id"]
    assert "not a valid date" in ontos("gaps", "task", gap, "--due", "tomorrow", fails=1).err
    assert "nothing to change" in ontos("gaps", "update", gap, fails=1).err
    ontos("gaps", "update", gap, "--severity", "worst", fails=2)


def test_without_a_model_there_is_nothing_to_analyze(ontos: Ontos) -> None:
    assert "No model yet" in ontos("gaps", "analyze").out
    assert "No tasks" in ontos("tasks", "list").out


def test_feedback_is_filtered_flagged_and_converted_in_bulk(ontos: Ontos, sheet: TrainingSheet, home: Path) -> None:
    with Workspace(home) as workspace:
        fields = workspace.deploy.endpoints.sample_input("live")
        for rating in (1, 1, 3, 5):
            (record,) = workspace.deploy.endpoints.query("live", [fields], origin=Origin.CLI)
            correction = {"defect": "none"} if rating == 1 else None
            workspace.improve.feedback.add_feedback(record.request_id, rating, "\x1b[31mred", correction)
    assert len(ontos("feedback", "list", "--rating", 1, as_json=True).json) == 2
    output = ontos("feedback", "list", "--rating", 1, "--rating", 5).out
    assert "\x1b" not in output and output.count("live") == 3
    first = ontos("feedback", "list", "--corrected", as_json=True).json[0]["id"]
    assert "1 piece of feedback flagged" in ontos("feedback", "flag", first[:8]).out
    assert [one["id"] for one in ontos("feedback", "list", "--flagged", as_json=True).json] == [first]
    assert "No such feedback" in ontos("feedback", "list", "--text", "green").out
    assert "share of good  25 %" in ontos("feedback", "stats", "live").out
    assert "convert: 2 pieces of feedback" in ontos("feedback", "bulk-convert", "--rating", 1).out
    assert "converted" in ontos("feedback", "show", first).out
    assert "dismiss: 1 piece of feedback" in ontos("feedback", "bulk-dismiss", "live", "--rating", 3).out
    assert "flag: 1 piece of feedback" in ontos("feedback", "bulk-flag").out


def test_the_curve_shows_every_version_on_the_same_pairs(ontos: Ontos, sheet: TrainingSheet, home: Path) -> None:
    with Workspace(home) as workspace:
        add_pairs(workspace.store, sheet, range(600, 700, 2), {"defect": "none"})
        train(workspace, sheet, "j2")
    output = ontos("improve", "curve", "defects").out.splitlines()
    assert output[0] == "defects: defect, accuracy, from 0 to 1"
    assert output[1].startswith("all on the same 60 held-out pairs")
    one, two = output[2:]
    assert one.startswith("v1") and two.startswith("v2")
    assert all(mark in one for mark in ("├", "●", "┤", "95 %", "n 60"))
    assert one.index("●") < two.index("●")


def test_what_the_web_version_stored_is_imported(ontos: Ontos, sheet: TrainingSheet, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    gap = '{"gap_id": "g-1", "gap_type": "coverage", "severity": "low", "description": "few", "model_name": "defects"}'
    (folder / "identified_gaps.jsonl").write_text(gap)
    assert "identified_gaps.jsonl: 1 created" in ontos("import", "old-web", folder).out
    assert "1 unchanged" in ontos("import-old-web", folder).out
    assert "few" in ontos("gaps", "show", "g-1").out
    (folder / "annotation_tasks.jsonl").write_text('{"task_id": "t", "source_gap_id": "x", "title": "\\u001b[2J"}')
    failed = ontos("import", "old-web", folder, fails=1)
    assert "line 1: no gap 'x'" in failed.out and "\x1b" not in failed.out
