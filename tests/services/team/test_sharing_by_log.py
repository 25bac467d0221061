"""What sharing by tables got wrong, each case on the log, through the real connector at an emulated workspace.

| case | test |
|---|---|
| two settle one conflict by "theirs" | test_two_who_both_settle_theirs_keep_one_label_and_one_pair |
| mixed settlements, three members | test_a_third_member_sees_one_conflict_and_the_first_settlement_counts |
| a copied folder, a restored backup | test_a_copied_folder_and_a_restored_one_share_as_others |
| a late row, a clock that is wrong | test_a_clock_that_is_wrong_changes_nothing |
| another schema, a dropped or restored table | test_another_or_a_changed_log_is_noticed_and_seeded_again_on_demand |
| the next version adds a column | test_entries_of_other_versions_are_read_or_wait_for_the_update |
| one row of more than a megabyte | test_one_large_row_stops_nothing |
| claims: one login twice, clocks, races | test_a_task_has_one_owner_whatever_the_clocks_say |
| numbers that lose digits on the way | test_texts_and_numbers_are_kept_exactly |
| names as Unity Catalog compares them | tests/platforms/databricks |
| CREATE SCHEMA only where it is missing | tests/platforms/databricks |

tests/services/team/test_team_log.py and the machines beside it try the same in any order.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders.severity import MAJOR, MINOR, NONE, unlabeled_sheet
from builders.team import Member
from emulator.databricks.scene import Scene
from emulator.databricks.server import TOKEN
from emulator.databricks.server import Workspace as Emulated
from ontos_tui.domain.errors import NotReadyError, PlatformError
from ontos_tui.domain.records.labeling import LabelingTask
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair, Verdict
from ontos_tui.domain.records.sync import SyncState
from ontos_tui.services.label.service import Decision
from ontos_tui.services.team.log_port import NotTheLogError
from ontos_tui.services.team.settling import Keep, settlings
from ontos_tui.store import rows

LOG = "team.ontos.ontos_log"


class People:
    """Members at one emulated workspace, who share a sheet of four items."""

    def __init__(self, served: Emulated, folder: Path) -> None:
        self.served, self.folder = served, folder
        self.all: list[Member] = []
        self.ana = self.join("ana")
        self.sheet = unlabeled_sheet(self.ana.store, 4).id
        self.ana.sharing.start()
        self.ana.sharing.sync()
        self.ben = self.join("ben")
        self.ben.sharing.start()
        self.ben.sharing.sync()

    def join(self, name: str, home: str = "") -> Member:
        member = Member(self.folder / (home or name), name, self.served)
        self.all.append(member)
        return member

    def decide(self, member: Member, item: int, answer: dict[str, Any]) -> None:
        pair = list(member.label.queue.open(self.sheet))[item]
        member.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=answer)])

    def settle(self, member: Member, keep: Keep, person: str = "") -> None:
        chosen = settlings(member.sharing.conflicts(), keep, member.sharing.names, person)
        assert chosen
        member.sharing.settle([one.choice for one in chosen])

    def meet(self) -> None:
        for member in (*self.all, *self.all):
            member.sharing.sync()
        first, *others = [member.state() for member in self.all]
        for other in others:
            for part, content in first.items():
                assert other[part] == content, part
        for member in self.all:
            self.check_truth(member)

    def check_truth(self, member: Member) -> None:
        with member.store.read() as connection:
            labels = {label.id: label.label_data for label in rows.find(connection, CanonicalLabel)}
            for pair in rows.find(connection, QAPair):
                if pair.canonical_label_id is not None:
                    assert pair.answer == labels[pair.canonical_label_id]

    def answers(self, member: Member) -> list[Any]:
        with member.store.read() as connection:
            return [pair.answer for pair in rows.find(connection, QAPair, order_by=("sequence_number",))]


@pytest.fixture
def people(scene: Scene, tmp_path: Path) -> Iterator[People]:
    made = People(scene.workspace, tmp_path)
    yield made
    for member in made.all:
        member.close()


def test_two_who_both_settle_theirs_keep_one_label_and_one_pair(people: People) -> None:
    people.decide(people.ana, 0, MAJOR)
    people.decide(people.ben, 0, MINOR)
    people.meet()
    for member in (people.ana, people.ben):
        people.settle(member, Keep.THEIRS)
    people.meet()
    assert people.answers(people.ben)[0] == MINOR
    assert [one.reason for one in people.ben.sharing.refusals()] == [
        "the conflict was settled by ana@example.com first"
    ]
    assert people.ana.sharing.status().state is people.ben.sharing.status().state is SyncState.SYNCED


def test_a_third_member_sees_one_conflict_and_the_first_settlement_counts(people: People) -> None:
    cleo = people.join("cleo")
    cleo.sharing.start()
    cleo.sharing.sync()
    for member, answer in ((people.ana, MAJOR), (people.ben, MINOR), (cleo, NONE)):
        people.decide(member, 1, answer)
    people.meet()
    (conflict,) = cleo.sharing.conflicts()
    assert [one.by for one in conflict.answers] == ["ana@example.com", "ben@example.com", "cleo@example.com"]
    people.settle(people.ana, Keep.MINE)
    people.settle(people.ben, Keep.PERSON, "cleo@example.com")
    people.meet()
    assert people.answers(cleo)[1] == MAJOR
    assert cleo.sharing.conflicts() == []


def test_a_copied_folder_and_a_restored_one_share_as_others(people: People) -> None:
    people.decide(people.ana, 0, MAJOR)
    shutil.copytree(people.folder / "ana", people.folder / "copy")
    people.ana.sharing.sync()
    copy = people.join("ana", "copy")
    people.decide(people.ana, 1, MAJOR)
    people.decide(copy, 1, NONE)
    people.meet()
    (conflict,) = people.ben.sharing.conflicts()
    assert conflict.about == "item-2"
    assert people.answers(people.ben)[0] == MAJOR, "what waited in both is there once"


def test_a_clock_that_is_wrong_changes_nothing(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    from ontos_tui.domain.records import base

    real = base.now
    for hours in (-24 * 400, 3):
        with monkeypatch.context() as patch:
            for module in ("services.records.change_log", "store.rows", "store.sharing.outgoing.pending"):
                patch.setattr(f"ontos_tui.{module}.now", lambda hours=hours: real() + timedelta(hours=hours))
            people.decide(people.ana, 0 if hours < 0 else 1, MAJOR)
    people.meet()
    assert people.answers(people.ben)[:2] == [MAJOR, MAJOR]


def test_another_or_a_changed_log_is_noticed_and_seeded_again_on_demand(people: People) -> None:
    people.decide(people.ana, 0, MAJOR)
    people.meet()
    before = people.ben.state()
    people.served.engine.direct(f"DELETE FROM {LOG} WHERE seq > 0")
    people.served.engine.run(f"DROP TABLE {LOG}")
    people.ana.log._log = people.ben.log._log = ""
    people.decide(people.ben, 1, MINOR)
    with pytest.raises(NotTheLogError, match="Nothing was changed") as refused:
        people.ben.sharing.sync()
    assert "ontos sync --start --other-log" in refused.value.todo
    status = people.ben.sharing.status()
    assert (status.state, status.waiting) == (SyncState.OTHER_LOG, 1)
    assert {part: rows_ for part, rows_ in before.items() if part == "templates"} == {
        "templates": people.ben.state()["templates"]
    }
    assert people.ben.sharing.start(other_log=True) == ["table ontos_log"]
    people.ben.sharing.sync()
    with pytest.raises(NotTheLogError):
        people.ana.sharing.sync()
    people.ana.sharing.start(other_log=True)
    people.meet()
    assert people.answers(people.ana)[:2] == [MAJOR, MINOR]


def test_entries_of_other_versions_are_read_or_wait_for_the_update(people: People) -> None:
    with people.ana.store.read() as connection:
        (pair,) = connection.rows("SELECT id, sheet_id FROM qa_pairs LIMIT 1")
    run = people.served.engine.direct
    (log,) = run(f"SELECT log FROM {LOG} LIMIT 1")[0]
    columns = "(log, writer, seq, actor, format, body)"
    earlier = '{"groups":[[{"t":"endpoints","k":"live","v":{"name":"live","later":1}}]]}'
    people.served.engine.run(f"INSERT INTO {LOG} {columns} VALUES ('{log}', 'old', 1, 'eve', 1, '{earlier}')")
    people.ben.sharing.sync()
    people.decide(people.ana, 0, MAJOR)
    people.served.engine.run(f"INSERT INTO {LOG} {columns} VALUES ('{log}', 'new', 1, 'eve', 99, '{{}}')")
    with pytest.raises(NotReadyError, match="Update Ontos"):
        people.ben.sharing.sync()
    assert people.ben.sharing.status().state is SyncState.UPDATE
    assert pair


def test_one_large_row_stops_nothing(people: People) -> None:
    with people.ana.store.write() as connection:
        pair = rows.find(connection, QAPair, limit=1)[0]
        rows.change(connection, pair, notes="x" * 1_200_000)
    people.decide(people.ana, 1, MAJOR)
    people.meet()
    assert people.answers(people.ben)[1] == MAJOR
    with people.ben.store.read() as connection:
        assert len(rows.get(connection, QAPair, pair.id).notes) == 1_200_000


def test_a_task_has_one_owner_whatever_the_clocks_say(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    from ontos_tui.domain.records import base

    job = people.ana.label.jobs.create("together", training_sheet=people.sheet, batch_size=2)
    people.ana.label.jobs.activate(job.id)
    people.meet()
    mine = people.ana.label.jobs.claim(job.id)
    real = base.now
    with monkeypatch.context() as patch:  # ben's laptop is 3 hours ahead, and he has not read the log
        patch.setattr("ontos_tui.services.label.labeling_jobs.tasks.now", lambda: real() + timedelta(hours=3))
        theirs = people.ben.label.jobs.claim(job.id)
    assert mine is not None
    assert theirs is not None
    assert mine.id == theirs.id
    people.ana.sharing.sync()
    claimed = people.ben.sharing.claim(people.ben.label.jobs, job.id)
    assert claimed is not None
    people.meet()
    with people.ben.store.read() as connection:
        owners = {task.number: task.assignee for task in rows.find(connection, LabelingTask)}
        lease = rows.get(connection, LabelingTask, mine.id).lease_until
    assert owners == {mine.number: "ana@example.com", claimed.number: "ben@example.com"}
    assert lease is not None, "others know until when a task is held"
    second = people.join("ana", "laptop")
    second.sharing.start()
    second.sharing.sync()
    again = second.sharing.claim(second.label.jobs, job.id)
    assert again is not None
    assert again.id == mine.id, "one login is one person, whose task it is on every machine"
    people.meet()


def test_an_hour_offline_with_many_decisions_loses_none(people: People) -> None:
    people.served.tokens.discard(TOKEN)
    for item in range(4):
        people.decide(people.ana, item, MAJOR if item % 2 else NONE)
    with pytest.raises(PlatformError):
        people.ana.sharing.sync()
    status = people.ana.sharing.status()
    assert (status.state, status.waiting, bool(status.error)) == (SyncState.OFFLINE, 4, True)
    people.served.tokens.add(TOKEN)
    people.meet()
    assert people.answers(people.ben) == [NONE, MAJOR, NONE, MAJOR]
    assert people.ana.sharing.status().state is SyncState.SYNCED


@pytest.mark.parametrize("drop", ["before", "after"])
def test_an_append_whose_answer_was_lost_is_sent_again_and_counts_once(people: People, drop: str) -> None:
    people.decide(people.ana, 0, MAJOR)
    fault = people.served.fault(path="/sql/1.0/", drop=drop)
    for _ in range(2):
        try:
            people.ana.sharing.sync()
        except PlatformError:
            continue
    assert fault.times == 0
    people.meet()
    assert people.answers(people.ben)[0] == MAJOR
    assert people.ben.sharing.verify().is_equal


def test_two_openings_in_turns_are_one_person_whose_last_word_counts(people: People) -> None:
    people.decide(people.ana, 0, MAJOR)
    beside = people.join("ana", "ana")
    people.decide(beside, 0, MINOR)
    people.decide(people.ana, 0, NONE)
    people.decide(people.ana, 1, MAJOR)
    people.all.remove(beside)
    beside.close()
    people.meet()
    assert people.answers(people.ben)[:2] == [NONE, MAJOR]
    assert people.ben.sharing.conflicts() == []


def test_texts_and_numbers_are_kept_exactly(people: People) -> None:
    with people.ana.store.write() as connection:
        pair = rows.find(connection, QAPair, limit=1)[0]
        rows.change(connection, pair, confidence=0.1 + 0.2, notes="ä 🔬 \x01 \\ ' \u2028")
    people.ana.sharing.sync()
    people.decide(people.ana, 0, MAJOR)  # on top, so that the row is kept as the log has it
    people.decide(people.ben, 1, MAJOR)
    people.meet()
    with people.ben.store.read() as connection:
        there = rows.get(connection, QAPair, pair.id)
    assert (there.confidence, there.notes) == (0.1 + 0.2, "ä 🔬 \x01 \\ ' \u2028")
