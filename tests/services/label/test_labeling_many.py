"""Several people in one labeling job at once: real processes, and whatever three people do in whatever order."""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from builders.labelers import Person, canonical_labels, expire_lease, task_items
from builders.severity import MAJOR, MINOR, unlabeled_sheet
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.pairs import Event, QAPair, Verdict, answer_digest
from ontos_tui.domain.rules.states import (
    LABELING_JOB_TRANSITIONS,
    LABELING_TASK_TRANSITIONS,
    LabelingJobStatus,
    LabelingTaskStatus,
    PairStatus,
    ReviewVerdict,
)
from ontos_tui.services.label.service import Decision, PairCounts
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store
from tiers import DEEP, examples

S = LabelingTaskStatus
PEOPLE = ("ana", "bo", "cy")


def label_until_nothing_is_left(path: Path, name: str, job_id: str) -> list[str]:
    """What one process does: claim, decide two by two, submit, and again; returns the tasks that it got."""
    store = Store(path)
    person = Person(store, name)
    got = []
    while (task := person.jobs.claim(job_id)) is not None:
        got.append(task.id)
        while person.label.counts(task.id).unlabeled:
            person.decide(task, MINOR, count=2)
        person.jobs.submit(task.id)
    store.close()
    return got


@pytest.mark.parametrize(("people", "count", "overlap"), [(4, 60, 1), (4, 60, 2)] if DEEP else [(2, 16, 2)])
def test_processes_share_a_job_and_never_meet(store: Store, people: int, count: int, overlap: int) -> None:
    sheet = unlabeled_sheet(store, count)
    ana = Person(store, "ana")
    job = ana.job(sheet.id, batch_size=4, overlap=overlap)
    names = ["ana", "bo", "cy", "di"][:people]
    with ProcessPoolExecutor(people, mp_context=multiprocessing.get_context("spawn")) as processes:
        started = [processes.submit(label_until_nothing_is_left, store.path, name, job.id) for name in names]
        got = dict(zip(names, (one.result(timeout=120) for one in started), strict=True))
    tasks = [view.task for view in ana.jobs.tasks(job.id)]
    assert sorted(key for some in got.values() for key in some) == sorted(task.id for task in tasks)
    assert {task.status for task in tasks} == {S.APPROVED}
    batches = Counter((task.assignee, task.number) for task in tasks)
    assert set(batches.values()) == {1}, "nobody had two copies of a batch"
    for task in tasks:
        assert task.id in got[task.assignee]
        assert {item.reviewed_by for item in task_items(store, task.id)} == {task.assignee}
    with store.read() as connection:
        events = rows.find(connection, Event)
        pairs = rows.find(connection, QAPair)
    decided = Counter(event.entity_id for event in events if event.entity_type == TaskItem.TABLE)
    assert len(decided) == count * overlap
    assert set(decided.values()) == {1}, "no item was decided twice"
    claimed = Counter(event.entity_id for event in events if event.action == "claim")
    assert set(claimed.values()) == {1}
    view = ana.jobs.job_view(job.id)
    assert (view.decided, view.total, view.labels) == (count * overlap, count * overlap, count)
    assert len(canonical_labels(store)) == count
    assert {pair.status for pair in pairs} == {PairStatus.LABELED}


class ThreePeople(RuleBasedStateMachine):
    """Three people lead, label and review one job. What is refused changes nothing; what is done, is done as listed."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder / "ontos.db")
        self.people = {name: Person(self.store, name) for name in PEOPLE}

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @initialize(overlap=st.integers(1, 2), needs_review=st.booleans())
    def begin(self, overlap: int, needs_review: bool) -> None:
        self.sheet = unlabeled_sheet(self.store, 3)
        options = {"batch_size": 2, "overlap": overlap, "needs_review": needs_review}
        self.job = self.people["ana"].job(self.sheet.id, **options)

    def tasks(self) -> list[LabelingTask]:
        return [view.task for view in self.people["ana"].jobs.tasks(self.job.id)]

    def items(self) -> list[TaskItem]:
        return [item for task in self.tasks() for item in task_items(self.store, task.id)]

    def attempt(self, what: Callable[[], Any]) -> Any:
        """Do it; when it is refused, everything is as it was."""
        before = (self.tasks(), self.items(), canonical_labels(self.store), self.people["ana"].jobs.job(self.job.id))
        try:
            return what()
        except OntosError:
            after = (self.tasks(), self.items(), canonical_labels(self.store), self.people["ana"].jobs.job(self.job.id))
            assert after == before
            return None

    @rule(actor=st.sampled_from(PEOPLE))
    def claim(self, actor: str) -> None:
        free = {task.id for task in self.tasks() if task.status is S.PENDING or task.lease_until is not None}
        task = self.attempt(lambda: self.people[actor].jobs.claim(self.job.id))
        assert task is None or task.assignee == actor
        assert task is None or task.id in free or task.status in (S.REWORK, S.ASSIGNED, S.IN_PROGRESS)

    @rule(
        actor=st.sampled_from(("", "", *PEOPLE)),
        which=st.integers(0, 5),
        verdict=st.sampled_from([Verdict.APPROVE, Verdict.EDIT, Verdict.REJECT, Verdict.FLAG, Verdict.REOPEN]),
    )
    def decide(self, actor: str, which: int, verdict: Verdict) -> None:
        items = self.items()
        item = items[which % len(items)]
        task = next(one for one in self.tasks() if one.id == item.task_id)
        actor = actor or task.assignee or PEOPLE[0]
        answer = MAJOR if verdict is Verdict.EDIT else None
        decision = Decision(item.id, verdict, answer, reason="so")
        done = self.attempt(lambda: self.people[actor].label.decide([decision]))
        active = self.people["ana"].jobs.job(self.job.id).status is LabelingJobStatus.ACTIVE
        may = active and task.assignee == actor and task.status in (S.ASSIGNED, S.IN_PROGRESS, S.REWORK)
        assert (done is not None) == may, "who has the task decides, and nobody else"

    @rule(actor=st.sampled_from(PEOPLE))
    def do_the_rest(self, actor: str) -> None:
        for view in self.people[actor].jobs.my_tasks():
            if view.counts.unlabeled:
                self.attempt(lambda task=view.task: self.people[actor].decide(task, MINOR))  # type: ignore[misc]
            self.attempt(lambda task=view.task: self.people[actor].jobs.submit(task.id))  # type: ignore[misc]

    @rule(actor=st.sampled_from(PEOPLE), which=st.integers(0, 3), redo=st.booleans())
    def take_back(self, actor: str, which: int, redo: bool) -> None:
        tasks = self.tasks()
        task = tasks[which % len(tasks)]
        before = self.items()
        label = self.people[actor].label
        try:
            batch = (label.redo if redo else label.undo)(task.id)
        except OntosError:
            batch = None
        if batch is None:
            assert self.items() == before
        else:
            assert task.assignee == actor
            changed = {item.id for item, was in zip(self.items(), before, strict=True) if item != was}
            assert changed == {item.id for item in batch.pairs}

    @rule(actor=st.sampled_from(PEOPLE), which=st.integers(0, 3))
    def release(self, actor: str, which: int) -> None:
        tasks = self.tasks()
        task = tasks[which % len(tasks)]
        done = self.attempt(lambda: self.people[actor].jobs.release(task.id))
        assert done is None or task.assignee == actor

    @rule(actor=st.sampled_from(PEOPLE), which=st.integers(0, 3))
    def submit(self, actor: str, which: int) -> None:
        tasks = self.tasks()
        task = tasks[which % len(tasks)]
        undecided = self.people[actor].label.counts(task.id).unlabeled
        done = self.attempt(lambda: self.people[actor].jobs.submit(task.id))
        assert done is None or (task.assignee == actor and not undecided)

    @rule(actor=st.sampled_from(PEOPLE), which=st.integers(0, 3), verdict=st.sampled_from(ReviewVerdict))
    def review(self, actor: str, which: int, verdict: ReviewVerdict) -> None:
        tasks = self.tasks()
        task = tasks[which % len(tasks)]
        done = self.attempt(lambda: self.people[actor].jobs.review(task.id, verdict, "because"))
        if done is not None:
            assert task.status is S.SUBMITTED
            assert task.assignee != actor
        if done is not None and verdict is ReviewVerdict.REWORK:
            assert (done.status, done.assignee) == (S.REWORK, task.assignee)

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 3))
    def assign(self, who: str, which: int) -> None:
        tasks = self.tasks()
        done = self.attempt(lambda: self.people["ana"].jobs.assign(tasks[which % len(tasks)].id, who))
        assert done is None or (done.assignee, done.lease_until) == (who, None)

    @rule(which=st.integers(0, 3))
    def lease_runs_out(self, which: int) -> None:
        tasks = self.tasks()
        task = tasks[which % len(tasks)]
        if task.lease_until is not None:
            expire_lease(self.store, task)

    @rule(move=st.sampled_from(["pause", "activate", "complete"]))
    def lead(self, move: str) -> None:
        self.attempt(lambda: getattr(self.people["ana"].jobs, move)(self.job.id))

    @invariant()
    def every_change_of_state_is_listed_and_logged(self) -> None:
        now: dict[str, str] = {task.id: task.status for task in self.tasks()}
        now[self.job.id] = self.people["ana"].jobs.job(self.job.id).status
        known: dict[str, str] = {**dict.fromkeys(now, S.PENDING), self.job.id: LabelingJobStatus.DRAFT}
        with self.store.read() as connection:
            events = connection.rows(
                "SELECT entity_id, before ->> 'status', after ->> 'status' FROM events "
                "WHERE entity_type IN ('labeling_jobs', 'labeling_tasks') AND before ->> 'status' <> '' ORDER BY rowid"
            )
        for key, before, after in events:
            assert before == known[key]
            if key == self.job.id:
                assert LabelingJobStatus(after) in LABELING_JOB_TRANSITIONS[LabelingJobStatus(before)]
            else:
                assert S(after) in LABELING_TASK_TRANSITIONS[S(before)], f"{before} became {after}"
            known[key] = after
        assert known == now

    @invariant()
    def nobody_gives_two_opinions_about_an_item(self) -> None:
        given = Counter((item.item_ref, item.reviewed_by) for item in self.items() if item.reviewed_by)
        assert not given or max(given.values()) == 1
        held = Counter((task.number, task.assignee) for task in self.tasks() if task.assignee)
        assert not held or max(held.values()) == 1

    @invariant()
    def kept_counts_are_the_items(self) -> None:
        for task in self.tasks():
            states = Counter(item.status.value for item in task_items(self.store, task.id))
            assert self.people["bo"].label.counts(task.id) == PairCounts(total=task.item_count, **states)

    @invariant()
    def labels_are_what_all_approved_copies_agree_on(self) -> None:
        approved = {task.id for task in self.tasks() if task.status is S.APPROVED}
        votes: dict[str, list[str]] = {}
        for item in self.items():
            if item.task_id in approved and item.status is PairStatus.LABELED:
                votes.setdefault(item.item_ref, []).append(answer_digest(item.answer))
        agreed = {ref: some[0] for ref, some in votes.items() if len(some) == self.job.overlap and len(set(some)) == 1}
        made = canonical_labels(self.store)
        assert {ref: answer_digest(label.label_data) for ref, label in made.items()} == agreed
        with self.store.read() as connection:
            pairs = rows.find(connection, QAPair, equal(training_sheet_id=self.sheet.id))
        assert {pair.item_ref for pair in pairs if pair.status is PairStatus.LABELED} == set(made)

    @invariant()
    def the_job_counts_what_it_holds(self) -> None:
        with self.store.read() as connection:
            job = rows.get(connection, LabelingJob, self.job.id)
        assert job.total_items == 3


TestThreePeople = ThreePeople.TestCase
TestThreePeople.settings = settings(max_examples=examples(4, 60), stateful_step_count=30)
