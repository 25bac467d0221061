"""Canonical labels through real keys: looked at, corrected, restored, given without pairs, taken out and in."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from builders.severity import NONE, unlabeled_sheet
from harness import SIZES, open_app
from ontos_tui.services.canonical.service import CanonicalLabelService
from ontos_tui.workspace import Workspace

PLATES = "id,torque\nP1,41\nP2,42\nP3,43\n"


def a_workspace(home: Path) -> None:
    """Three plates in a file, their sheet, and a published labelset to label them with."""
    path = home.parent / "plates.csv"
    path.write_text(PLATES, encoding="utf-8")
    with Workspace(home) as workspace:
        workspace.data.files.add_file(path)
        sheet = workspace.data.sheets.create_sheet("Plates", "local.files.plates", item_id_column="id")
        training = unlabeled_sheet(workspace.store, 1, sheet)
        created = workspace.label.labelsets.create_from_template(training.template_id)
        workspace.label.labelsets.publish(created.id)


@SIZES
async def test_items_are_labeled_without_pairs_then_corrected_and_restored(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    home = tmp_path / "home"
    a_workspace(home)
    async with open_app(home, size) as user:
        await user.press("3", "c")
        await user.sees("No labels yet", "press n")
        await user.press("n")
        await user.sees("Label the items of which sheet")
        await user.press("enter")
        await user.sees("0/3 decided", "torque")
        await user.press("2", "a", "3", "a", "escape")
        await user.sees("2 canonical labels", "P1", "minor")
        labels = user.app.workspace.label.canonical_labels
        assert {one.item_ref: one.label_data["severity"] for one in labels.find()} == {"P1": "minor", "P2": "major"}
        await user.press("e", "1", "ctrl+s")
        await user.sees("version 2", "Earlier versions")
        await user.press("R", "enter")
        await user.sees("version 3")
        assert labels.find()[0].label_data == {"severity": "minor"}
        await user.press("n", "enter")
        await user.sees("2/3 decided")
        await user.press("1", "a", "escape")
        await user.sees("3 canonical labels", "All items of this list are labeled")


async def test_labels_go_out_and_in_and_what_is_in_use_stays(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        sheet = unlabeled_sheet(workspace.store, 2)
    out = tmp_path / "out.jsonl"
    async with open_app(tmp_path) as user:
        await user.press("3", "enter", "a", "escape", "c")
        await user.sees("1 canonical labels", "used by 1 pairs")
        await user.press("D", "y")
        await user.sees("is used by 1 pairs")
        await user.press("E", "end", "ctrl+u")
        await user.type(str(out))
        await user.press("ctrl+s")
        await user.sees("1 labels written to")
        (line,) = [json.loads(text) for text in out.read_text(encoding="utf-8").splitlines()]
        assert line["label_data"] == {"severity": "minor"}
        line["label_data"] = {"severity": "none"}
        out.write_text(json.dumps(line) + "\n", encoding="utf-8")
        await user.press("I")
        await user.type(str(out))
        await user.press("ctrl+s")
        await user.sees("1 changed", "none")
        out.write_text('{"item_ref": "item-1"}\n', encoding="utf-8")
        await user.press("I")
        await user.type(str(out))
        await user.press("ctrl+s")
        await user.sees("Nothing was imported", "label_type is missing")
        await user.press("slash")
        await user.type("item-9")
        await user.press("ctrl+s")
        await user.sees("No label matches", "with 'item-9'")
        assert user.app.workspace.label.canonical_labels.count() == 1, sheet


async def test_a_label_that_changed_while_a_dialog_was_open_is_not_overwritten(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        unlabeled_sheet(workspace.store, 1)
    async with open_app(tmp_path) as user:
        await user.press("3", "enter", "a", "escape", "c")
        await user.sees("1 canonical label", "minor")
        await user.press("e")
        await user.sees("Label of item-1")
        workspace = user.app.workspace
        labels = CanonicalLabelService(workspace.store, workspace.engines.catalog, "ben")
        (label,) = labels.find()
        await asyncio.to_thread(lambda: labels.edit(label.id, answer=NONE))
        await user.press("3", "ctrl+s")
        await user.sees("ben changed the label of item-1 from minor to none", "version 2")
        sheet = workspace.label.queue.training_sheets()[0].sheet
        pair = workspace.label.queue.pair(workspace.label.queue.open(sheet.id)[0].id)
        assert labels.find()[0].label_data == pair.answer == NONE
