"""Canonical labels by themselves: browsed, corrected, restored, kept while in use, taken out and in again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.severity import MAJOR, MINOR, NONE, unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.pairs import CanonicalLabel, Verdict
from ontos_tui.services.canonical.service import CanonicalLabelService, LabelFilter
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


@pytest.fixture
def labeled(workspace: Workspace) -> CanonicalLabel:
    """The label of item-1, made by approving its pair."""
    sheet = unlabeled_sheet(workspace.store, 3)
    first, *_ = workspace.label.queue.open(sheet.id)
    workspace.label.queue.decide([Decision(first.id, Verdict.APPROVE, notes="clear")])
    (label,) = workspace.label.canonical_labels.find()
    return label


def test_an_edit_keeps_what_was_said_as_a_version(workspace: Workspace, labeled: CanonicalLabel) -> None:
    labels = workspace.label.canonical_labels
    edited = labels.edit(labeled.id, answer=MAJOR, confidence="low", notes="looked again", expected_version=1)
    assert (edited.label_data, edited.confidence, edited.version) == (MAJOR, "low", 2)
    (old,) = labels.versions(labeled.id)
    assert (old.version, old.label_data, old.confidence, old.notes) == (1, MINOR, "high", "clear")
    restored = labels.restore(labeled.id, 1)
    assert (restored.version, restored.label_data, restored.confidence, restored.notes) == (3, MINOR, "high", "clear")
    assert [one.version for one in labels.versions(labeled.id)] == [2, 1]
    assert [event.action for event in labels.history(labeled.id)] == ["create", "change", "change"]
    assert labels.edit(labeled.id, answer=MINOR) == restored, "saying the same is no version"
    with pytest.raises(NotFoundError, match="no version 9"):
        labels.restore(labeled.id, 9)


def test_an_edit_of_something_else_than_was_seen_is_refused(workspace: Workspace, labeled: CanonicalLabel) -> None:
    CanonicalLabelService(workspace.store, workspace.engines.catalog, "ben").edit(labeled.id, answer=NONE)
    with pytest.raises(ConflictError, match="ben changed the label of item-1"):
        workspace.label.canonical_labels.edit(labeled.id, answer=MAJOR, expected_version=1)
    with pytest.raises(InvalidInputError, match="does not fit"):
        workspace.label.canonical_labels.edit(labeled.id, answer={"severity": "purple"})
    with pytest.raises(InvalidInputError, match="not a valid confidence"):
        workspace.label.canonical_labels.edit(labeled.id, confidence="sure")


def test_a_label_in_use_is_not_deleted(workspace: Workspace, labeled: CanonicalLabel) -> None:
    usage = workspace.label.canonical_labels.usage(labeled.id)
    assert (usage.pairs, len(usage.training_sheets), usage.models) == (1, 1, 0)
    with pytest.raises(ConflictError, match="used by 1 pairs and 0 models"):
        workspace.label.canonical_labels.delete(labeled.id)
    sheet = workspace.label.queue.training_sheets()[0].sheet
    workspace.label.queue.undo(sheet.id)
    assert workspace.label.canonical_labels.find() == []


def test_items_without_a_label_are_labeled_without_pairs(workspace: Workspace) -> None:
    seeded = workspace.onboarding.seed("defect_detection")
    kind = seeded.template.label_type
    labels = workspace.label.canonical_labels
    before = labels.unlabeled(seeded.sheet.id, kind, limit=3)
    assert len(before) == 3
    answer = {"defect_class": "crack", "severity": "major", "action": "scrap"}
    created = labels.put(seeded.sheet.name, before[0].ref, kind, answer, confidence="medium", notes="by eye")
    assert (created.source, created.confidence, created.created_by) == ("labeling", "medium", "ana")
    after = labels.unlabeled(seeded.sheet.id, kind, limit=2)
    assert [one.ref for one in after] == [one.ref for one in before[1:]]
    assert labels.unlabeled(seeded.sheet.id, kind, limit=1, offset=1)[0].ref == before[2].ref
    again = labels.put(seeded.sheet.name, before[0].ref, kind, {**answer, "severity": "minor"})
    assert (again.id, again.version) == (created.id, 2)
    with pytest.raises(NotFoundError, match="no item 'nowhere'"):
        labels.put(seeded.sheet.name, "nowhere", kind, answer)
    with pytest.raises(InvalidInputError, match="does not fit"):
        labels.put(seeded.sheet.name, before[1].ref, kind, {"defect_class": "purple"})
    unused = labels.delete(created.id)
    assert unused.item_ref == before[0].ref


def test_labels_are_found_by_what_they_say(workspace: Workspace) -> None:
    workspace.onboarding.seed("defect_detection")
    labels = workspace.label.canonical_labels
    everything = labels.count()
    assert everything == 160
    cracks = labels.find(LabelFilter(text='"crack"'))
    assert cracks
    assert all(one.label_data["defect_class"] == "crack" for one in cracks)
    assert labels.count(LabelFilter(source="ground_truth")) == everything
    assert labels.count(LabelFilter(confidence="low")) == 0
    assert labels.count(LabelFilter(least_reuse=1)) == 0
    assert labels.label_types() == [cracks[0].label_type]
    assert len(labels.find(limit=7, offset=155)) == 5


def test_out_and_in_again_changes_nothing_and_elsewhere_makes_the_same(workspace: Workspace, tmp_path: Path) -> None:
    workspace.onboarding.seed("defect_detection")
    lines = list(workspace.label.canonical_label_files.export_lines())
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    same = workspace.label.canonical_label_files.import_file(path)
    assert (same.created, same.updated, same.unchanged) == (0, 0, 160)
    with Workspace(tmp_path / "other") as other:
        seeded = other.onboarding.seed("defect_detection")
        with other.store.write() as connection:
            connection.execute("DELETE FROM canonical_labels")
        trial = other.label.canonical_label_files.import_file(path, dry_run=True)
        assert (trial.created, other.label.canonical_labels.count()) == (160, 0)
        assert other.label.canonical_label_files.import_file(path).created == 160
        assert {one.item_ref: one.label_data for one in other.label.canonical_labels.find()} == {
            one.item_ref: one.label_data for one in workspace.label.canonical_labels.find()
        }
        assert seeded.sheet.name == lines[0]["sheet"]


def test_every_bad_line_is_named_and_nothing_is_taken(workspace: Workspace, tmp_path: Path) -> None:
    seeded = workspace.onboarding.seed("defect_detection")
    kind, sheet = seeded.template.label_type, seeded.sheet.name
    good = {"sheet": sheet, "item_ref": "INS-00001", "label_type": kind,
            "label_data": {"defect_class": "dent", "severity": "minor", "action": "release"}}  # fmt: skip
    bad = [
        "{not json",
        "[1]",
        json.dumps({**good, "item_ref": ""}),
        json.dumps({**good, "label_data": {"defect_class": "purple"}}),
        json.dumps({**good, "confidence": "sure", "item_ref": "INS-00002"}),
        json.dumps({**good, "sheet": "nowhere"}),
        json.dumps({**good, "label_type": "unheard of"}),
    ]
    path = tmp_path / "labels.jsonl"
    path.write_text("\n".join([json.dumps(good), *bad]))
    report = workspace.label.canonical_label_files.import_file(path)
    assert sorted(problem.line for problem in report.problems) == [2, 3, 4, 5, 6, 7, 8]
    assert workspace.label.canonical_labels.count() == 160


@given(notes=st.text(max_size=40), ref=st.text(min_size=1, max_size=20))
def test_hostile_text_comes_back_as_it_was(notes: str, ref: str) -> None:
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder) / "home") as workspace:
        sheet = unlabeled_sheet(workspace.store, 1)
        label = CanonicalLabel(
            sheet_id=sheet.sheet_id, item_ref=ref, label_type=sheet.label_type, label_data=MINOR, notes=notes
        )
        with workspace.store.write() as connection:
            rows.add(connection, label)
        path = Path(folder) / "labels.jsonl"
        lines = workspace.label.canonical_label_files.export_lines()
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        report = workspace.label.canonical_label_files.import_file(path)
        assert (report.problems, report.unchanged) == ([], 1)
        assert workspace.label.canonical_labels.get(label.id).notes == notes
