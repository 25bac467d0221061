"""Undo and redo: whatever two people do in whatever order, a step back restores what was, or touches nothing."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from builders.severity import MAJOR, MINOR, NONE, sheet_record, unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, OntosError
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.service import Decision, LabelService, PairCounts
from ontos_tui.services.records.change_log import content
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.change_log import DECIDED
from tiers import examples

PEOPLE = ("ana", "bo")
PAIRS = 3


class TwoPeople(RuleBasedStateMachine):
    """Two people decide, undo and redo in one training sheet; the model is a stack of snapshots for each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder / "ontos.db")
        self.sheet = unlabeled_sheet(self.store, PAIRS)
        self.ids = [row.id for row in self.label("ana").open(self.sheet.id)]
        self.done: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {name: [] for name in PEOPLE}
        self.undone: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {name: [] for name in PEOPLE}

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def label(self, actor: str) -> LabelService:
        return LabelService(self.store, actor)

    def state(self, ids: list[str]) -> dict[str, Any]:
        """What the pairs, and the canonical labels of their items, say."""
        with self.store.read() as connection:
            labels = {label.item_ref: label.label_data for label in rows.find(connection, CanonicalLabel)}
        pairs = self.label("x").pairs(ids)
        return {pair.id: (content(pair, DECIDED), labels.get(pair.item_ref)) for pair in pairs}

    @initialize()
    def begin(self) -> None:
        assert self.label("ana").undo(self.sheet.id) is None
        assert self.label("ana").redo(self.sheet.id) is None

    @rule(
        actor=st.sampled_from(PEOPLE),
        which=st.sets(st.integers(0, PAIRS - 1), min_size=1),
        verdict=st.sampled_from(list(Verdict)),
        answer=st.sampled_from([MINOR, MAJOR, NONE]),
    )
    def decide(self, actor: str, which: set[int], verdict: Verdict, answer: dict[str, Any]) -> None:
        ids = [self.ids[index] for index in sorted(which)]
        before = self.state(ids)
        said = [Decision(key, verdict, answer if verdict is Verdict.EDIT else None, notes=actor) for key in ids]
        try:
            self.label(actor).decide(said)
        except OntosError:
            assert verdict is Verdict.UNFLAG, "only a flag that is not there cannot be taken off"
            assert self.state(ids) == before
            return
        self.done[actor].append((before, self.state(ids)))
        self.undone[actor].clear()

    @rule(actor=st.sampled_from(PEOPLE))
    def undo(self, actor: str) -> None:
        self.walk(actor, self.done[actor], self.undone[actor], self.label(actor).undo)

    @rule(actor=st.sampled_from(PEOPLE))
    def redo(self, actor: str) -> None:
        self.walk(actor, self.undone[actor], self.done[actor], self.label(actor).redo)

    def walk(self, actor: str, source: list[Any], target: list[Any], step: Any) -> None:
        everything = self.state(self.ids)
        if not source:
            assert step(self.sheet.id) is None
            assert self.state(self.ids) == everything
            return
        wanted, left = source.pop()
        if any(everything[key][0] != state[0] for key, state in left.items()):
            other = next(name for name in PEOPLE if name != actor)
            with pytest.raises(ConflictError, match=f"changed by ({other}|{actor}) at"):
                step(self.sheet.id)
            assert self.state(self.ids) == everything
            return
        batch = step(self.sheet.id)
        assert {pair.id for pair in batch.pairs} == set(wanted)
        assert self.state(self.ids) == {**everything, **wanted}
        target.append((left, wanted))

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store(self.folder / "ontos.db")

    @invariant()
    def labels_say_what_labeled_pairs_say(self) -> None:
        for state, label in self.state(self.ids).values():
            if state["status"] == "labeled":
                assert state["answer"] == label
                assert state["canonical_label_id"] is not None

    @invariant()
    def counts_are_the_pairs(self) -> None:
        states = [state["status"] for state, _ in self.state(self.ids).values()]
        assert self.label("ana").counts(self.sheet.id) == PairCounts(
            total=PAIRS, **{name: states.count(name) for name in ("unlabeled", "labeled", "rejected", "flagged")}
        )

    @invariant()
    def every_change_is_in_the_log(self) -> None:
        for pair in self.label("ana").pairs(self.ids):
            changes = [event for event in self.label("ana").history(pair.id) if event.after]
            assert pair.version == 1 + len(changes)


TestTwoPeople = TwoPeople.TestCase
TestTwoPeople.settings = settings(max_examples=examples(4, 60), stateful_step_count=20)


@pytest.fixture
def sheet(store: Store) -> TrainingSheet:
    return unlabeled_sheet(store, 3)


def first(store: Store, sheet: TrainingSheet) -> QAPair:
    label = LabelService(store, "x")
    return label.pair(label.open(sheet.id)[0].id)


def test_undo_goes_back_to_the_first_decision_in_a_new_process(store: Store, sheet: TrainingSheet) -> None:
    pair = first(store, sheet)
    for verdict in (Verdict.APPROVE, Verdict.FLAG, Verdict.UNFLAG, Verdict.REJECT, Verdict.REOPEN):
        LabelService(store, "ana").decide([Decision(pair.id, verdict)])
    seen = []
    other = Store(store.path)
    while batch := LabelService(other, "ana").undo(sheet.id):
        seen.append(batch.pairs[0].status)
    other.close()
    unlabeled, labeled = PairStatus.UNLABELED, PairStatus.LABELED
    assert seen == [PairStatus.REJECTED, unlabeled, PairStatus.FLAGGED, labeled, unlabeled]
    restored = first(store, sheet)
    assert content(restored, DECIDED) == content(pair, DECIDED)
    assert restored.version == pair.version + 10
    redone = 0
    while LabelService(store, "ana").redo(sheet.id):
        redone += 1
    assert redone == 5


def test_a_new_decision_ends_the_redo_branch(store: Store, sheet: TrainingSheet) -> None:
    label = LabelService(store, "ana")
    one, two = (row.id for row in label.open(sheet.id)[:2])
    label.decide([Decision(one, Verdict.APPROVE)])
    label.undo(sheet.id)
    label.decide([Decision(two, Verdict.FLAG)])
    assert label.redo(sheet.id) is None
    undone = label.undo(sheet.id)
    assert undone is not None and undone.pairs[0].id == two
    assert label.undo(sheet.id) is None


def test_training_sheets_and_people_have_histories_of_their_own(store: Store, sheet: TrainingSheet) -> None:
    other = unlabeled_sheet(store, 1)
    ana, bo = LabelService(store, "ana"), LabelService(store, "bo")
    ana.decide([Decision(first(store, sheet).id, Verdict.APPROVE)])
    ana.decide([Decision(first(store, other).id, Verdict.APPROVE)])
    assert bo.undo(sheet.id) is None
    undone = ana.undo(sheet.id)
    assert undone is not None and undone.pairs[0].training_sheet_id == sheet.id
    assert first(store, other).status is PairStatus.LABELED


def test_who_decided_since_is_not_overwritten_and_the_next_undo_goes_on_before(
    store: Store, sheet: TrainingSheet
) -> None:
    ana, bo = LabelService(store, "ana"), LabelService(store, "bo")
    one, two = (row.id for row in ana.open(sheet.id)[:2])
    ana.decide([Decision(one, Verdict.FLAG)])
    ana.decide([Decision(two, Verdict.FLAG)])
    bo.decide([Decision(two, Verdict.EDIT, answer=MAJOR)])
    with pytest.raises(ConflictError, match="item-2 was changed by bo at"):
        ana.undo(sheet.id)
    assert ana.pair(two).answer == MAJOR
    undone = ana.undo(sheet.id)
    assert undone is not None and undone.pairs[0].id == one
    redone = ana.redo(sheet.id)
    assert redone is not None and redone.pairs[0].id == one
    assert ana.redo(sheet.id) is None


def test_a_clock_that_goes_back_does_not_mix_up_the_order(
    store: Store, sheet: TrainingSheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = LabelService(store, "ana")
    ids = [row.id for row in label.open(sheet.id)]
    times = iter([3_000, 2_000, 1_000, 500, 400])
    monkeypatch.setattr("ontos_tui.services.records.change_log.time.time_ns", lambda: next(times))
    for key in ids:
        label.decide([Decision(key, Verdict.FLAG)])
    undone = [label.undo(sheet.id), label.undo(sheet.id)]
    assert [batch.pairs[0].id for batch in undone if batch] == [ids[2], ids[1]]


def test_what_others_decided_of_the_item_in_another_sheet_is_not_torn_apart(store: Store) -> None:
    plates = sheet_record(store)
    here, there = unlabeled_sheet(store, 1, plates), unlabeled_sheet(store, 1, plates)
    ana, bo = LabelService(store, "ana"), LabelService(store, "bo")
    ana.decide([Decision(first(store, here).id, Verdict.APPROVE)])
    bo.decide([Decision(first(store, there).id, Verdict.EDIT, answer=MAJOR)])
    with pytest.raises(ConflictError, match="item-1 was changed by bo"):
        ana.undo(here.id)
    with store.read() as connection:
        (label,) = rows.find(connection, CanonicalLabel)
    assert label.label_data == MAJOR
    for sheet in (here, there):
        assert (first(store, sheet).answer, first(store, sheet).canonical_label_id) == (MAJOR, label.id)


def test_a_redo_against_another_label_that_came_since_is_refused(store: Store) -> None:
    plates = sheet_record(store)
    here, there = unlabeled_sheet(store, 1, plates), unlabeled_sheet(store, 1, plates)
    ana, bo = LabelService(store, "ana"), LabelService(store, "bo")
    ana.decide([Decision(first(store, here).id, Verdict.APPROVE)])
    ana.undo(here.id)
    bo.decide([Decision(first(store, there).id, Verdict.EDIT, answer=MAJOR)])
    with pytest.raises(ConflictError, match="The canonical label of item-1 was changed by bo"):
        ana.redo(here.id)
    assert first(store, here).status is PairStatus.UNLABELED
    assert ana.redo(here.id) is None, "it was passed over"
    assert first(store, there).answer == MAJOR


def test_versions_of_a_label_only_count_on(store: Store, sheet: TrainingSheet) -> None:
    label = LabelService(store, "ana")
    pair = first(store, sheet)
    label.decide([Decision(pair.id, Verdict.APPROVE)])
    label.decide([Decision(pair.id, Verdict.EDIT, answer=MAJOR)])
    for _ in range(2):
        label.undo(sheet.id)
    for _ in range(2):
        label.redo(sheet.id)
    with store.read() as connection:
        (stored,) = rows.find(connection, CanonicalLabel)
        archived = rows.find(connection, CanonicalLabelVersion)
    assert stored.label_data == MAJOR
    assert sorted(old.version for old in archived) == list(range(1, stored.version))
    assert [old.label_data for old in sorted(archived, key=lambda old: old.version)] == [MINOR, MAJOR, MINOR]
