"""Templates drafted from the columns of somebody's own data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontos_tui.domain.errors import NotReadyError
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.services.data.column_facts import ColumnFacts
from ontos_tui.services.templates.drafts import _gives_away, _unlikeliness
from ontos_tui.workspace import Workspace
from real_data import real_data
from tiers import deep, examples


def a_sheet(workspace: Workspace, path: Path, text: str) -> str:
    """A sheet over a CSV file with this text."""
    path.write_text(text, encoding="utf-8")
    return workspace.data.sheets.create_sheet("Parts", workspace.data.files.add_file(path).address).id


def rows(count: int) -> str:
    """A serial number, two measurements, a constant, what gives the answer away, and the answer."""
    lines = ["serial,torque,note,site,broken_part,failure"]
    for number in range(count):
        failed = number % 10 == 0
        part = "gear" if failed else ""
        lines.append(f"S{number:04d},{number * 0.37:.2f},line {number % 3},north,{part or 'none'},{int(failed)}")
    return "\n".join(lines) + "\n"


def test_the_likely_answer_comes_first_and_none_of_them_last(workspace: Workspace, tmp_path: Path) -> None:
    sheet = a_sheet(workspace, tmp_path / "parts.csv", rows(100))
    targets = workspace.drafts.targets(sheet)
    assert (targets[0].column, targets[0].reason) == ("failure", "yes or no: 0 90%, 1 10%")
    assert targets[-1].column == ""
    assert not {"serial", "site"} & {one.column for one in targets}, "neither can be decided"


def test_a_draft_asks_about_what_may_be_known_and_says_what_it_leaves_out(workspace: Workspace, tmp_path: Path) -> None:
    sheet = a_sheet(workspace, tmp_path / "parts.csv", rows(100))
    draft = workspace.drafts.draft(sheet, "failure")
    assert draft.feature_columns == ["torque", "note"]
    assert draft.answer_columns == {"failure": "failure"}
    assert draft.output_schema["properties"] == {"failure": {"type": "boolean", "title": "failure"}}
    assert draft.description == (
        "Drafted from rows of the sheet. Columns left out: serial identifies the item; site is always the same; "
        "broken_part reveals failure."
    )
    assert workspace.drafts.draft(sheet, "failure").id == draft.id, "while it is a draft it is the same one"
    workspace.generate.templates.publish(draft.id)
    made = workspace.generate.generation.generate(sheet, draft.id, GenerationMode.COLUMN)
    assert workspace.label.queue.counts(made.training_sheet.id).labeled == 100


def test_lists_and_objects_are_no_obstacle(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "parts.jsonl"
    lines = [json.dumps({"x": n * 0.5, "tags": ["a", n], "at": {"k": n}, "grade": "AB"[n % 2]}) for n in range(30)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sheet = workspace.data.sheets.create_sheet("Parts", workspace.data.files.add_file(path).address)
    assert workspace.drafts.targets(sheet.id)[0].column == "grade"
    draft = workspace.generate.templates.publish(workspace.drafts.draft(sheet.id, "grade").id)
    assert "x" in draft.feature_columns
    made = workspace.generate.generation.generate(sheet.id, draft.id, GenerationMode.COLUMN)
    assert workspace.label.queue.counts(made.training_sheet.id).labeled == 30


def test_classes_numbers_and_texts_become_what_they_are(workspace: Workspace, tmp_path: Path) -> None:
    text = "x,grade,depth,remark\n" + "".join(f"{n},{'ABC'[n % 3]},{n * 1.5},note {n}\n" for n in range(60))
    sheet = a_sheet(workspace, tmp_path / "parts.csv", text)
    kinds = {
        column: workspace.drafts.draft(sheet, column).output_schema["properties"][column]
        for column in ("grade", "depth", "remark")
    }
    assert kinds == {
        "grade": {"enum": ["A", "B", "C"], "title": "grade"},
        "depth": {"type": "number", "title": "depth"},
        "remark": {"type": "string", "title": "remark"},
    }
    with pytest.raises(NotReadyError, match="no column 'weight'"):
        workspace.drafts.draft(sheet, "weight")


@pytest.mark.parametrize(
    ("file", "target", "left_out"),
    [
        ("defect_detection/steel_plates_faults.csv", "fault", set()),
        pytest.param(
            "predictive_maintenance/ai4i2020.csv",
            "Machine_failure",
            {"UDI", "Product ID", "TWF", "HDF", "PWF", "OSF"},
            marks=deep,
        ),
    ],
)
def test_real_files_become_a_use_case(workspace: Workspace, file: str, target: str, left_out: set[str]) -> None:
    table = workspace.data.files.add_file(real_data(file))
    sheet = workspace.data.sheets.create_sheet("Real", table.address)
    assert workspace.drafts.targets(sheet.id)[0].column == target
    draft = workspace.generate.templates.publish(workspace.drafts.draft(sheet.id, target).id)
    assert not left_out & set(draft.feature_columns)
    assert len(draft.feature_columns) >= 5
    made = workspace.generate.generation.generate(sheet.id, draft.id, GenerationMode.COLUMN, limit=50)
    assert workspace.label.queue.counts(made.training_sheet.id).labeled == 50


values = st.lists(st.none() | st.integers(-3, 3) | st.text(max_size=3) | st.floats(allow_nan=False), max_size=30)


@settings(max_examples=examples(5, 150))
@given(values, values)
def test_any_columns_can_be_looked_at(one: list[object], other: list[object]) -> None:
    both = min(len(one), len(other))
    first, second = ColumnFacts("a", tuple(one[:both])), ColumnFacts("class", tuple(other[:both]))
    assert isinstance(_unlikeliness(first), tuple)
    if second.present:
        assert _gives_away(first, second) in (True, False)


def test_a_draft_takes_over_what_belongs_together_and_asks_without_it(workspace: Workspace, tmp_path: Path) -> None:
    lines = ["unit,heat,failed"] + [f"{n // 250},{n * 7 % 11}.5,{int(n % 9 == 0)}" for n in range(5_000)]
    sheet = a_sheet(workspace, tmp_path / "units.csv", "\n".join(lines) + "\n")
    draft = workspace.drafts.draft(sheet, "failed")
    assert (draft.group_column, draft.split_by, draft.feature_columns) == ("unit", SplitBy.VALUE, ["heat"])
    assert "unit says which rows belong together" in draft.description
    assert "unit: 20 values, each one stretch of rows" in draft.description, "of all rows, not of the first 2,000"


def test_the_text_of_documents_stays_and_days_are_dates(workspace: Workspace, tmp_path: Path) -> None:
    lines = [
        json.dumps(
            {"id": f"D{n}", "text": f"Vendor {'ABCDEFGHI'[n % 9]}\nInvoice {n}", "issued": f"2026-01-{n % 28 + 1:02d}"}
        )
        for n in range(60)
    ]
    path = tmp_path / "documents.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sheet = workspace.data.sheets.create_sheet("Documents", workspace.data.files.add_file(path).address)
    draft = workspace.drafts.draft(sheet.id, "issued")
    assert draft.feature_columns == ["text"]
    assert draft.output_schema["properties"]["issued"] == {"type": "string", "format": "date", "title": "issued"}
    assert (draft.group_column, draft.split_by) == ("text", SplitBy.FIRST_LINE)
    assert workspace.drafts.targets(sheet.id)[-2].column == "text", "a document is the least likely answer"
