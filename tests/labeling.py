"""Training sheets with pairs in them, for tests that start at labeling."""

from __future__ import annotations

from typing import Any

from ontos_tui.domain.data import Sheet
from ontos_tui.domain.pairs import GenerationMode, LabelingMode, QAPair, TrainingSheet
from ontos_tui.domain.template import Template
from ontos_tui.services.training_sheets import make_training_sheet
from ontos_tui.store import rows
from ontos_tui.store.engine import Store

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "severity": {"enum": ["none", "minor", "major"]},
        "depth": {"type": "number", "minimum": 0},
    },
    "required": ["severity"],
    "additionalProperties": False,
}
MINOR = {"severity": "minor"}
MAJOR = {"severity": "major", "depth": 1.5}
NONE = {"severity": "none"}


def a_sheet(store: Store, name: str = "plates") -> Sheet:
    """A sheet record; its source need not exist."""
    sheet = Sheet(name=name, source_table=f"local.files.{name}")
    with store.write() as connection:
        rows.add(connection, sheet)
    return sheet


def a_training_sheet(store: Store, pairs: int, sheet: Sheet | None = None, **more: Any) -> TrainingSheet:
    """A training sheet with so many unlabeled pairs item-1…, each proposed to be minor. `more` is of the template."""
    with store.read() as connection:
        known = len(rows.find(connection, Template))
    fields = {"name": f"severity {known}", "label_type": "severity", "user_prompt": "{{ torque }}", **more}
    template = Template(output_schema=SCHEMA, **fields)
    sheet = sheet or a_sheet(store, f"plates{known}")
    with store.write() as connection:
        rows.add(connection, template)
        made = make_training_sheet(connection, sheet, template, GenerationMode.AI, "maker")
        rows.add_many(connection, (_pair(made, number) for number in range(1, pairs + 1)))
    return made


def _pair(sheet: TrainingSheet, number: int) -> QAPair:
    return QAPair(
        training_sheet_id=sheet.id,
        sheet_id=sheet.sheet_id,
        item_ref=f"item-{number}",
        sequence_number=number,
        source_data={"torque": 40 + number, "note": f"shift {number % 3}"},
        proposal=MINOR,
        confidence=(number * 7 % 10) / 10,
        proposed_by="a test",
        labeling_mode=LabelingMode.AI_GENERATED,
    )
