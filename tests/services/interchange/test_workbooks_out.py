"""Pairs as .xlsx: what a spreadsheet sees, what comes back, and what a sheet cannot hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from builders.notes import SEVERITY, WHOLE, answers_of, note_sheet
from builders.workbooks import excel, open_document
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.file_formats import Format, format_of
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.tabular.workbooks import writer
from ontos_tui.workspace import Workspace


def labeled(workspace: Workspace, *notes: str, **answer: Any) -> str:
    """A training sheet whose pairs have this answer."""
    sheet = note_sheet(workspace, WHOLE, *notes)
    pairs = workspace.label.queue.open(sheet.id)
    workspace.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer) for pair in pairs])
    return sheet.id


def cells(path: Path) -> list[dict[str, Any]]:
    """The rows of a workbook's only sheet, by the names in its first row."""
    (name,) = CalamineWorkbook.from_path(path).sheet_names
    first, *rows = CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python()
    return [dict(zip(map(str, first), row, strict=True)) for row in rows]


def test_texts_stay_texts_and_numbers_numbers(workspace: Workspace, tmp_path: Path) -> None:
    hostile = ['=HYPERLINK("http://a.b","x")', "@SUM(1)", "http://a.b/c", "+1", "\u202e\x1b[31m"]
    sheet = labeled(workspace, *hostile, depth=0.1 + 0.2, count=7, seen=True, comment="=1+1")
    path = tmp_path / "o.xlsx"
    assert format_of(path) is Format.XLSX
    assert workspace.label.files.export(sheet, path, Format.XLSX).written == 5
    rows = cells(path)
    assert [row["field_note"] for row in rows] == hostile
    assert (rows[0]["answer_depth"], rows[0]["answer_count"], rows[0]["answer_seen"]) == (0.1 + 0.2, 7, True)
    assert rows[0]["answer_comment"] == "=1+1"
    assert b"<f>" not in path.read_bytes()


def test_an_export_is_a_table_like_any_other(workspace: Workspace, tmp_path: Path) -> None:
    sheet = labeled(workspace, "a", "b", depth=1.5, seen=False)
    workspace.label.files.export(sheet, tmp_path / "o.xlsx", Format.XLSX)
    table = workspace.data.files.add_file(tmp_path / "o.xlsx")
    types = {column.name: column.type for column in table.columns}
    assert (types["field_note"], types["answer_depth"], types["answer_seen"]) == ("VARCHAR", "DOUBLE", "BOOLEAN")
    items = workspace.data.catalog.preview(table.address).items
    assert [item.fields["field_note"] for item in items] == ["a", "b"]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_labels_of_a_workbook_that_a_person_wrote_are_read(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    sheet = note_sheet(workspace, SEVERITY, "a", "b")
    days = date(2024, 1, 2), date(2024, 1, 3)
    rows = [["item_ref", "severity", "seen on"], ["item-1", "minor", days[0]], ["item-2", "", days[1]]]
    path = tmp_path / f"labels.{kind}"
    path.write_bytes(excel({"L": rows, "Empty": []}) if kind == "xlsx" else open_document({"L": rows}))
    assert workspace.label.files.recognized(path) is Format.XLSX
    report = workspace.label.files.import_pairs(path, None, sheet.id)
    assert (report.problems, report.skipped) == ([], 1)
    assert answers_of(workspace, sheet) == [{"severity": "minor"}, None]


def test_several_sheets_with_labels_are_refused_by_name(workspace: Workspace, tmp_path: Path) -> None:
    sheet = note_sheet(workspace, SEVERITY, "a")
    path = tmp_path / "l.xlsx"
    path.write_bytes(excel({"A": [["item_ref"]], "B": [["item_ref"]]}))
    with pytest.raises(InvalidInputError, match="2 sheets: 'A', 'B'"):
        workspace.label.files.import_pairs(path, None, sheet.id)


def test_what_a_sheet_cannot_hold_is_refused_and_leaves_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    long = labeled(workspace, "x" * 40_000)
    with pytest.raises(InvalidInputError, match=r"'field_note' has 40,000 characters; a cell of \.xlsx holds 32,767"):
        workspace.label.files.export(long, folder / "o.xlsx", Format.XLSX)
    monkeypatch.setattr(writer, "MOST_ROWS", 3)
    with pytest.raises(InvalidInputError, match="at most 2 rows"):
        workspace.label.files.export(labeled(workspace, "a", "b", "c", seen=True), folder / "o.xlsx", Format.XLSX)
    assert list(folder.iterdir()) == []


def test_a_text_that_is_cut_says_so(tmp_path: Path) -> None:
    with writer.sheet_writer(tmp_path / "o.xlsx", ["a", "b"], cut=True) as write:
        write(["x" * 40_000, "\U0001f600" * 20_000])
    (row,) = cells(tmp_path / "o.xlsx")
    assert row["a"] == "x" * 32_765 + "…"
    assert row["b"] == "\U0001f600" * 16_382 + "…"
