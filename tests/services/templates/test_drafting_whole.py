"""A draft looks at all rows of a sheet, also where its facts come from a sample; and missing words are no classes."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ontos_tui.services.data import column_facts
from ontos_tui.workspace import Workspace

SQL = """
SELECT i AS serial, i * 0.25 AS length,
CASE WHEN i % 400 = 7 THEN 'crack' WHEN i % 3 = 0 THEN 'n/a' ELSE 'ok' END AS defect,
CASE WHEN i % 9 = 0 THEN -999 ELSE i % 3 END AS grade
FROM range(1600) r(i)
"""


def test_rare_classes_are_seen_and_missing_words_are_none(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(column_facts, "FIRST_ROWS", 30)
    monkeypatch.setattr(column_facts, "SAMPLE_ROWS", 60)
    path = tmp_path / "long.parquet"
    duckdb.sql(f"COPY ({SQL}) TO '{path}' (FORMAT parquet)")
    workspace.data.sheets.create_sheet("Long", workspace.data.files.add_file(path).address)
    reasons = {one.column: one.reason for one in workspace.drafts.targets("Long")}
    assert reasons["defect"].startswith("2 classes: ok") and reasons["length"] == "a number, 0 to 399.75"
    assert workspace.drafts.draft("Long", "defect").output_schema["properties"]["defect"]["enum"] == ["crack", "ok"]
    assert workspace.drafts.draft("Long", "grade").output_schema["properties"]["grade"]["enum"] == [0, 1, 2]
