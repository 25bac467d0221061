"""A model that the workspace does not have is refused when it is set, with those that it has."""

from __future__ import annotations

import pytest

from command_result import Ontos
from emulator.databricks.scene import Scene


def test_a_model_that_does_not_exist_lists_those_that_do(scene: Scene, ontos: Ontos) -> None:
    known = scene.serving.foundation[0]
    said = ontos("settings", "set", "databricks_model", "claude-nine", fails=1).err
    assert "no chat model 'claude-nine'" in said
    assert known in said
    assert f"databricks_model = {known}" in ontos("settings", "set", "databricks_model", known).out
    assert "databricks_model = nothing" in ontos("settings", "set", "databricks_model", "").out


def test_where_the_workspace_cannot_be_asked_it_is_set(ontos: Ontos, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CONFIG_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", "/nonexistent")
    text = ontos("settings", "set", "databricks_model", "some-model").out
    assert "databricks_model = some-model" in text
    assert "Not checked" in text
