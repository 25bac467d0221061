"""The queue says "saved" only while every decision is on the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from builders.severity import unlabeled_sheet
from harness import open_app
from ontos_tui.tui.stages.label.desk.panes import display
from ontos_tui.tui.stages.label.desk.state.desk_state import DeskState
from ontos_tui.tui.widgets.lines import Line
from ontos_tui.workspace import Workspace


async def test_a_decision_that_waits_for_the_disk_is_not_called_saved(home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, pairs=4)
    with Workspace(home) as other:
        async with open_app(home) as user:
            await user.press("3", "enter")
            await user.sees("0/4 decided", "saved")
            with other.store.write():
                await user.pilot.press("a")
                await user.sees("1/4 decided", "saving")
                assert "saved" not in user.text()
                await user.pilot.press("a")
                await user.sees("2/4 decided", "saving 2")
            await user.sees("2/4 decided", "saved")
            assert other.label.queue.counts(sheet.id).labeled == 2


async def test_the_very_first_picture_after_a_key_does_not_say_saved(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, pairs=2)
    painted: list[str] = []
    line = display.progress_line

    def record(state: DeskState, waiting: int) -> Callable[[int], Line]:
        painted.append("".join(str(part.text) for part in line(state, waiting)(120)))
        return line(state, waiting)

    monkeypatch.setattr(display, "progress_line", record)
    async with open_app(home) as user:
        await user.press("3", "enter")
        await user.sees("0/2 decided", "saved")
        painted.clear()
        await user.press("a")
        await user.sees("1/2 decided", "saved")
    assert all("saving" in text for text in painted if "1/2" in text and text != painted[-1])
    assert "saving" in next(text for text in painted if "1/2 decided" in text)
    assert "saved" in painted[-1]
