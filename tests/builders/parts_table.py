"""A table of parts that lies in the emulated warehouse, 90 lots of ten, and a training sheet with a few pairs of it."""

from __future__ import annotations

from emulator.databricks.scene import Scene
from ontos_tui.domain.records.pairs import GenerationMode, TrainingSheet
from ontos_tui.workspace import Workspace

PARTS = "team.plant.parts"
ROWS = 900
SCHEMA = {"type": "object", "properties": {"defect": {"enum": ["crack", "none"]}}, "required": ["defect"]}


def parts_table(scene: Scene) -> None:
    """Create the table."""
    scene.engine.run(f"CREATE TABLE {PARTS} (part STRING, lot STRING, voltage DOUBLE, line STRING, defect STRING)")
    scene.engine.direct(
        f"INSERT INTO {PARTS} SELECT 'P' || i, 'L' || (i // 10), (i * 37 % 101) / 10.0, "
        "CASE WHEN i % 3 = 0 THEN 'north' ELSE 'south' END, "
        f"CASE WHEN (i * 37 % 101) + (i % 7) > 60 THEN 'crack' ELSE 'none' END FROM range({ROWS}) AS t(i)"
    )


def parts_sheet(workspace: Workspace, pairs: int = 12) -> TrainingSheet:
    """A few pairs of it, as one makes them to look at the data."""
    generate = workspace.generate
    made = workspace.data.sheets.create_sheet("Parts", PARTS, item_id_column="part")
    template = generate.templates.create(
        name="Defect",
        label_type="defect",
        user_prompt="{{ voltage }} {{ line }}",
        output_schema=SCHEMA,
        group_column="lot",
        answer_columns={"defect": "defect"},
    )
    return generate.generation.generate(made.id, template.id, GenerationMode.COLUMN, limit=pairs).training_sheet
