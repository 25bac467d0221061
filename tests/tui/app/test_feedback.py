"""Every key of every stage answers within 100 ms: something changes on the screen, or it says that work runs.

What counts is the processor time of the app until then, of the event loop and of the threads that work for it: the
time that a person waits on a machine that does nothing else. A busy machine lengthens the wait and not the work.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import process_time

import pytest
from textual.events import Key

from builders.severity import unlabeled_sheet
from harness import Driver, open_app
from ontos_tui.domain.stages import Stage
from ontos_tui.tui.core.commands import Command, commanded_nodes
from ontos_tui.workspace import Workspace
from tiers import deep

LIMIT = 0.1
"""Seconds of processor time."""
TRIES = 3
"""The first time, a dialog is imported, and caches of the processor are cold."""
LOOK = 0.005
"""Seconds between two looks at the screen; what the looking itself costs is not counted."""
LEAVES = {"app.quit", "app.redraw", "app.backup"}
"""Commands that end the app, or whose picture is the one before."""


async def _answer(user: Driver, key: str) -> float:
    """Processor time until the picture is another one, in seconds; 0 when it stays as it is after all work."""
    before = user.text()
    used, idle_looks = 0.0, 0
    user.app.post_message(Key(key, key if len(key) == 1 else None))
    while used < 5:
        begun = process_time()
        await asyncio.sleep(LOOK)
        used += process_time() - begun
        if user.text() != before:
            return used
        idle_looks = idle_looks + 1 if user.app.is_idle else 0
        if idle_looks > 100:
            return 0.0
    return used


def _commands(user: Driver) -> list[Command]:
    nodes = commanded_nodes(user.app.key_target)
    shown = [command for node in nodes for command in node.possible_commands() if not command.key_text]
    return [command for command in shown if command.id not in LEAVES and not command.id.startswith("app.stage")]


async def _back(user: Driver, stage: Stage) -> None:
    while len(user.app.screen_stack) > 1:
        await user.press("escape")
    if user.app.in_wizard:
        await user.press("escape")
    user.app.action_stage(stage.value)
    await user.settle()


@deep
@pytest.mark.parametrize("stage", list(Stage), ids=lambda stage: stage.value)
async def test_every_key_answers_at_once(home: Path, stage: Stage) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=30)
    async with open_app(home, (80, 24)) as user:
        await _back(user, stage)
        slow = {}
        for command in _commands(user):
            best = LIMIT + 1
            for _ in range(TRIES):
                best = min(best, await _answer(user, command.keys[0]))
                await _back(user, stage)
                if best <= LIMIT:
                    break
            else:
                slow[command.id] = round(best, 3)
        assert not slow
