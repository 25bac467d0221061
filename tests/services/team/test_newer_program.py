"""A member with a newer program beside one with an older: nothing is misread, nothing lost, and it is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders.severity import MAJOR, MINOR, unlabeled_sheet
from builders.team_log import Member, SharedLog
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.sync import SyncState
from ontos_tui.domain.sharing import wire
from ontos_tui.services.label.service import Decision
from ontos_tui.services.team.log_port import NewerLogError


@pytest.fixture
def members(tmp_path: Path) -> Iterator[tuple[Member, Member, str]]:
    shared = SharedLog()
    old, new = (Member(tmp_path / name, name, shared) for name in ("ana", "ben"))
    sheet = unlabeled_sheet(old.store, 3).id
    for member in (old, new, old):
        member.sharing.start()
        member.sharing.sync()
    yield old, new, sheet
    for member in (old, new):
        member.close()


def _decide(member: Member, sheet: str, place: int, answer: dict[str, object]) -> None:
    pair = member.label.queue.open(sheet)[place]
    member.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=answer)])


def test_an_older_program_waits_for_its_update_and_its_work_goes_out(
    members: tuple[Member, Member, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, sheet = members
    _decide(new, sheet, 0, MAJOR)
    new.sharing.push()
    rows = new.log.shared.rows
    rows[-1] = replace(rows[-1], format=wire.FORMAT + 1)
    before = old.state()
    _decide(old, sheet, 1, MINOR)
    for _ in range(2):
        with pytest.raises(NewerLogError, match="an entry of a newer Ontos") as raised:
            old.sharing.sync()
        assert raised.value.todo.startswith("Update Ontos")
    status = old.sharing.status()
    assert status.state is SyncState.UPDATE
    assert status.away_since is not None
    assert old.state()["canonical_labels"] != before["canonical_labels"], "work goes on here"
    with pytest.raises(NewerLogError):
        old.sharing.verify(repair=True)

    monkeypatch.setattr(wire, "FORMAT", wire.FORMAT + 1)  # both have the newer one now
    new.sharing.sync()
    assert new.label.queue.counts(sheet).labeled == 2, "what the older one sent meanwhile is there"
    old.sharing.sync()
    assert old.sharing.status().state is SyncState.SYNCED
    assert old.state() == new.state()
    assert old.sharing.verify().checksum == new.sharing.verify().checksum


def test_columns_of_a_newer_program_are_left_out_alike_by_all_who_read_them(
    members: tuple[Member, Member, str],
) -> None:
    """A column that may get lost on the way raises no format: an older program leaves it out."""
    old, new, sheet = members
    _decide(new, sheet, 0, MAJOR)
    new.sharing.push()
    rows = new.log.shared.rows
    rows[-1] = replace(rows[-1], body=rows[-1].body.replace('"item_ref":', '"shade":"blue","item_ref":'))
    for member in members[:2]:
        member.sharing.sync()
        assert member.sharing.verify().is_equal
    assert old.state() == new.state()
