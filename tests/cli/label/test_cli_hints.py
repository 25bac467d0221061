"""Hints by commands: found, shown, dismissed, taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_result import Ontos
from labeled import add_pairs, change_pair, make_sheet, part
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.workspace import Workspace


@pytest.fixture
def sheet(home: Path) -> TrainingSheet:
    """120 labeled parts, one of them wrongly, and two open twins of the first with hostile notes."""
    with Workspace(home) as workspace:
        made = make_sheet(workspace.store, 120)
        change_pair(workspace.store, made, "P0042", answer={"defect": "none", "severe": False})
        twin = {**part(0), "note": "\x1b[31m"}
        columns = {"status": PairStatus.UNLABELED, "answer": None, "source_data": twin}
        add_pairs(workspace.store, made, range(120, 122), **columns)
        return made


def test_hints_are_found_and_told_with_their_reasons(ontos: Ontos, sheet: TrainingSheet) -> None:
    told = ontos("label", "hints", "Defects").out
    assert "suspect: 1 pair, by 5-fold cross-validated extra trees" in told
    assert "P0042" in told
    assert "models trained without it say crack" in told
    report = ontos("label", "hints", "Defects", "--kind", "unsure", as_json=True).json
    assert report["counts"] == {"unsure": 2}
    assert report["made_by"]["unsure"].startswith("5-fold cross-validated")
    shown = ontos("label", "hints", "Defects", "--show", as_json=True).json
    assert shown["counts"] == {"unsure": 2, "suspect": 1, "disagreed": 0, "duplicate": shown["counts"]["duplicate"]}
    assert shown["top"]["suspect"][0]["item_ref"] == "P0042"
    assert "the first 2" in ontos("label", "hints", "Defects", "--show", "--kind", "unsure").out


def test_what_cannot_be_made_says_why(ontos: Ontos, home: Path) -> None:
    with Workspace(home) as workspace:
        make_sheet(workspace.store, 6)
    told = ontos("label", "hints", "Defects", "--kind", "suspect").out
    assert "no suspect: There are too few labels of defect" in told
    assert "No hints hold." in told


def test_groups_show_the_twins(ontos: Ontos, sheet: TrainingSheet) -> None:
    assert "No near-duplicates are known" in ontos("label", "groups", "Defects").out
    ontos("label", "hints", "Defects", "--kind", "duplicate")
    groups = ontos("label", "groups", "Defects", as_json=True).json
    twins = next(group for group in groups if len(group["undecided"]) == 2)
    assert {"P0000", "P0120", "P0121"} <= {member["item_ref"] for member in twins["members"]}
    assert "\x1b" not in ontos("label", "groups", "Defects").out


def test_hints_are_dismissed_and_taken_away(ontos: Ontos, sheet: TrainingSheet) -> None:
    ontos("label", "hints", "Defects")
    pair = ontos("label", "hints", "Defects", "--show", as_json=True).json["top"]["suspect"][0]["pair_id"]
    assert "P0042: no longer suspect" in ontos("label", "dismiss-hint", pair, "suspect", "--reason", "it is so").out
    assert "no hint of the kind suspect" in ontos("label", "dismiss-hint", pair, "suspect", fails=1).err
    assert ontos("label", "hints", "Defects", "--kind", "suspect", as_json=True).json["counts"] == {"suspect": 0}
    assert ontos("label", "clear-hints", "Defects", "--kind", "unsure", as_json=True).json == {"cleared": 2}
    ontos("label", "clear-hints", "Defects")
    assert "No hints hold." in ontos("label", "hints", "Defects", "--show").out


def test_a_job_does_it_in_the_background(ontos: Ontos, sheet: TrainingSheet) -> None:
    result = ontos("label", "hints", "Defects", "--kind", "suspect", "--job", "--wait", as_json=True).json
    assert result["counts"] == {"suspect": 1}
