"""Windows of streams on the screen: made by a form, drawn in the queue, and decided like any other item."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from builders.machines import add_machines
from harness import SIZES, open_app
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.tui.dialogs.record import field_lines, series_line
from ontos_tui.workspace import Workspace


def text_of(spans: Any) -> str:
    return "".join(part.text for part in spans)


def test_a_series_is_drawn_with_its_range() -> None:
    assert text_of(series_line([1, 2, None, 3.5], 40)).startswith("▁▁▁▁▄▄▄▄····████")
    assert text_of(series_line([1, 2, None, 3.5], 40)).endswith("  1 to 3.5")


@pytest.mark.parametrize(
    "value", ["text", [1, 2], [1, "2", 3], [True, False, True], [None] * 5, {"a": 1}, [10**400] * 3]
)
def test_what_is_no_series_stays_what_it_is(value: Any) -> None:
    assert series_line(value, 40) == ()
    (only, *_) = field_lines({"value": value}, 60)
    assert text_of(only).startswith("value")


@given(st.lists(st.one_of(st.none(), st.integers(), st.floats()), max_size=200), st.integers(1, 100))
def test_a_series_never_outgrows_its_room_and_never_fails(value: list[float | None], width: int) -> None:
    for one in field_lines({"series": value}, width):
        assert cell_len(text_of(one)) < width + 60


def test_series_stand_before_the_figures() -> None:
    lines = [text_of(one) for one in field_lines({"a_mean": 2.0, "a_series": [1.0, 2.0, 3.0]}, 60)]
    assert [one.split()[0] for one in lines] == ["a_series", "a_mean"]


@SIZES
async def test_windows_are_drawn_in_the_queue(tmp_path: Path, size: tuple[int, int]) -> None:
    home = tmp_path / "home"
    with Workspace(home) as workspace:
        seeded = workspace.onboarding.seed("anomaly_detection")
        made = workspace.generate.generation.generate(seeded.sheet.id, seeded.template.id, GenerationMode.AI, limit=3)
        assert (made.proposed, made.failed) == (3, 0)
    async with open_app(home, size) as user:
        await user.press("1")
        await user.sees("windows of 24 rows")
        await user.press("3", "enter")
        await user.sees("MON-0001@", "count_rate_cps_series", "█", " to ")
        await user.press("a")
        await user.sees("✓")


async def test_a_sheet_of_windows_is_made_by_its_form(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = tmp_path / "streams.csv"
    path.write_text("unit,time,heat\n" + "".join(f"{unit},{at},{at * 2}\n" for unit in "AB" for at in range(6)))
    with Workspace(home) as workspace:
        sheet = workspace.data.sheets.create_sheet("streams", workspace.data.files.add_file(path).address)
    async with open_app(home) as user:
        await user.press("1", "e")
        await user.sees("Edit streams", "Window group")
        await user.press(*["shift+tab"] * 3)  # from the first field to the last but two
        await user.type("time")
        await user.press("shift+tab")
        await user.type("unit")
        await user.press("shift+tab", "shift+tab")
        await user.type("3")
        await user.press("ctrl+s")
        await user.sees("windows of 3 rows, every 3, of each unit by time")
        changed = user.app.workspace.data.sheets.sheet(sheet.id)
        assert (changed.item_count, changed.window_size, changed.window_group) == (4, 3, "unit")
        assert changed.window_max_gap == 10, "what the data shows"
        await user.press("c")
        await user.sees("Duplicate streams")
        await user.press("ctrl+s")
        await user.sees("streams copy: 4 items")
        await user.press("r")
        await user.sees("Roles in streams copy", "separates the streams")
        await user.press("escape")
        assert user.app.workspace.data.sheets.sheet("streams copy").window_max_gap == 10


async def test_the_label_of_a_window_is_chosen_in_the_form(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Workspace(home) as workspace:
        add_machines(workspace, tmp_path)
        workspace.data.sheets.create_sheet("Failures", "failures")
    async with open_app(home) as user:
        await user.press("1", "e")
        await user.sees("Window labels")
        await user.press(*["tab"] * 7)
        await user.type("2")
        await user.press(*["tab"] * 5)
        await user.type("part=often")
        await user.press("ctrl+s")
        await user.sees("'part=often': write column=how, with last, max")
        await user.press(*["backspace"] * 5)
        await user.type("most")
        await user.press("ctrl+s")
        await user.sees("windows of 2 rows")
        (sheet,) = user.app.workspace.data.sheets.sheets()
        assert sheet.window_labels == {"part": "most"}
