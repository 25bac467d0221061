"""Training sheets whose items are notes, with spans and a class to say of each."""

from __future__ import annotations

from typing import Any

from builders.severity import unlabeled_sheet
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

SPANS: dict[str, Any] = {
    "type": "array",
    "x-ontos-text": "note",
    "items": {
        "type": "object",
        "properties": {
            "start": {"type": "integer"},
            "end": {"type": "integer"},
            "label": {"enum": ["company", "place"]},
        },
        "required": ["start", "end", "label"],
    },
}
CLASS: dict[str, Any] = {"enum": ["none", "minor", "major"]}


def schema_of(**fields: Any) -> dict[str, Any]:
    """A schema of an answer with these fields, none of which is required."""
    return {"type": "object", "properties": fields, "additionalProperties": False}


NAMES = schema_of(names=SPANS)
SEVERITY = schema_of(severity=CLASS)
WHOLE = schema_of(
    names=SPANS,
    severity=CLASS,
    depth={"type": "number"},
    count={"type": "integer"},
    seen={"type": "boolean"},
    comment={"type": "string"},
)


def note_sheet(workspace: Workspace, schema: dict[str, Any], *notes: str) -> TrainingSheet:
    """A training sheet with these notes as item-1…, nothing decided or proposed."""
    sheet = unlabeled_sheet(workspace.store, len(notes), user_prompt="{{ note }}", label_type="names")
    with workspace.store.write() as connection:
        rows.change(connection, sheet, template_snapshot={**sheet.template_snapshot, "output_schema": schema})
        pairs = rows.find(connection, QAPair, equal(training_sheet_id=sheet.id), order_by=("sequence_number",))
        for pair, note in zip(pairs, notes, strict=True):
            rows.change(connection, pair, source_data={"note": note}, proposal=None)
    return workspace.label.queue.training_sheet(sheet.id)


def answers_of(workspace: Workspace, sheet: TrainingSheet) -> list[Any]:
    """The decided answers in the sheet's order."""
    ids = [row.id for row in workspace.label.queue.open(sheet.id)]
    return [pair.answer for pair in workspace.label.queue.pairs(ids)]
