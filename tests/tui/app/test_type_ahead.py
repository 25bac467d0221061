"""Several keys in one packet: each goes to what the keys before it open."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Key, Paste
from textual.widgets import Input

from builders.severity import unlabeled_sheet
from harness import Driver, open_app
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.keys import type_ahead
from ontos_tui.tui.dialogs.forms.form import FormDialog
from ontos_tui.tui.dialogs.guide.help import HelpDialog
from ontos_tui.workspace import Workspace

NAMES = {",": "comma", "?": "question_mark", "/": "slash"}


@pytest.fixture
def labeling(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with three pairs to label; a busy machine makes no key impatient."""
    monkeypatch.setattr(type_ahead, "PATIENCE", 60.0)
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=3)
    return home


async def at_once(user: Driver, *keys: str) -> None:
    """Press keys as one packet brings them: all of them are there before the first one is handled."""
    for key in keys:
        user.app.post_message(Key(NAMES.get(key, key), key if len(key) == 1 else None))
    await user.settle()


def _labeled(user: Driver) -> int:
    return user.app.workspace.label.queue.training_sheets()[0].counts.labeled


async def test_keys_go_to_the_stage_and_the_queue_that_keys_before_them_open(labeling: Path) -> None:
    async with open_app(labeling) as user:
        await at_once(user, "3", "enter", "a", "a")
        await user.until(lambda: _labeled(user) == 2, "both are approved")
        assert user.app.stage is Stage.LABEL


async def test_keys_go_through_several_stages_in_their_order(labeling: Path) -> None:
    async with open_app(labeling) as user:
        await at_once(user, "4", "5", "7", "4", "?")
        assert user.app.stage is Stage.TRAIN
        assert isinstance(user.app.screen, HelpDialog)
        await user.sees("Help · Train")


async def test_a_dialog_gets_what_is_typed_ahead_and_the_stage_none_of_it(labeling: Path) -> None:
    async with open_app(labeling) as user:
        await at_once(user, "3", "enter", "r", *"a4q", "ctrl+s")
        queue = user.app.workspace.label.queue
        sheet = queue.training_sheets()[0].sheet.id

        def rejected() -> list[str]:
            return [queue.pair(row.id).reject_reason for row in queue.open(sheet) if row.status is PairStatus.REJECTED]

        await user.until(lambda: bool(rejected()), "it is rejected")
        assert rejected() == ["a4q"]
        assert user.app.stage is Stage.LABEL


async def test_a_paste_goes_to_the_field_that_a_key_before_it_opens(labeling: Path) -> None:
    async with open_app(labeling) as user:
        await user.press("3", "enter")
        user.app.post_message(Key("slash", "/"))
        user.app.post_message(Paste("drill"))
        await user.settle()
        assert [field.value for field in user.app.screen.query(Input)] == ["drill"]


async def test_escape_in_a_packet_takes_no_key_before_it_away(labeling: Path) -> None:
    async with open_app(labeling) as user:
        await at_once(user, "?", "escape", "4")
        assert user.app.stage is Stage.TRAIN
        assert len(user.app.screen_stack) == 1


async def test_escape_and_a_letter_that_came_as_one_key_are_both(labeling: Path) -> None:
    async with open_app(labeling) as user:
        await user.press("3", "enter", "question_mark")
        assert isinstance(user.app.screen, HelpDialog)
        user.app.post_message(Key("alt+a", "a"))
        await user.settle()
        assert not isinstance(user.app.screen, HelpDialog)
        assert _labeled(user) == 1, "the letter goes to the queue below"


async def test_alt_and_a_letter_close_no_form(labeling: Path) -> None:
    async with open_app(labeling) as user:
        await user.press("3", "enter", "r")
        user.app.post_message(Key("alt+g", "g"))
        await user.settle()
        assert isinstance(user.app.screen, FormDialog)


async def test_the_answer_of_a_dialog_is_waited_for(labeling: Path) -> None:
    async with open_app(labeling) as user:
        await at_once(user, "3", "enter", "e", "ctrl+s", "?")
        assert isinstance(user.app.screen, HelpDialog)  # behind the form, and over the queue
        assert not any(isinstance(screen, FormDialog) for screen in user.app.screen_stack)


async def test_keys_that_open_nothing_are_not_lost(labeling: Path) -> None:
    async with open_app(labeling) as user:
        await at_once(user, "1", "tab", "j", "k", "4", "5", "1")
        assert user.app.stage is Stage.DATA
        assert user.app.is_idle
