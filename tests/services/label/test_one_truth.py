"""One item, one truth: a correction of a canonical label, from wherever, moves every pair that the label decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders.labelers import Person, canonical_labels, parts_sheet, published_labelset
from builders.severity import MAJOR, MINOR, NONE, model_record, sheet_record, unlabeled_sheet
from builders.votes import labeling_job, vote
from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.records.labeling import HintKind
from ontos_tui.domain.records.pairs import CanonicalLabel, LabelingMode, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.canonical.auto_approval import AutoApprovals
from ontos_tui.services.canonical.service import CanonicalLabelService
from ontos_tui.services.label.labeling_jobs.agreement import AgreementService
from ontos_tui.services.label.service import Decision, LabelService
from ontos_tui.services.records.change_log import content
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.change_log import DECIDED
from ontos_tui.store.queries.label import hints
from ontos_tui.store.queries.models import changes_since
from ontos_tui.workspace import Workspace


def pair_of(store: Store, sheet: TrainingSheet, item: str = "item-1") -> QAPair:
    with store.read() as connection:
        return rows.find(connection, QAPair, equal(training_sheet_id=sheet.id, item_ref=item))[0]


def say(store: Store, sheet: TrainingSheet, answer: dict[str, Any], actor: str = "ana", item: str = "item-1") -> None:
    pair = pair_of(store, sheet, item)
    LabelService(store, actor).decide([Decision(pair.id, Verdict.EDIT, answer)])


def reuse(store: Store, sheet: TrainingSheet) -> None:
    """The label of item-1 approves the pair of another training sheet, as generating does."""
    with store.write() as connection:
        approvals = AutoApprovals(sheet, "maker")
        approvals.approve(connection, pair_of(store, sheet), canonical_labels(store)["item-1"])
        approvals.write(connection)


def disputes(store: Store, sheet: TrainingSheet) -> list[str]:
    with store.read() as connection:
        return [one.hint.reason for one in hints.strongest(connection, sheet.id, HintKind.DISAGREED, 10)]


@pytest.fixture
def two_sheets(workspace: Workspace) -> tuple[TrainingSheet, TrainingSheet]:
    """Two training sheets of one sheet: ana has decided item-1 in the first, the second reuses the label."""
    plates = sheet_record(workspace.store)
    here, there = unlabeled_sheet(workspace.store, 2, plates), unlabeled_sheet(workspace.store, 2, plates)
    say(workspace.store, here, MINOR)
    reuse(workspace.store, there)
    return here, there


def test_a_corrected_label_moves_every_pair_that_it_decided(
    workspace: Workspace, two_sheets: tuple[TrainingSheet, TrainingSheet]
) -> None:
    store = workspace.store
    label = canonical_labels(store)["item-1"]
    models = [model_record(store, sheet) for sheet in two_sheets[:1]]
    before = pair_of(store, two_sheets[0])
    workspace.label.canonical_labels.edit(label.id, answer=MAJOR)
    for sheet in two_sheets:
        pair = pair_of(store, sheet)
        assert (pair.answer, pair.status, pair.canonical_label_id) == (MAJOR, PairStatus.LABELED, label.id)
        assert (pair.labeling_mode, pair.reviewed_by) == (LabelingMode.CANONICAL, "ana")
        event = workspace.label.queue.history(pair.id)[-1]
        assert (event.action, event.after and event.after["answer"]) == ("correct", MAJOR)
        assert event.batch_id == workspace.label.canonical_labels.history(label.id)[-1].batch_id
    assert pair_of(store, two_sheets[0]).version == before.version + 1
    with store.read() as connection:
        assert changes_since(connection, models[0]).corrected == 1, "a retraining would learn it"
    lines = [line["messages"][-1]["content"] for line in workspace.label.queue.export(two_sheets[1].id)]
    assert [json.loads(line) for line in lines] == [MAJOR]
    assert disputes(store, two_sheets[0]) == [], "who corrects a label has seen it"


def test_a_version_that_is_rolled_back_moves_the_pairs_and_undo_takes_both_back(
    workspace: Workspace, two_sheets: tuple[TrainingSheet, TrainingSheet]
) -> None:
    store, labels = workspace.store, workspace.label.canonical_labels
    label = canonical_labels(store)["item-1"]
    before = [content(pair_of(store, sheet), DECIDED) for sheet in two_sheets]
    labels.edit(label.id, answer=MAJOR)
    labels.restore(label.id, 1)
    assert [pair_of(store, sheet).answer for sheet in two_sheets] == [MINOR, MINOR]
    queue = workspace.label.queue
    assert queue.undo(two_sheets[0].id) is not None
    assert [pair_of(store, sheet).answer for sheet in two_sheets] == [MAJOR, MAJOR]
    undone = queue.undo(two_sheets[0].id)
    assert undone is not None and [pair.training_sheet_id for pair in undone.pairs] == [two_sheets[0].id]
    assert [content(pair_of(store, sheet), DECIDED) for sheet in two_sheets] == before
    assert labels.get(label.id).label_data == MINOR
    assert queue.redo(two_sheets[0].id) is not None
    assert [pair_of(store, sheet).answer for sheet in two_sheets] == [MAJOR, MAJOR]
    assert labels.get(label.id).label_data == MAJOR


def test_the_undo_of_a_decision_does_not_tear_a_later_correction_apart(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 1)
    say(store, sheet, MINOR)
    label = canonical_labels(store)["item-1"]
    CanonicalLabelService(store, workspace.engines.catalog, "bo").edit(label.id, answer=MAJOR)
    with pytest.raises(ConflictError, match="item-1 was changed by bo"):
        workspace.label.queue.undo(sheet.id)
    assert pair_of(store, sheet).answer == canonical_labels(store)["item-1"].label_data == MAJOR


def test_what_else_of_a_label_changed_since_stays_when_its_answer_is_taken_back(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 1)
    say(store, sheet, MINOR)
    say(store, sheet, MAJOR)
    label = canonical_labels(store)["item-1"]
    workspace.label.canonical_labels.edit(label.id, confidence="low", notes="asked again")
    workspace.label.queue.undo(sheet.id)
    label = canonical_labels(store)["item-1"]
    assert (label.label_data, label.confidence, label.notes) == (MINOR, "low", "asked again")
    assert pair_of(store, sheet).answer == MINOR


def test_an_adjudication_moves_the_pair_and_is_undone_as_one(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 2)
    job = labeling_job(workspace, sheet=sheet)
    vote(workspace, "bo", job, {"item-1": MAJOR})
    vote(workspace, "cy", job, {})
    agreement = AgreementService(store, "ana")
    agreement.adjudicate(job.id, "item-1", NONE, "by eye")
    assert pair_of(store, sheet).answer == NONE
    agreement.adjudicate(job.id, "item-1", MAJOR, "measured")
    assert pair_of(store, sheet).answer == MAJOR
    assert workspace.label.queue.undo(sheet.id) is not None
    assert pair_of(store, sheet).answer == canonical_labels(store)["item-1"].label_data == NONE


def test_an_adjudication_that_is_undone_leaves_the_item_disputed(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 1)
    job = labeling_job(workspace, sheet=sheet)
    vote(workspace, "bo", job, {"item-1": MAJOR})
    say(store, sheet, MINOR)
    vote(workspace, "cy", job, {})
    AgreementService(store, "ana").adjudicate(job.id, "item-1", NONE)
    assert workspace.label.agreement.disagreements(job.id) == []
    workspace.label.queue.undo(sheet.id)
    assert pair_of(store, sheet).answer == canonical_labels(store)["item-1"].label_data == MINOR
    assert [one.item_ref for one in workspace.label.agreement.disagreements(job.id)] == ["item-1"]


@pytest.mark.parametrize("at_the_desk", [True, False])
def test_the_first_adjudication_of_an_item_is_undone_as_one(workspace: Workspace, *, at_the_desk: bool) -> None:
    """Its label goes, and so do the pairs that it has approved, in every training sheet of the type."""
    store, plates = workspace.store, sheet_record(workspace.store)
    here, there = (unlabeled_sheet(store, 2, plates) for _ in range(2))
    job = labeling_job(workspace, sheet=here)
    vote(workspace, "bo", job, {"item-1": MAJOR})
    vote(workspace, "cy", job, {})
    disputed = disputes(store, here)
    before = [content(pair_of(store, sheet), DECIDED) for sheet in (here, there)]
    ana = AgreementService(store, "ana")
    label = ana.adjudicate(job.id, "item-1", NONE, "by eye")
    assert [pair_of(store, sheet).answer for sheet in (here, there)] == [NONE, NONE]
    assert label.reuse_count == 2
    assert AgreementService(store, "bo").undo_adjudication(job.id) is None, "each their own"
    if at_the_desk:
        assert LabelService(store, "ana").undo(here.id) is not None
    else:
        undone = ana.undo_adjudication(job.id)
        assert undone is not None and (undone.item_ref, undone.notes) == ("item-1", ())
        assert disputes(store, here) == disputed != []
    assert "item-1" not in canonical_labels(store)
    assert [content(pair_of(store, sheet), DECIDED) for sheet in (here, there)] == before
    assert [one.item_ref for one in ana.disagreements(job.id)] == ["item-1"]
    assert ana.undo_adjudication(job.id) is None
    LabelService(store, "ana").redo(here.id)
    assert canonical_labels(store)["item-1"].label_data == pair_of(store, there).answer == NONE


def test_an_adjudication_without_any_pair_is_undone(workspace: Workspace, tmp_path: Path) -> None:
    store = workspace.store
    sheet = parts_sheet(store, tmp_path, 1)
    published_labelset(store)
    jobs = workspace.label.jobs
    job = jobs.activate(jobs.create("Parts", sheet=sheet.id, labelset="Severity", overlap=2).id)
    for who, answer in (("bo", "major"), ("cy", "minor")):
        Person(store, who).do(job, {"severity": answer})
    ana = AgreementService(store, "ana")
    ana.adjudicate(job.id, "p1", {"severity": "none"})
    ana.adjudicate(job.id, "p1", {"severity": "major"})
    assert ana.undo_adjudication(job.id) is not None
    assert canonical_labels(store)["p1"].label_data == {"severity": "none"}
    assert ana.undo_adjudication(job.id) is not None
    assert canonical_labels(store) == {}
    ana.adjudicate(job.id, "p1", {"severity": "minor"})
    label = canonical_labels(store)["p1"]
    CanonicalLabelService(store, workspace.engines.catalog, "bo").edit(label.id, answer={"severity": "major"})
    undone = ana.undo_adjudication(job.id)
    assert undone is not None and "used elsewhere and stays" in undone.notes[0], "a later change of another stays"
    assert canonical_labels(store)["p1"].label_data == {"severity": "major"}


def test_a_job_and_the_queue_that_differ_are_a_conflict_that_both_see(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 2)
    job = labeling_job(workspace, overlap=1, sheet=sheet)
    say(store, sheet, MAJOR)
    vote(workspace, "bo", job, {"item-1": NONE})
    pair, label = pair_of(store, sheet), canonical_labels(store)["item-1"]
    assert pair.answer == label.label_data == NONE
    (reason,) = disputes(store, sheet)
    assert "ana: major" in reason and "bo: none" in reason
    (disputed,) = workspace.label.agreement.disagreements(job.id)
    assert (disputed.item_ref, {vote.actor for vote in disputed.votes}) == ("item-1", {"ana", "bo"})
    workspace.label.agreement.adjudicate(job.id, "item-1", MAJOR, expected_version=label.version)
    assert pair_of(store, sheet).answer == canonical_labels(store)["item-1"].label_data == MAJOR
    assert disputes(store, sheet) == []
    assert workspace.label.agreement.disagreements(job.id) == []


def test_a_job_that_agrees_with_the_queue_is_no_conflict(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 1)
    job = labeling_job(workspace, overlap=1, sheet=sheet)
    say(store, sheet, MAJOR)
    vote(workspace, "bo", job, {"item-1": MAJOR})
    assert disputes(store, sheet) == []
    assert workspace.label.agreement.disagreements(job.id) == []


def test_two_training_sheets_that_differ_are_a_conflict_in_both(workspace: Workspace) -> None:
    store = workspace.store
    plates = sheet_record(store)
    here, there = unlabeled_sheet(store, 1, plates), unlabeled_sheet(store, 1, plates)
    say(store, here, MINOR, "ana")
    say(store, there, MAJOR, "bo")
    assert [pair_of(store, sheet).answer for sheet in (here, there)] == [MAJOR, MAJOR]
    assert len(disputes(store, here)) == len(disputes(store, there)) == 1
    LabelService(store, "bo").undo(there.id)
    assert pair_of(store, here).answer == canonical_labels(store)["item-1"].label_data == MINOR
    assert pair_of(store, there).status is PairStatus.UNLABELED
    assert disputes(store, here) == disputes(store, there) == []


def test_an_imported_correction_moves_the_pairs(
    workspace: Workspace, two_sheets: tuple[TrainingSheet, TrainingSheet], tmp_path: Path
) -> None:
    path = tmp_path / "labels.jsonl"
    line = next(iter(workspace.label.canonical_label_files.export_lines()))
    path.write_text(json.dumps({**line, "label_data": MAJOR, "updated_at": "2999-01-01T00:00:00Z"}))
    assert workspace.label.canonical_label_files.import_file(path, two_sheets[0].sheet_id).updated == 1
    assert [pair_of(workspace.store, sheet).answer for sheet in two_sheets] == [MAJOR, MAJOR]
    assert canonical_labels(workspace.store)["item-1"].label_data == MAJOR


def test_a_pair_whose_template_cannot_hold_the_new_answer_is_flagged(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 1)
    say(store, sheet, MINOR)
    with store.write() as connection:
        narrow = {"type": "object", "properties": {"severity": {"enum": ["minor"]}}}
        snapshot = {**sheet.template_snapshot, "output_schema": narrow}
        rows.change(connection, rows.get(connection, TrainingSheet, sheet.id), template_snapshot=snapshot)
    label = canonical_labels(store)["item-1"]
    workspace.label.canonical_labels.edit(label.id, answer=MAJOR)
    pair = pair_of(store, sheet)
    assert (pair.status, pair.answer, pair.canonical_label_id) == (PairStatus.FLAGGED, MINOR, None)
    assert "does not fit this template" in workspace.label.queue.history(pair.id)[-1].reason


def test_a_label_from_pairs_goes_with_the_last_of_them(
    workspace: Workspace, two_sheets: tuple[TrainingSheet, TrainingSheet]
) -> None:
    store = workspace.store
    say(store, two_sheets[0], MAJOR)
    for sheet in two_sheets:
        LabelService(store, "ana").decide([Decision(pair_of(store, sheet).id, Verdict.REJECT, reason="blurred")])
    assert canonical_labels(store) == {}, "its earlier versions are of pairs as well"


def test_a_label_from_elsewhere_says_again_what_it_said_when_the_decision_about_it_goes(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 1)
    truth = CanonicalLabel(
        sheet_id=sheet.sheet_id, item_ref="item-1", label_type="severity", label_data=NONE, source="ground_truth"
    )
    with store.write() as connection:
        rows.add(connection, truth)
    say(store, sheet, MAJOR)
    LabelService(store, "ana").decide([Decision(pair_of(store, sheet).id, Verdict.REOPEN)])
    label = canonical_labels(store)["item-1"]
    assert (label.label_data, label.source) == (NONE, "ground_truth")


def test_what_changed_since_a_dialog_was_opened_is_said_and_not_overwritten(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 1)
    say(store, sheet, MINOR)
    label = canonical_labels(store)["item-1"]
    others = CanonicalLabelService(store, workspace.engines.catalog, "bo")
    others.edit(label.id, answer=NONE)
    labels = workspace.label.canonical_labels
    said = "bo changed the label of item-1 from minor to none"
    with pytest.raises(ConflictError, match=said):
        labels.edit(label.id, answer=MAJOR, expected_version=1)
    with pytest.raises(ConflictError, match=said):
        labels.restore(label.id, 1, expected_version=1)
    with pytest.raises(ConflictError, match=said):
        labels.delete(label.id, expected_version=1)
    assert labels.get(label.id).label_data == NONE


def test_an_adjudication_checks_the_label_that_it_was_opened_on(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 1)
    job = labeling_job(workspace, sheet=sheet)
    vote(workspace, "bo", job, {"item-1": MAJOR})
    vote(workspace, "cy", job, {})
    AgreementService(store, "di").adjudicate(job.id, "item-1", NONE, expected_version=0)
    ana = AgreementService(store, "ana")
    with pytest.raises(ConflictError, match="di gave item-1 the label none"):
        ana.adjudicate(job.id, "item-1", MAJOR, expected_version=0)
    AgreementService(store, "di").adjudicate(job.id, "item-1", MINOR, expected_version=1)
    with pytest.raises(ConflictError, match="di changed the label of item-1 from none to minor"):
        ana.adjudicate(job.id, "item-1", MAJOR, expected_version=1)
    assert pair_of(store, sheet).answer == canonical_labels(store)["item-1"].label_data == MINOR


def test_ones_own_list_and_the_queue_that_differ_are_a_conflict(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 1)
    job = labeling_job(workspace, overlap=1, sheet=sheet, is_personal=True)
    say(store, sheet, MAJOR)
    bo = Person(store, "lead")
    task = bo.claim(job)
    bo.decide(task, NONE)
    assert pair_of(store, sheet).answer == canonical_labels(store)["item-1"].label_data == NONE
    assert len(disputes(store, sheet)) == 1
    bo.label.undo(task.id)
    assert pair_of(store, sheet).answer == canonical_labels(store)["item-1"].label_data == MAJOR
    assert disputes(store, sheet) == []


def test_a_pair_that_was_labeled_from_a_column_gets_what_a_job_decides(workspace: Workspace) -> None:
    store = workspace.store
    sheet = unlabeled_sheet(store, 2)
    job = labeling_job(workspace, overlap=1, sheet=sheet)
    with store.write() as connection:
        for item, by in (("item-1", ""), ("item-2", "ana")):
            labeled = {"status": PairStatus.LABELED, "answer": MINOR, "reviewed_by": by}
            rows.change(connection, pair_of(store, sheet, item), **labeled)
    vote(workspace, "bo", job, {"item-1": MAJOR, "item-2": MAJOR})
    for item, label in canonical_labels(store).items():
        pair = pair_of(store, sheet, item)
        assert (pair.answer, pair.canonical_label_id) == (label.label_data, label.id) == (MAJOR, label.id)
    (reason,) = disputes(store, sheet)
    assert "ana: minor" in reason and "bo: major" in reason, "a column is nobody who could differ"
