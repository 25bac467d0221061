"""Each row of what sharing by tables got wrong, on the log: it cannot happen, or everybody sees it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.severity import MAJOR, MINOR, NONE, unlabeled_sheet
from builders.sharing import Two
from builders.team_log import Member, SharedLog
from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.sync import SyncState
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.sharing.entries import EntryId, LogRow
from ontos_tui.services.label.service import Decision
from ontos_tui.services.team.log_port import NotTheLogError
from ontos_tui.services.team.settling import Keep, settlings
from ontos_tui.store import rows


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    both = Two(tmp_path)
    yield both
    both.close()


def test_two_who_both_settle_theirs_keep_one_answer(two: Two) -> None:
    two.decide(two.ana, 0, MAJOR)
    two.decide(two.ben, 0, MINOR)
    two.meet()
    for member in (two.ana, two.ben):
        (conflict,) = member.sharing.conflicts()
        assert (conflict.table, conflict.standing.by) == ("canonical_labels", "ana")
        assert conflict.standing.values == {"label_data": MAJOR}
        assert [(one.by, one.values) for one in conflict.others] == [("ben", {"label_data": MINOR})]
        chosen = settlings([conflict], Keep.THEIRS, {member.name})
        member.sharing.settle([one.choice for one in chosen])
        assert member.sharing.conflicts() == []
    two.meet()
    assert two.answers(two.ana)[0] == MINOR, "ana's settlement was first in the log"
    (refusal,) = two.ben.sharing.refusals()
    assert refusal.reason == "the conflict was settled by ana first"
    assert (two.ana.sharing.status().refused, two.ben.sharing.status().refused) == (0, 1)


def test_conflicts_are_settled_in_bulk_and_taken_back_as_one(two: Two) -> None:
    for item in range(3):
        two.decide(two.ana, item, MAJOR)
        two.decide(two.ben, item, MINOR if item else MAJOR)
    two.meet()
    conflicts = two.ana.sharing.conflicts()
    assert len(conflicts) == 2, "in one item both said the same"
    for keep, person, answer in ((Keep.MINE, "", MAJOR), (Keep.NEWEST, "", MINOR), (Keep.PERSON, "ben", MINOR)):
        chosen = settlings(conflicts, keep, {"ana"}, person)
        assert len(chosen) == 2
        two.ana.sharing.settle([one.choice for one in chosen])
        assert two.answers(two.ana) == [MAJOR, answer, answer], "at once"
        two.meet()
        assert two.answers(two.ben) == [MAJOR, answer, answer]
        two.ana.sharing.reopen([one.conflict.id for one in chosen])
        two.meet()
        assert two.answers(two.ben) == [MAJOR, MAJOR, MAJOR]
        assert len(two.ben.sharing.conflicts()) == 2
    assert settlings(conflicts, Keep.PERSON, {"ana"}, "cleo") == [], "whoever said nothing keeps nothing"


def test_a_copied_workspace_and_a_restored_backup_are_others(two: Two, tmp_path: Path) -> None:
    two.decide(two.ana, 0, MAJOR)
    shutil.copytree(tmp_path / "ana", tmp_path / "copy")
    copy = Member(tmp_path / "copy", "ana", two.shared)
    two.decide(two.ana, 1, MAJOR)
    copy.sharing.sync()
    pair = list(copy.label.queue.open(two.sheet))[1]
    copy.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=NONE)])
    for member in (copy, two.ana, copy, two.ben):
        member.sharing.sync()
    assert copy.state() == two.ana.state() == two.ben.state()
    (conflict,) = two.ben.sharing.conflicts()
    assert conflict.about == "item-2"
    assert two.answers(two.ben)[0] == MAJOR, "what waited in both is there once"
    copy.close()


def test_another_log_and_one_that_was_restored_are_noticed(two: Two) -> None:
    two.decide(two.ana, 0, MAJOR)
    two.ana.sharing.sync()
    before = two.ben.state()
    two.shared.name = "log 2"
    with pytest.raises(NotTheLogError, match="another one"):
        two.ben.sharing.sync()
    assert two.ben.sharing.status().state is SyncState.OTHER_LOG
    two.shared.name = "log 1"
    lost = [row for row in two.shared.rows if row.writer == two.ana.store.writer]
    del two.shared.rows[two.shared.rows.index(lost[-1])]
    two.decide(two.ana, 1, MAJOR)
    two.ana.sharing.push()
    with pytest.raises(NotTheLogError, match="is not the one"):
        two.ben.sharing.sync()
    assert two.ben.state() == before, "nothing was changed"


def test_a_damaged_entry_is_refused_for_all_and_stops_nobody(two: Two) -> None:
    two.shared.versions += 1
    at = two.shared.rows[-1].at
    entries = [("eve", 1, 1, "no JSON"), ("eve", 2, 1, '{"groups":[[{"t":"jobs","k":"x","v":{"id":"x"}}]]}')]
    two.shared.rows += [LogRow(two.shared.versions, at, w, n, "eve", form, body) for w, n, form, body in entries]
    two.decide(two.ana, 0, MAJOR)
    two.meet()
    assert two.answers(two.ben)[0] == MAJOR
    with two.ben.store.read() as connection:
        reasons = connection.scalars("SELECT reason FROM shared_refused ORDER BY seq")
    assert reasons == ["entry eve:1 is damaged", "there is no shared table 'jobs'"]


def test_an_entry_of_a_newer_program_waits_for_the_update(two: Two) -> None:
    two.decide(two.ana, 0, MAJOR)
    two.shared.versions += 1
    two.shared.rows.append(LogRow(two.shared.versions, two.shared.rows[-1].at, "new", 1, "eve", 99, "{}"))
    with pytest.raises(NotReadyError, match="Update Ontos"):
        two.ben.sharing.sync()
    two.ana.sharing.push()
    assert two.ana.sharing.status().waiting == 1, "it is in the log, and has not been read"
    assert EntryId("new", 1).seq == 1


def test_a_workspace_that_shares_nothing_keeps_no_log(tmp_path: Path) -> None:
    alone = Member(tmp_path / "alone", "ana", SharedLog())
    unlabeled_sheet(alone.store, 2)
    with alone.store.read() as connection:
        for table in ("shared_pending", "shared_base", "shared_rows", "shared_changes"):
            assert connection.scalar(f"SELECT count(*) FROM {table}") == 0
    assert alone.sharing.status().state is SyncState.OFF
    alone.close()


def test_a_template_that_two_changed_apart_is_a_conflict_and_not_the_last_ones(two: Two) -> None:
    for member in (two.ana, two.ben):
        with member.store.write() as connection:
            (template,) = rows.find(connection, Template)
            rows.change(connection, template, description=f"by {member.name}", updated_by=member.name)
    two.meet()
    (conflict,) = two.ben.sharing.conflicts()
    assert (conflict.table, conflict.standing.values["description"]) == ("templates", "by ana")
    assert [one.values["description"] for one in conflict.others] == ["by ben"]
