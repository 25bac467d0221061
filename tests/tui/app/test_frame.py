"""The frame at every width: seven stages, the keys that fit, and messages that cover neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual._compositor import Compositor, ReflowResult
from textual.geometry import Size
from textual.widget import Widget

from builders.severity import unlabeled_sheet
from harness import Driver, open_app
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.core.frame import footer_line
from ontos_tui.tui.stages.base import StageView
from ontos_tui.tui.widgets.lines import Line
from ontos_tui.workspace import Workspace

HERE = [
    Command(f"here.{name}", name[0], name.capitalize(), "does it") for name in ("approve", "edit", "reject", "flag")
]
EVERYWHERE = [
    Command("app.palette", "ctrl+p", "Commands", ""),
    Command("app.help", "question_mark", "Help", ""),
    Command("app.quit", "q", "Quit", ""),
]


def _text(line: Line) -> str:
    return "".join(part.text for part in line)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
async def test_all_seven_stages_are_in_sight(tmp_path: Path, width: int) -> None:
    async with open_app(tmp_path, (width, 20)) as user:
        line = user.text().splitlines()[1]
        assert [str(stage.number) for stage in Stage if str(stage.number) not in line] == []
        await user.press("7")
        await user.until(lambda: "7" in user.text().splitlines()[1] and "Improve▌" in user.text(), "stage 7 is shown")


def test_what_works_everywhere_gives_way_to_what_works_here_and_help_stays() -> None:
    assert _text(footer_line(HERE, EVERYWHERE, 90)).split() == (
        ["a", "Approve", "e", "Edit", "r", "Reject", "f", "Flag", "^p", "Commands", "?", "Help", "q", "Quit"]
    )
    assert _text(footer_line(HERE, EVERYWHERE, 50)).split() == [
        "a",
        "Approve",
        "e",
        "Edit",
        "r",
        "Reject",
        "f",
        "Flag",
        "?",
        "Help",
    ]
    assert _text(footer_line(HERE, EVERYWHERE, 30)).split() == ["a", "Approve", "e", "Edit", "?", "Help"]


@given(st.integers(0, 120))
def test_the_footer_is_never_wider_than_the_screen(width: int) -> None:
    line = _text(footer_line(HERE, EVERYWHERE, width))
    assert cell_len(line) <= max(width, cell_len(" ? Help"))


def _footer(user: Driver) -> int:
    """The row of the keys."""
    return user.app.size.height - 1


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)])
async def test_a_message_covers_no_stage_no_key_and_no_choice(home: Path, size: tuple[int, int]) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, 3)
    async with open_app(home, size) as user:
        await user.press("3", "enter")
        await user.sees("▸severity", "saved")
        before = user.text().splitlines()
        user.app.show_message("Something went well.")
        at, last = _footer(user) - 1, before[_footer(user) - 1]
        # What was in the last row is above the message, one frame after the message is there.
        await user.sees("Something went well.", last.strip("▌ "))
        after = user.text().splitlines()
        assert "Something went well." in after[at]
        assert after[-1] == before[-1], "the keys"
        assert after[:2] == before[:2], "the next step and the stages"
        for text in ("▸severity", "3 major"):
            assert any(text in row for row in after)


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_an_error_of_several_lines_covers_neither(home: Path, size: tuple[int, int]) -> None:
    async with open_app(home, size) as user:
        await user.press("4")
        before = user.text().splitlines()
        user.app.show_error(OntosError("The table is not there any more. " * 4, "Add it again: 1, then a."))
        await user.sees("Add it again")
        after = user.text().splitlines()
        assert (after[:3], after[-1]) == (before[:3], before[-1])
        user.app.show_message("Something went well.")
        await user.sees("Add it again", "Something went well.")
        assert user.text().splitlines()[:3] == before[:3]
        user.app._messages.clear()
        await user.until(lambda: user.text().splitlines() == before, "the stage has its rows again")


async def test_a_message_beside_a_dialog_covers_nothing_of_it(home: Path) -> None:
    async with open_app(home, (80, 24)) as user:
        await user.press("question_mark")
        before = user.text().splitlines()
        user.app.show_message("Something went well.")
        await user.sees("Something went well.")
        after = user.text().splitlines()
        assert [at for at, (one, other) in enumerate(zip(before, after, strict=True)) if one != other] == [0]
        await user.press("escape")
        await user.until(lambda: "Something" in user.text().splitlines()[_footer(user) - 1], "it moves to its place")
        assert "? Help" in user.text().splitlines()[-1]


async def test_a_message_takes_the_place_of_the_one_before_but_of_no_error(home: Path) -> None:
    async with open_app(home) as user:
        user.app.show_message("first")
        await user.sees("first")
        user.app.show_message("2 pairs", title="Tags")
        await user.sees("Tags: 2 pairs")
        lines = user.text().splitlines()
        assert "Tags: 2 pairs" in lines[_footer(user) - 1]
        assert not any("first" in one for one in lines)
        user.app.show_error(OntosError("It went wrong.", "Try again."))
        await user.sees("It went wrong.")
        user.app.show_message("third")
        await user.sees("It went wrong.", "third")


async def test_g_leads_to_the_first_row_where_it_has_no_other_meaning(home: Path) -> None:
    with Workspace(home) as workspace:
        for _ in range(3):
            unlabeled_sheet(workspace.store, 1)
    async with open_app(home, (80, 24)) as user:
        await user.press("3", "l", "escape", "G")
        table = user.app.query_one("#training-sheets")
        assert table.cursor == 2  # type: ignore[attr-defined]
        await user.press("4", "3")
        await user.press("home")
        assert table.cursor == 0  # type: ignore[attr-defined]


async def test_who_closed_the_terminal_in_the_wizard_is_in_the_wizard_again(tmp_path: Path) -> None:
    async with open_app(tmp_path, (80, 24)) as user:
        await user.press("W", "1")
        await user.sees("wizard: step 2 of 7", "▐2")
        assert "next: " not in user.text(), "one numbering at a time"
    async with open_app(tmp_path, (80, 24)) as user:
        await user.until(lambda: user.app.in_wizard, "the wizard is back")
        await user.sees("wizard: step 2 of 7")
        await user.press("escape")
        await user.sees("next: ")
    async with open_app(tmp_path, (80, 24)) as user:
        await user.settle()
        assert not user.app.in_wizard


async def test_a_page_is_laid_out_though_textual_sends_no_resize(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It sends none when somebody asked where a page stands just before the page's first layout."""
    reflow = Compositor.reflow

    def silent(self: Compositor, parent: Widget, size: Size) -> ReflowResult:
        hidden, shown, resized = reflow(self, parent, size)
        pages = {one for one in shown | resized if isinstance(one, StageView)}
        return ReflowResult(hidden, shown - pages, resized - pages)

    monkeypatch.setattr(Compositor, "reflow", silent)
    async with open_app(home, (120, 40)) as user:
        await user.press("4")
        await user.sees("score made")
