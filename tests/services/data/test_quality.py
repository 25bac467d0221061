"""What is wrong with a table before anybody labels it: found, shown, remedied, and taken back."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.services.data.quality.report import Decision, Finding, FindingKind, Remedy
from ontos_tui.services.data.quality.run import CancelledError, QualityRun
from ontos_tui.services.data.quality.service import QualityService
from ontos_tui.workspace import Workspace

ROWS = 150


def messy_rows() -> list[str]:
    """Rows with one of everything that can be wrong; the last three repeat the first but for the serial number."""
    drawn = random.Random(1)
    lines = []
    for number in range(ROWS):
        status = ("ok", "ok", "ok", "Ok", "defect", "-999" if number % 10 == 5 else "ok")[number % 6]
        temp = 900 if number == 7 else round(drawn.gauss(20, 2), 3)
        gap = "" if number % 3 == 0 and number % 5 else f"{drawn.random():.3f}"
        action = "rework" if status == "defect" else "ship"
        lines.append(f"{number},m{number % 3},{status},{temp},{gap},site,{action}")
    return lines + [f"{ROWS + place},{lines[place].partition(',')[2]}" for place in range(3)]


@pytest.fixture
def quality(workspace: Workspace, tmp_path: Path) -> QualityService:
    path = tmp_path / "messy.csv"
    path.write_text("\n".join(["serial,machine,status,temp,gap,site,action", *messy_rows()]) + "\n")
    workspace.data.sheets.create_sheet("Messy", workspace.data.files.add_file(path).address)
    return workspace.data.quality


def by_kind(findings: tuple[Finding, ...]) -> dict[FindingKind, Finding]:
    return {finding.kind: finding for finding in findings}


def test_everything_is_found_with_its_rows(quality: QualityService) -> None:
    report = quality.look("Messy")
    found = by_kind(report.findings)
    assert (report.rows, report.columns, report.answer, report.basis) == (ROWS + 3, 7, "status", "all rows")
    assert [one.kind for one in report.findings[:2]] == [FindingKind.MISSING_WORDS, FindingKind.SPELLINGS]
    assert set(found) == set(FindingKind) - {FindingKind.NEAR_DUPLICATES}
    spelled = found[FindingKind.SPELLINGS]
    assert spelled.decision == Decision(Remedy.READ_AS, "status", {"Ok": "ok"})
    rows = quality.rows("Messy", spelled)
    assert len(rows) == spelled.rows and {row["status"] for row in rows} == {"Ok"}
    assert found[FindingKind.LEAK].column == "action"
    assert [row["serial"] for row in quality.rows("Messy", found[FindingKind.DUPLICATES])] == [
        *("0", "150", "1", "151", "2", "152")
    ]
    assert [row["temp"] for row in quality.rows("Messy", found[FindingKind.OUTLIERS])] == ["900.0"]
    gap = found[FindingKind.MISSING]
    assert "machine = m0" in gap.text and len(quality.rows("Messy", gap)) == gap.rows
    assert found[FindingKind.CONSTANT].column == "site" and found[FindingKind.IDENTIFIER].column == "serial"
    with pytest.raises(InvalidInputError, match="Nothing to show"):
        quality.rows("Messy", found[FindingKind.CONSTANT])


def test_remedies_are_kept_name_no_item_otherwise_and_are_taken_back(
    quality: QualityService, workspace: Workspace
) -> None:
    sheets, files = workspace.data.sheets, workspace.data.files
    refs = [item.ref for item in sheets.sheet_page("Messy", limit=200).items]
    for finding in quality.look("Messy").findings:
        assert finding.decision is not None
        quality.decide("Messy", finding.decision)
    report, sheet = quality.look("Messy"), sheets.sheet("Messy")
    assert report.findings == () and len(report.decisions) == 8
    assert (sheet.columns, sheet.item_count) == (["machine", "status", "temp"], ROWS)
    items = sheets.sheet_page("Messy", limit=200).items
    assert [item.ref for item in items] == refs[:ROWS]
    assert {item.fields["status"] for item in items} == {"ok", "defect", None} and items[7].fields["temp"] is None
    assert "are read as 'ok'" in " ".join(files.file_table("messy").reading.notes)  # type: ignore[union-attr]
    for decision in report.decisions:
        quality.take_back("Messy", decision)
    assert files.file_table("messy").reading_options.key() == ""
    assert sheets.sheet("Messy").columns == [] and sheets.sheet("Messy").item_count == len(refs)
    assert quality.look("Messy").decisions == ()


def test_what_cannot_be_kept_is_refused_in_words(quality: QualityService, workspace: Workspace) -> None:
    with pytest.raises(InvalidInputError, match="a sheet does"):
        quality.decide("messy", Decision(Remedy.LEAVE_OUT_COLUMN, "site"))
    workspace.data.sheets.create_sheet("Named", "messy", item_id_column="serial")
    with pytest.raises(InvalidInputError, match="names the items of the sheet 'Named'"):
        quality.decide("Messy", Decision(Remedy.NO_VALUE, "serial", {"7": ""}))
    with pytest.raises(NotFoundError):
        quality.look("nothing")
    with pytest.raises(InvalidInputError, match="no column"):
        quality.look("Messy", "nothing")
    run = QualityRun()
    run.cancel()
    with pytest.raises(CancelledError):
        quality.look("Messy", run=run)


def test_a_table_of_other_kinds_and_odd_names(workspace: Workspace, tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "odd.parquet"
    numbers, texts = "CASE WHEN i % 10 = 0 THEN -999 ELSE i % 7 END", "CASE i % 4 WHEN 0 THEN 'N/A' ELSE 'x''y' END"
    rows = f'{numbers} AS "a ""b""", {texts} AS q'
    duckdb.sql(f"COPY (SELECT {rows} FROM range(60) r(i)) TO '{path}' (FORMAT parquet)")
    address = workspace.data.files.add_file(path).address
    found = workspace.data.quality.look(address).findings
    words = {one.column: one for one in found if one.kind is FindingKind.MISSING_WORDS}
    assert {name: one.rows for name, one in words.items()} == {'a "b"': 6, "q": 15}
    for one in words.values():
        assert len(workspace.data.quality.rows(address, one)) == one.rows
        assert one.decision is not None
        workspace.data.quality.decide(address, one.decision)
    page = workspace.data.catalog.preview(address, limit=60)
    assert [item.fields['a "b"'] for item in page.items][:2] == [None, 1]
    assert {item.fields["q"] for item in page.items} == {"x'y", None}
