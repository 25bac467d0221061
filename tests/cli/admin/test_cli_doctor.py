"""`ontos doctor` and a team's workspace: what is found, what to do about it, and that no secret is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from command_result import Ontos
from emulator.databricks.engine import SqlError, Statement
from emulator.databricks.scene import Scene
from emulator.databricks.server import TOKEN


def findings(ontos: Ontos, *words: str, fails: int = 0) -> dict[str, dict[str, Any]]:
    result = ontos("doctor", *words, as_json=True, fails=fails)
    assert TOKEN not in result.out + result.err
    return {finding["name"]: finding for finding in result.json}


def states(matches: dict[str, dict[str, Any]]) -> dict[str, str]:
    ours = ("databricks libraries", "databricks login", "sql warehouse", "team schema", "databricks models")
    return {name: matches[name]["state"] for name in (*ours, "team rights", "clock") if name in matches}


def test_a_workspace_in_order(scene: Scene, ontos: Ontos) -> None:
    scene.engine.run("CREATE SCHEMA team.ontos")
    matches = findings(ontos)
    assert set(states(matches).values()) == {"ok"}
    assert len(states(matches)) == 7
    assert "ana@example.com" in matches["databricks login"]["message"]
    assert "databricks-small-chat" in matches["databricks models"]["message"]
    tables = scene.engine.direct("SELECT table_name FROM information_schema.tables WHERE table_schema = 'ontos'")
    assert tables == [], "what was tried out is gone again"
    created = [one.sql for one in scene.engine.statements if one.sql.startswith("CREATE TABLE")]
    assert any("ontos_doctor_" in sql for sql in created)


def test_nothing_is_reported_of_databricks_where_it_is_not_used(ontos: Ontos) -> None:
    assert states(findings(ontos)) == {}


def test_before_the_first_sync_the_schema_is_missing(scene: Scene, ontos: Ontos) -> None:
    matches = findings(ontos)
    assert matches["team schema"]["state"] == "warn"
    assert "team rights" not in matches


def test_a_right_that_is_missing_is_listed_by_trying(scene: Scene, ontos: Ontos) -> None:
    scene.engine.run("CREATE SCHEMA team.ontos")

    def refuse(statement: Statement) -> None:
        if statement.sql.startswith("CREATE TABLE"):
            raise SqlError("PERMISSION_DENIED", "User does not have CREATE TABLE on Schema 'team.ontos'.", "42501")

    scene.engine.before = refuse
    matches = findings(ontos, fails=1)
    assert matches["team rights"]["state"] == "fail"
    assert "CREATE TABLE" in matches["team rights"]["message"]


def test_a_stopped_warehouse_is_not_started_unasked(scene: Scene, ontos: Ontos) -> None:
    scene.engine.run("CREATE SCHEMA team.ontos")
    scene.rest.warehouses["w1"] = "STOPPED"
    sent = len(scene.engine.statements)
    matches = findings(ontos)
    assert (matches["sql warehouse"]["state"], matches["team rights"]["state"]) == ("warn", "warn")
    assert len(scene.engine.statements) == sent
    assert findings(ontos, "--start")["team rights"]["state"] == "ok"


def test_a_warehouse_that_is_not_named_or_not_there(
    scene: Scene, ontos: Ontos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONTOS_DATABRICKS_WAREHOUSE", "")
    matches = findings(ontos, fails=1)
    assert "w1 (Warehouse w1)" in matches["sql warehouse"]["todo"]
    monkeypatch.setenv("ONTOS_DATABRICKS_WAREHOUSE", "gone")
    assert "does not exist" in findings(ontos, fails=1)["sql warehouse"]["message"]


def test_an_expired_login_ends_the_examination_and_shows_no_secret(scene: Scene, ontos: Ontos) -> None:
    scene.workspace.fault(
        path="scim", status=401, error_code="UNAUTHENTICATED", message=f"The token {TOKEN} is expired"
    )
    matches = findings(ontos, fails=1)
    assert states(matches) == {"databricks libraries": "ok", "databricks login": "fail"}
    assert "•••" in matches["databricks login"]["message"], "an error that repeats the token is cleaned"
    assert "auth login" in matches["databricks login"]["todo"]


def test_nobody_is_logged_in(scene: Scene, ontos: Ontos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABRICKS_HOST")
    monkeypatch.delenv("DATABRICKS_TOKEN")
    assert "not set up" in findings(ontos, fails=1)["databricks login"]["message"]


def test_a_clock_that_is_wrong_is_found(scene: Scene, ontos: Ontos, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    real = time.time
    monkeypatch.setattr("ontos_tui.services.admin.doctor_databricks.time.time", lambda: real() - 120)
    matches = findings(ontos)
    assert matches["clock"]["state"] == "warn"
    assert "120" in matches["clock"]["message"] or "119" in matches["clock"]["message"]


def test_no_models_and_no_catalog_are_warnings(scene: Scene, ontos: Ontos, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.rest.endpoints.clear()
    monkeypatch.setenv("ONTOS_DATABRICKS_CATALOG", "")
    matches = findings(ontos)
    assert (matches["databricks models"]["state"], matches["team schema"]["state"]) == ("warn", "warn")


def test_for_people_it_is_a_line_each(scene: Scene, ontos: Ontos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONTOS_CHAT_API_KEY", "sk-very-secret")
    output = ontos("doctor")
    lines = output.out.splitlines()
    assert any(line.startswith("ok    databricks login") for line in lines)
    assert any(line.startswith("warn  team schema") for line in lines)
    assert TOKEN not in output.out
    assert "sk-very-secret" not in output.out
    assert "sk-very-secret" not in json.dumps(findings(ontos))


def test_the_workspace_is_browsed_from_the_command_line(scene: Scene, ontos: Ontos) -> None:
    assert "team.plant.readings" in ontos("data", "browse", "team.plant").out
    assert [node["address"] for node in ontos("data", "browse", as_json=True).json] == ["team", "lab"]
    assert "Databricks" in ontos("data", "browse", "nowhere", fails=1).err
    output = ontos("data", "preview", "team.plant.readings", "--limit", "2")
    assert "2 of 60 rows" in output.out


def test_settings_are_listed_and_set(ontos: Ontos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONTOS_CHAT_API_KEY", "sk-very-secret")
    assert "from the file" in ontos("settings", "set", "databricks_catalog", "team").out
    output = {one["name"]: one for one in ontos("settings", "list", as_json=True).json}
    assert (output["databricks_catalog"]["value"], output["databricks_catalog"]["source"]) == ("team", "file")
    assert output["chat_api_key"]["value"] == "set"
    assert "sk-very-secret" not in ontos("settings", "list").out
    assert "never stored" in ontos("settings", "set", "chat_api_key", "x", fails=1).err
