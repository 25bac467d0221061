"""Sheets of before, whose items are named by the place of their row: they get names by content, or are named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from builders.plates import PLATES, generate, label, name_by_position, pairs_of, plates_sheet, write_plates
from ontos_tui.domain.records.data import ItemIdentity, Sheet
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, QAPair, TrainingSheet
from ontos_tui.domain.rules.source_changes import SourceChangedError
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.admin.doctor import examine
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace


def an_old_workspace(home: Path, names: list[str] | None = None, **options: Any) -> tuple[Sheet, TrainingSheet]:
    """Five plates by position, of which the second is labeled as good and is a must-pass case; the fourth as bad."""
    with Workspace(home) as workspace:
        sheet, _ = plates_sheet(workspace, write_plates(home.parent / "plates.csv"), **options)
        training_sheet = generate(workspace)
        pairs = pairs_of(workspace, training_sheet)
        label(workspace, pairs[1])
        workspace.deploy.cases.add(pairs[1].id)
        if len(pairs) > 3:
            label(workspace, pairs[3], passed=False)
        name_by_position(workspace, sheet, names or [str(number) for number in range(1, len(pairs) + 1)])
    return sheet, training_sheet


def in_store(workspace: Workspace, sheet: Sheet) -> Sheet:
    with workspace.store.read() as connection:
        return rows.get(connection, Sheet, sheet.id)


def labels(workspace: Workspace) -> dict[str, Any]:
    with workspace.store.read() as connection:
        return {one.item_ref: one.label_data["passed"] for one in rows.find(connection, CanonicalLabel)}


def item_finding(home: Path) -> str:
    with Workspace(home) as workspace:
        return next((one.message for one in examine(home, lambda: workspace.store) if one.name == "item names"), "")


def test_names_become_names_by_content_and_all_that_is_known_of_an_item_stays_together(home: Path) -> None:
    sheet, training_sheet = an_old_workspace(home)
    assert "'plates' (5)" in item_finding(home)
    with Workspace(home) as workspace:
        before = pairs_of(workspace, training_sheet)
        assert [pair.item_ref for pair in before] == ["1", "2", "3", "4", "5"]
        items = workspace.data.sheets.sheet_page(sheet.id).items
        pairs = pairs_of(workspace, training_sheet)
        assert [pair.item_ref for pair in pairs] == [item.ref for item in items]
        assert pairs[3].item_ref == f"{pairs[0].item_ref}#2"
        assert [pair.model_copy(update={"item_ref": ""}) for pair in pairs] == [
            pair.model_copy(update={"item_ref": ""}) for pair in before
        ]
        assert labels(workspace) == {pairs[1].item_ref: True, pairs[3].item_ref: False}
        assert [case.item_ref for case in workspace.deploy.cases.cases()] == [pairs[1].item_ref]
        assert in_store(workspace, sheet).identity is ItemIdentity.CONTENT
        with workspace.store.read() as connection:
            (event,) = rows.find(connection, Event, equal(action="name_by_content"))
        assert event.after is not None
        assert (event.entity_id, event.after["renamed"], event.after["left"]) == (sheet.id, 5, 0)
        # The same file with its rows in another order: nothing to do, and no label has moved.
        write_plates(home.parent / "plates.csv", PLATES[::-1])
        generate(workspace)
        assert pairs_of(workspace, training_sheet) == pairs
        workspace.label.queue.undo(training_sheet.id)
        assert pairs_of(workspace, training_sheet)[3].status is PairStatus.UNLABELED
        assert labels(workspace) == {pairs[1].item_ref: True}
    assert item_finding(home) == ""


def test_a_file_that_has_changed_since_leaves_the_names_and_is_named(home: Path) -> None:
    sheet, _ = an_old_workspace(home)
    path = home.parent / "plates.csv"
    moment = path.stat().st_mtime_ns
    write_plates(path, PLATES[::-1])
    with Workspace(home) as workspace:
        items = workspace.data.sheets.sheet_page(sheet.id).items
        assert {item.ref for item in items}.isdisjoint({"1", "2", "3", "4", "5"})
        assert labels(workspace) == {"2": True, "4": False}
        with pytest.raises(SourceChangedError, match=r"5 new .*5 gone ") as caught:
            generate(workspace)
        assert caught.value.changes.gone.refs == ["1", "2", "3", "4", "5"]
        assert in_store(workspace, sheet).identity is ItemIdentity.POSITION
        edited = workspace.data.sheets.edit_sheet(sheet.id, description="looked at")
        assert edited.identity is ItemIdentity.POSITION
    assert "'plates' (5)" in item_finding(home)
    # The file as it was: its moment is part of what it is known by, and the sheet has been checked with another since.
    write_plates(path)
    os.utime(path, ns=(moment, moment))
    with Workspace(home) as workspace, workspace.store.write() as connection:
        rows.change(connection, rows.get(connection, Sheet, sheet.id), source_fingerprint=sheet.source_fingerprint)
    with Workspace(home) as workspace:
        items = workspace.data.sheets.sheet_page(sheet.id).items
        assert labels(workspace) == {items[1].ref: True, items[3].ref: False}


def test_a_pair_whose_row_is_another_one_keeps_its_name_and_what_is_sure_does_not(home: Path) -> None:
    sheet, training_sheet = an_old_workspace(home)
    with Workspace(home) as workspace:
        third = pairs_of(workspace, training_sheet)[2]
        with workspace.store.write() as connection:
            rows.change(connection, third, source_data={"kind": "steel", "torque": 99.0})
            label_alone = CanonicalLabel(
                sheet_id=sheet.id, item_ref="5", label_type="alone", label_data={"passed": True}
            )
            rows.add(connection, label_alone)
            connection.execute("DELETE FROM qa_pairs WHERE item_ref = '5'")
    for _ in range(2):  # and the second time nothing is tried again
        with Workspace(home) as workspace:
            items = workspace.data.sheets.sheet_page(sheet.id).items
            refs = [pair.item_ref for pair in pairs_of(workspace, training_sheet)]
            assert refs == [items[0].ref, items[1].ref, "3", items[3].ref]
            assert labels(workspace) == {items[1].ref: True, items[3].ref: False, "5": True}
            assert in_store(workspace, sheet).identity is ItemIdentity.POSITION
            with workspace.store.read() as connection:
                assert len(rows.find(connection, Event, equal(action="name_by_content"))) == 1
    assert "'plates' (2)" in item_finding(home)


def test_what_is_read_otherwise_today_says_nothing_about_a_row(home: Path) -> None:
    _, training_sheet = an_old_workspace(home)
    with Workspace(home) as workspace, workspace.store.write() as connection:
        for pair in rows.find(connection, QAPair):
            texts = {"kind": f" {pair.source_data['kind']}", "torque": str(pair.source_data["torque"])}
            rows.change(connection, pair, source_data=texts)
    with Workspace(home) as workspace:
        assert workspace.engines.catalog.tables()
        assert all(len(pair.item_ref) >= 16 for pair in pairs_of(workspace, training_sheet))


def test_windows_without_an_order_too(home: Path) -> None:
    options = {"window_size": 2, "window_step": 2}
    sheet, training_sheet = an_old_workspace(home, ["1", "3"], **options)
    with Workspace(home) as workspace:
        items = workspace.data.sheets.sheet_page(sheet.id).items
        assert [pair.item_ref for pair in pairs_of(workspace, training_sheet)] == [item.ref for item in items]
        assert labels(workspace) == {items[1].ref: True}
        assert in_store(workspace, sheet).identity is ItemIdentity.CONTENT
