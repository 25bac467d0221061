"""What becomes of answers in labeling tasks: labels where people agree, pairs that those approve, own lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.labelers import Person, canonical_labels, parts_sheet, published_labelset, task_items
from builders.severity import MAJOR, MINOR, NONE, sheet_record, unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.labeling import LabelingTask
from ontos_tui.domain.records.pairs import CanonicalLabel, GenerationMode, LabelingMode, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.rules.governance import Classification, Gate, gate
from ontos_tui.domain.rules.states import LabelingJobStatus, LabelingTaskStatus, PairStatus, ReviewVerdict
from ontos_tui.services.label.labelsets.service import LabelsetService
from ontos_tui.services.label.service import Decision, LabelService
from ontos_tui.services.records.usage_constraints import ConstraintService
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store


@pytest.fixture
def ana(store: Store) -> Person:
    return Person(store, "ana")


@pytest.fixture
def bo(store: Store) -> Person:
    return Person(store, "bo")


@pytest.fixture
def parts(store: Store, tmp_path: Path) -> Sheet:
    """Five parts and a published labelset for them."""
    published_labelset(store)
    return parts_sheet(store, tmp_path, 5)


def pairs_of(store: Store, sheet: TrainingSheet) -> list[QAPair]:
    with store.read() as connection:
        return rows.find(connection, QAPair, equal(training_sheet_id=sheet.id), order_by=("sequence_number",))


# Labels of a finished task


def test_a_finished_task_makes_labels_and_approves_open_pairs_everywhere(store: Store, ana: Person, bo: Person) -> None:
    plates = sheet_record(store)
    here, there = unlabeled_sheet(store, 4, plates), unlabeled_sheet(store, 4, plates)
    other = unlabeled_sheet(store, 4)
    LabelService(store, "cy").decide([Decision(pairs_of(store, there)[1].id, Verdict.REJECT)])
    LabelsetService(store, "ana").create(name="Severity", label_type="severity", field="severity")
    job = ana.job(here.id, batch_size=3)
    task = bo.claim(job)
    bo.decide(task, MAJOR, count=2)
    last = task_items(store, task.id)[2]
    bo.label.decide([Decision(last.id, Verdict.REJECT, reason="blurred")])
    assert canonical_labels(store) == {}, "an answer counts when the task is handed in"
    bo.jobs.submit(task.id)
    created = canonical_labels(store)
    assert {ref: label.label_data for ref, label in created.items()} == {"item-1": MAJOR, "item-2": MAJOR}
    label = created["item-1"]
    assert (label.source, label.created_by, label.training_sheet_id) == ("labeling", "bo", here.id)
    assert [pair.status.value for pair in pairs_of(store, here)] == ["labeled", "labeled", "unlabeled", "unlabeled"]
    assert [pair.status.value for pair in pairs_of(store, there)] == ["labeled", "rejected", "unlabeled", "unlabeled"]
    assert {pair.status for pair in pairs_of(store, other)} == {PairStatus.UNLABELED}
    pair = pairs_of(store, there)[0]
    assert (pair.answer, pair.canonical_label_id, pair.was_auto_approved) == (MAJOR, label.id, True)
    assert (pair.labeling_mode, pair.reviewed_by) == (LabelingMode.CANONICAL, "bo")
    assert label.reuse_count == 2
    assert [event.action for event in LabelService(store, "x").history(pair.id)] == ["auto_approve"]
    labelsets = LabelsetService(store, "ana")
    assert labelsets.item_count("Severity") == 2
    coverage = {one.sheet.id: one.labeled for one in labelsets.coverage("Severity")}
    assert coverage == {plates.id: 2, other.sheet_id: 0}


def test_with_a_review_answers_count_when_they_are_approved(store: Store, ana: Person, bo: Person) -> None:
    sheet = unlabeled_sheet(store, 2)
    task = bo.do(ana.job(sheet.id, needs_review=True), MAJOR)
    assert canonical_labels(store) == {}
    ana.jobs.review(task.id, ReviewVerdict.APPROVE)
    assert {label.label_data["severity"] for label in canonical_labels(store).values()} == {"major"}
    assert {pair.status for pair in pairs_of(store, sheet)} == {PairStatus.LABELED}


def test_a_label_that_said_something_else_keeps_that_as_a_version(store: Store, ana: Person) -> None:
    from ontos_tui.services.label.labeling_jobs.service import Choice

    sheet = unlabeled_sheet(store, 1)
    service = LabelService(store, "cy")
    service.decide([Decision(pairs_of(store, sheet)[0].id, Verdict.APPROVE)])
    ana.do(ana.job(sheet.id, choice=Choice(status=None, again=True)), MAJOR)
    (label,) = canonical_labels(store).values()
    assert (label.label_data, label.version, label.created_by, label.updated_by) == (MAJOR, 2, "cy", "ana")


def test_gold_items_only_measure(store: Store, ana: Person) -> None:
    sheet = unlabeled_sheet(store, 5)
    with store.write() as connection:
        columns = {"sheet_id": sheet.sheet_id, "item_ref": "item-5", "label_type": "severity"}
        rows.add(connection, CanonicalLabel(**columns, label_data=NONE, source="ground_truth"))
    ana.do(ana.job(sheet.id, gold_share=0.2), MAJOR)
    created = canonical_labels(store)
    assert len(created) == 5
    assert (created["item-5"].label_data, created["item-5"].version) == (NONE, 1)
    assert pairs_of(store, sheet)[4].status is PairStatus.UNLABELED


def test_of_several_opinions_only_the_same_make_a_label(store: Store, ana: Person, bo: Person) -> None:
    sheet = unlabeled_sheet(store, 3)
    job = ana.job(sheet.id, overlap=2)
    ana.do(job, MINOR)
    assert canonical_labels(store) == {}, "it waits for the second opinion"
    task = bo.claim(job)
    assert task.copy_number == 2
    same, different, not_decidable = (item.id for item in task_items(store, task.id))
    bo.label.decide(
        [
            Decision(same, Verdict.APPROVE),
            Decision(different, Verdict.EDIT, {**MINOR, "depth": 1.0}),
            Decision(not_decidable, Verdict.REJECT, reason="blurred"),
        ]
    )
    bo.jobs.submit(task.id)
    assert set(canonical_labels(store)) == {"item-1"}
    assert [pair.status.value for pair in pairs_of(store, sheet)] == ["labeled", "unlabeled", "unlabeled"]


def test_an_approved_proposal_is_called_what_it_was(store: Store, ana: Person) -> None:
    sheet = unlabeled_sheet(store, 2)
    with store.write() as connection:
        rows.change(connection, rows.get(connection, TrainingSheet, sheet.id), generation_mode=GenerationMode.COLUMN)
    task = ana.claim(ana.job(sheet.id))
    first, second = task_items(store, task.id)
    ana.label.decide([Decision(first.id, Verdict.APPROVE), Decision(second.id, Verdict.EDIT, MAJOR)])
    modes = [item.labeling_mode for item in task_items(store, task.id)]
    assert modes == [LabelingMode.EXISTING_COLUMN, LabelingMode.MANUAL]


@pytest.mark.parametrize("tagged", ["before the job", "after it was made"])
def test_what_the_sheets_tags_forbid_reaches_the_labels(store: Store, ana: Person, parts: Sheet, tagged: str) -> None:
    constraints = ConstraintService(store, "ana")
    if tagged == "before the job":
        constraints.tag_sheet(parts.id, ["PII"])
    job = ana.jobs.activate(ana.jobs.create("Parts", sheet="parts", labelset="Severity", batch_size=3).id)
    own = ana.jobs.my_list("parts", "Severity", 5)
    if tagged != "before the job":
        constraints.tag_sheet(parts.id, ["PII"])
    ana.do(job)
    ana.label.decide([Decision(task_items(store, own.id)[4].id, Verdict.EDIT, MINOR)])
    created = canonical_labels(store)
    assert set(created) == {"p1", "p2", "p3", "p5"}
    for label in created.values():
        assert label.prohibited_uses == ["training"]
        assert label.data_classification is Classification.RESTRICTED
        assert "PII" in label.usage_reason


def test_a_label_passes_its_constraints_to_the_pairs_it_approves(store: Store, ana: Person) -> None:
    sheet = unlabeled_sheet(store, 1)
    ConstraintService(store, "ana").tag_sheet(sheet.sheet_id, ["PHI"])
    ana.do(ana.job(sheet.id))
    (pair,) = pairs_of(store, sheet)
    assert pair.status is PairStatus.LABELED
    assert gate(pair) is not Gate.TRAINING


# Undo in a task


def test_undo_and_redo_walk_through_ones_own_decisions_in_a_task(store: Store, ana: Person, bo: Person) -> None:
    sheet = unlabeled_sheet(store, 3)
    job = ana.job(sheet.id, batch_size=3)
    task = ana.claim(job)
    ana.decide(task, MAJOR, count=1)
    ana.decide(task, NONE, count=1)
    undone = ana.label.undo(task.id)
    assert undone is not None
    assert [item.item_ref for item in undone.pairs] == ["item-2"]
    redone = ana.label.redo(task.id)
    assert redone is not None
    assert redone.pairs[0].answer == NONE
    ana.jobs.release(task.id)
    bo.claim(job)
    assert bo.label.undo(task.id) is None, "what somebody else decided is not taken back"
    bo.decide(task)
    bo.jobs.submit(task.id)
    with pytest.raises(ConflictError, match="is approved"):
        bo.label.undo(task.id)


# A list of one's own


def test_decisions_in_ones_own_list_are_labels_at_once(store: Store, ana: Person, parts: Sheet) -> None:
    task = ana.jobs.my_list("parts", "Severity", 3)
    assert (task.assignee, task.lease_until, task.status) == ("ana", None, LabelingTaskStatus.ASSIGNED)
    first = task_items(store, task.id)[0]
    (done,) = ana.label.decide([Decision(first.id, Verdict.EDIT, MAJOR, notes="deep")]).pairs
    label = canonical_labels(store)["p1"]
    assert (label.label_data, label.notes, label.source, label.created_by) == (MAJOR, "deep", "labeling", "ana")
    assert done.canonical_label_id == label.id
    ana.label.undo(task.id)
    assert canonical_labels(store) == {}
    ana.label.redo(task.id)
    assert canonical_labels(store)["p1"].label_data == MAJOR
    ana.label.decide([Decision(first.id, Verdict.REOPEN)])
    assert canonical_labels(store) == {}


def test_ones_own_list_goes_on_where_it_was_left_and_ends_with_its_last_item(
    store: Store, ana: Person, bo: Person, parts: Sheet
) -> None:
    task = ana.jobs.my_list("parts", "Severity", 3)
    ana.decide(task, MAJOR, count=1)
    again = ana.jobs.my_list("parts", "Severity", 2)
    assert (again.id, again.item_count) == (task.id, 3)
    ana.jobs.release(task.id)
    assert ana.jobs.my_list("parts", "Severity").id == task.id
    others = bo.jobs.my_list("parts", "Severity")
    assert [item.item_ref for item in task_items(store, others.id)] == ["p2", "p3", "p4", "p5"]
    with pytest.raises(ConflictError, match="personal list of ana"):
        bo.jobs.claim(task.job_id)
    ana.decide(task)
    assert ana.jobs.submit(task.id).status is LabelingTaskStatus.APPROVED
    assert ana.jobs.job(task.job_id).status is LabelingJobStatus.COMPLETED
    rest = ana.jobs.my_list("parts", "Severity")
    assert [item.item_ref for item in task_items(store, rest.id)] == ["p4", "p5"]


def test_a_list_has_a_sensible_length(ana: Person, parts: Sheet) -> None:
    for limit in (0, 501):
        with pytest.raises(InvalidInputError, match="batch_size"):
            ana.jobs.my_list("parts", "Severity", limit)


def test_ones_own_list_approves_open_pairs_when_it_is_handed_in(store: Store, ana: Person, parts: Sheet) -> None:
    sheet = unlabeled_sheet(store, 0, parts)
    with store.write() as connection:
        columns = {"training_sheet_id": sheet.id, "sheet_id": parts.id, "source_data": {}, "proposal": MINOR}
        rows.add(connection, QAPair(**columns, item_ref="p1", sequence_number=1))
    task = ana.jobs.my_list("parts", "Severity")
    ana.decide(task, MAJOR)
    ana.jobs.submit(task.id)
    (pair,) = pairs_of(store, sheet)
    assert (pair.status, pair.answer, pair.was_auto_approved) == (PairStatus.LABELED, MAJOR, True)


def test_a_label_that_somebody_else_made_is_not_withdrawn_with_ones_own_decision(
    store: Store, ana: Person, bo: Person, parts: Sheet
) -> None:
    bo.do(bo.jobs.activate(bo.jobs.create("Parts", sheet="parts", labelset="Severity").id), MINOR)
    task: LabelingTask = ana.jobs.my_list("parts", "Severity", again=True)
    first = task_items(store, task.id)[0]
    ana.label.decide([Decision(first.id, Verdict.EDIT, MINOR)])
    batch = ana.label.decide([Decision(first.id, Verdict.REJECT, reason="blurred")])
    assert "comes from elsewhere and stays" in batch.description
    assert canonical_labels(store)["p1"].created_by == "bo"
