"""Proposals by `ai_query` for a table of the workspace: a run that was stopped goes on with the rows that are left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulator.databricks.engine import SqlError, Statement
from emulator.databricks.scene import READINGS, Scene
from ontos_tui.domain.errors import PlatformError
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.platforms.databricks import ai_query
from ontos_tui.workspace import Workspace

SCHEMA = {"type": "object", "properties": {"state": {"enum": ["good", "worn"]}}, "required": ["state"]}


def test_a_stopped_generation_goes_on_with_the_rows_that_are_left(
    scene: Scene, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONTOS_DATABRICKS_MODEL", scene.serving.foundation[0])
    monkeypatch.setenv("ONTOS_DATABRICKS_BATCH_FROM", "1")
    monkeypatch.setattr(ai_query, "PAGE_BYTES", 3_000)
    scene.engine.ask_model = lambda endpoint, prompt: json.dumps({"state": "good"})
    asked: list[int] = []

    def stop_at_the_third(statement: Statement) -> None:
        if "ai_query" in statement.sql:
            if len(asked) == 2:
                asked.append(0)
                raise SqlError("INTERNAL_ERROR", "The warehouse was restarted.", "XX000")
            asked.append(len(json.loads(statement.parameters["rows"])))

    scene.engine.before = stop_at_the_third
    with Workspace(home) as workspace:
        sheet = workspace.data.sheets.create_sheet("Readings", READINGS, item_id_column="id")
        template = workspace.generate.templates.create(
            name="State", label_type="state", user_prompt="{{ machine }} {{ torque_nm }}", output_schema=SCHEMA
        )
        generation = workspace.generate.generation
        with pytest.raises(PlatformError, match="restarted"):
            generation.generate(sheet.id, template.id, GenerationMode.AI)
        first = sum(asked)
        assert 0 < first < 60
        report = generation.generate(sheet.id, template.id, GenerationMode.AI)
        assert (report.proposed, report.failed) == (60 - first, 0)
        assert sum(asked) == 60
