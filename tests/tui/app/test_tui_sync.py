"""Sharing behind the screens: the header says where it stands, and Y settles what two people decided apart."""

from __future__ import annotations

import queue
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders.severity import MAJOR, NONE, unlabeled_sheet
from builders.team import Member
from emulator.databricks.scene import Scene
from emulator.databricks.server import TOKEN, serve
from harness import SIZES, open_app
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.sync import SyncState
from ontos_tui.services.label.service import Decision
from ontos_tui.services.team.team_log import SharingStatus
from ontos_tui.tui.core.updates import sync_worker
from ontos_tui.tui.core.updates.sync_worker import SyncWorker, describe_sync
from ontos_tui.workspace import Workspace


@SIZES
async def test_a_conflict_is_seen_settled_and_opened_again(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as served:
        monkeypatch.setenv("DATABRICKS_HOST", served.url)
        monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
        monkeypatch.setenv("ONTOS_DATABRICKS_CATALOG", "team")
        monkeypatch.setenv("ONTOS_DATABRICKS_WAREHOUSE", "w1")
        with Workspace(tmp_path / "ana") as workspace:
            sheet = unlabeled_sheet(workspace.store, 3)
            workspace.sharing.start()
            workspace.sharing.sync()
            ben = Member(tmp_path / "ben", "ben", served)
            ben.sharing.start()
            ben.sharing.sync()
            row = next(iter(ben.label.queue.open(sheet.id)))
            ben.label.queue.decide([Decision(row.id, Verdict.EDIT, answer=NONE)])
            ben.sharing.sync()
            ben.close()
            workspace.label.queue.decide([Decision(row.id, Verdict.EDIT, answer=MAJOR)])
        async with open_app(tmp_path / "ana", size) as user:
            await user.sees("⇅ synced · ⚑ 1 conflict")
            await user.press("Y")
            await user.sees("Sharing with the team", "canonical labels", "ben, ana", "before", "counts now", "Read: ")
            await user.press("m")
            await user.sees("No conflicts", "1 settled")
            labels = user.app.workspace.label.canonical_labels
            assert [one.label_data for one in labels.find()] == [MAJOR]
            await user.press("u")
            await user.sees("1 opened again", "counts now")
            await user.press("a")
            await user.sees("Settle all conflicts", "by ben@example.com", "settles 1 of 1")
            await user.press("down", "enter")
            await user.sees("No conflicts")
            await user.press("r")
            await user.sees("Nothing of yours was refused")
            await user.press("escape", "escape")
            await user.until(lambda: "⚑" not in user.text().splitlines()[0], "the conflict is gone from the header")
            assert [one.label_data for one in labels.find()] == [NONE]


def test_the_warehouse_is_left_alone_while_nobody_is_at_the_keyboard(
    scene: Scene, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_worker, "PUSH_SECONDS", 0.01)
    monkeypatch.setattr(sync_worker, "PULL_SECONDS", 0.01)
    looks: queue.Queue[tuple[str, int]] = queue.Queue()
    idle = [1e6]
    with Workspace(home) as workspace:
        workspace.sharing.start()
        thread = SyncWorker(
            workspace,
            lambda words: looks.put((words, len(scene.engine.statements))),
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


def test_an_error_of_our_own_never_leaves_synced_in_the_header(
    scene: Scene, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_worker, "PUSH_SECONDS", 0.01)
    words: queue.Queue[str] = queue.Queue()
    with Workspace(home) as workspace:
        workspace.sharing.start()
        thread = SyncWorker(workspace, words.put, lambda: 0.0)
        thread.start()
        assert words.get(timeout=20) == "⇅ synced"
        monkeypatch.setattr(workspace.sharing, "status", lambda: 1 / 0)
        while (said := words.get(timeout=20)) == "⇅ synced":
            pass
        thread.stop()
    assert said == "⇅ not synced: see logs/ontos.log"


async def test_without_a_team_nothing_is_shared_and_the_dialog_says_so(tmp_path: Path) -> None:
    async with open_app(tmp_path) as user:
        assert "⇅" not in user.text()
        await user.press("Y")
        await user.sees("This workspace is not shared", "No conflicts")


AT = datetime(2026, 11, 30, 14, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (SharingStatus(SyncState.OFF), ""),
        (SharingStatus(SyncState.SYNCED), "⇅ synced"),
        (SharingStatus(SyncState.WAITING, waiting=1_204), "⇅ 1,204 waiting"),
        (
            SharingStatus(SyncState.OFFLINE, waiting=3, away_since=AT),
            f"⇅ offline since {AT.astimezone():%H:%M} · 3 waiting",
        ),
        (SharingStatus(SyncState.SYNCED, refused=2), "⇅ synced · 2 refused"),
        (SharingStatus(SyncState.WAITING, 1, 2, 1), "⇅ 1 waiting · 1 refused · ⚑ 2 conflicts"),
        (SharingStatus(SyncState.OTHER_LOG), "⇅ not the log you shared with"),
        (SharingStatus(SyncState.UPDATE), "⇅ update Ontos to read the team's log"),
        (SharingStatus(SyncState.OLD_TABLES, 7), "⇅ not shared: run ontos sync --move-to-log · 7 waiting"),
    ],
    ids=["off", "synced", "waiting", "offline", "refused", "all", "other log", "newer", "tables"],
)
def test_the_header_says_where_sharing_stands(status: SharingStatus, words: str) -> None:
    assert describe_sync(status) == words
