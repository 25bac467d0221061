"""Every key of every stage answers: something changes on the screen, or it says that work runs, within 100 ms.

The limit is relative: a machine that is busy with other things takes longer for every key, and so does a key that is
known to be quick (`?`), which is measured beside them.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import perf_counter

import pytest
from textual.events import Key

from builders.severity import unlabeled_sheet
from harness import Driver, open_app
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command, commanded_nodes
from ontos_tui.workspace import Workspace
from tiers import deep

LIMIT = 0.1
"""Seconds on a machine where `?` takes QUICK."""
QUICK = 0.03
LEAVES = {"app.quit", "app.redraw", "app.backup"}
"""Commands that end the app, or whose picture is the one before."""


async def _answer(user: Driver, key: str) -> float:
    """Seconds until the picture is another one; 0 when it stays as it is after all work."""
    before, begun = user.text(), perf_counter()
    user.app.post_message(Key(key, key if len(key) == 1 else None))
    while perf_counter() - begun < 5:
        await asyncio.sleep(0)
        if user.text() != before:
            return perf_counter() - begun
        if perf_counter() - begun > 1 and user.app.is_idle:
            return 0.0
    return perf_counter() - begun


def _commands(user: Driver) -> list[Command]:
    nodes = commanded_nodes(user.app.key_target)
    found = [command for node in nodes for command in node.possible_commands() if not command.key_text]
    return [command for command in found if command.id not in LEAVES and not command.id.startswith("app.stage")]


async def _back(user: Driver, stage: Stage) -> None:
    while len(user.app.screen_stack) > 1:
        await user.press("escape")
    if user.app.in_wizard:
        await user.press("escape")
    user.app.action_stage(stage.value)
    await user.settle()


@deep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("stage", list(Stage), ids=lambda stage: stage.value)
async def test_every_key_answers_at_once(home: Path, stage: Stage) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=30)
    async with open_app(home, (80, 24)) as user:
        await _back(user, stage)
        await _answer(user, "question_mark")  # the first one imports the help
        await _back(user, stage)
        usual = 0.0
        for _ in range(3):
            usual = max(usual, await _answer(user, "question_mark"))
            await _back(user, stage)
        limit = LIMIT * max(1.0, usual / QUICK)
        slow = {}
        for command in _commands(user):
            best = 5.0
            for _ in range(3):  # the first time, a dialog is imported; other programs take the machine now and then
                best = min(best, await _answer(user, command.keys[0]))
                await _back(user, stage)
                if best <= limit:
                    break
            else:
                slow[command.id] = round(best, 3)
        assert not slow, f"limit {limit:.2f} s"
