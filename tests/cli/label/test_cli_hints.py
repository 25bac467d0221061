"""Hints by commands: found, shown, dismissed, taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.defects import add_pairs, change_pair, labeled_sheet, part
from command_result import Ontos
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.workspace import Workspace


@pytest.fixture
def sheet(home: Path) -> TrainingSheet:
    """120 labeled parts, one of them wrongly, and two open twins of the first with hostile notes."""
    with Workspace(home) as workspace:
        created = labeled_sheet(workspace.store, 120)
        change_pair(workspace.store, created, "P0042", answer={"defect": "none", "severe": False})
        twin = {**part(0), "note": "\x1b[31m"}
        columns = {"status": PairStatus.UNLABELED, "answer": None, "source_data": twin}
        add_pairs(workspace.store, created, range(120, 122), **columns)
        return created


def test_hints_are_listed_and_shown_with_their_reasons(ontos: Ontos, sheet: TrainingSheet) -> None:
    output = ontos("label", "hints", "Defects").out
    assert "suspect: 1 pair, by 5-fold cross-validated extra trees" in output
    assert "P0042" in output
    assert "models trained without it say crack" in output
    report = ontos("label", "hints", "Defects", "--kind", "unsure", as_json=True).json
    assert report["counts"] == {"unsure": 2}
    assert report["engines"]["unsure"].startswith("5-fold cross-validated")
    shown = ontos("label", "hints", "Defects", "--show", as_json=True).json
    assert shown["counts"] == {"unsure": 2, "suspect": 1, "disagreed": 0, "duplicate": shown["counts"]["duplicate"]}
    assert next(hint for hint in shown["hints"] if hint["kind"] == "suspect")["item_ref"] == "P0042"
    assert "the first 2" in ontos("label", "hints", "Defects", "--show", "--kind", "unsure").out


def test_what_cannot_be_made_says_why(ontos: Ontos, home: Path) -> None:
    with Workspace(home) as workspace:
        labeled_sheet(workspace.store, 6)
    output = ontos("label", "hints", "Defects", "--kind", "suspect").out
    assert "no suspect: There are too few labels of defect" in output
    assert "No hints." in output


def test_groups_show_the_twins(ontos: Ontos, sheet: TrainingSheet) -> None:
    assert "No near-duplicates." in ontos("label", "groups", "Defects").out
    ontos("label", "hints", "Defects", "--kind", "duplicate")
    groups = ontos("label", "groups", "Defects", as_json=True).json
    twins = next(group for group in groups if len(group["undecided"]) == 2)
    assert {"P0000", "P0120", "P0121"} <= {member["item_ref"] for member in twins["members"]}
    assert "\x1b" not in ontos("label", "groups", "Defects").out


def test_hints_are_dismissed_and_removed(ontos: Ontos, sheet: TrainingSheet) -> None:
    ontos("label", "hints", "Defects")
    pair = ontos("label", "hints", "Defects", "--show", "--kind", "suspect", as_json=True).json["hints"][0]["pair_id"]
    assert "P0042: no longer suspect" in ontos("label", "dismiss-hint", pair, "suspect", "--reason", "it is so").out
    assert "has no suspect hint" in ontos("label", "dismiss-hint", pair, "suspect", fails=1).err
    assert ontos("label", "hints", "Defects", "--kind", "suspect", as_json=True).json["counts"] == {"suspect": 0}
    assert ontos("label", "clear-hints", "Defects", "--kind", "unsure", as_json=True).json == {"cleared": 2}
    ontos("label", "clear-hints", "Defects")
    assert "No hints." in ontos("label", "hints", "Defects", "--show").out


def test_a_job_does_it_in_the_background(ontos: Ontos, sheet: TrainingSheet) -> None:
    result = ontos("label", "hints", "Defects", "--kind", "suspect", "--job", "--wait", as_json=True).json
    assert (result["kind"], result["status"]) == ("hints", "succeeded")
