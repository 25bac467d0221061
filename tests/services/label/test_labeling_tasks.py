"""Labeling tasks: claimed first come and never by two, handed in, looked over; and the states of their job."""

from __future__ import annotations

import pytest

from builders.labelers import Person, expire_lease, task_items
from builders.severity import MAJOR, MINOR, unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotReadyError, OntosError
from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.pairs import Event, TrainingSheet, Verdict
from ontos_tui.domain.rules.states import LabelingJobStatus, LabelingTaskStatus, ReviewVerdict
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.engine import Store

S, J = LabelingTaskStatus, LabelingJobStatus


@pytest.fixture
def sheet(store: Store) -> TrainingSheet:
    """A training sheet with 7 open pairs, each proposed to be minor."""
    return unlabeled_sheet(store, 7)


@pytest.fixture
def ana(store: Store) -> Person:
    return Person(store, "ana")


@pytest.fixture
def bo(store: Store) -> Person:
    return Person(store, "bo")


def steps(store: Store, task: LabelingTask) -> list[tuple[str, str]]:
    """The changes of a task's status, as they are in the log."""
    with store.read() as connection:
        query = (
            "SELECT before ->> 'status', after ->> 'status' FROM events "
            "WHERE entity_id = ? AND before ->> 'status' <> '' ORDER BY rowid"
        )
        return [(before, after) for before, after in connection.execute(query, (task.id,))]


def test_first_come_never_two(store: Store, sheet: TrainingSheet, ana: Person, bo: Person) -> None:
    job = ana.job(sheet.id, batch_size=3)
    first, second = ana.claim(job), bo.claim(job)
    assert (first.number, second.number) == (1, 2)
    assert ana.claim(job) == first, "whoever has one gets that one"
    ana.decide(first)
    ana.jobs.submit(first.id)
    assert ana.claim(job).number == 3
    assert Person(store, "cy").jobs.claim(job.id) is None
    assert [view.task.number for view in bo.jobs.my_tasks()] == [2]


def test_urgent_ones_come_first(store: Store, sheet: TrainingSheet, ana: Person, bo: Person) -> None:
    job = ana.job(sheet.id, batch_size=3)
    third = ana.jobs.tasks(job.id)[2].task
    ana.jobs.set_priority(third.id, "urgent")
    assert bo.claim(job).id == third.id
    with pytest.raises(InvalidInputError, match="not a valid priority"):
        ana.jobs.set_priority(third.id, "soon")


def test_nobody_labels_a_batch_twice(store: Store, sheet: TrainingSheet, ana: Person, bo: Person) -> None:
    job = ana.job(sheet.id, overlap=2)
    mine = ana.claim(job)
    ana.decide(mine, count=2)
    ana.jobs.release(mine.id)
    assert bo.claim(job).id == mine.id
    assert ana.jobs.claim(job.id) is None, "the other copy would be no second opinion"
    other = ana.jobs.tasks(job.id)[1].task
    with pytest.raises(ConflictError, match="ana has or had another copy of task 1"):
        bo.jobs.assign(other.id, "ana")
    with pytest.raises(ConflictError, match="bo has or had another copy"):
        ana.jobs.assign(other.id, "bo")
    assert Person(store, "cy").claim(job).id == other.id


def test_when_a_lease_is_over_another_may_take_the_task(
    store: Store, sheet: TrainingSheet, ana: Person, bo: Person
) -> None:
    job = ana.job(sheet.id, lease_minutes=5)
    task = ana.claim(job)
    ana.decide(task, MAJOR, count=2)
    assert bo.jobs.claim(job.id) is None
    expire_lease(store, task)
    ana.decide(task, MAJOR, count=1)
    assert bo.jobs.claim(job.id) is None, "who works on keeps it"
    expire_lease(store, task)
    taken = bo.claim(job)
    assert (taken.id, taken.assignee, taken.status) == (task.id, "bo", S.ASSIGNED)
    assert steps(store, task)[-2:] == [("in_progress", "pending"), ("pending", "assigned")]
    items = task_items(store, task.id)
    assert [item.reviewed_by for item in items] == ["ana"] * 3 + [""] * 4, "what was decided stays"
    with pytest.raises(ConflictError, match="Task 1 is assigned to bo"):
        ana.decide(task, count=1)
    with pytest.raises(ConflictError, match="is assigned to bo"):
        ana.label.undo(task.id)
    with pytest.raises(ConflictError, match="is assigned to bo, not to you"):
        ana.jobs.submit(task.id)
    assert task_items(store, task.id) == items
    bo.decide(taken)
    assert bo.jobs.submit(task.id).status is S.APPROVED


def test_a_claim_that_ran_out_is_taken_up_again_where_it_was(store: Store, sheet: TrainingSheet, ana: Person) -> None:
    job = ana.job(sheet.id)
    task = ana.claim(job)
    ana.decide(task, count=1)
    expire_lease(store, task)
    again = ana.claim(job)
    assert (again.id, again.status) == (task.id, S.IN_PROGRESS)
    assert again.lease_until is not None
    assert task.lease_until is not None
    assert again.lease_until > task.lease_until


def test_a_released_task_keeps_its_decisions(store: Store, sheet: TrainingSheet, ana: Person, bo: Person) -> None:
    job = ana.job(sheet.id)
    task = ana.claim(job)
    ana.decide(task, count=3)
    with pytest.raises(ConflictError, match="is assigned to ana, not to you"):
        bo.jobs.release(task.id)
    free = ana.jobs.release(task.id)
    assert (free.status, free.assignee, free.lease_until) == (S.PENDING, "", None)
    with pytest.raises(ConflictError, match=r"is pending\. Claim it first"):
        ana.decide(task, count=1)
    assert ana.label.counts(task.id).labeled == 3
    assert bo.claim(job).id == task.id
    with pytest.raises(ConflictError, match="is assigned to bo"):
        ana.jobs.release(task.id)


def test_an_assigned_task_stays_with_whom_it_was_given_to(
    store: Store, sheet: TrainingSheet, ana: Person, bo: Person
) -> None:
    job = ana.jobs.create("Marks", training_sheet=sheet.id)
    (task,) = (view.task for view in ana.jobs.tasks(job.id))
    given = ana.jobs.assign(task.id, " bo ")
    assert (given.assignee, given.lease_until) == ("bo", None)
    with pytest.raises(NotReadyError, match="is draft"):
        bo.decide(task, count=1)
    ana.jobs.activate(job.id)
    bo.decide(task, count=1)
    assert ana.jobs.claim(job.id) is None
    moved = ana.jobs.assign(task.id, "ana")
    assert (moved.assignee, moved.status) == ("ana", S.ASSIGNED)
    assert steps(store, task)[-2:] == [("in_progress", "pending"), ("pending", "assigned")]
    with pytest.raises(InvalidInputError, match="No name was given"):
        ana.jobs.assign(task.id, " ")
    ana.decide(task)
    ana.jobs.submit(task.id)
    with pytest.raises(ConflictError, match="is approved"):
        ana.jobs.assign(task.id, "bo")


# Handing in and reviewing


def test_a_task_with_undecided_items_is_not_submitted(store: Store, sheet: TrainingSheet, ana: Person) -> None:
    job = ana.job(sheet.id, batch_size=3)
    task = ana.claim(job)
    ana.decide(task, count=1)
    with pytest.raises(NotReadyError, match="2 items of task 1 are not decided yet"):
        ana.jobs.submit(task.id)
    second, third = task_items(store, task.id)[1:]
    with pytest.raises(InvalidInputError, match="needs a reason"):
        ana.label.decide([Decision(second.id, Verdict.REJECT, reason=" ")])
    ana.label.decide([Decision(second.id, Verdict.REJECT, reason="blurred"), Decision(third.id, Verdict.FLAG)])
    done = ana.jobs.submit(task.id)
    assert (done.status, done.lease_until) == (S.APPROVED, None)
    with pytest.raises(ConflictError, match="is already approved"):
        ana.jobs.submit(task.id)
    with pytest.raises(ConflictError, match=r"is approved\. Its answers do not change"):
        ana.label.decide([Decision(second.id, Verdict.APPROVE)])


def test_rework_returns_to_the_labeler_and_approval_counts(
    store: Store, sheet: TrainingSheet, ana: Person, bo: Person
) -> None:
    job = ana.job(sheet.id, batch_size=4, needs_review=True)
    task = bo.do(job)
    assert task.status is S.SUBMITTED
    with pytest.raises(InvalidInputError, match="needs a reason"):
        ana.jobs.review(task.id, ReviewVerdict.REWORK)
    back = ana.jobs.review(task.id, ReviewVerdict.REWORK, "look at the edges")
    assert (back.status, back.assignee, back.reviewer, back.review_notes) == (
        S.REWORK,
        "bo",
        "ana",
        "look at the edges",
    )
    assert [view.task.id for view in bo.jobs.my_tasks()] == [task.id]
    assert bo.claim(job).id == task.id
    first = task_items(store, task.id)[0]
    bo.label.decide([Decision(first.id, Verdict.EDIT, MAJOR)])
    assert bo.jobs.task(task.id).status is S.IN_PROGRESS
    bo.jobs.submit(task.id)
    assert ana.jobs.review(task.id, ReviewVerdict.APPROVE).status is S.APPROVED
    view = ana.jobs.job_view(job.id)
    assert (view.tasks[S.APPROVED], view.tasks[S.PENDING], view.decided, view.total, view.labels) == (1, 1, 4, 7, 4)


def test_a_rejected_task_is_labeled_anew(store: Store, sheet: TrainingSheet, ana: Person, bo: Person) -> None:
    job = ana.job(sheet.id, needs_review=True)
    task = bo.do(job, MAJOR)
    emptied = ana.jobs.review(task.id, ReviewVerdict.REJECT, "this is the wrong part")
    assert (emptied.status, emptied.assignee, emptied.submitted_at) == (S.PENDING, "", None)
    assert ana.label.counts(task.id).unlabeled == 7
    item = task_items(store, task.id)[0]
    assert (item.answer, item.reviewed_by, item.proposal) == (None, "", MINOR)
    assert [event.action for event in ana.label.history(item.id)] == ["edit", "reopen"]
    ana.claim(job)
    assert ana.label.undo(task.id) is None, "emptying it was a review and is no decision of the reviewer's"
    ana.decide(task)
    ana.jobs.submit(task.id)
    assert bo.jobs.review(task.id, ReviewVerdict.APPROVE).status is S.APPROVED


def test_nobody_reviews_their_own(store: Store, sheet: TrainingSheet, ana: Person, bo: Person) -> None:
    job = ana.job(sheet.id, needs_review=True)
    task = ana.claim(job)
    ana.decide(task, count=1)
    ana.jobs.release(task.id)
    with pytest.raises(ConflictError, match=r"is pending\. Only submitted tasks"):
        bo.jobs.review(task.id, ReviewVerdict.APPROVE)
    bo.do(job)
    for person in (ana, bo):
        with pytest.raises(ConflictError, match="is your own"):
            person.jobs.review(task.id, ReviewVerdict.APPROVE)
    assert Person(store, "cy").jobs.review(task.id, ReviewVerdict.APPROVE).status is S.APPROVED


# The job's own states


def test_a_pause_stops_claims_and_decisions_until_it_is_over(
    store: Store, sheet: TrainingSheet, ana: Person, bo: Person
) -> None:
    job = ana.job(sheet.id, batch_size=3)
    task = bo.claim(job)
    ana.jobs.pause(job.id)
    with pytest.raises(OntosError, match="is paused"):
        ana.jobs.claim(job.id)
    with pytest.raises(NotReadyError, match="is paused"):
        bo.decide(task)
    with pytest.raises(NotReadyError, match="is paused"):
        bo.jobs.submit(task.id)
    ana.jobs.activate(job.id)
    bo.decide(task)
    assert bo.jobs.submit(task.id).status is S.APPROVED


def test_a_job_is_completed_when_all_is_done_or_by_force(
    store: Store, sheet: TrainingSheet, ana: Person, bo: Person
) -> None:
    job = ana.job(sheet.id, batch_size=4, needs_review=True)
    first, second = ana.do(job), bo.claim(job)
    bo.decide(second)
    with pytest.raises(NotReadyError, match="2 tasks of 'Marks' are not finished"):
        ana.jobs.complete(job.id)
    assert ana.jobs.complete(job.id, force=True).status is J.COMPLETED
    assert bo.jobs.my_tasks() == [], "there is nothing to do in it any more"
    with pytest.raises(NotReadyError, match="is completed"):
        bo.jobs.submit(second.id)
    with pytest.raises(NotReadyError, match="is completed"):
        bo.jobs.review(first.id, ReviewVerdict.APPROVE)
    with pytest.raises(ConflictError, match="is completed"):
        ana.jobs.assign(second.id, "cy")
    assert ana.jobs.job_view(job.id).labels == 0, "what open tasks hold makes no labels"
    assert ana.jobs.archive(job.id).status is J.ARCHIVED
    assert ana.jobs.jobs() == []
    assert [view.job.id for view in ana.jobs.jobs(archived=True)] == [job.id]


@pytest.mark.parametrize(
    ("status", "possible"),
    [
        (J.DRAFT, {"activate": J.ACTIVE, "archive": J.ARCHIVED}),
        (J.ACTIVE, {"pause": J.PAUSED, "complete": J.COMPLETED}),
        (J.PAUSED, {"activate": J.ACTIVE, "complete": J.COMPLETED}),
        (J.COMPLETED, {"archive": J.ARCHIVED}),
        (J.ARCHIVED, {}),
    ],
)
def test_jobs_move_as_listed_and_not_else(
    store: Store, sheet: TrainingSheet, ana: Person, status: J, possible: dict[str, J]
) -> None:
    job = ana.jobs.create("Marks", training_sheet=sheet.id)
    service = ana.jobs
    moves = {"activate": service.activate, "pause": service.pause, "archive": service.archive,
             "complete": lambda ref: service.complete(ref, force=True)}  # fmt: skip
    for name, move in moves.items():
        with store.write() as connection:
            rows.change(connection, rows.get(connection, LabelingJob, job.id), status=status)
        if name in possible:
            assert move(job.id).status is possible[name]
        else:
            with pytest.raises(ConflictError, match=f"is {status}"):
                move(job.id)


def test_only_a_draft_is_deleted_with_all_of_its_tasks(store: Store, sheet: TrainingSheet, ana: Person) -> None:
    stored = ana.job(sheet.id, "Kept")
    draft = ana.jobs.create("Draft", training_sheet=sheet.id, batch_size=2, overlap=2)
    with pytest.raises(ConflictError, match="Only a draft can be deleted"):
        ana.jobs.delete(stored.id)
    ana.jobs.delete("Draft")
    with store.read() as connection:
        assert {job.id for job in rows.find(connection, LabelingJob)} == {stored.id}
        assert {task.job_id for task in rows.find(connection, LabelingTask)} == {stored.id}
        assert {item.job_id for item in rows.find(connection, TaskItem)} == {stored.id}
        left = connection.scalar("SELECT sum(n) FROM item_counts")
        (event,) = rows.find(connection, Event, equal(action="delete"))
    assert left == 7
    assert (event.entity_id, event.before and event.before["name"]) == (draft.id, "Draft")


def test_every_change_of_jobs_and_tasks_is_in_the_log(
    store: Store, sheet: TrainingSheet, ana: Person, bo: Person
) -> None:
    job = ana.job(sheet.id, needs_review=True)
    task = bo.claim(job)
    bo.jobs.release(task.id)
    bo.do(job)
    ana.jobs.review(task.id, ReviewVerdict.REWORK, "again")
    bo.jobs.submit(task.id)
    ana.jobs.review(task.id, ReviewVerdict.APPROVE)
    ana.jobs.pause(job.id)
    ana.jobs.complete(job.id)
    with store.read() as connection:
        events = rows.find(connection, Event, equal(scope_id=job.id), order_by=("at",))
    message = [(event.action, event.actor) for event in events if event.entity_id == task.id]
    bo_did = ("claim", "release", "claim", "start", "submit")
    assert message == [*((what, "bo") for what in bo_did), ("rework", "ana"), ("start", "bo"), ("submit", "bo"),
                    ("approve", "ana")]  # fmt: skip
    assert [event.action for event in events if event.entity_id == job.id] == [
        "create",
        "activate",
        "pause",
        "complete",
    ]
    first = next(event for event in events if event.action == "claim")
    assert first.before is not None
    assert first.after is not None
    assert (first.before["status"], first.after["status"], first.after["assignee"]) == ("pending", "assigned", "bo")
