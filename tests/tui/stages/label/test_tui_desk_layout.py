"""The desk leads by evidence at every size: one pane, two or three; choices whole, numbers with their context."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.crystals import crystals_to_decide
from harness import open_app
from ontos_tui.tui.stages.label.desk.desk import LabelDesk


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workspace with pairs to decide, some of which are labeled."""
    home = tmp_path / "home"
    crystals_to_decide(home)
    return home


CHOICES = ("1 No defect", "2 Scratch", "3 Crack", "4 Contamination", "5 Corrosion", "6 Clouding", "7 Dent")


@pytest.mark.parametrize(("size", "panes"), [((60, 20), 1), ((80, 24), 2), ((120, 40), 2), ((140, 40), 3)])
async def test_there_are_as_many_panes_as_fit_and_the_choices_are_whole(
    home: Path, size: tuple[int, int], panes: int
) -> None:
    async with open_app(home, size) as user:
        await user.press("3", "enter")
        await user.sees(*CHOICES, "▸defect_class", "─ evidence ─", "─ last ─", "bars: middle 90 %")
        desk = user.app.query_one(LabelDesk)
        shown = [part for part in (desk.query_one("#queue"), desk.query_one("#evidence")) if part.size.height > 2]
        assert len([part for part in shown if part.display]) + 1 == panes
        text = user.text()
        assert "7" in text.splitlines()[1] and "Impr" in text.splitlines()[1], "all seven stages are in the line"
        assert all(len(line) <= size[0] for line in text.splitlines())
        for key in (" a Approve", " r Reject", " f Flag"):
            assert key in text.splitlines()[-1]


async def test_every_key_of_the_decision_is_in_the_footer_of_the_smallest_promised_screen(home: Path) -> None:
    async with open_app(home, (80, 24)) as user:
        await user.press("3", "enter")
        await user.sees("▸defect_class")
        footer = user.text().splitlines()[-1]
        shown = ("a Approve", "1–9 Choose", "e Edit", "r Reject", "f Flag", "s Skip", "u Undo", "/ Search", "? Help")
        assert [key for key in shown if key not in footer] == []


async def test_a_number_stands_in_its_sheet_and_what_is_unusual_is_named_first(home: Path) -> None:
    async with open_app(home, (80, 24)) as user:
        await user.press("3", "enter")
        await user.sees("▕", "●", "▏")
        for _ in range(10):
            if "unusual  " in user.text():
                break
            await user.press("s")
        rows = user.text().splitlines()
        first = next(row for row in rows if " unusual " in row and "nothing" not in row)
        assert "▲" in first or "▼" in first
        assert rows.index(first) == next(at for at, row in enumerate(rows) if "─ evidence ─" in row) + 1


async def test_what_does_not_fit_is_named_in_the_last_row(home: Path) -> None:
    async with open_app(home, (80, 24)) as user:
        await user.press("3", "enter")
        await user.sees("↓ ", " more: ")
        assert "NAI-25" not in user.text()
        await user.press("tab", "G")
        await user.sees("serial", "NAI-25")
        await user.press("a")
        await user.sees("1/40 decided")


async def test_the_names_of_items_lose_what_all_share(home: Path) -> None:
    async with open_app(home, (80, 24)) as user:
        await user.press("3", "enter")
        await user.sees("○ …", "INS-00")
        assert sum("INS-00" in row for row in user.text().splitlines()) == 1, "whole in the title, and there alone"


async def test_a_search_keeps_its_match_in_sight(home: Path) -> None:
    async with open_app(home, (80, 24)) as user:
        await user.press("3", "enter", "slash")
        await user.type("labr3")
        await user.press("enter")
        await user.sees("of 40 · /labr3")
        rows = user.text().splitlines()
        at = next(at for at, row in enumerate(rows) if "─ evidence ─" in row)
        assert "LaBr3" in rows[at + 2] or "LABR3" in rows[at + 2]
