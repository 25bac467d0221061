"""From 140 columns on, the picture or the series of an item stands beside it, painted when the keys rest."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from builders.severity import unlabeled_sheet
from harness import open_app
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.tui.stages.label.desk.panes.visual_pane import VisualPane, series_drawing
from ontos_tui.workspace import Workspace

WIDE = (150, 45)


def with_fields(workspace: Workspace, sheet_id: str, *fields: dict[str, Any]) -> None:
    with workspace.store.write() as connection:
        pairs = rows.find(connection, QAPair, equal(training_sheet_id=sheet_id), order_by=["sequence_number"])
        for pair, own in zip(pairs, fields, strict=True):
            rows.change(connection, pair, source_data=own)


async def test_series_are_charts_beside_the_item(home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, pairs=2)
        wave = [round(math.sin(step / 9), 3) for step in range(120)]
        with_fields(workspace, sheet.id, {"torque": 40, "load": wave}, {"torque": 41, "note": "none"})
    async with open_app(home, WIDE, watch=False) as user:
        await user.press("3", "enter")
        await user.sees("load  120 values", "┤", "119")
        await user.press("j")
        await user.until(lambda: not user.app.query_one(VisualPane).display, "an item without a series shows none")
    async with open_app(home, (120, 40), watch=False) as user:
        await user.press("3", "enter")
        await user.sees("torque")
        assert "120 values" not in user.text(), "two panes have no room for it"


async def test_the_picture_stands_beside_the_item(home: Path, tmp_path: Path) -> None:
    gray = np.zeros((64, 64), dtype=np.uint8)
    gray[32:] = 255
    Image.fromarray(gray).save(tmp_path / "whole.png")
    (tmp_path / "shots.csv").write_text("part,shot,heat\nA,whole.png,41.5\nB,,42.5\n")
    with Workspace(home) as workspace:
        address = workspace.data.files.add_file(tmp_path / "shots.csv").address
        sheet = workspace.data.sheets.create_sheet("Shots", address, item_id_column="part", image_columns=["shot"])
        made = unlabeled_sheet(workspace.store, 2, sheet, user_prompt="{{ heat }}")
        with_fields(workspace, made.id, {"shot": "whole.png", "heat": 41.5}, {"shot": None, "heat": 42.5})
    async with open_app(home, WIDE, watch=False) as user:
        await user.press("3", "enter")
        await user.sees("item-1 · shot", "▀▀▀▀▀▀▀▀")
        await user.press("a")
        await user.until(lambda: not user.app.query_one(VisualPane).display, "the next item has no picture")


def test_a_series_is_drawn_whatever_its_values() -> None:
    for values in ([1.0, 1.0, 1.0], [None, math.nan, 2.0, 1e305], [0, -5, 5]):
        drawing = series_drawing(values)
        assert drawing.bottom < drawing.top and math.isfinite(drawing.top - drawing.bottom)
