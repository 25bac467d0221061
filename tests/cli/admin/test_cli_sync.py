"""Sharing by commands: begun, looked at, settled; nothing secret is printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.severity import MAJOR, NONE, unlabeled_sheet
from builders.team import Member
from command_result import Ontos
from emulator.databricks.server import TOKEN, serve
from emulator.databricks.server import Workspace as Emulated
from ontos_tui.domain.records.pairs import CanonicalLabel, Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.workspace import Workspace


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulated]:
    with serve() as workspace:
        monkeypatch.setenv("DATABRICKS_HOST", workspace.url)
        monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
        monkeypatch.setenv("ONTOS_DATABRICKS_CATALOG", "team")
        monkeypatch.setenv("ONTOS_DATABRICKS_WAREHOUSE", "w1")
        yield workspace


def test_sharing_begins_and_conflicts_are_settled(ontos: Ontos, home: Path, tmp_path: Path, served: Emulated) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, 3)
    assert "Sharing is not on" in ontos("sync", fails=1).err
    output = ontos("sync", "--start").out
    assert "created table qa_pairs" in output
    assert "state      synced" in output
    ben = Member(tmp_path / "ben", "ben", served)
    ben.sync.switch_on()
    ben.sync.sync()
    row = next(iter(ben.label.queue.open(sheet.id)))
    ben.label.queue.decide([Decision(row.id, Verdict.EDIT, answer=NONE)])
    ben.sync.sync()
    ben.close()
    with Workspace(home) as workspace:
        workspace.label.queue.decide([Decision(row.id, Verdict.EDIT, answer=MAJOR)])
    assert ontos("sync", "--status", as_json=True).json["state"] == "waiting"
    report = ontos("sync", as_json=True).json
    assert report["status"]["conflicts"] == 2
    matches = ontos("sync", "--conflicts", as_json=True).json
    label = next(one for one in matches if one["entity"] == CanonicalLabel.TABLE)
    assert "ben" in ontos("sync", "--conflicts").out
    for one in matches:
        ontos("sync", "--conflict", one["id"], "--keep", "theirs")
    assert "is already resolved" in ontos("sync", "--conflict", label["id"], "--keep", "ours", fails=1).err
    assert ontos("sync", as_json=True).json["status"]["state"] == "synced"
    with Workspace(home) as workspace:
        assert [one.label_data for one in workspace.label.canonical_labels.find()] == [NONE]
    assert "No conflicts." in ontos("sync", "--conflicts").out


def test_a_token_that_is_no_longer_good_is_shown_and_not_shown(ontos: Ontos, served: Emulated) -> None:
    ontos("sync", "--start")
    served.tokens.clear()
    failed = ontos("sync", fails=1)
    assert "databricks auth login" in failed.err
    status = ontos("sync", "--status").out
    assert "offline since" in status
    assert TOKEN not in failed.err + failed.out + status


def test_a_command_leaves_no_session_open_at_the_warehouse(ontos: Ontos, served: Emulated) -> None:
    ontos("sync", "--start")
    assert served.thrift.open_sessions == 0


def test_without_a_team_it_says_how_to_set_one_up(ontos: Ontos) -> None:
    assert "databricks_catalog" in ontos("sync", "--start", fails=1).err
