"""What the app says when the workspace cannot be used, and that nothing is lost then."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from harness import Driver, open_app
from ontos_tui.domain.errors import StoreError
from ontos_tui.tui.app import OntosApp


async def _says(home: Path, *needles: str) -> None:
    app = OntosApp(home)
    async with app.run_test(size=(80, 24)) as pilot:
        user = Driver(app, pilot)

        def shown() -> str:
            return " ".join(user.text().split())

        await user.until(lambda: all(needle in shown() for needle in ("✗", *needles, "Press q to quit")), str(needles))
        await pilot.press("3", "enter", "0", "J")
        await pilot.press("q")
        await pilot.pause()
    assert app.return_code == 0


async def test_a_newer_workspace_is_left_alone(tmp_path: Path) -> None:
    async with open_app(tmp_path / "home"):
        pass
    database = tmp_path / "home" / "ontos.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 99")
    await _says(tmp_path / "home", "newer Ontos", "Update Ontos")
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)


async def test_a_file_in_the_workspaces_place(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder", encoding="utf-8")
    await _says(tmp_path / "home", "cannot be", "--home")


async def test_something_else_in_the_databases_place(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "ontos.db").write_text("no database at all, whatever its name says" * 50, encoding="utf-8")
    await _says(tmp_path / "home", "Ontos workspace", "left alone")


async def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.toml").write_text("serve_port = 'soon'\n", encoding="utf-8")
    await _says(tmp_path / "home", "serve_port", "settings.toml")


async def test_a_full_disk_loses_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(tmp_path / "home") as user:
        await user.press("enter")
        await user.sees("INS-00001")

        def full(*_: object, **__: object) -> None:
            raise StoreError("The disk is full; the last step was not saved.", "Free some space and do it again.")

        monkeypatch.setattr(user.app.workspace.data.sheets, "delete_sheet", full)
        await user.press("D", "y")
        await user.sees("The disk is full", "Free some space")
        assert len(user.app.workspace.data.sheets.sheets()) == 1


async def test_a_bug_is_said_in_one_line_and_goes_to_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(tmp_path / "home") as user:

        def broken(*_: object, **__: object) -> None:
            secret = "the value of a variable"
            raise ZeroDivisionError(len(secret))

        monkeypatch.setattr(user.app.workspace.onboarding, "seed", broken)
        await user.press("enter")
        await user.sees("Something unexpected", "logs/ontos.log")
        log = (tmp_path / "home" / "logs" / "ontos.log").read_text(encoding="utf-8")
        assert "ZeroDivisionError" in log
        assert "the value of a variable" not in log.replace('secret = "the value of a variable"', "")


async def test_two_apps_on_one_workspace_see_each_other(tmp_path: Path) -> None:
    async with open_app(tmp_path / "home") as one, open_app(tmp_path / "home") as other:
        await one.press("enter")
        await one.sees("INS-00001")
        await other.sees("INS-00001", "1✓Data")
