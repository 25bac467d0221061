"""A team that shares by tables moves to the log: each when they like, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import old_sharing
from builders.old_sharing import TeamTables
from builders.released import opened, restore
from builders.severity import MAJOR, MINOR, NONE, unlabeled_sheet
from builders.team_log import Member, SharedLog
from ontos_tui.domain.errors import ConflictError, NotReadyError
from ontos_tui.domain.records.pairs import Event, QAPair, Verdict
from ontos_tui.domain.records.sync import SyncState
from ontos_tui.domain.sharing.moving import Known, Ours, Placement, placement
from ontos_tui.services.label.service import Decision
from ontos_tui.services.team.team_log import SharingService
from ontos_tui.store import rows
from ontos_tui.store.engine import Store

ITEMS = 8


class OldTeam:
    """Three people who share a sheet by tables."""

    def __init__(self, folder: Path) -> None:
        self.tables, self.shared = TeamTables(), SharedLog()
        self.ana, self.ben, self.cleo = self.all = [Member(folder / n, n, self.shared) for n in ("ana", "ben", "cleo")]
        self.sheet = unlabeled_sheet(self.ana.store, ITEMS).id
        for member in self.all:
            member.sharing = SharingService(member.store, member.log, member.name, self.tables)
            old_sharing.switch_on(member.store)
        self.sync_old(*self.all)

    def sync_old(self, *members: Member) -> None:
        for member in (*members, *members):
            old_sharing.sync(member.store, self.tables)

    def decide(self, member: Member, item: int, answer: dict[str, Any]) -> None:
        pair = list(member.label.queue.open(self.sheet))[item]
        member.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=answer)])

    def answers(self, member: Member) -> dict[int, Any]:
        with member.store.read() as connection:
            pairs = rows.find(connection, QAPair, order_by=("sequence_number",))
        return {number: pair.answer for number, pair in enumerate(pairs) if pair.answer is not None}

    def meet(self) -> None:
        for member in (*self.all, *self.all):
            member.sharing.sync()
        first, *others = [member.state() for member in self.all]
        for other in others:
            for part, content in first.items():
                assert other[part] == content, part
        assert all(member.sharing.verify().is_equal for member in self.all)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[OldTeam]:
    made = OldTeam(tmp_path)
    yield made
    for member in made.all:
        member.close()


def test_what_was_not_sent_comes_on_top_and_only_what_was_decided_apart_is_a_conflict(team: OldTeam) -> None:
    team.decide(team.ana, 0, MAJOR)
    team.sync_old(team.ana, team.ben)
    team.decide(team.ben, 0, MINOR)  # with ana's in view, not sent
    team.decide(team.ana, 1, MAJOR)
    team.sync_old(team.ana)
    team.decide(team.ben, 1, NONE)  # apart from ana's
    team.decide(team.ana, 2, MINOR)
    team.decide(team.ben, 2, MINOR)  # both the same, neither sent
    with team.ben.store.read() as connection:
        events = {event.id for event in rows.find(connection, Event)}
    assert team.ana.sharing.status().state is SyncState.OLD_TABLES
    with pytest.raises(NotReadyError, match="earlier Ontos") as refused:
        team.ana.sharing.sync()
    assert "ontos sync --move-to-log" in refused.value.todo
    with pytest.raises(NotReadyError):
        team.ana.sharing.start()
    unsent = []
    for member in team.all:
        unsent.append(member.sharing.move().unsent)
        member.sharing.sync()
    assert unsent == [2, 7, 0]
    with pytest.raises(ConflictError, match="already"):
        team.ana.sharing.move()
    team.meet()
    assert team.answers(team.cleo) == {0: MINOR, 1: MAJOR, 2: MINOR}
    (conflict,) = team.cleo.sharing.conflicts()
    assert (conflict.about, conflict.standing.by, [one.by for one in conflict.others]) == ("item-2", "ana", ["ben"])
    with team.ana.store.read() as connection:
        assert events <= {event.id for event in rows.find(connection, Event)}
        triggers = connection.scalars("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    assert not [name for name in triggers if "_shared_" in str(name)], "the two never note at once"
    assert [name for name in triggers if "_logged_" in str(name)]


def test_who_moves_later_notes_only_what_the_log_does_not_have(team: OldTeam) -> None:
    team.decide(team.ana, 0, MAJOR)
    team.decide(team.ben, 1, MAJOR)
    team.sync_old(*team.all)
    team.ana.sharing.move()
    team.ana.sharing.sync()
    for item in (0, 2, 3):
        team.decide(team.ana, item, MINOR)
    team.ana.sharing.sync()
    team.decide(team.cleo, 1, MINOR)  # by the earlier version still: a new answer with ben's in view,
    team.decide(team.cleo, 3, NONE)  # one apart from what is in the log by now,
    team.decide(team.cleo, 4, NONE)  # and a new one
    team.sync_old(team.cleo, team.ben)
    team.decide(team.ben, 5, MAJOR)
    for member in (team.ben, team.cleo):
        member.sharing.move()
        member.sharing.sync()
    team.meet()
    assert team.answers(team.ana) == {0: MINOR, 1: MINOR, 2: MINOR, 3: MINOR, 4: NONE, 5: MAJOR}
    (conflict,) = team.ana.sharing.conflicts()
    assert (conflict.about, conflict.standing.by, [one.by for one in conflict.others]) == ("item-4", "ana", ["cleo"])


def test_a_move_that_is_broken_off_changes_nothing_and_is_begun_again(team: OldTeam) -> None:
    team.decide(team.ana, 0, MAJOR)
    whole = team.tables.rows

    def breaks(record: Any) -> Any:
        if record is Event:
            raise ConnectionError("the line broke")
        return whole(record)

    team.tables.rows = breaks  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        team.ana.sharing.move()
    assert team.ana.sharing.status().state is SyncState.OLD_TABLES
    assert team.answers(team.ana) == {0: MAJOR}
    team.tables.rows = whole  # type: ignore[method-assign]
    for member in team.all:
        member.sharing.move()
    team.meet()
    assert team.answers(team.cleo) == {0: MAJOR}


def test_a_workspace_of_an_earlier_version_that_shares_opens_and_says_what_to_run(tmp_path: Path) -> None:
    path = tmp_path / "old" / "ontos.db"
    restore(path, 12)
    with opened(path) as database:
        for statement in old_sharing.TABLES:
            database.execute(statement)
        noted = "INSERT OR REPLACE INTO sync_outbox (entity, key) VALUES ('qa_pairs', new.id)"
        database.execute(
            f"CREATE TRIGGER qa_pairs_shared_update AFTER UPDATE ON qa_pairs "
            f"WHEN NOT EXISTS (SELECT 1 FROM sync_applying) BEGIN {noted}; END"
        )
        database.commit()
    store = Store(path)
    sharing = SharingService(store, None, "ana")
    with store.write() as connection:
        connection.execute("UPDATE qa_pairs SET notes = 'seen'")
    status = sharing.status()
    assert (status.state, status.waiting > 0) == (SyncState.OLD_TABLES, True), "it goes on noting until it moves"
    store.close()


PAIR = {"status": "labeled", "answer": "a"}
OTHER = {"status": "labeled", "answer": "b"}


@pytest.mark.parametrize(
    ("ours", "theirs", "known", "expected"),
    [
        (None, PAIR, Known(1, 0), Placement(True)),
        (PAIR, PAIR, Known(1, 1), Placement(False)),
        (OTHER, PAIR, Known(2, 1), Placement(True)),
        (OTHER, PAIR, Known(1, 1), Placement(True, ours=Ours.APART)),
        (OTHER, PAIR, Known(1, 1, unsent=True), Placement(True, ours=Ours.FOLLOWS)),
        (OTHER, PAIR, Known(2, 1, unsent=True), Placement(True, ours=Ours.APART)),
        (None, PAIR, Known(1, 1, unsent=True), Placement(True, ours=Ours.FOLLOWS)),
        (PAIR, None, Known(2, 1), Placement(True)),
        (OTHER, PAIR, Known(1, 1, moved=1, later=True), Placement(False)),
        (PAIR, PAIR, Known(2, 2, moved=1, later=True), Placement(False, theirs_on_top=True)),
        (OTHER, PAIR, Known(2, 1, moved=1, unsent=True, later=True), Placement(True, True, Ours.APART)),
    ],
    ids=["new", "alike", "newer", "differs", "sent on", "apart", "removed", "gone", "in log", "after", "both"],
)
def test_what_becomes_of_a_row(ours: Any, theirs: Any, known: Known, expected: Placement) -> None:
    whole = {"reject_reason": "", "allowed_uses": "[]", "prohibited_uses": "[]", "data_classification": "internal"}
    mine, at_team = (None if row is None else {**row, **whole} for row in (ours, theirs))
    assert placement(QAPair.TABLE, mine, at_team, known) == expected
