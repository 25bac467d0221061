"""Workbooks without a screen: which sheet, what the report says, and several sheets as several tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.workbooks import Percent, excel
from command_result import Ontos


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    drills = [["Drills of hall 3"], [], ["id", "wear"], *([n, Percent(n / 100)] for n in range(1, 31))]
    mills = [["id", "kind"], *([n, "ok" if n % 2 else "worn"] for n in range(1, 11))]
    path = tmp_path / "plant.xlsx"
    path.write_bytes(excel({"Drills": drills, "Mills": mills}))
    return path


def test_which_sheet_is_2_with_the_options_name(ontos: Ontos, plant: Path) -> None:
    said = ontos("data", "add", plant, fails=2).err
    assert "--sheet" in said and "'Drills', 'Mills'" in said
    assert "--sheet" in ontos("data", "add", plant, "--dry-run", fails=2).out
    assert ontos("data", "list", as_json=True).json == []
    assert "no sheet 'Saws'" in ontos("data", "add", plant, "--sheet", "Saws", fails=1).err


def test_sheets_of_one_workbook_are_tables_of_their_own(ontos: Ontos, plant: Path) -> None:
    ontos("data", "add", plant, "--sheet", "Drills")
    ontos("data", "add", plant, "--sheet", "Mills", "--column", "kind:text")
    for _ in range(2):  # both are opened in turn, and each stays what it is
        tables = ontos("data", "list", as_json=True).json
        assert [(str(one["address"]), one["rows"]) for one in tables] == [
            ("local.files.plant", 30),
            ("local.files.plant_mills", 10),
        ]
        for name, column in (("plant", "wear"), ("plant_mills", "kind")):
            items = ontos("data", "preview", name, as_json=True).json["items"]
            assert items[0]["fields"][column] == (0.01 if name == "plant" else "ok")
    for same in ("2", "mills", "Drills", "1"):
        ontos("data", "add", plant, "--sheet", same)
    assert len(ontos("data", "list", as_json=True).json) == 2


def test_the_report_says_sheet_names_and_what_stands_above(ontos: Ontos, plant: Path) -> None:
    ontos("data", "add", plant, "--sheet", "Drills")
    out = ontos("data", "report", "plant").out
    for said in ("sheet", "Drills", "row 3", "1 × no row: Drills of hall 3", "fractions (60.3% is 0.603)"):
        assert said in out, said
    (report,) = ontos("data", "report", "plant", as_json=True).json
    assert report["reading"]["sheets"] == ["Drills", "Mills"]
    assert (report["reading"]["header_line"], report["options"]["sheet"]) == (3, "Drills")
