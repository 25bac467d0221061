"""`ontos doctor --databricks`: what sharing needs is tried on the workspace, printed, and kept as a page."""

from __future__ import annotations

from pathlib import Path

from command_result import Ontos
from emulator.databricks.engine import SqlError, Statement
from emulator.databricks.scene import Scene

STEPS = {
    *("who am I", "warehouse", "team schema", "table", "append", "change feed", "nothing new", "row tracking"),
    *("volume", "COPY INTO", "MERGE", "history", "tags", "model endpoints", "tokens", "clean up"),
}


def prepared(scene: Scene) -> None:
    scene.engine.run("CREATE SCHEMA IF NOT EXISTS system.serving")
    for table in ("served_entities", "endpoint_usage"):
        scene.engine.run(f"CREATE TABLE IF NOT EXISTS system.serving.{table} (id STRING) USING DELTA")


def test_everything_is_tried_reported_and_cleaned_up(scene: Scene, ontos: Ontos, tmp_path: Path) -> None:
    prepared(scene)
    page = tmp_path / "report.md"
    findings = {one["name"]: one for one in ontos("doctor", "--databricks", "--report", page, as_json=True).json}
    assert set(findings) == STEPS
    assert {one["state"] for one in findings.values()} == {"ok"}
    assert "refused as DELTA_INVALID_CDC_RANGE" in findings["nothing new"]["message"]
    assert "ana@example.com" in findings["who am I"]["message"]
    text = page.read_text()
    assert text.startswith("# Ontos on this Databricks workspace")
    assert all(f"| ok | {name} |" in text for name in STEPS)
    left = "SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'ontos_check%'"
    assert scene.engine.direct(left) == [(0,)]
    assert not [path for path in scene.files.files if "ontos_check" in path]


def test_what_is_not_allowed_is_a_finding_that_says_what_it_is_for(scene: Scene, ontos: Ontos) -> None:
    prepared(scene)

    def before(statement: Statement) -> None:
        if statement.sql.startswith("MERGE"):
            raise SqlError("PERMISSION_DENIED", "You may not MODIFY.", "42501")

    scene.engine.before = before
    findings = {one["name"]: one for one in ontos("doctor", "--databricks", as_json=True, fails=1).json}
    assert findings["MERGE"]["state"] == "fail"
    assert "the tables for dashboards" in findings["MERGE"]["todo"]
    assert findings["history"]["state"] == "ok", "the others are tried all the same"
    assert "PERMISSION_DENIED" in findings["MERGE"]["message"]


def test_what_is_optional_is_a_warning(scene: Scene, ontos: Ontos) -> None:
    findings = {one["name"]: one for one in ontos("doctor", "--databricks", as_json=True).json}
    assert findings["tokens"]["state"] == "warn"


def test_without_a_team_it_says_what_to_set(ontos: Ontos) -> None:
    assert "databricks_catalog" in ontos("doctor", "--databricks", fails=1).err
