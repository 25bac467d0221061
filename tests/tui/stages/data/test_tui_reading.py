"""The report of what is understood of a file: shown before it is added, and every decision changed by a key."""

from __future__ import annotations

from pathlib import Path

from builders.workbooks import excel
from harness import open_app

MESSY = "Logger 7,,\nid,when,temp\n" + "".join(f"{n},0{n}/02/2024,{'n/a' if n == 3 else n}\n" for n in range(1, 8))


async def test_a_question_is_answered_before_the_file_is_added(tmp_path: Path) -> None:
    path = tmp_path / "messy.csv"
    path.write_text(MESSY)
    async with open_app(tmp_path / "home") as user:
        await user.press("a")
        await user.type(str(path))
        await user.press("ctrl+s")
        await user.sees("What is understood of messy.csv", "rows 7", "comma", "may be day/month/year or month/day/year")
        await user.press("enter")
        await user.sees("01/02/2024 is in January")
        await user.press("down", "enter")
        await user.sees("Dates in 'when' were read as month, day, year", "n/a")
        await user.press("enter", "ctrl+s")
        await user.sees("messy", "7 items", "2024-01-02")
        (table,) = user.app.workspace.data.catalog.tables()
        assert [column.type for column in table.columns] == ["BIGINT", "DATE", "BIGINT"]


async def test_decisions_change_what_is_understood_and_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("id,code\n1,5\n2,7\n3,x1\n")
    async with open_app(tmp_path / "home") as user:
        await user.press("a")
        await user.type(str(path))
        await user.press("ctrl+s")
        await user.sees("rows 3", "code", "text")
        await user.press("enter", "ctrl+s")
        await user.sees("3 items", "x1")
        await user.press("i")
        await user.sees("What is understood of plain.csv")
        await user.press("down", "t", "down", "down", "enter")
        await user.sees("did not fit, taken as missing: x1 1")
        await user.press("h")
        await user.sees("Line of the names")
        await user.type("0")
        await user.press("ctrl+s")
        await user.sees("There is no column 'code'")
        await user.press("x")
        await user.sees("rows 3")
        await user.press("down", "t", "down", "down", "enter")
        await user.sees("did not fit")
        await user.press("enter")
        await user.sees("read anew: 3 rows")
        service = user.app.workspace.data.files
        assert service.file_table("plain").reading_options.column_types == {"code": "number"}


async def test_the_sheet_of_a_workbook_is_asked_for_and_changed_by_a_key(tmp_path: Path) -> None:
    path = tmp_path / "plant.xlsx"
    path.write_bytes(
        excel({"Drills": [["id", "wear"], *([n, n / 4] for n in range(1, 31))], "Mills": [["no", "kind"], [1, "worn"]]})
    )
    async with open_app(tmp_path / "home") as user:
        await user.press("a")
        await user.type(str(path))
        await user.press("ctrl+s")
        await user.sees("What is understood of plant.xlsx", "The workbook has 2 sheets", "sheet Drills")
        await user.press("enter", "down", "enter")
        await user.sees("rows 1", "sheet Mills", "kind")
        await user.press("w", "enter")
        await user.sees("rows 30", "sheet Drills", "wear")
        await user.press("enter", "ctrl+s")
        await user.sees("plant", "30 items")
        assert user.app.workspace.data.files.file_table("plant").reading_options.sheet == "Drills"
