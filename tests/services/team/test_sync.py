"""Two people share through an emulated hub, by the real connector: nothing is lost, nothing is overwritten unseen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from builders.severity import MAJOR, MINOR, NONE, sheet_record, unlabeled_sheet
from builders.team import Member
from emulator.databricks.server import TOKEN, serve
from emulator.databricks.server import Workspace as Emulated
from ontos_tui.domain.errors import AwayError, ConflictError, NotReadyError, PlatformError
from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import CanonicalLabel, TrainingSheet, Verdict
from ontos_tui.domain.records.sync import ConflictState, HubRow, SyncState
from ontos_tui.domain.records.template import Template
from ontos_tui.platforms.databricks.delta_hub import Hub
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows


@pytest.fixture
def served() -> Iterator[Emulated]:
    with serve() as workspace:
        yield workspace


@pytest.fixture
def ana(tmp_path: Path, served: Emulated) -> Iterator[Member]:
    member = Member(tmp_path / "ana", "ana", served)
    yield member
    member.close()


@pytest.fixture
def ben(tmp_path: Path, served: Emulated) -> Iterator[Member]:
    member = Member(tmp_path / "ben", "ben", served)
    yield member
    member.close()


def sharing(ana: Member, ben: Member, pairs: int = 4) -> str:
    """A training sheet that both have; its id."""
    sheet = unlabeled_sheet(ana.store, pairs)
    ana.sync.switch_on()
    ben.sync.switch_on()
    ana.sync.sync()
    ben.sync.sync()
    return sheet.id


def decide(member: Member, sheet: str, item: str, answer: dict[str, object]) -> None:
    """One decision about an item."""
    row = next(row for row in member.label.queue.open(sheet) if row.item_ref == item)
    member.label.queue.decide([Decision(row.id, Verdict.EDIT, answer=answer)])


def settle(*members: Member) -> None:
    """Everybody synchronises until nothing moves any more."""
    for _ in range(4):
        for member in members:
            member.sync.sync()


def test_what_one_makes_and_decides_the_other_gets(ana: Member, ben: Member) -> None:
    sheet = sharing(ana, ben)
    assert ben.label.queue.counts(sheet).total == 4, "the kept counts follow"
    decide(ana, sheet, "item-1", MAJOR)
    assert ana.sync.status().state is SyncState.WAITING
    ana.sync.sync()
    assert ana.sync.status().state is SyncState.SYNCED
    ben.sync.sync()
    assert ben.label.queue.counts(sheet).labeled == 1
    (label,) = ben.label.canonical_labels.find()
    assert (label.item_ref, label.label_data, label.updated_by) == ("item-1", MAJOR, "ana")
    assert [event.actor for event in ben.label.queue.history(next(iter(ben.label.queue.open(sheet))).id)] == ["ana"]
    assert ana.shared() == ben.shared()
    again = ben.sync.sync()
    assert (again.pushed, again.pulled) == (0, 0), "a second time nothing moves"


def test_where_nobody_wrote_anything_one_statement_tells_so(ana: Member, ben: Member, served: Emulated) -> None:
    sheet = sharing(ana, ben)
    settle(ana, ben)
    sent = len(served.engine.statements)
    ben.sync.sync()
    assert len(served.engine.statements) == sent + 1
    decide(ana, sheet, "item-1", MAJOR)
    ana.sync.sync()
    sent = len(served.engine.statements)
    assert ben.sync.sync().pulled > 0
    read = [one.sql for one in served.engine.statements[sent + 1 :]]
    assert any(CanonicalLabel.TABLE in sql for sql in read)
    assert not any(Template.TABLE in sql for sql in read), "only what was written is read"


def test_a_pull_that_was_broken_off_between_two_pages_goes_on(
    ana: Member, ben: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlabeled_sheet(ana.store, 40)
    ana.sync.switch_on()
    ben.sync.switch_on()
    ana.sync.sync()
    whole = Hub.pull

    def breaking(hub: Hub, record: type[Record], since: datetime | None) -> Iterator[list[HubRow]]:
        for page in whole(hub, record, since):
            yield page[:10]
            if len(page) > 10:
                raise AwayError("The line dropped.", "Try again.")

    with monkeypatch.context() as patch:
        patch.setattr(Hub, "pull", breaking)
        with pytest.raises(AwayError):
            ben.sync.sync()
    ben.sync.sync()
    assert ana.shared() == ben.shared()


def test_the_tables_are_made_once_and_get_missing_columns(ana: Member, served: Emulated) -> None:
    created = ana.sync.switch_on()
    assert "table qa_pairs" in created
    assert ana.sync.switch_on() == []
    served.engine.direct("ALTER TABLE team.ontos.qa_pairs DROP COLUMN notes")
    assert ana.sync.switch_on() == ["column qa_pairs.notes"]


def test_two_who_change_the_same_label_are_both_kept_until_somebody_says_who_is_right(ana: Member, ben: Member) -> None:
    sheet = sharing(ana, ben)
    decide(ana, sheet, "item-1", MINOR)
    settle(ana, ben)
    (label,) = ana.label.canonical_labels.find()
    ana.label.canonical_labels.edit(label.id, answer=MAJOR)
    ben.label.canonical_labels.edit(label.id, answer=NONE)
    ana.sync.sync()
    ben.sync.sync()
    conflict = next(one for one in ben.sync.conflicts() if one.entity == CanonicalLabel.TABLE)
    assert conflict.theirs_by == "ana"
    assert ben.label.canonical_labels.get(label.id).label_data == NONE, "what is here is not overwritten"
    assert ana.label.canonical_labels.get(label.id).label_data == MAJOR, "and neither is what is there"
    assert ben.sync.status().conflicts >= 1
    for one in ben.sync.conflicts():
        ben.sync.adjudicate(one.id, ConflictState.OURS)
    settle(ben, ana)
    assert ana.label.canonical_labels.get(label.id).label_data == NONE
    with pytest.raises(ConflictError, match="already resolved"):
        ben.sync.adjudicate(conflict.id, ConflictState.THEIRS)
    assert ana.rows(CanonicalLabel) == ben.rows(CanonicalLabel)
    assert ana.sync.status().state is ben.sync.status().state is SyncState.SYNCED


def test_a_pulled_correction_moves_the_pairs_that_are_only_here(ana: Member, ben: Member) -> None:
    first = sharing(ana, ben)
    decide(ana, first, "item-1", MINOR)
    settle(ana, ben)
    with ben.store.read() as connection:
        plates = rows.get(connection, Sheet, rows.get(connection, TrainingSheet, first).sheet_id)
    own = unlabeled_sheet(ben.store, 2, plates, name="by ben")
    decide(ben, own.id, "item-1", MINOR)
    decide(ben, own.id, "item-2", MAJOR)
    ana.label.canonical_labels.edit(ana.label.canonical_labels.find()[0].id, answer=NONE)
    ana.sync.sync()
    ben.sync.pull()
    pairs = [ben.label.queue.pair(row.id) for sheet in (first, own.id) for row in ben.label.queue.open(sheet)]
    assert [pair.answer for pair in pairs if pair.item_ref == "item-1"] == [NONE, NONE]
    assert ben.label.queue.history(pairs[4].id)[-1].action == "correct"
    assert ben.label.queue.undo(own.id) is not None, "undo goes by ben's own decisions: item-2"
    settle(ana, ben)
    assert ana.shared() == ben.shared()
    assert ana.sync.conflicts() == ben.sync.conflicts() == []


def test_two_labels_of_one_item_become_one(ana: Member, ben: Member) -> None:
    sheet = sharing(ana, ben)
    decide(ana, sheet, "item-2", MAJOR)
    decide(ben, sheet, "item-2", NONE)
    ana.sync.sync()
    ben.sync.sync()
    assert {one.entity for one in ben.sync.conflicts()} == {"canonical_labels", "qa_pairs"}
    for one in ben.sync.conflicts():
        ben.sync.adjudicate(one.id, ConflictState.THEIRS)
    settle(ben, ana)
    assert (
        [one.label_data for one in ben.label.canonical_labels.find()]
        == [MAJOR]
        == [one.label_data for one in ana.label.canonical_labels.find()]
    )
    assert ana.rows(CanonicalLabel) == ben.rows(CanonicalLabel)
    assert ben.sync.status().state is SyncState.SYNCED


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_merge_whose_answer_was_lost_is_sent_again_and_done_once(
    ana: Member, ben: Member, served: Emulated, drop: str
) -> None:
    sheet = sharing(ana, ben)
    decide(ana, sheet, "item-1", MAJOR)
    ana.sync.pull()
    fault = served.fault(path="/sql/1.0/", drop=drop)
    ana.sync.push()
    assert fault.times == 0
    settle(ana, ben)
    assert ana.shared() == ben.shared()
    counted = served.engine.direct("SELECT count(*), count(DISTINCT id), max(hub_version) FROM team.ontos.qa_pairs")
    assert counted == [(4, 4, 2)]


def test_a_push_that_dies_after_the_hub_has_it_is_no_second_change(
    ana: Member, ben: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = sharing(ana, ben)
    decide(ana, sheet, "item-1", MAJOR)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ontos_tui.store.outbox.pushed", killed)
    with pytest.raises(KeyboardInterrupt):
        ana.sync.push()
    monkeypatch.undo()
    assert ana.sync.status().waiting > 0
    settle(ana, ben)
    assert ana.shared() == ben.shared()
    assert not ana.sync.conflicts()


def test_an_hour_without_the_hub_loses_nothing(ana: Member, ben: Member, served: Emulated) -> None:
    sheet = sharing(ana, ben, pairs=60)
    served.tokens.discard(TOKEN)
    for number in range(1, 51):
        decide(ana, sheet, f"item-{number}", MAJOR if number % 2 else NONE)
    with pytest.raises(PlatformError):
        ana.sync.sync()
    status = ana.sync.status()
    assert (status.state, status.waiting >= 100, bool(status.error)) == (SyncState.OFFLINE, True, True)
    served.tokens.add(TOKEN)
    settle(ana, ben)
    assert ana.sync.status().state is SyncState.SYNCED
    assert ben.label.queue.counts(sheet).labeled == 50
    assert ana.shared() == ben.shared()


def test_a_clock_that_is_wrong_changes_nothing(ana: Member, ben: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    from ontos_tui.domain.records import base

    sheet = sharing(ana, ben)
    real = base.now
    monkeypatch.setattr("ontos_tui.services.records.change_log.now", lambda: real() - timedelta(days=400))
    decide(ana, sheet, "item-1", MAJOR)
    monkeypatch.undo()
    settle(ana, ben)
    assert ben.label.queue.counts(sheet).labeled == 1


def test_a_task_is_claimed_at_the_hub(ana: Member, ben: Member) -> None:
    sheet = sharing(ana, ben)
    job = ana.label.jobs.create("together", training_sheet=sheet, batch_size=2)
    ana.label.jobs.activate(job.id)
    settle(ana, ben)
    first = ana.sync.claim(ana.label.jobs, job.id)
    second = ben.sync.claim(ben.label.jobs, job.id)
    assert first is not None
    assert second is not None
    assert {first.number, second.number} == {1, 2}
    settle(ana, ben)
    assert [view.task.assignee for view in ana.label.jobs.tasks(job.id)] == ["ana", "ben"]


def test_who_was_slower_with_a_claim_gets_another_task(ana: Member, ben: Member) -> None:
    sheet = sharing(ana, ben)
    job = ana.label.jobs.create("together", training_sheet=sheet, batch_size=2)
    ana.label.jobs.activate(job.id)
    settle(ana, ben)
    raced = ben.sync.pull

    def ana_is_quicker() -> None:
        """Between ben's look and his claim."""
        raced()
        ben.sync.pull = raced  # type: ignore[method-assign]
        assert ana.sync.claim(ana.label.jobs, job.id) is not None

    ben.sync.pull = ana_is_quicker  # type: ignore[method-assign,assignment]
    mine = ben.sync.claim(ben.label.jobs, job.id)
    assert mine is not None
    assert mine.number == 2
    settle(ana, ben)
    assert [view.task.assignee for view in ben.label.jobs.tasks(job.id)] == ["ana", "ben"]
    assert not ben.sync.conflicts()


def test_without_sharing_nothing_is_asked_of_anybody(ana: Member, tmp_path: Path, served: Emulated) -> None:
    sheet_record(ana.store)
    assert ana.sync.status().state is SyncState.OFF
    with pytest.raises(NotReadyError, match="Sharing is not on"):
        ana.sync.sync()
    assert served.calls == []
