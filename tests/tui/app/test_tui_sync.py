"""Sharing behind the screens: the header says where it stands, and Y settles what two people changed differently."""

from __future__ import annotations

import queue
import re
from pathlib import Path

import pytest

from builders.severity import MAJOR, NONE, unlabeled_sheet
from builders.team import Member
from emulator.databricks.scene import Scene
from emulator.databricks.server import TOKEN, serve
from harness import SIZES, open_app
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.tui.core import sync_worker
from ontos_tui.tui.core.sync_worker import SyncWorker, describe_sync
from ontos_tui.workspace import Workspace


@SIZES
async def test_a_conflict_is_seen_and_settled(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as served:
        monkeypatch.setenv("DATABRICKS_HOST", served.url)
        monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
        monkeypatch.setenv("ONTOS_DATABRICKS_CATALOG", "team")
        monkeypatch.setenv("ONTOS_DATABRICKS_WAREHOUSE", "w1")
        with Workspace(tmp_path / "ana") as workspace:
            sheet = unlabeled_sheet(workspace.store, 3)
            workspace.sync.switch_on()
            workspace.sync.sync()
            ben = Member(tmp_path / "ben", "ben", served)
            ben.sync.switch_on()
            ben.sync.sync()
            row = next(iter(ben.label.queue.open(sheet.id)))
            ben.label.queue.decide([Decision(row.id, Verdict.EDIT, answer=NONE)])
            ben.sync.sync()
            ben.close()
            workspace.label.queue.decide([Decision(row.id, Verdict.EDIT, answer=MAJOR)])
        async with open_app(tmp_path / "ana", size) as user:
            await user.sees("⇅ synced ⚑ 2")
            await user.press("Y")
            await user.sees("Sharing with the team", "qa pairs", "canonical labels", "ben", "ours")
            await user.press("t", "t")
            await user.sees("No conflicts")
            await user.press("escape")
            await user.until(lambda: "⚑" not in user.text().splitlines()[0], "the conflicts are gone from the header")
            assert [one.label_data for one in user.app.workspace.label.canonical_labels.find()] == [NONE]


def test_the_warehouse_is_left_alone_while_nobody_is_at_the_keyboard(
    scene: Scene, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_worker, "PUSH_SECONDS", 0.01)
    monkeypatch.setattr(sync_worker, "PULL_SECONDS", 0.01)
    looks: queue.Queue[tuple[str, int]] = queue.Queue()
    idle = [1e6]
    with Workspace(home) as workspace:
        workspace.sync.switch_on()
        thread = SyncWorker(
            workspace,
            lambda status, resting: looks.put((describe_sync(status, resting), len(scene.engine.statements))),
            lambda: idle[0],
        )
        thread.start()
        words, sent = looks.get(timeout=20)
        assert words == "⇅ synced", "the first look is for who has just come"
        for _ in range(5):
            words, still = looks.get(timeout=20)
            assert re.fullmatch(r"⇅ synced \d\d:\d\d", words)
            assert still == sent
        idle[0] = 0.0
        while looks.get(timeout=20)[1] == sent:
            pass
        thread.stop()


async def test_without_a_team_nothing_is_shared_and_the_dialog_says_so(tmp_path: Path) -> None:
    async with open_app(tmp_path) as user:
        assert "⇅" not in user.text()
        await user.press("Y")
        await user.sees("This workspace is not shared", "No conflicts")
