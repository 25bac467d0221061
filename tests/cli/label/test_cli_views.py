"""Saved views by commands: made, listed, labeled from, deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.severity import unlabeled_sheet
from command_result import Ontos
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.services.label.queue import QueueSort
from ontos_tui.workspace import Workspace


@pytest.fixture
def sheet(home: Path) -> TrainingSheet:
    """Twelve open pairs."""
    with Workspace(home) as workspace:
        return unlabeled_sheet(workspace.store, 12)


def test_a_view_is_saved_listed_labeled_from_and_deleted(ontos: Ontos, sheet: TrainingSheet) -> None:
    assert "No saved views" in ontos("label", "views", sheet.id).out
    output = ontos("label", "save-view", sheet.id, "night", "--text", "shift 1", "--sort", "oldest").out
    assert output == "night: text shift 1; oldest\n"
    (listed,) = ontos("label", "views", sheet.id, as_json=True).json
    assert (listed["name"], listed["sort"], listed["filter"]["text"]) == ("night", "oldest", "shift 1")
    pairs = ontos("label", "next", sheet.id, "--view", "night", "--count", "3", as_json=True).json
    assert [pair["item_ref"] for pair in pairs] == ["item-1", "item-4", "item-7"]
    ontos("label", "decide", pairs[0]["id"], "approve")
    assert "── item-4" in ontos("label", "next", sheet.id, "--view", "night").out
    ontos("label", "delete-view", sheet.id, "night")
    assert "no saved view 'night'" in ontos("label", "next", sheet.id, "--view", "night", fails=1).err


def test_the_next_ones_like_an_item(ontos: Ontos, sheet: TrainingSheet) -> None:
    pairs = ontos("label", "next", sheet.id, "--like", "item-5", "--count", "3", as_json=True).json
    assert pairs[0]["item_ref"] == "item-5"
    assert {pair["item_ref"] for pair in pairs[1:]} == {"item-4", "item-6"}
    ontos("label", "save-view", sheet.id, "fives", "--like", "item-5", "--label", "severity=minor", "--below", "0.8")
    output = ontos("label", "views", sheet.id).out
    assert "label severity=minor, below 0.8, like item-5" in output
    assert "similar" in output
    assert "No item 'nothing'" in ontos("label", "next", sheet.id, "--like", "nothing", fails=1).err


def test_what_makes_no_view_is_refused(ontos: Ontos, sheet: TrainingSheet) -> None:
    assert "'odd' is not a sort order" in ontos("label", "save-view", sheet.id, "x", "--sort", "odd", fails=1).err
    assert "No item to compare with" in ontos("label", "save-view", sheet.id, "x", "--sort", "similar", fails=1).err
    assert "is not FIELD=VALUE" in ontos("label", "save-view", sheet.id, "x", "--label", "minor", fails=1).err
    assert "\x1b" not in ontos("label", "save-view", sheet.id, "x\x1b[31m").out


def test_every_order_can_be_named() -> None:
    from ontos_tui.cli.label.saved_views import SORTS

    assert list(SORTS) == [sort.value for sort in QueueSort]
