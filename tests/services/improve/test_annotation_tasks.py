"""Annotation tasks: kept, handed out, filled with the right pairs, and moved on by the decisions about them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.defects import add_pairs, labeled_sheet
from builders.gaps import answered_request, gaps_of
from builders.models import train_next
from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.improve import AnnotationTask, Gap, GapType, Priority, Severity
from ontos_tui.domain.records.labeling import Hint, HintKind
from ontos_tui.domain.records.pairs import Event, TrainingSheet, Verdict
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import TASK_TRANSITIONS, FeedbackStatus, GapStatus, PairStatus, TaskStatus
from ontos_tui.services.improve.tasks.service import PRIORITY, AnnotationTaskService
from ontos_tui.services.label.service import Decision, QueueFilter
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal, where
from ontos_tui.store.engine import Store
from ontos_tui.workspace import Workspace


@pytest.fixture
def tasks(workspace: Workspace) -> AnnotationTaskService:
    return workspace.improve.tasks


@pytest.fixture
def skewed(workspace: Workspace) -> tuple[TrainingSheet, ModelVersion]:
    """A model that is wrong about the south; pairs of both lines are undecided."""
    sheet = labeled_sheet(workspace.store, 0)
    add_pairs(workspace.store, sheet, range(1, 121, 2))
    add_pairs(workspace.store, sheet, range(301, 361, 2), allowed_uses=["evaluation"])
    add_pairs(workspace.store, sheet, range(400, 460, 2), {"defect": "none"}, allowed_uses=["evaluation"])
    for number in range(500, 560):
        proposal = {"proposal": {"defect": "crack"}, "confidence": number % 7 / 10}
        open_pair = {"status": PairStatus.UNLABELED, "reviewed_by": "", "reviewed_at": None, **proposal}
        add_pairs(workspace.store, sheet, range(number, number + 1), **open_pair)
    with workspace.store.write() as connection:
        for pair in rows.find(connection, _pairs(), where("sequence_number > ?", 500)):
            rows.change(connection, pair, answer=None)
    return sheet, train_next(workspace, sheet, "j1")


def _pairs() -> Any:
    from ontos_tui.domain.records.pairs import QAPair

    return QAPair


@pytest.fixture
def gap(workspace: Workspace, skewed: tuple[TrainingSheet, ModelVersion]) -> Gap:
    return next(one for one in workspace.improve.gaps.analyze().new if "line" in one.fingerprint)


def a_gap(store: Store, **more: Any) -> Gap:
    """A gap without a model."""
    fields = {"model_name": "gone", "template_id": "t", "gap_type": "coverage", "fingerprint": "x", "description": "d"}
    created = Gap.model_validate({"severity": "high", **fields, **more})
    with store.write() as connection:
        rows.add(connection, created)
    return created


def decide(workspace: Workspace, ids: list[str]) -> None:
    workspace.label.queue.decide([Decision(one, Verdict.EDIT, answer={"defect": "none"}) for one in ids])


def test_a_task_has_what_its_gap_says_and_the_undecided_pairs_of_its_segment(
    workspace: Workspace, tasks: AnnotationTaskService, gap: Gap, skewed: tuple[TrainingSheet, ModelVersion]
) -> None:
    sheet, _ = skewed
    view = tasks.create(gap.id[:8])
    task = view.task
    assert (task.gap_id, task.title, task.description) == (gap.id, gap.suggested_action, gap.description)
    assert (task.priority, task.status, task.assignee) == (PRIORITY[gap.severity], TaskStatus.PENDING, "")
    assert (task.target_record_count, view.items, view.done, view.missing) == (20, 20, 0, 0)
    assert task.training_sheet_id == sheet.id
    pairs = tasks.pairs(task.id)
    assert {pair.source_data["line"] for pair in pairs} == {"south"}
    assert {pair.status for pair in pairs} == {PairStatus.UNLABELED}
    others = [row for row in workspace.label.queue.open(sheet.id) if row.status is PairStatus.UNLABELED]
    left_out = [
        row.confidence for row in others if int(row.item_ref[1:]) % 2 == 0 and row.id not in {p.id for p in pairs}
    ]
    assert max(pair.confidence or 0.0 for pair in pairs) <= min(one or 0.0 for one in left_out), "the least sure first"
    assert workspace.improve.gaps.gap(gap.id).status is GapStatus.TASK_CREATED
    assert [one.task for one in tasks.tasks()] == [task]


def test_the_queue_opens_on_just_its_pairs(
    workspace: Workspace, tasks: AnnotationTaskService, gap: Gap, skewed: tuple[TrainingSheet, ModelVersion]
) -> None:
    view = tasks.create(gap.id, target_record_count=5)
    queue = workspace.label.queue.open(skewed[0].id, QueueFilter(task=view.task.id))
    assert [row.id for row in queue] == [pair.id for pair in tasks.pairs(view.task.id)]
    assert len(queue) == 5


def test_a_second_task_gets_other_pairs(tasks: AnnotationTaskService, gap: Gap) -> None:
    one, other = (tasks.create(gap.id, target_record_count=10).task for _ in range(2))
    assert not {pair.id for pair in tasks.pairs(one.id)} & {pair.id for pair in tasks.pairs(other.id)}


def test_decisions_move_the_task_and_its_gap_by_themselves(
    workspace: Workspace, tasks: AnnotationTaskService, gap: Gap, store: Store
) -> None:
    task = tasks.create(gap.id, target_record_count=3).task
    ids = [pair.id for pair in tasks.pairs(task.id)]
    decide(workspace, ids[:1])
    view = tasks.task(task.id)
    assert (view.task.status, view.done) == (TaskStatus.IN_PROGRESS, 1)
    assert workspace.improve.gaps.gap(gap.id).status is GapStatus.IN_PROGRESS
    workspace.label.queue.decide([Decision(ids[1], Verdict.REJECT, reason="blurred")])
    assert tasks.task(task.id).task.status is TaskStatus.IN_PROGRESS
    decide(workspace, ids[2:])
    assert tasks.task(task.id).task.status is TaskStatus.COMPLETED
    assert workspace.improve.gaps.gap(gap.id).status is GapStatus.IN_PROGRESS, "evidence closes a gap, not work"
    assert tasks.update_statuses() == 0
    with store.read() as connection:
        events = rows.find(connection, Event, equal(entity_id=task.id))
    assert [event.action for event in events] == ["create", "fill", "in_progress", "completed"]
    assert events[-1].reason == "3 of 3 pairs decided"


def test_what_another_person_has_labeled_is_reviewed_by_who_asked(
    workspace: Workspace, tasks: AnnotationTaskService, gap: Gap
) -> None:
    task = tasks.create(gap.id, target_record_count=2, assignee="bo").task
    assert (task.status, task.assignee) == (TaskStatus.ASSIGNED, "bo")
    decide(workspace, [pair.id for pair in tasks.pairs(task.id)])
    assert tasks.task(task.id).task.status is TaskStatus.REVIEW
    assert tasks.move(task.id, TaskStatus.IN_PROGRESS, "look at the second").status is TaskStatus.IN_PROGRESS
    assert tasks.task(task.id).task.status is TaskStatus.REVIEW, "its target is reached still"
    assert tasks.move(task.id, TaskStatus.COMPLETED).status is TaskStatus.COMPLETED


def test_labeling_and_retraining_close_the_gap(
    workspace: Workspace, tasks: AnnotationTaskService, gap: Gap, skewed: tuple[TrainingSheet, ModelVersion]
) -> None:
    task = tasks.create(gap.id, target_record_count=30).task
    decide(workspace, [pair.id for pair in tasks.pairs(task.id)])
    assert tasks.task(task.id).task.status is TaskStatus.COMPLETED
    train_next(workspace, skewed[0], "j2")
    assert gap.id in {one.id for one in workspace.improve.gaps.analyze().resolved}


def test_requests_with_unseen_values_become_pairs_each_row_once(
    workspace: Workspace, tasks: AnnotationTaskService
) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    model = train_next(workspace, sheet, "j1")
    for number in (1, 1, 2, 3):
        record = answered_request(workspace, model, {"voltage": float(number), "line": "west"})
    item = workspace.improve.feedback.add_feedback(record.request_id, 1, correction={"defect": "none"})
    (gap,) = gaps_of(workspace.improve.gaps.analyze(), GapType.DISTRIBUTION)
    view = tasks.create(gap.id, target_record_count=20)
    pairs = tasks.pairs(view.task.id)
    assert (view.items, view.missing) == (3, 17)
    assert sorted(pair.source_data["voltage"] for pair in pairs) == [1.0, 2.0, 3.0]
    by_feedback = {pair.feedback_id: pair for pair in pairs}
    assert by_feedback[item.id].proposal == {"defect": "none"}
    assert {pair.proposal and pair.proposal["defect"] for pair in pairs} == {None, "none"}, "nobody said what is right"
    assert workspace.improve.feedback.feedback(status=FeedbackStatus.CONVERTED)[0].qa_pair_id == by_feedback[item.id].id

    answered_request(workspace, model, {"voltage": 9.0, "line": "west"})
    assert tasks.fill(view.task.id).items == 4
    assert tasks.fill(view.task.id).items == 4
    with workspace.store.read() as connection:
        created = rows.find(connection, Event, equal(action="from_request"))
    assert len(created) == 3


def test_doubtful_labels_count_when_somebody_has_decided_again(
    workspace: Workspace, tasks: AnnotationTaskService
) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    train_next(workspace, sheet, "j1")
    doubtful = [row.id for row in workspace.label.queue.open(sheet.id) if int(row.item_ref[1:]) % 3 == 1][:6]
    with workspace.store.write() as connection:
        for pair_id in doubtful:
            hint = Hint(training_sheet_id=sheet.id, pair_id=pair_id, kind=HintKind.SUSPECT, score=0.9)
            rows.add(connection, hint)
    (gap,) = gaps_of(workspace.improve.gaps.analyze(), GapType.QUALITY)
    view = tasks.create(gap.id)
    assert {pair.id for pair in tasks.pairs(view.task.id)} == set(doubtful)
    assert (view.items, view.done) == (6, 0), "they are labeled, but nobody has looked again"
    workspace.label.queue.decide([Decision(one, Verdict.APPROVE) for one in doubtful])
    assert tasks.task(view.task.id).task.status is TaskStatus.COMPLETED


def test_a_cancelled_task_gives_its_pairs_and_its_gap_back(
    workspace: Workspace, tasks: AnnotationTaskService, gap: Gap
) -> None:
    task = tasks.create(gap.id).task
    tasks.move(task.id, TaskStatus.CANCELLED, "no time")
    assert workspace.improve.gaps.gap(gap.id).status is GapStatus.IDENTIFIED
    assert tasks.create(gap.id).items == 20
    with pytest.raises(ConflictError):
        tasks.fill(task.id)
    with pytest.raises(ConflictError):
        tasks.assign(task.id, "bo")


def test_tasks_are_changed_within_their_rules(tasks: AnnotationTaskService, store: Store, workspace: Workspace) -> None:
    task = tasks.create(a_gap(store).id, title="look \ud800", target_record_count=5).task
    assert (task.title, task.priority, task.training_sheet_id) == ("look \\ud800", Priority.HIGH, None)
    day = date(2026, 12, 24)
    changed = tasks.update(task.id, priority="urgent", due_date=day, target_record_count=7)
    assert (changed.priority, changed.due_date, changed.target_record_count) == (Priority.URGENT, day, 7)
    wrong: list[dict[str, Any]] = [
        {"priority": "x"},
        {"target_record_count": 0},
        {"title": " "},
        {"status": "done"},
        {},
    ]
    for changes in wrong:
        with pytest.raises(InvalidInputError):
            tasks.update(task.id, **changes)
    with pytest.raises(InvalidInputError):
        tasks.move(task.id, TaskStatus.ASSIGNED)
    assert tasks.assign(task.id, "bo").status is TaskStatus.ASSIGNED
    assert tasks.assign(task.id, "cy").assignee == "cy"
    assert [one.task.assignee for one in tasks.tasks(assignee="cy")] == ["cy"]
    assert tasks.tasks(assignee="bo") == []
    assert tasks.assign(task.id, "").status is TaskStatus.PENDING
    closed = a_gap(store, fingerprint="y", status=GapStatus.WONT_FIX)
    with pytest.raises(ConflictError, match="wont_fix"):
        tasks.create(closed.id)


def test_tasks_are_listed_the_most_urgent_open_ones_first(tasks: AnnotationTaskService, store: Store) -> None:
    created = {severity: tasks.create(a_gap(store, severity=severity).id).task for severity in Severity}
    tasks.move(created[Severity.CRITICAL].id, TaskStatus.CANCELLED)
    assert [one.task.priority for one in tasks.tasks()] == ["high", "normal", "low", "urgent"]
    assert len(tasks.tasks(open_only=True)) == 3
    assert [one.task.id for one in tasks.tasks(status=TaskStatus.CANCELLED)] == [created[Severity.CRITICAL].id]
    assert len(tasks.tasks(gap_ref=created[Severity.LOW].gap_id)) == 1


@given(st.lists(st.sampled_from(list(TaskStatus)), min_size=1, max_size=8))
def test_a_task_moves_by_the_listed_transitions_and_no_others(steps: list[TaskStatus]) -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder)) as workspace:
        task: AnnotationTask = workspace.improve.tasks.create(a_gap(workspace.store).id, assignee="bo").task
        status = task.status
        for step in steps:
            allowed = step in TASK_TRANSITIONS[status]
            nameless = step is TaskStatus.ASSIGNED and not workspace.improve.tasks.task(task.id).task.assignee
            if allowed and not nameless:
                assert workspace.improve.tasks.move(task.id, step).status is step
                status = step
            else:
                with pytest.raises((ConflictError, InvalidInputError)):
                    workspace.improve.tasks.move(task.id, step)
            assert workspace.improve.tasks.task(task.id).task.status is status


def test_it_is_there_after_the_workspace_was_closed(workspace: Workspace, gap: Gap) -> None:
    task = workspace.improve.tasks.create(gap.id).task
    with Workspace(workspace.home) as again:
        assert again.improve.tasks.task(task.id).task == task


def test_the_next_step_names_severe_gaps_then_the_tasks_that_wait(
    workspace: Workspace, tasks: AnnotationTaskService, gap: Gap, skewed: tuple[TrainingSheet, ModelVersion]
) -> None:
    record = answered_request(workspace, skewed[1], {"voltage": 5.0})
    workspace.improve.feedback.dismiss(workspace.improve.feedback.add_feedback(record.request_id, 5).id)
    severe = [one for one in workspace.improve.gaps.gaps() if one.severity in (Severity.CRITICAL, Severity.HIGH)]
    assert workspace.overview.overview().next_step.startswith(f"create a task for {len(severe)} severe gap")
    task = tasks.create(gap.id, target_record_count=2).task
    assert workspace.overview.overview().next_step == "label for 1 annotation task (t)"
    tasks.move(task.id, TaskStatus.CANCELLED)
    assert workspace.overview.overview().next_step.startswith("create a task for ")


def test_answers_that_were_not_sure_become_pairs_the_least_sure_first(
    workspace: Workspace, tasks: AnnotationTaskService
) -> None:
    sheet = labeled_sheet(workspace.store, 60)
    model = train_next(workspace, sheet, "j1")
    for number in range(20):
        answered_request(workspace, model, {"voltage": number + 0.5, "line": "north"}, "scratch", number / 20)
    record = answered_request(workspace, model, {"voltage": 50.5, "line": "north"}, "scratch", 0.01)
    item = workspace.improve.feedback.add_feedback(record.request_id, 1, correction={"defect": "none"})
    with workspace.store.write() as connection:
        rows.change(connection, item, correction={"defect": "of another version"})
    (gap,) = gaps_of(workspace.improve.gaps.analyze(), GapType.EDGE_CASE)
    pairs = tasks.pairs(tasks.create(gap.id, target_record_count=5).task.id)
    assert sorted(pair.source_data["voltage"] for pair in pairs) == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert workspace.improve.feedback.feedback()[0].status is FeedbackStatus.NEW, "what does not fit is left alone"
