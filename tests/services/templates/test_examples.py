"""The example store: what may be an example, and the file that it is kept in."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.severity import MAJOR, MINOR, unlabeled_sheet
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.records.pairs import QAPair, Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.store import rows
from ontos_tui.store.queries import generate
from ontos_tui.workspace import Workspace

TORQUE = {"torque": 50, "note": "worn"}


def test_what_fits_its_label_type_is_an_example_and_can_be_removed(workspace: Workspace) -> None:
    unlabeled_sheet(workspace.store, 1)
    examples = workspace.generate.examples
    added = examples.add("severity", TORQUE, MINOR, name="worn", explanation="seen often")
    assert examples.find("severity") == [added]
    with pytest.raises(ConflictError, match="an example 'worn'"):
        examples.add("severity", TORQUE, MAJOR, name="worn")
    with pytest.raises(InvalidInputError, match="purple"):
        examples.add("severity", TORQUE, {"severity": "purple"})
    with pytest.raises(NotFoundError, match="grade"):
        examples.add("grade", TORQUE, MINOR)
    examples.remove("worn")
    assert examples.find() == []
    with pytest.raises(NotFoundError, match="ontos examples list"):
        examples.remove("worn")


def test_a_labeled_pair_is_an_example_if_it_may_be_shown(workspace: Workspace) -> None:
    sheet = unlabeled_sheet(workspace.store, 2)
    first, second = workspace.label.queue.open(sheet.id)
    with pytest.raises(NotReadyError, match="not labeled"):
        workspace.generate.examples.add_pair(first.id)
    workspace.label.queue.decide([Decision(one.id, Verdict.EDIT, MAJOR) for one in (first, second)])
    added = workspace.generate.examples.add_pair(first.id)
    assert (added.name, added.expected_output, added.source) == ("item-1", MAJOR, "pair")
    with workspace.store.write() as connection:
        pair = rows.get(connection, QAPair, second.id)
        rows.change(connection, pair, prohibited_uses=["few_shot"])
        assert [one.name for one in generate.examples(connection, "severity")] == ["item-1"]
    with pytest.raises(NotReadyError, match="few_shot"):
        workspace.generate.examples.add_pair(second.id)


values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
inputs = st.dictionaries(st.text(max_size=4), values, min_size=1, max_size=3)


@given(st.lists(st.tuples(inputs, st.sampled_from([MINOR, MAJOR]), st.text(max_size=5)), max_size=4))
def test_a_file_of_examples_comes_back_as_it_went(workspace: Workspace, given_examples: list[Any]) -> None:
    unlabeled_sheet(workspace.store, 1)
    examples, files = workspace.generate.examples, workspace.generate.example_files
    for one in examples.find():
        examples.remove(one.id)
    for number, (fields, answer, explanation) in enumerate(given_examples):
        examples.add("severity", fields, answer, name=f"e{number}", explanation=explanation)
    said = [one.model_dump(include={"name", "input", "expected_output", "explanation"}) for one in examples.find()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "e.jsonl"
        assert files.export_file(path) == len(given_examples)
        assert files.import_file(path).unchanged == len(given_examples)
        for one in examples.find():
            examples.remove(one.id)
        assert files.import_file(path).created == len(given_examples)
    again = [one.model_dump(include={"name", "input", "expected_output", "explanation"}) for one in examples.find()]
    assert again == said


def test_examples_are_imported_all_or_none(workspace: Workspace, tmp_path: Path) -> None:
    unlabeled_sheet(workspace.store, 1)
    path = tmp_path / "e.jsonl"
    good = {"name": "a", "label_type": "severity", "input": TORQUE, "expected_output": MINOR}
    lines: list[Any] = [
        good,
        {**good, "name": "b", "expected_output": {"severity": "purple"}},
        {**good, "label_type": "grade"},
        {**good, "input": 3},
        good,
        {key: value for key, value in good.items() if key not in ("label_type", "name")},
        7,
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    report = workspace.generate.example_files.import_file(path)
    reasons = {problem.line: problem.reason for problem in report.problems}
    assert sorted(reasons) == [2, 3, 4, 5, 6, 7]
    for line, reason in ((2, "purple"), (3, "grade"), (4, "input is not"), (5, "in line 1"), (6, "label_type")):
        assert reason in reasons[line]
    assert workspace.generate.examples.find() == []
    path.write_text("\n".join(map(json.dumps, [lines[0], lines[5]])))
    report = workspace.generate.example_files.import_file(path, "severity")
    assert (report.created, report.problems) == (2, [])
    path.write_text(json.dumps({**good, "expected_output": MAJOR}))
    assert workspace.generate.example_files.import_file(path, dry_run=True).updated == 1
    assert workspace.generate.example_files.import_file(path).updated == 1
    assert {one.expected_output["severity"] for one in workspace.generate.examples.find()} == {"major", "minor"}
