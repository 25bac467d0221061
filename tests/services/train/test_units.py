"""The unit that a file states for a column stands behind every number of a model that predicts it."""

from __future__ import annotations

from pathlib import Path

from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.rules.model_verdict import short_verdict, verdict_line
from ontos_tui.workspace import Workspace

SCHEMA = {"type": "object", "properties": {"wear": {"type": "number"}}, "required": ["wear"]}


def test_a_verdict_names_the_unit_that_the_file_states(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "tools.csv"
    lines = [f"{n},{20 + n % 7},{(n % 7) / 10 + n % 3 / 100:.3f}" for n in range(1, 41)]
    path.write_text("\n".join(["run,heat,depth", "-,K,mm", *lines]) + "\n")
    address = workspace.data.files.add_file(path).address
    sheet = workspace.data.sheets.create_sheet("Tools", address)
    template = workspace.generate.templates.create(
        name="Wear", label_type="wear", user_prompt="{{ heat }}", output_schema=SCHEMA, feature_columns=["heat"]
    )
    report = workspace.generate.generation.generate(sheet.id, template.id, GenerationMode.COLUMN, column="depth")
    params = {"training_sheet_id": report.training_sheet.id, "base_model": "nearest", "name": "wear"}
    model = workspace.train.models.run(params, "j1", NoProgress())
    assert model.evaluation["scores"][0]["unit"] == "mm"
    assert short_verdict(model).endswith(" mm")
    assert verdict_line(model).count(" mm") == 3
    assert "mm" in workspace.train.cards.model_card("wear")
