"""DATA through real keys: pick a use case, add a file, filter a sheet, and every error in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import SIZES, open_app

CSV = "id,type,value\n" + "".join(f"item-{n},{'ab'[n % 2]},{n * 1.5}\n" for n in range(60))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "machines.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


@SIZES
async def test_a_use_case_is_picked_and_its_data_is_seen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_app(tmp_path / "home", size) as user:
        await user.sees("Defect Detection", "add data or choose a use case")
        await user.press("enter")
        await user.sees("800", "INS-00001", "local.samples.defect_detection")
        await user.press("enter", "down", "enter")
        await user.sees("Item", "INS-00002", "HPGE-2500002")


async def test_a_file_becomes_a_sheet_and_a_filter_is_applied(tmp_path: Path, source: Path) -> None:
    async with open_app(tmp_path / "home") as user:
        await user.press("a")
        await user.type(str(source))
        await user.press("enter")
        await user.sees("What is understood of machines", "rows 60", "UTF-8", "value", "number")
        await user.press("enter")
        await user.sees("A sheet over local.files.machines", "60 rows; id, type, value")
        await user.press("tab")
        await user.type("nothing")
        await user.press("enter")
        await user.sees("✗", "no column 'nothing'", "A sheet over local.files.machines", "nothing")
        await user.press("tab", *["backspace"] * 7)
        await user.type("id")
        await user.press("enter")
        await user.sees("machines", "60 items", "item-0")
        await user.press("e", "tab", "tab")
        await user.type("value > 80")
        await user.press("ctrl+s")
        await user.sees("6 items", "item-54")
        assert "item-10" not in user.text()


@pytest.mark.parametrize(
    ("filter_text", "said"),
    [("value > 80; DROP TABLE sheets", "✗"), ("nothing > 1", "nothing"), ("(SELECT 1) = 1", "✗")],
)
async def test_a_filter_that_is_none_is_refused_and_nothing_is_lost(
    tmp_path: Path, source: Path, filter_text: str, said: str
) -> None:
    async with open_app(tmp_path / "home") as user:
        await user.press("a")
        await user.type(str(source))
        await user.press("ctrl+s")
        await user.sees("rows 60")
        await user.press("enter", "ctrl+s")
        await user.sees("60 items")
        await user.press("e", "tab", "tab")
        await user.type(filter_text)
        await user.press("ctrl+s")
        await user.sees("✗", said)
        assert user.app.workspace.data.sheets.sheets()[0].filter_expression == ""
        assert "60 items" in user.text()


async def test_a_missing_file_is_said_in_words(tmp_path: Path) -> None:
    async with open_app(tmp_path / "home") as user:
        await user.press("a")
        await user.type("/nowhere/at/all.csv")
        await user.press("ctrl+s")
        await user.sees("✗", "all.csv")
        assert user.app.workspace.data.sheets.sheets() == []


async def test_a_sheet_is_deleted_only_after_a_yes(tmp_path: Path, source: Path) -> None:
    async with open_app(tmp_path / "home") as user:
        await user.press("a")
        await user.type(str(source))
        await user.press("ctrl+s")
        await user.sees("rows 60")
        await user.press("enter", "ctrl+s")
        await user.sees("60 items")
        await user.press("D", "n")
        assert len(user.app.workspace.data.sheets.sheets()) == 1
        await user.press("D", "y")
        await user.until(lambda: user.app.workspace.data.sheets.sheets() == [], "the sheet is gone")


async def test_the_app_comes_back_where_it_was_left(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with open_app(home) as user:
        await user.press("enter")
        await user.sees("INS-00001")
        await user.press("3")
        await user.sees("training sheet")
    async with open_app(home) as user:
        await user.sees("▐3")
        await user.press("1")
        await user.sees("INS-00001")


async def test_every_command_is_in_the_help_and_in_the_palette(tmp_path: Path) -> None:
    async with open_app(tmp_path / "home", (120, 60)) as user:
        await user.press("question_mark")
        view = user.app.stage_view
        assert view is not None
        for command in view.OWN_COMMANDS:
            await user.sees(command.label)
        await user.press("escape", "ctrl+p")
        await user.sees("Add data (a)")
        await user.type("add da")
        await user.press("enter")
        await user.sees("Which data file?")


async def test_tags_say_what_the_data_holds(tmp_path: Path) -> None:
    async with open_app(tmp_path / "home") as user:
        await user.press("enter")
        await user.sees("800 items")
        await user.press("t")
        await user.sees("PII and PHI prohibit training")
        await user.type("pii, shift logs")
        await user.press("ctrl+s")
        await user.sees("⛔ PII, shift logs", "labels inherited it")
