"""Sharing by commands: begun, looked at, settled, verified; nothing secret is printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import old_sharing
from builders.severity import MAJOR, NONE, unlabeled_sheet
from builders.team import Member
from command_result import Ontos
from emulator.databricks.server import TOKEN, serve
from emulator.databricks.server import Workspace as Emulated
from ontos_tui.domain.records.pairs import Verdict
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


@pytest.fixture
def ben(ontos: Ontos, home: Path, tmp_path: Path, served: Emulated) -> Iterator[Member]:
    """Ben, who has two conflicts with whoever works at `home`."""
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, 3)
    assert "Start sharing: ontos sync --start" in ontos("sync", fails=1).err
    output = ontos("sync", "--start").out
    assert "created table ontos_log" in output
    assert "state      synced" in output
    member = Member(tmp_path / "ben", "ben", served)
    member.sharing.start()
    member.sharing.sync()
    pairs = list(member.label.queue.open(sheet.id))[:2]
    member.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=NONE) for pair in pairs])
    member.sharing.sync()
    with Workspace(home) as workspace:
        workspace.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=MAJOR) for pair in pairs])
        assert workspace.actor == "ana@example.com", "who Databricks says is logged in"
    assert ontos("sync", "--status", as_json=True).json["state"] == "waiting"
    assert ontos("sync", as_json=True).json["status"]["conflicts"] == 2
    yield member
    member.close()


def test_conflicts_are_shown_side_by_side_and_settled_once(ontos: Ontos, home: Path, ben: Member) -> None:
    text = ontos("sync", "--conflicts").out
    first = text.splitlines()[:6]
    assert "canonical labels" in first[0]
    assert first[1].split()[:2] == ["before", "ben@example.com"]
    assert "ana@example.com" in first[1]
    assert any(line.split() == ["severity", "(none)", "none", "major"] for line in first), first
    one, other = ontos("sync", "--conflicts", as_json=True).json
    assert (
        "person --person NAME"
        in ontos("sync", "--conflict", one["id"], "--keep", "person", "--person", "eve", fails=1).err
    )
    settled = ontos("sync", "--conflict", one["id"], "--keep", "theirs").out
    assert settled.strip() == "1 conflict settled: theirs stays. Undo: ontos sync --undo"
    assert "No open conflict" in ontos("sync", "--conflict", one["id"], "--keep", "mine", fails=1).err
    assert ontos("sync", "--undo").out.strip() == "1 conflict opened again"
    counted = ontos("sync", "--all", "--keep", "mine").out
    assert counted.splitlines() == ["mine would stay in 2 conflicts.", "Settle them: repeat the command with --yes"]
    assert len(ontos("sync", "--all", "--keep", "mine", "--yes", as_json=True).json["settled"]) == 2
    assert ontos("sync", as_json=True).json["status"]["state"] == "synced"
    assert "No conflicts." in ontos("sync", "--conflicts").out
    ben.sharing.sync()
    assert {one.label_data["severity"] for one in ben.label.canonical_labels.find()} == {"major"}
    assert other["table"] == "canonical_labels"


def test_what_was_settled_by_another_first_is_refused_with_the_reason(ontos: Ontos, ben: Member) -> None:
    ben.sharing.sync()
    chosen = [one.id for one in ben.sharing.conflicts()]
    ontos("sync", "--all", "--keep", "theirs", "--yes")
    from ontos_tui.services.team.settling import Keep, settlings

    theirs = settlings(ben.sharing.conflicts(), Keep.MINE, {ben.login})
    ben.sharing.settle([one.choice for one in theirs])
    assert len(chosen) == len(theirs) == 2
    ben.sharing.sync()
    ontos("sync")
    refused = ontos("sync", "--refused").out
    assert refused.count("the conflict was settled by ben@example.com first") == 2
    assert ontos("sync", "--status", as_json=True).json["refused"] == 2
    first = ontos("sync", "--refused", as_json=True).json[0]["id"]
    assert ontos("sync", "--dismiss", first).out.strip() == "1 dismissed"
    assert ontos("sync", "--dismiss", "all").out.strip() == "1 dismissed"
    assert "Nothing of yours was refused." in ontos("sync", "--refused").out


def test_who_has_read_how_far_and_whether_it_is_equal(ontos: Ontos, home: Path, ben: Member) -> None:
    members = {one["name"]: one for one in ontos("sync", "--members", as_json=True).json["members"]}
    assert members["ana@example.com"]["here"]
    text = ontos("sync", "--members").out
    assert "ana@example.com (here)" in text
    assert "everything" in text and "behind" in text
    verified = ontos("sync", "--verify").out
    assert verified.startswith("equal at version ")
    with Workspace(home) as workspace, workspace.store.write() as connection:
        connection.execute("INSERT INTO sync_applying VALUES (1)")
        connection.execute("UPDATE qa_pairs SET sequence_number = 77 WHERE sequence_number = 3")
        connection.execute("DELETE FROM sync_applying")
    failed = ontos("sync", "--verify", fails=1)
    assert "qa pairs" in failed.out
    assert "1 differ" in failed.out
    assert "ontos sync --verify --repair" in failed.out
    assert "repaired" in ontos("sync", "--verify", "--repair").out
    assert ontos("sync", "--verify", as_json=True).json["is_equal"]


def test_a_workspace_of_an_earlier_version_moves_by_one_command(ontos: Ontos, home: Path, served: Emulated) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, 3)
        old_sharing.switch_on(workspace.store)
    assert "ontos sync --move-to-log" in ontos("sync", "--start", fails=1).err
    assert "shared by tables" in ontos("sync", "--status").out
    moved = ontos("sync", "--move-to-log").out
    assert "0 rows of the team's tables moved" in moved
    assert "state      synced" in moved
    assert ontos("sync", "--verify").out.startswith("equal at version ")
    assert "shares by the log already" in ontos("sync", "--move-to-log", fails=1).err


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


def test_another_log_is_shared_with_only_when_it_is_named(
    ontos: Ontos, home: Path, served: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace(home) as workspace:
        unlabeled_sheet(workspace.store, 3)
    ontos("sync", "--start")
    monkeypatch.setenv("ONTOS_DATABRICKS_SCHEMA", "elsewhere")
    assert "ontos sync --start --other-log" in ontos("sync", fails=1).err
    assert "created table ontos_log" in ontos("sync", "--start", "--other-log").out
    assert ontos("sync", "--verify").out.startswith("equal at version ")
