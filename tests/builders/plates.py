"""A file of plates without an id column, a sheet over it, its pairs, and a workspace as releases before wrote it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ontos_tui.domain.records.data import ItemIdentity, Sheet
from ontos_tui.domain.records.pairs import GenerationMode, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.records.template import Template
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

PASSED = {
    "type": "object",
    "properties": {"passed": {"type": "boolean"}},
    "required": ["passed"],
    "additionalProperties": False,
}
PLATES = [("steel", "41.5"), ("brass", "38.0"), ("steel", "12.25"), ("steel", "41.5"), ("zinc", "40.0")]
"""Material and torque; the first and the fourth are equal."""


def write_plates(
    path: Path, plates: Sequence[Sequence[str]] = PLATES, names: Sequence[str] = ("kind", "torque")
) -> Path:
    """A CSV file of plates."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *plates])
    return path


def plates_sheet(workspace: Workspace, path: Path, name: str = "plates", **options: Any) -> tuple[Sheet, Template]:
    """A sheet over a file, and a template of the same name for it."""
    address = workspace.data.files.add_file(path).address
    sheet = workspace.data.sheets.create_sheet(name, address, **options)
    fields = {"name": name, "label_type": "quality", "user_prompt": "Passed?", "output_schema": PASSED}
    return sheet, workspace.generate.templates.create(**fields)


def generate(workspace: Workspace, name: str = "plates", **more: Any) -> TrainingSheet:
    """The pairs of the sheet, to be labeled by hand."""
    return workspace.generate.generation.generate(name, name, GenerationMode.MANUAL, **more).training_sheet


def pairs_of(workspace: Workspace, sheet: TrainingSheet) -> list[QAPair]:
    """The pairs in their order."""
    with workspace.store.read() as connection:
        return rows.find(connection, QAPair, equal(training_sheet_id=sheet.id), order_by=("sequence_number",))


def label(workspace: Workspace, pair: QAPair, *, passed: bool = True) -> None:
    """Decide a pair; its item gets a canonical label."""
    workspace.label.queue.decide([Decision(pair.id, Verdict.EDIT, {"passed": passed})])


def name_by_position(workspace: Workspace, sheet: Sheet, names: Sequence[str]) -> None:
    """Call the sheet's items by these names instead, in the order of their pairs, as releases before did."""
    tables = ("qa_pairs", "canonical_labels", "labeling_items", "must_pass_cases")
    with workspace.store.write() as connection:
        sql = "SELECT DISTINCT item_ref FROM qa_pairs WHERE sheet_id = ? ORDER BY sequence_number"
        known = connection.scalars(sql, (sheet.id,))
        for table in tables:
            connection.executemany(
                f"UPDATE {table} SET item_ref = ? WHERE sheet_id = ? AND item_ref = ?",
                [(old, sheet.id, new) for new, old in zip(known, names, strict=True)],
            )
        connection.execute("UPDATE training_sheets SET source_fingerprint = ''")
        rows.change(connection, rows.get(connection, Sheet, sheet.id), identity=ItemIdentity.POSITION)
