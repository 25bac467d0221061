"""What the earlier web version kept comes over once, with its ids; a wrong line is named and stops all of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.severity import MAJOR, MINOR, endpoint_record, model_record, unlabeled_sheet
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.improve import AnnotationTask, FeedbackItem, Gap
from ontos_tui.domain.records.serving import Endpoint
from ontos_tui.domain.rules.states import GapStatus, TaskStatus
from ontos_tui.services.interchange.incoming.legacy_web import LegacyWebReport, LegacyWebService
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.workspace import Workspace

FEEDBACK: dict[str, Any] = {
    "id": "5a1f7c1e-0000-4000-8000-000000000001",
    "endpoint_id": "severity",
    "input_data": '{"torque": 41}',
    "output_data": json.dumps(MINOR),
    "rating": "1",
    "feedback_text": "too mild \x1b[31m",
    "flagged": "true",
    "user_id": "dana",
    "created_at": "2026-02-19T10:00:00Z",
    "correction": MAJOR,
}
GAP: dict[str, Any] = {
    "gap_id": "gap-1",
    "model_name": "severity",
    "template_id": "t",
    "gap_type": "coverage",
    "severity": "high",
    "description": "few deep cracks",
    "evidence_type": "error_cluster",
    "affected_queries_count": "12",
    "error_rate": "0.4",
    "estimated_records_needed": 50,
    "status": "task_created",
    "identified_at": "2026-02-18 09:00:00",
}
TASK: dict[str, Any] = {
    "task_id": "task-1",
    "source_gap_id": "gap-1",
    "title": "Label deep cracks",
    "priority": "medium",
    "status": "in_progress",
    "assigned_to": "eli",
    "target_record_count": "40",
    "records_completed": "7",
    "due_date": "2026-03-01",
}


@pytest.fixture
def old(workspace: Workspace) -> LegacyWebService:
    return workspace.improve.legacy_web


@pytest.fixture
def endpoint(store: Store) -> Endpoint:
    return endpoint_record(store, model_record(store, unlabeled_sheet(store, 12)))


def write(folder: Path, name: str, *entries: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("".join(f"{json.dumps(one)}\n" for one in entries))
    return path


def created(report: LegacyWebReport) -> list[int]:
    return [one.created for one in report.files]


def test_a_folder_comes_over_with_its_ids_and_a_second_time_changes_nothing(
    old: LegacyWebService, endpoint: Endpoint, store: Store, tmp_path: Path, workspace: Workspace
) -> None:
    folder = tmp_path / "old"
    write(folder, "annotation_tasks.jsonl", TASK)
    write(folder, "feedback_items.jsonl", FEEDBACK)
    write(folder, "identified_gaps.jsonl", GAP)
    assert created(old.import_path(folder, dry_run=True)) == [1, 1, 1]
    assert workspace.improve.feedback.feedback() == []
    assert created(old.import_path(folder)) == [1, 1, 1]
    (item,) = workspace.improve.feedback.feedback()
    assert (item.id, item.endpoint, item.model_id, item.rating) == (FEEDBACK["id"], "severity", endpoint.model_id, 1)
    assert (item.input, item.output, item.correction) == ({"torque": 41}, MINOR, MAJOR)
    assert (item.flagged, item.created_by, item.created_at.year) == (True, "dana", 2026)
    (gap,) = workspace.improve.gaps.gaps()
    assert (gap.id, gap.status, gap.affected_count, gap.error_rate) == ("gap-1", GapStatus.TASK_CREATED, 12, 0.4)
    (view,) = workspace.improve.tasks.tasks()
    assert (view.task.id, view.task.status, view.task.assignee) == ("task-1", TaskStatus.IN_PROGRESS, "eli")
    assert (view.task.target_record_count, view.task.priority, view.items) == (40, "normal", 0)
    assert "7 records were completed" in view.task.description

    workspace.improve.gaps.update("gap-1", status=GapStatus.WONT_FIX)
    again = old.import_path(folder)
    assert (created(again), [one.unchanged for one in again.files]) == ([0, 0, 0], [1, 1, 1])
    assert workspace.improve.gaps.gap("gap-1").status is GapStatus.WONT_FIX
    with store.read() as connection:
        assert rows.count(connection, FeedbackItem) == 1


def test_imported_feedback_becomes_a_pair_like_any_other(
    old: LegacyWebService, endpoint: Endpoint, tmp_path: Path, workspace: Workspace
) -> None:
    old.import_path(write(tmp_path, "feedback_items.jsonl", FEEDBACK))
    done = workspace.improve.feedback.convert(FEEDBACK["id"])
    assert workspace.label.queue.pair(done.curation_item_id).proposal == MAJOR


def test_csv_says_the_same(old: LegacyWebService, endpoint: Endpoint, tmp_path: Path, workspace: Workspace) -> None:
    path = tmp_path / "gaps.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, GAP)
        writer.writeheader()
        writer.writerow(GAP)
    assert created(old.import_path(path)) == [1]
    assert workspace.improve.gaps.gap("gap-1").estimated_records_needed == 50


@pytest.mark.parametrize(
    ("name", "entry", "reason"),
    [
        ("feedback_items", {**FEEDBACK, "rating": "6"}, "not one of 1 to 5"),
        ("feedback_items", {**FEEDBACK, "rating": None}, "not one of 1 to 5"),
        ("feedback_items", {**FEEDBACK, "endpoint_id": "gone"}, "no endpoint 'gone' here"),
        ("feedback_items", {**FEEDBACK, "input_data": None}, "input_data is missing"),
        ("feedback_items", {**FEEDBACK, "flagged": "perhaps"}, "neither true nor false"),
        ("feedback_items", {**FEEDBACK, "correction": {"severity": "worst"}}, "does not fit severity v1"),
        ("feedback_items", {**FEEDBACK, "created_at": "yesterday"}, "not a time"),
        ("feedback_items", {**FEEDBACK, "id": ""}, "id is missing"),
        ("identified_gaps", {**GAP, "gap_type": "x"}, "gap_type"),
        ("identified_gaps", {**GAP, "error_rate": "nan"}, "not a number"),
        ("identified_gaps", {**GAP, "description": " "}, "description is missing"),
        ("annotation_tasks", TASK, "no gap 'gap-1'"),
        ("annotation_tasks", {**TASK, "source_gap_id": None}, "source_gap_id is missing"),
        ("identified_gaps", ["a"], "not an object"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_nothing_is_taken(
    old: LegacyWebService, endpoint: Endpoint, store: Store, tmp_path: Path, name: str, entry: Any, reason: str
) -> None:
    good = {"feedback_items": {**FEEDBACK, "id": "other"}, "identified_gaps": {**GAP, "gap_id": "other"}}
    first = good.get(name)
    report = old.import_path(write(tmp_path, f"{name}.jsonl", *([first] if first else []), entry))
    (problem,) = report.files[0].problems
    assert problem.line == (2 if first else 1)
    assert reason in problem.reason
    with store.read() as connection:
        assert [rows.count(connection, record) for record in (FeedbackItem, Gap, AnnotationTask)] == [0, 0, 0]


def test_feedback_of_an_endpoint_that_is_not_here_can_be_given_to_one_that_is(
    old: LegacyWebService, endpoint: Endpoint, tmp_path: Path, workspace: Workspace
) -> None:
    path = write(tmp_path, "feedback_items.jsonl", {**FEEDBACK, "endpoint_id": "9f-gone"})
    assert old.import_path(path).refused
    assert created(old.import_path(path, "severity")) == [1]
    assert workspace.improve.feedback.feedback()[0].endpoint == "severity"


def test_an_id_that_is_there_twice_is_refused(old: LegacyWebService, endpoint: Endpoint, tmp_path: Path) -> None:
    report = old.import_path(write(tmp_path, "gaps.jsonl", GAP, GAP))
    assert report.files[0].problems[0].reason == "the id 'gap-1' occurs twice"


def test_what_holds_no_such_table_is_refused(old: LegacyWebService, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="has no tables"):
        old.import_path(tmp_path)
    with pytest.raises(InvalidInputError, match="cannot be read as a table"):
        old.import_path(tmp_path / "gaps.jsonl")
    with pytest.raises(InvalidInputError, match="cannot be read as a table"):
        old.import_path(write(tmp_path, "sheets.jsonl", GAP))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from([FEEDBACK, GAP, TASK]), st.data())
def test_no_value_breaks_it(entry: dict[str, Any], data: st.DataObject) -> None:
    import tempfile

    name = data.draw(st.sampled_from(sorted(entry)))
    odd = {**entry, name: data.draw(json_values)}
    file = {"rating": "feedback_items", "gap_type": "identified_gaps", "title": "annotation_tasks"}
    which = next(file[key] for key in file if key in entry)
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder) / "home") as workspace:
        endpoint_record(workspace.store, model_record(workspace.store, unlabeled_sheet(workspace.store, 1)))
        (report,) = workspace.improve.legacy_web.import_path(write(Path(folder), f"{which}.jsonl", odd)).files
        assert report.created + report.problem_count == 1
