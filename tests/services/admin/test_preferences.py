"""Settings told and changed: one line of settings.toml at a time, atomically, and never a secret."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.severity import unlabeled_sheet
from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.services.admin.settings_file import READ_ANEW, Setting, SettingsService, _edited, _toml
from ontos_tui.settings import Settings
from ontos_tui.workspace import Workspace

KEPT = """# ours
serve_port = 9000  # behind the proxy
chat_model = "small"

[keys]
approve = "y"
"""


@pytest.fixture
def preferences(workspace: Workspace) -> SettingsService:
    (workspace.home / "settings.toml").write_text(KEPT)
    return workspace.settings_file


def found(preferences: SettingsService, name: str) -> Setting:
    return next(one for one in preferences.all() if one.name == name)


def test_each_tells_where_it_comes_from(preferences: SettingsService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONTOS_CHAT_MODEL", "large")
    monkeypatch.setenv("ONTOS_CHAT_API_KEY", "sk-secret")
    message = {one.name: (one.value, one.source.value) for one in preferences.all()}
    assert message["serve_port"] == ("9000", "file")
    assert message["chat_model"] == ("large", "environment")
    assert message["databricks_schema"] == ("ontos", "default")
    assert message["chat_api_key"] == ("set", "environment")
    assert message["keys"] == ('{"approve": "y"}', "file")
    assert set(message) == set(Settings.model_fields)
    assert all(one.about for one in preferences.all())


def test_one_line_changes_and_all_else_stays(preferences: SettingsService) -> None:
    changed = preferences.change("chat_model", 'a "quoted" \\ one\x7f')
    assert (changed.value, changed.source.value) == ('a "quoted" \\ one\x7f', "file")
    preferences.change("databricks_catalog", "team")
    text = preferences.path.read_text()
    assert text.startswith("# ours\nserve_port = 9000  # behind the proxy\n")
    assert tomllib.loads(text)["keys"] == {"approve": "y"}
    assert Settings.load(preferences.path.parent).databricks_catalog == "team"
    assert preferences.change("chat_model", "").source.value == "default"
    assert "chat_model" not in preferences.path.read_text()
    assert [path.name for path in preferences.path.parent.glob(".settings*")] == []


def test_a_file_is_made_where_there_is_none(workspace: Workspace) -> None:
    workspace.settings_file.change("hints", '["duplicate"]')
    assert tomllib.loads(workspace.settings_file.path.read_text()) == {"hints": ["duplicate"]}
    assert found(workspace.settings_file, "hints").value == '["duplicate"]'
    workspace.settings_file.change("alert_command", "notify-send drift")
    assert found(workspace.settings_file, "alert_command").value == "notify-send drift"


def test_some_changes_count_without_a_restart(workspace: Workspace) -> None:
    """Also of a file that an editor has written, where who uses a setting reads it as it is then."""
    hints, sheet = workspace.label.hints, unlabeled_sheet(workspace.store, 1)
    workspace.settings_file.path.write_text("hints = []\nlog_days = 7\nimages = 'off'\n")
    with pytest.raises(InvalidInputError, match="No hints are switched on"):
        hints.submit(sheet.id)
    assert workspace.monitor.retention.days == 7
    workspace.read_settings()
    assert workspace.settings.images == "off"
    assert set(Settings.model_fields) >= READ_ANEW


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("chat_api_key", "sk-secret", "never stored"),
        ("serve_port", "many", "valid integer"),
        ("serve_port", "70000", "less than or equal"),
        ("hints", '["nothing"]', "duplicate"),
        ("hints", "[1,", "not a valid list"),
        ("keys", "{}", "by hand"),
    ],
)
def test_what_is_no_value_is_refused_and_nothing_is_written(
    preferences: SettingsService, name: str, text: str, said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said) as caught:
        preferences.change(name, text)
    assert preferences.path.read_text() == KEPT
    assert caught.value.todo


def test_what_stands_on_several_lines_is_left_to_a_person(workspace: Workspace) -> None:
    text = 'hints = [\n  "duplicate",\n]\n'
    workspace.settings_file.path.write_text(text)
    with pytest.raises(InvalidInputError):
        workspace.settings_file.change("hints", '["suspect"]')
    assert workspace.settings_file.path.read_text() == text


def test_an_unknown_setting_is_told(preferences: SettingsService) -> None:
    with pytest.raises(NotFoundError, match="No setting"):
        preferences.change("color", "red")


def test_a_broken_file_is_told(workspace: Workspace) -> None:
    workspace.settings_file.path.write_text("serve_port = ")
    for act in (workspace.settings_file.all, lambda: workspace.settings_file.change("chat_model", "x")):
        with pytest.raises(InvalidInputError, match=r"settings"):
            act()


@given(value=st.text(st.characters(exclude_categories=["Cs"])), before=st.sampled_from(["", KEPT, "a = 1", "[keys]\n"]))
def test_any_text_is_written_as_it_is(value: str, before: str) -> None:
    parsed = tomllib.loads(_edited(before, "chat_model", _toml(value)))
    assert parsed == {**tomllib.loads(before), "chat_model": value}


def test_the_folder_that_cannot_be_written_is_told(preferences: SettingsService, tmp_path: Path) -> None:
    (tmp_path / "nowhere").write_text("a file in place of the folder")
    nowhere = SettingsService(tmp_path / "nowhere")
    with pytest.raises(InvalidInputError, match="cannot be written"):
        nowhere.change("chat_model", "x")
