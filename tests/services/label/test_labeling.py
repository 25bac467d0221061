"""Making labeling jobs: every item once in each copy, and what cannot work is refused. Gold: test_gold.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.labelers import Person, parts_sheet, published_labelset, task_items
from builders.severity import MINOR, unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.records.labeling import LabelingJob, is_blind
from ontos_tui.domain.records.pairs import TrainingSheet, Verdict
from ontos_tui.domain.rules.states import LabelingJobStatus, PairStatus
from ontos_tui.services.label.labeling_jobs.service import Choice
from ontos_tui.services.label.labelsets.service import LabelsetService
from ontos_tui.services.label.service import Decision, LabelService
from ontos_tui.store import rows
from ontos_tui.store.engine import Store

J = LabelingJobStatus


@pytest.fixture
def sheet(store: Store) -> TrainingSheet:
    """A training sheet with 7 open pairs, each proposed to be minor."""
    return unlabeled_sheet(store, 7)


@pytest.fixture
def ana(store: Store) -> Person:
    return Person(store, "ana")


def refs_by_task(store: Store, person: Person, job: LabelingJob) -> list[list[str]]:
    return [[item.item_ref for item in task_items(store, view.task.id)] for view in person.jobs.tasks(job.id)]


def test_a_job_over_pairs_has_every_item_once_and_a_short_last_batch(
    store: Store, sheet: TrainingSheet, ana: Person
) -> None:
    job = ana.jobs.create("Marks", training_sheet=sheet.id, batch_size=3)
    assert (job.status, job.total_items, job.label_type) == (J.DRAFT, 7, "severity")
    refs = refs_by_task(store, ana, job)
    assert [len(some) for some in refs] == [3, 3, 1]
    assert [ref for some in refs for ref in some] == [f"item-{number}" for number in range(1, 8)]
    views = ana.jobs.tasks(job.id)
    assert [view.task.item_count for view in views] == [view.counts.total for view in views] == [3, 3, 1]
    first = task_items(store, views[0].task.id)[0]
    assert (first.proposal, first.confidence, first.source_data["torque"]) == (MINOR, 0.7, 41)


def test_a_job_over_a_sheet_asks_what_the_labelset_says(store: Store, tmp_path: Path, ana: Person) -> None:
    parts, labelset = parts_sheet(store, tmp_path, 5), published_labelset(store)
    job = ana.jobs.create("Parts", sheet="parts", labelset="Severity", batch_size=2)
    assert (job.sheet_id, job.labelset_id, job.training_sheet_id) == (parts.id, labelset.id, None)
    assert job.response_schema == labelset.answer_schema()
    assert refs_by_task(store, ana, job) == [["p1", "p2"], ["p3", "p4"], ["p5"]]
    assert task_items(store, ana.jobs.tasks(job.id)[0].task.id)[0].proposal is None


def test_an_identity_that_stands_twice_in_a_changed_file_is_one_item(store: Store, tmp_path: Path, ana: Person) -> None:
    parts_sheet(store, tmp_path, 3)
    published_labelset(store)
    with (tmp_path / "parts.csv").open("a") as file:
        file.write("p2,99\n")
    job = ana.jobs.create("Parts", sheet="parts", labelset="Severity", batch_size=10)
    (refs,) = refs_by_task(store, ana, job)
    assert refs == ["p1", "p2", "p3"]


def test_only_what_has_no_label_yet_unless_again(store: Store, sheet: TrainingSheet, ana: Person) -> None:
    service = LabelService(store, "ana")
    pairs = [row.id for row in service.open(sheet.id)]
    service.decide([Decision(pairs[0], Verdict.APPROVE), Decision(pairs[1], Verdict.REJECT, reason="blurred")])
    rest = ana.jobs.create("Rest", training_sheet=sheet.id)
    assert refs_by_task(store, ana, rest) == [[f"item-{number}" for number in range(3, 8)]]
    rejected = ana.jobs.create("Rejected", training_sheet=sheet.id, choice=Choice(status=PairStatus.REJECTED))
    assert refs_by_task(store, ana, rejected) == [["item-2"]]
    everything = ana.jobs.create("All", training_sheet=sheet.id, choice=Choice(4, None, again=True))
    assert refs_by_task(store, ana, everything) == [[f"item-{number}" for number in range(1, 5)]]
    with pytest.raises(NotReadyError, match="No items are left"):
        ana.jobs.create("None", training_sheet=sheet.id, choice=Choice(status=PairStatus.FLAGGED))
    assert {view.job.name for view in ana.jobs.jobs()} == {"Rest", "Rejected", "All"}, "a job without items is none"


def test_overlap_makes_copies_of_each_batch(store: Store, sheet: TrainingSheet, ana: Person) -> None:
    job = ana.jobs.create("Marks", training_sheet=sheet.id, batch_size=4, overlap=3)
    tasks = [view.task for view in ana.jobs.tasks(job.id)]
    assert [(task.number, task.copy_number) for task in tasks] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    refs = refs_by_task(store, ana, job)
    assert refs[0] == refs[1] == refs[2] != refs[3] == refs[4] == refs[5]
    assert job.total_items == 7


def test_the_blind_share_is_spread_over_the_items(store: Store, ana: Person) -> None:
    sheet = unlabeled_sheet(store, 400)
    job = ana.jobs.create("Marks", training_sheet=sheet.id, batch_size=100, blind_share=0.25)
    hidden = [is_blind(view.task.id, ref, job.blind_share) for view in ana.jobs.tasks(job.id)
              for ref in (item.item_ref for item in task_items(store, view.task.id))]  # fmt: skip
    assert 60 < sum(hidden) < 140
    assert not any(is_blind("x", f"item-{number}", 0.0) for number in range(50))
    assert all(is_blind("x", f"item-{number}", 1.0) for number in range(50))


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({}, "a training sheet, or a sheet and a labelset"),
        ({"sheet": "plates0"}, "a training sheet, or a sheet and a labelset"),
        ({"training_sheet": "plates0 · severity 0 1.0.0", "batch_size": 501}, "batch_size"),
        ({"training_sheet": "plates0 · severity 0 1.0.0", "overlap": 0}, "overlap"),
        ({"training_sheet": "plates0 · severity 0 1.0.0", "blind_share": 2}, "blind_share"),
        ({"training_sheet": "plates0 · severity 0 1.0.0", "labelset": "Color"}, "Choose one of the same label type"),
        ({"training_sheet": "plates0 · severity 0 1.0.0", "labelset": "Empty"}, "no classes"),
        ({"training_sheet": "plates0 · severity 0 1.0.0", "sheet": "other"}, "does not come from"),
        ({"training_sheet": "nowhere"}, "No training sheet"),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_reason(
    store: Store, sheet: TrainingSheet, ana: Person, expected: dict[str, object], message: str
) -> None:
    unlabeled_sheet(store, 0)
    published_labelset(store, name="Color", label_type="color", field="color", response_schema={})
    LabelsetService(store, "ana").create(name="Empty", label_type="severity", field="severity")
    with store.write() as connection:
        from ontos_tui.domain.records.data import Sheet

        rows.add(connection, Sheet(name="other", source_table="local.files.other"))
    with pytest.raises((InvalidInputError, NotFoundError), match=message):
        ana.jobs.create("Marks", **expected)  # type: ignore[arg-type]
    assert ana.jobs.jobs() == []


def test_of_a_labelset_the_newest_version_is_asked(store: Store, sheet: TrainingSheet, ana: Person) -> None:
    old = published_labelset(store)
    service = LabelsetService(store, "ana")
    new = service.publish(service.new_version(old.id).id)
    assert ana.jobs.create("Marks", training_sheet=sheet.id, labelset="Severity").labelset_id == new.id
    service.archive(old.id)
    with pytest.raises(ConflictError, match="archived"):
        ana.jobs.create("Marks", training_sheet=sheet.id, labelset=old.id)
