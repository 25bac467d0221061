"""What explains the app inside the app: help, all keys, the words, the tour, and a hint at a key that does nothing."""

from __future__ import annotations

from pathlib import Path

from builders.severity import unlabeled_sheet
from harness import open_app
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.dialogs.guide.glossary import WORDS, GlossaryDialog
from ontos_tui.tui.dialogs.guide.help import HelpDialog
from ontos_tui.tui.dialogs.guide.tour import STOPS, Tour
from ontos_tui.workspace import Workspace


async def test_the_words_are_one_key_away_from_every_stage_and_dialog(home: Path) -> None:
    assert len(WORDS) == 15
    async with open_app(home, (80, 24)) as user:
        for stage in "45":
            await user.press(stage, "f4")
            assert isinstance(user.app.screen, GlossaryDialog)
            await user.sees("What the words mean", "held out", "baseline")
            await user.press("escape")
        await user.press("?", "w")
        assert isinstance(user.app.screen, GlossaryDialog)
        await user.press("escape")
        assert isinstance(user.app.screen, HelpDialog)


async def test_all_keys_are_listed_from_the_help(home: Path) -> None:
    async with open_app(home, (80, 24)) as user:
        await user.press("?", "a")
        await user.sees("All keys", "Go to the next step", "more lines")


async def test_the_tour_shows_the_real_stages(home: Path) -> None:
    async with open_app(home, (80, 24)) as user:
        await user.press("3", "f6")
        assert isinstance(user.app.screen, Tour)
        for number, stop in enumerate(STOPS, 1):
            await user.sees(f"{stop.stage.number} {stop.stage.title}   {number} of 7", f"▐{stop.stage.number}")
            assert user.app.stage is stop.stage
            await user.press("enter")
        assert not isinstance(user.app.screen, Tour)
        assert user.app.stage is Stage.IMPROVE
        await user.press("1")
        assert user.app.stage is Stage.DATA


async def test_the_tour_goes_back_and_ends_where_one_is(home: Path) -> None:
    async with open_app(home, (80, 24)) as user:
        await user.press("?", "t", "enter", "enter", "b", "escape")
        assert user.app.stage is Stage.GENERATE
        assert len(user.app.screen_stack) == 1


async def test_a_key_that_does_nothing_says_so_the_second_time(home: Path) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=3)
    async with open_app(home, (80, 24)) as user:
        await user.press("4", "z")
        assert "does nothing here" not in user.text()
        await user.press("z")
        await user.sees("z does nothing here; ? lists the keys")


async def test_keys_that_move_or_that_a_field_takes_do_something(home: Path) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=3)
    async with open_app(home, (80, 24)) as user:
        await user.press("3", "j", "j", "k", "k", "enter", "slash", *"zz")
        assert "does nothing here" not in user.text()


async def test_help_in_a_form_lists_its_keys(home: Path) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=3)
    async with open_app(home, (80, 24)) as user:
        await user.press("3", "enter", "F", "f1")
        await user.sees("In this dialog", "Close without a change")


async def test_the_mouse_presses_the_keys_of_the_last_line_and_of_dialogs(home: Path) -> None:
    async with open_app(home, (80, 24)) as user:

        async def click(text: str) -> None:
            rows = user.text().splitlines()
            y = max(number for number, row in enumerate(rows) if text in row)
            await user.pilot.click(offset=(rows[y].index(text) + 1, y))
            await user.settle()

        await user.press("4")
        await click("? Help")
        assert isinstance(user.app.screen, HelpDialog)
        await click("w Words")
        assert isinstance(user.app.screen, GlossaryDialog)
        await click("esc Back")
        await click("t Tour")
        assert isinstance(user.app.screen, Tour)
        await click("enter Next")
        await user.sees("2 Generate   2 of 7")
        await click("esc End")
        assert len(user.app.screen_stack) == 1
