"""Gold items of labeling jobs: known answers hidden among the others, which nothing tells from these."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from builders.labelers import Person, task_items
from builders.severity import MAJOR, MINOR, unlabeled_sheet
from ontos_tui.cli.label.labeling_job_lines import item_lines as printed_lines
from ontos_tui.cli.label.labeling_job_lines import visible_item
from ontos_tui.domain.errors import InvalidInputError, NotReadyError
from ontos_tui.domain.records.labeling import LabelingJob, TaskItem, is_blind
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.labeling_jobs.labeler_stats import LabelerService
from ontos_tui.services.label.labeling_jobs.service import Choice
from ontos_tui.services.label.service import Decision, LabelService, QueueFilter
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store
from ontos_tui.tui.stages.label.desk.panes.item_lines import ItemPicture, whole_lines
from ontos_tui.tui.stages.label.desk.state.item import Draft, ItemView
from ontos_tui.tui.stages.label.desk.state.queue_buffer import open_queue
from ontos_tui.tui.stages.label.list_filter import ListFilter
from ontos_tui.tui.stages.label.work import work_of_task
from ontos_tui.workspace import Workspace


@pytest.fixture
def ana(store: Store) -> Person:
    return Person(store, "ana")


def _ground_truth(store: Store, sheet: TrainingSheet, numbers: range) -> None:
    with store.write() as connection:
        for number in numbers:
            columns = {"sheet_id": sheet.sheet_id, "item_ref": f"item-{number}", "label_type": "severity"}
            rows.add(connection, CanonicalLabel(**columns, label_data=MAJOR, source="ground_truth"))


def test_gold_items_stand_where_the_sheet_has_them_and_are_not_counted(store: Store, ana: Person) -> None:
    sheet = unlabeled_sheet(store, 40)
    _ground_truth(store, sheet, range(4, 41, 4))
    job = ana.jobs.create("Marks", training_sheet=sheet.id, batch_size=10, gold_share=0.2, overlap=2)
    assert job.total_items == 30
    fresh: list[str] = []
    before: list[str] = []
    for view in ana.jobs.tasks(job.id):
        items = task_items(store, view.task.id)
        numbers = [int(item.item_ref[5:]) for item in items]
        assert numbers == sorted(numbers), "in the order of the sheet"
        gold = [item for item in items if item.gold_answer is not None]
        assert len(gold) == (2 if view.task.item_count == 10 else view.task.item_count - 6)
        assert all(item.gold_answer == MAJOR and int(item.item_ref[5:]) % 4 == 0 for item in gold)
        if view.task.copy_number == 1:
            fresh += [item.item_ref for item in items if item.gold_answer is None]
        else:
            assert [item.item_ref for item in items] == before
        before = [item.item_ref for item in items]
    assert fresh == [f"item-{number}" for number in range(1, 41) if number % 4]


def test_gold_from_elsewhere_in_the_sheet_is_hidden_by_dealing_all_items_at_random(store: Store, ana: Person) -> None:
    sheet = unlabeled_sheet(store, 60)
    _ground_truth(store, sheet, range(51, 61))
    job = ana.jobs.create("Marks", training_sheet=sheet.id, batch_size=10, gold_share=0.2, choice=Choice(limit=40))
    tasks = [task_items(store, view.task.id) for view in ana.jobs.tasks(job.id)]
    items = [item for task in tasks for item in task]
    gold = [item.item_ref for item in items if item.gold_answer is not None]
    assert (job.total_items, len(items), len(gold), len(set(gold))) == (40, 50, 10, 10), "each gold item once"
    assert [[item.sequence_number for item in task] for task in tasks] == [list(range(1, 11))] * 5
    numbers = [[int(item.item_ref[5:]) for item in task if item.gold_answer is None] for task in tasks]
    assert all(task != sorted(task) for task in numbers), "no order that a gold item could break"
    assert max(numbers[0]) > 30, "the other items of a task are from everywhere, too"
    assert max(map(max, numbers)) > 40, "and those of a limited job"
    places = {item.sequence_number for item in items if item.gold_answer is not None}
    assert len(places) > 3, "not always at the same places"


def _labeled_by_truth(store: Store, sheet: TrainingSheet, numbers: range, *, proposals: bool) -> None:
    """Approve these pairs by a ground truth; without `proposals` as when they were generated after it was known."""
    _ground_truth(store, sheet, numbers)
    names = {f"item-{number}" for number in numbers}
    none = {} if proposals else {"proposal": None, "confidence": None, "proposed_by": "canonical label"}
    with store.write() as connection:
        for pair in rows.find(connection, QAPair, equal(training_sheet_id=sheet.id)):
            if pair.item_ref in names:
                rows.change(connection, pair, **none, status=PairStatus.LABELED, answer=MAJOR, was_auto_approved=True)


@pytest.mark.parametrize("proposals", [True, False])
def test_a_job_with_gold_is_byte_for_byte_the_job_without(workspace: Workspace, *, proposals: bool) -> None:
    """Every text of the list and of each item, and what the command line prints; only ids are a job's own."""
    store = workspace.store
    sheet = unlabeled_sheet(store, 30)
    _labeled_by_truth(store, sheet, range(3, 31, 3), proposals=proposals)
    same = {"training_sheet": sheet.id, "batch_size": 10, "blind_share": 0.0}
    with_gold = workspace.label.jobs.create("Marks", **same, gold_share=0.3)
    assert with_gold.shows_proposals is proposals
    plain = workspace.label.jobs.create("Marks", **same, choice=Choice(29, None, again=True))
    if not proposals:
        with store.write() as connection:
            for item in rows.find(connection, TaskItem, equal(job_id=plain.id)):
                rows.change(connection, item, proposal=None, confidence=None, proposed_by="")
    gold = _gold_of(store, with_gold)
    assert len(gold) == 9
    assert _painted(workspace, with_gold) == _painted(workspace, plain)
    assert _printed(workspace, with_gold) == _printed(workspace, plain)


def _gold_of(store: Store, job: LabelingJob) -> list[TaskItem]:
    with store.read() as connection:
        return [one for one in rows.find(connection, TaskItem, equal(job_id=job.id)) if one.gold_answer is not None]


def _painted(workspace: Workspace, job: LabelingJob) -> list[object]:
    """The rows of the list and the lines of the items at the desk, without ids."""
    painted: list[object] = []
    for view in workspace.label.jobs.tasks(job.id):
        work = work_of_task(workspace, view.task.id)
        queue = open_queue(workspace.label.task_queue, work, ListFilter(), "", "", undecided=True)
        painted += [replace(row, id="") for row in queue]
        for item in workspace.label.task_queue.pairs([row.id for row in queue]):
            lines = whole_lines(ItemPicture(ItemView(item), work, Draft.start(item, work)), 80)
            painted.append([[(part.text, part.style) for part in line] for line in lines])
    return painted


def _printed(workspace: Workspace, job: LabelingJob) -> str:
    """What `ontos labeling next` prints, in both forms, without ids and times."""
    items = [one for view in workspace.label.jobs.tasks(job.id) for one in task_items(workspace.store, view.task.id)]
    own = {"id": "", "task_id": "", "job_id": "", "created_at": job.created_at, "updated_at": job.created_at}
    alike = [one.model_copy(update=own) for one in items]
    same = job.model_copy(update={"gold_share": 0.0, "id": "", "created_at": None})
    shown = [(visible_item(one, same) | {"created_at": "", "updated_at": ""}, printed_lines(one, same))
             for one in alike]  # fmt: skip
    return json.dumps(shown, default=str)


def test_a_right_answer_on_gold_is_counted_when_the_task_is_submitted(store: Store, ana: Person) -> None:
    """Before, a figure that moves would say which items are gold."""
    sheet = unlabeled_sheet(store, 30)
    _labeled_by_truth(store, sheet, range(3, 31, 3), proposals=True)
    job = ana.job(sheet.id, batch_size=10, gold_share=0.3)
    task = ana.claim(job)
    for item in task_items(store, task.id):
        ana.label.decide([Decision(item.id, Verdict.EDIT, MAJOR)])
        assert LabelerService(store).of_job(job.id)[0].gold is None
    ana.jobs.submit(task.id)
    (stats,) = LabelerService(store).of_job(job.id)
    assert stats.gold is not None and (stats.gold.right, stats.gold.of) == (3, 3)
    assert stats.seen is not None and stats.seen.of == 10


def test_gold_needs_a_known_truth_and_room(store: Store, ana: Person) -> None:
    sheet = unlabeled_sheet(store, 7)
    with pytest.raises(NotReadyError, match="known answer"):
        ana.jobs.create("Marks", training_sheet=sheet.id, gold_share=0.1)
    _ground_truth(store, sheet, range(1, 3))
    with pytest.raises(InvalidInputError, match="no room"):
        ana.jobs.create("Marks", training_sheet=sheet.id, gold_share=1.0)


def test_no_filter_shows_what_a_hidden_proposal_is(store: Store) -> None:
    """Searching for a proposal, by its text, its value or its confidence, would tell it before the decision."""
    sheet = unlabeled_sheet(store, 40)
    label = LabelService(store, "ana")
    label.hide_proposals(sheet.id, 0.5)
    hidden = {one.item_ref for one in label.open(sheet.id) if is_blind(sheet.id, one.item_ref, 0.5)}
    assert 10 < len(hidden) < 30
    by_proposal = (QueueFilter(text="minor"), QueueFilter(label=("severity", "minor")), QueueFilter(below=0.99))
    for filter in by_proposal:
        assert {one.item_ref for one in label.open(sheet.id, filter)}.isdisjoint(hidden), filter
        assert len(label.open(sheet.id, filter)) == 40 - len(hidden), filter
    first = next(one for one in label.open(sheet.id) if one.item_ref in hidden)
    assert [one.item_ref for one in label.open(sheet.id, QueueFilter(text=first.item_ref))][:1] == [first.item_ref]
    label.decide([Decision(first.id, Verdict.EDIT, MINOR, blind=True)])
    for filter in by_proposal:
        assert first.item_ref in {one.item_ref for one in label.open(sheet.id, filter)}, "what is decided is not hidden"
