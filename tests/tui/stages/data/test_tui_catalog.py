"""The team's catalog through real keys: narrowed, looked at, made a sheet; and what is said while it is away."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.databricks.scene import Scene
from harness import SIZES, open_app
from ontos_tui.workspace import Workspace


@SIZES
async def test_a_table_is_found_looked_at_and_becomes_a_sheet(scene: Scene, home: Path, size: tuple[int, int]) -> None:
    async with open_app(home, size) as user:
        await user.press("1", "b")
        await user.sees("catalogs", "▣ team", "▣ lab")
        await user.press("enter")
        await user.sees("▤ plant", "information_schema")
        await user.type("pla")
        assert "information_schema" not in user.text()
        await user.press("enter")
        await user.sees("team.plant", "▦ readings", "◫ pressed", "▱ exports")
        await user.type("read")
        await user.press("f3")
        await user.sees("lathe", "machine")
        await user.press("enter")
        await user.sees("New sheet over team.plant.readings", "a hash of its content")
        await user.type("Readings")
        await user.press("tab")
        await user.type("id")
        await user.press("ctrl+s")
        await user.sees("Readings", "60 items", "team.plant.readings", "lathe")
    with Workspace(home) as workspace:
        assert workspace.data.sheets.sheet("Readings").item_id_column == "id"


async def test_the_way_back_goes_up_level_by_level(scene: Scene, home: Path) -> None:
    async with open_app(home) as user:
        await user.press("1", "b", "down", "enter")
        await user.sees("▤ default")
        await user.press("enter")
        await user.sees("There is nothing here that you can access.")
        await user.press("escape")
        await user.sees("▤ default")
        await user.press("escape")
        await user.sees("▣ lab")
        await user.press("enter")
        await user.sees("▤ default"), "the cursor stood on the catalog that one came from"
        await user.press("escape", "escape")
        assert "▣" not in user.text()


async def test_the_tags_of_the_table_are_shown_with_the_sheet(scene: Scene, home: Path) -> None:
    async with open_app(home) as user:
        await user.press("1", "b", "enter", "enter")
        await user.type("notes")
        await user.press("enter")
        await user.sees("New sheet over")
        await user.type("Notes")
        await user.press("ctrl+s")
        await user.sees("⛔ PII, PHI, domain=care")


async def test_many_tables_come_in_parts(scene: Scene, home: Path) -> None:
    scene.engine.run("CREATE SCHEMA lab.many")
    for number in range(230):
        scene.engine.direct(f"CREATE TABLE lab.many.t{number:03} (a INTEGER)")
    scene.catalog.page = 50
    async with open_app(home) as user:
        await user.press("1", "b", "down", "enter", "enter")
        await user.sees("lab.many", "230")
        await user.type("t229")
        await user.sees("▦ t229")


async def test_without_a_workspace_it_says_how_to_set_one_up(home: Path) -> None:
    async with open_app(home) as user:
        await user.press("1", "b")
        await user.sees("No Databricks workspace is set up", "databricks_profile")


async def test_what_is_not_allowed_is_told_and_can_be_asked_again(scene: Scene, home: Path) -> None:
    scene.workspace.fault(
        path="unity-catalog/catalogs", status=403, error_code="PERMISSION_DENIED", message="no BROWSE"
    )
    async with open_app(home) as user:
        await user.press("1", "b")
        await user.sees("✗ Databricks does not allow it: no BROWSE")
        await user.press("f5")
        await user.sees("▣ team")


@pytest.mark.usefixtures("pauses")
async def test_the_screen_goes_on_while_the_workspace_is_away(
    scene: Scene, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.csv"
    own.write_text("id,text\n1,hello\n")
    with Workspace(home) as workspace:
        workspace.data.sheets.create_sheet("Team", "team.plant.readings", item_id_column="id")
        workspace.data.sheets.create_sheet("Own", workspace.data.files.add_file(own).address)
    monkeypatch.setenv("DATABRICKS_HOST", "http://127.0.0.1:9")
    async with open_app(home) as user:
        await user.press("1")
        await user.sees("Team", "Own", "hello")
        await user.press("down")
        await user.sees("✗", "does not answer now")
        await user.press("up")
        await user.sees("hello")


async def test_hostile_names_are_harmless(scene: Scene, home: Path) -> None:
    scene.engine.direct('CREATE TABLE lab."default"."evil\x1b[31m" (a INTEGER)')
    async with open_app(home) as user:
        await user.press("1", "b", "down", "enter", "enter")
        await user.sees("evil␛[31m", "not a table address")
        await user.press("enter")
        await user.sees("cannot be used here")
        assert "\x1b" not in user.text()
