"""The context of an item's numbers, read from its training sheet."""

from __future__ import annotations

import pytest

from builders.severity import MAJOR, MINOR, unlabeled_sheet
from ontos_tui.domain.records.pairs import QAPair, Verdict
from ontos_tui.services.label import value_context
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace


def test_ranges_come_from_the_sheet_and_the_order_from_what_was_labeled(workspace: Workspace) -> None:
    sheet = unlabeled_sheet(workspace.store, pairs=60)
    decisions = workspace.label.queue.decisions
    context = decisions.value_context(sheet.id)
    assert (context.items, context.total) == (60, 60)
    assert context.ranges.keys() == {"torque"}, "a text has no range"
    assert 40 < context.ranges["torque"].low < context.ranges["torque"].high < 101
    assert context.order == ("torque", "note")
    with workspace.store.read() as connection:
        pairs = rows.find(connection, QAPair, equal(training_sheet_id=sheet.id))
    # The note decides here, and the torque does not.
    workspace.label.queue.decide(
        [
            Decision(pair.id, Verdict.EDIT, MAJOR if pair.source_data["note"] == "shift 1" else MINOR)
            for pair in pairs[:40]
        ]
    )
    assert decisions.value_context(sheet.id).order == ("note", "torque")


def test_of_many_items_a_sample_is_read_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = unlabeled_sheet(workspace.store, pairs=60)
    monkeypatch.setattr(value_context, "SAMPLE", 20)
    decisions = workspace.label.queue.decisions
    context = decisions.value_context(sheet.id)
    assert (context.items, context.total) == (20, 60)
    assert decisions.value_context(sheet.id) is context


def test_an_empty_sheet_has_no_context(workspace: Workspace) -> None:
    sheet = unlabeled_sheet(workspace.store, pairs=0)
    context = workspace.label.queue.decisions.value_context(sheet.id)
    assert (context.ranges, context.order, context.items) == ({}, (), 0)
