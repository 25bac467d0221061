"""A second table joined, and columns computed, by keys alone: what would become of them is shown while one types."""

from __future__ import annotations

from pathlib import Path

from builders.machines import add_machines
from harness import SIZES, open_app
from ontos_tui.workspace import Workspace


def telemetry(home: Path, folder: Path) -> None:
    with Workspace(home) as workspace:
        add_machines(workspace, folder)
        workspace.data.sheets.create_sheet("Telemetry", "telemetry")


@SIZES
async def test_a_table_is_joined_by_the_key_that_is_suggested(
    home: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    telemetry(home, tmp_path)
    async with open_app(home, size) as user:
        await user.press("1", "m")
        await user.sees("Which table's columns come beside telemetry?", "failures", "machines")
        await user.press("down", "enter")
        await user.sees("machine=machineID", "6 of 7 rows matched", "1 unmatched", "0 doubled", "age")
        await user.press("ctrl+s")
        await user.sees("A sheet over local.joined.telemetry_machines", "7 rows")
        await user.press("ctrl+s")
        await user.sees("telemetry_machines", "age")


@SIZES
async def test_doubled_rows_are_counted_and_the_nearest_time_takes_one(
    home: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    telemetry(home, tmp_path)
    async with open_app(home, size) as user:
        await user.press("1", "m", "enter")
        await user.sees("several matches", "4 doubled")
        await user.press("ctrl+s")
        await user.sees("several matches", "Join")
        await user.press("tab")
        await user.type("time=at")
        await user.sees("3 of 7 rows matched", "0 doubled", "-1800")
        await user.press("tab", "tab")
        await user.type("soon")
        await user.sees("'soon' is no tolerance")
        assert "--" not in user.text()
        await user.press("ctrl+s")
        await user.sees("'soon' is no tolerance", "Join")
        await user.press("shift+tab", "shift+tab", "shift+tab", "shift+tab")
        await user.sees("time=at")


@SIZES
async def test_an_expression_is_shown_on_rows_and_its_error_in_words(
    home: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    telemetry(home, tmp_path)
    async with open_app(home, size) as user:
        await user.press("1", "C", "enter")
        await user.sees("Expression", "Name is required")
        await user.type("kilovolt")
        await user.press("tab")
        await user.type("volts / 1000")
        await user.sees("✗", "volts")
        await user.press("ctrl+s")
        await user.sees("✗", "Add column", "kilovolt")
        await user.press("backspace", "home", *["delete"] * 11)
        await user.type("volt / 1000")
        await user.sees("7 of 7 rows have a value", "0.1762", "double")
        await user.press("ctrl+s")
        await user.sees("Telemetry: 7 items")
        assert user.app.workspace.data.computed.table("telemetry").computed[0].name == "kilovolt"
        await user.press("C", "end")
        await user.sees("Remove kilovolt")
        await user.press("enter")
        await user.until(lambda: not user.app.workspace.data.computed.table("telemetry").computed, "it is gone")


@SIZES
async def test_ready_columns_are_chosen_by_name_and_propose_unit_and_order(
    home: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    telemetry(home, tmp_path)
    async with open_app(home, size) as user:
        await user.press("1", "C", "down", "enter")
        await user.sees("Remaining until the end", "time", "looks ahead")
        await user.press("ctrl+s")
        await user.sees("Telemetry: 7 items")
        await user.press("C", "down", "down", "down", "enter")
        await user.sees("Rolling mean", "volt_mean")
        await user.press("tab", "tab", "home", "delete", "delete")
        await user.type("2")
        await user.press("tab")
        await user.type("machine")
        await user.sees("169.55")
