"""Jump mode: one key shows letters, one letter goes there; every other key changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.severity import unlabeled_sheet
from harness import open_app
from ontos_tui.tui.dialogs.jump import JumpLabel
from ontos_tui.workspace import Workspace


@pytest.mark.parametrize("size", [(60, 20), (150, 45)])
async def test_a_letter_goes_to_what_it_stands_at(home: Path, size: tuple[int, int]) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=3)
    async with open_app(home, size, watch=False) as user:
        await user.press("6", "3", "ctrl+t")
        labels = {label.letter: label.target for label in user.app.screen.query(JumpLabel)}
        assert list(labels)[:2] == ["a", "s"][: len(labels)] and user.app.focused is None
        before = "\n".join(user.text().splitlines()[2:3])
        assert " a " in user.text(), before
        letter, target = list(labels.items())[-1]
        await user.press(letter)
        assert user.app.focused is target


async def test_another_key_leaves_the_focus_where_it_was(home: Path) -> None:
    async with open_app(home, watch=False) as user:
        before = user.app.focused
        await user.press("ctrl+t", "escape")
        assert user.app.focused is before


async def test_it_works_in_a_dialog(home: Path) -> None:
    async with open_app(home, watch=False) as user:
        await user.press("comma", "ctrl+t")
        (label, *_) = user.app.screen.query(JumpLabel)
        await user.press(label.letter)
        assert user.app.focused is label.target
