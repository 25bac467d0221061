"""Everything that is written is read back unchanged, whatever the answers are."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders.notes import WHOLE, answers_of, note_sheet
from builders.severity import MAJOR, MINOR, NONE, unlabeled_sheet
from ontos_tui.domain.file_formats import WRITTEN, Format, Newer
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet, Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.interchange.service import ExportOptions, ImportOptions
from ontos_tui.services.label.service import Decision
from ontos_tui.services.records.cells import restored, restored_answer, safe_answer_cell, safe_cell
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace
from tiers import examples

NOTE = "=Acme \U0001f600 in Zürich"
# What a file in UTF-8 can hold: a lone surrogate is written as its escape.
texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=8) | st.sampled_from(
    ["", " ", "'", "''", "=1+1", "'=1", "-5", "\t", "\r\n", "@a", "null", "5", "true", "{}", "\0"]
)
spans = st.lists(
    st.tuples(st.integers(0, len(NOTE) - 1), st.sampled_from(["company", "place"])),
    max_size=3,
    unique_by=lambda one: one[0],
).map(lambda given: [{"start": at, "end": at + 1, "label": label} for at, label in sorted(given)])
answers = st.fixed_dictionaries(
    {"severity": st.sampled_from(["none", "minor", "major"])},
    optional={
        "names": spans,
        "depth": st.floats(allow_nan=False, allow_infinity=False),
        "count": st.integers(-(2**53), 2**53),
        "seen": st.booleans(),
        "comment": texts,
    },
)


def pairs_of(workspace: Workspace, sheet: TrainingSheet) -> list[QAPair]:
    with workspace.store.read() as connection:
        return rows.find(connection, QAPair, equal(training_sheet_id=sheet.id), order_by=("sequence_number",))


@pytest.mark.parametrize("format", WRITTEN)
@settings(max_examples=examples(3, 60))
@given(given_answers=st.lists(answers, min_size=1, max_size=4), notes=texts)
@example(given_answers=[{"severity": "none", "comment": ""}, {"severity": "minor", "names": []}], notes="'=1")
def test_answers_come_back_as_they_went(
    workspace: Workspace, format: Format, given_answers: list[dict[str, Any]], notes: str
) -> None:
    lines = [f"{NOTE} {number}" for number in range(len(given_answers))]
    one, two = note_sheet(workspace, WHOLE, *lines), note_sheet(workspace, WHOLE, *lines)
    workspace.label.queue.decide(
        [
            Decision(pair.id, Verdict.EDIT, answer, notes=notes)
            for pair, answer in zip(pairs_of(workspace, one), given_answers, strict=True)
        ]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out"
        assert workspace.label.files.export(one.id, path, format).written == len(given_answers)
        report = workspace.label.files.import_pairs(path, None if format is not Format.CSV else format, two.id)
        assert report.problems == []
        again = workspace.label.files.import_pairs(path, format, two.id)
    assert again.unchanged == len(given_answers)
    for was, now in zip(pairs_of(workspace, one), pairs_of(workspace, two), strict=True):
        assert (now.item_ref, now.answer, now.notes) == (was.item_ref, was.answer, was.notes)
        assert json.dumps(now.answer, sort_keys=True) == json.dumps(was.answer, sort_keys=True)


@pytest.mark.parametrize("format", [Format.CSV, Format.PARQUET, Format.LABEL_STUDIO, Format.SPANS])
def test_rejected_and_flagged_pairs_come_back_too(workspace: Workspace, tmp_path: Path, format: Format) -> None:
    one, two = (note_sheet(workspace, WHOLE, "a", "b", "c") for _ in range(2))
    first, second, _ = pairs_of(workspace, one)
    decisions = [Decision(first.id, Verdict.REJECT, reason="=blurred"), Decision(second.id, Verdict.FLAG)]
    if format is Format.SPANS:  # a pair without an answer has no line there
        decisions = []
    workspace.label.queue.decide([*decisions, Decision(pairs_of(workspace, one)[2].id, Verdict.EDIT, {"names": []})])
    options = ExportOptions(all_statuses=True)
    workspace.label.files.export(one.id, tmp_path / "o", format, options=options)
    assert workspace.label.files.import_pairs(tmp_path / "o", format, two.id).problems == []
    for was, now in zip(pairs_of(workspace, one), pairs_of(workspace, two), strict=True):
        assert (now.status, now.reject_reason, now.answer) == (was.status, was.reject_reason, was.answer)


@given(texts)
def test_a_protected_cell_is_no_formula_and_gives_its_text_back(text: str) -> None:
    assert restored(safe_cell(text)) == text
    assert restored_answer(safe_answer_cell(text)) == text
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_raw_texts_come_back_as_raw(workspace: Workspace, tmp_path: Path) -> None:
    one, two = note_sheet(workspace, WHOLE, "a"), note_sheet(workspace, WHOLE, "a")
    workspace.label.queue.decide([Decision(pairs_of(workspace, one)[0].id, Verdict.EDIT, {"comment": "'=1"})])
    path = tmp_path / "o.csv"
    workspace.label.files.export(one.id, path, Format.CSV, raw=True)
    workspace.label.files.import_pairs(path, None, two.id, options=ImportOptions(raw=True))
    assert answers_of(workspace, two) == [{"comment": "'=1"}]


# Chat lines


def test_chat_lines_are_decisions_about_the_items_that_they_name(workspace: Workspace, tmp_path: Path) -> None:
    one = unlabeled_sheet(workspace.store, 3, user_prompt="{{ torque }} at {{ note }}")
    two = unlabeled_sheet(workspace.store, 3, user_prompt="{{ torque }} at {{ note }}")
    workspace.label.queue.decide([Decision(pair.id, Verdict.EDIT, MAJOR) for pair in pairs_of(workspace, one)])
    path = tmp_path / "o.jsonl"
    workspace.label.files.export(one.id, path, Format.CHAT)
    report = workspace.label.files.import_pairs(path, None, two.id)
    assert (report.created, report.problems, len(pairs_of(workspace, two))) == (3, [], 3)
    workspace.label.files.export(two.id, tmp_path / "again.jsonl", Format.CHAT)
    sent, returned = (
        [json.loads(line)["messages"] for line in (tmp_path / name).read_text().splitlines()]
        for name in ("o.jsonl", "again.jsonl")
    )
    assert returned == sent
    path.write_text(path.read_text().replace("41 at", "99 at"))
    (problem,) = workspace.label.files.import_pairs(path, None, two.id).problems
    assert problem.line == 1
    assert "its question is not the one that the item 'item-1' has" in problem.reason
    workspace.label.files.export(one.id, path, Format.CHAT, item_ids=False)
    assert all(json.loads(line).keys() == {"messages"} for line in path.read_text().splitlines())


def test_an_answer_in_a_tool_call_is_read(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    call = {"id": "1", "type": "function", "function": {"name": "label", "arguments": json.dumps(MINOR)}}

    def said(*calls: Any) -> Any:
        messages = [{"role": "user", "content": "41"}, {"role": "assistant", "content": None, "tool_calls": [*calls]}]
        path = tmp_path / "o.jsonl"
        path.write_text(json.dumps({"messages": messages, "tools": [], "metadata": {"item_ref": "item-1"}}))
        return workspace.label.files.import_pairs(path, None, sheet.id)

    assert "2 tool calls" in said(call, call).problems[0].reason
    assert said(call).created == 1
    assert pairs_of(workspace, sheet)[0].answer == MINOR


# Newer decisions


def test_newer_decisions_are_named_and_kept_or_taken_back_as_chosen(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 2)
    first, second = pairs_of(workspace, sheet)
    workspace.label.queue.decide([Decision(one.id, Verdict.EDIT, MINOR) for one in (first, second)])
    path = tmp_path / "o.csv"
    workspace.label.files.export(sheet.id, path, Format.CSV)
    workspace.label.queue.decide([Decision(first.id, Verdict.EDIT, NONE)])
    report = workspace.label.files.import_pairs(path, None, sheet.id)
    assert (report.undecided, report.newer, report.updated, report.unchanged) == (True, 1, 0, 1)
    assert str(report.newer_lines[0]).startswith("line 2: 'item-1' is labeled by ana on ")
    assert answers_of(workspace, sheet) == [NONE, MINOR]
    keep, take = (ImportOptions(newer=one) for one in (Newer.KEEP, Newer.TAKE))
    assert workspace.label.files.import_pairs(path, None, sheet.id, options=keep).updated == 0
    assert answers_of(workspace, sheet) == [NONE, MINOR]
    assert workspace.label.files.import_pairs(path, None, sheet.id, options=take).updated == 1
    assert answers_of(workspace, sheet) == [MINOR, MINOR]
    workspace.label.queue.undo(sheet.id)
    assert answers_of(workspace, sheet) == [NONE, MINOR]


def test_a_file_that_says_no_times_is_as_old_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    path = tmp_path / "d.csv"
    path.write_text("item_ref,severity\nitem-1,major\n")
    workspace.label.queue.decide([Decision(pairs_of(workspace, sheet)[0].id, Verdict.APPROVE)])
    yesterday = (datetime.now(UTC) - timedelta(days=1)).timestamp()
    os.utime(path, (yesterday, yesterday))
    assert workspace.label.files.import_pairs(path, None, sheet.id).undecided
    assert pairs_of(workspace, sheet)[0].status is PairStatus.LABELED
    labels = workspace.label.files.import_labels(path, None, sheet.sheet_id)
    assert labels.undecided
    assert "the label of 'item-1' was changed by ana" in labels.newer_lines[0].reason
    keep = ImportOptions(newer=Newer.KEEP)
    kept = workspace.label.files.import_labels(path, None, sheet.sheet_id, options=keep)
    assert (kept.updated, kept.newer, kept.undecided) == (0, 1, False)


def test_canonical_labels_are_not_taken_back_unasked(workspace: Workspace, tmp_path: Path) -> None:
    sheet = unlabeled_sheet(workspace.store, 1)
    workspace.label.queue.decide([Decision(pairs_of(workspace, sheet)[0].id, Verdict.APPROVE)])
    path = tmp_path / "l.jsonl"
    workspace.label.canonical_label_files.export_file(path)
    (label,) = workspace.label.canonical_labels.find()
    workspace.label.canonical_labels.edit(label.id, answer=NONE)
    assert workspace.label.canonical_label_files.import_file(path).undecided
    assert workspace.label.canonical_labels.get(label.id).label_data == NONE
    assert workspace.label.canonical_label_files.import_file(path, newer=Newer.TAKE).updated == 1
    assert workspace.label.canonical_labels.get(label.id).label_data == MINOR
