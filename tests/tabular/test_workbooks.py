"""Workbooks of Excel and OpenDocument as tables: what is read, what is said of it, and what is refused."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from readings import opened

from builders.workbooks import Error, Percent, cell, excel, old_excel, open_document, write
from ontos_tui.domain.errors import InvalidInputError, OntosError
from ontos_tui.tabular import unpacking
from ontos_tui.tabular.workbooks.cells import number_text, number_texts, open_document_text
from ontos_tui.tabular.workbooks.excel_markup import column_place
from tiers import deep, examples

ROWS = [["id", "temp", "kind"], *([number, 20.5 + number, "ok"] for number in range(1, 6))]


def refused(folder: Path, content: bytes, name: str = "a.xlsx", **decisions: Any) -> str:
    """What is said of a file that is not read."""
    with pytest.raises(InvalidInputError) as caught:
        opened(folder, content, name, **decisions)
    return f"{caught.value.what} {caught.value.todo}"


# Sheets


def test_the_only_sheet_with_cells_is_read(tmp_path: Path) -> None:
    table = opened(tmp_path, excel({"Empty": [], "Data": ROWS}), "a.xlsx")
    assert (table.reading.format, table.reading.sheet, table.reading.header_line) == ("workbook", "Data", 1)
    assert table.rows[0] == (1, 21.5, "ok")
    assert table.types == ["BIGINT", "DOUBLE", "VARCHAR"]
    assert table.reading.questions == []


def test_several_sheets_are_a_question(tmp_path: Path) -> None:
    content = excel({"First": ROWS, "2": [["x"], [1.5], [2.5]]})
    (question,) = opened(tmp_path, content, "a.xlsx").reading.questions
    assert (question.option, question.field, question.choices) == ("--sheet", "sheet", ["First", "2"])
    assert "'First', '2'" in question.text
    for wanted in ("2", "first"):
        table = opened(tmp_path, content, "a.xlsx", sheet=wanted)
        assert (table.reading.questions, table.reading.sheet) == ([], "2" if wanted == "2" else "First")
    assert opened(tmp_path, content, "a.xlsx", sheet="1").reading.sheet == "First"
    assert "no sheet 'Other'. Choose one with --sheet: 'First', '2'" in refused(tmp_path, content, sheet="Other")


def test_hidden_sheets_are_told_and_only_read_by_name(tmp_path: Path) -> None:
    def hidden(book: Any, sheet: Any) -> None:
        write(book, sheet, [["secret"], [1], [2]])
        sheet.hide()

    content = excel({"Data": ROWS, "Old": hidden})
    assert "1 hidden sheet was not read: 'Old'." in opened(tmp_path, content, "a.xlsx").notes()
    assert opened(tmp_path, content, "a.xlsx", sheet="Old").names == ["secret"]


# Where names and rows stand


def test_titles_units_and_totals_are_no_rows(tmp_path: Path) -> None:
    rows = [
        ["Plant 7, exported 2024-05-01"],
        [],
        ["time", "pressure", "speed"],
        ["", "bar", "m/s"],
        *([datetime(2024, 1, 1, 0, minute), 1.25 + minute, 3 * minute] for minute in range(20)),
        ["Total", None, 570],
    ]
    table = opened(tmp_path, excel({"S": rows}), "a.xlsx")
    assert table.names == ["time", "pressure", "speed"]
    assert [column.unit for column in table.reading.columns] == ["", "bar", "m/s"]
    assert (len(table.rows), table.types) == (20, ["TIMESTAMP", "DOUBLE", "BIGINT"])
    assert (table.reading.header_line, table.reading.units_line) == (3, 4)
    assert table.reading.above == ["Plant 7, exported 2024-05-01"]
    assert table.reading.left_out == ["Total | 570"]
    whole = opened(tmp_path, excel({"S": rows}), "a.xlsx", footer_lines=0)
    assert len(whole.rows) == 21


def test_a_table_may_stand_anywhere_and_columns_between_may_be_empty(tmp_path: Path) -> None:
    def aside(book: Any, sheet: Any) -> None:
        for number, row in enumerate(ROWS, 5):
            for place, value in zip((2, 3, 5), row, strict=True):
                sheet.write(number, place, value)
        sheet.write(0, 9, "page 1")

    table = opened(tmp_path, excel({"S": aside}), "a.xlsx")
    assert (table.names, table.reading.header_line) == (["id", "temp", "kind"], 6)
    assert table.rows[4] == (5, 25.5, "ok")


def test_a_column_with_a_name_and_no_values_stays_and_late_values_are_read(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["id", "note", "x", None], *([number, None, 1.5, None] for number in range(3_000))]
    rows[2_900][3] = "late"
    table = opened(tmp_path, excel({"S": rows}), "a.xlsx")
    assert table.names == ["id", "note", "x", "column3"]
    assert table.column("column3")[2_899] == "late"


def test_the_row_of_the_names_can_be_decided(tmp_path: Path) -> None:
    content = excel({"S": [["a", "b"], ["c", "d"], ["e", "f"], ["g", "h"]]})
    assert opened(tmp_path, content, "a.xlsx", header_line=2).names == ["c", "d"]
    bare = opened(tmp_path, content, "a.xlsx", header_line=0)
    assert (bare.names, len(bare.rows)) == (["c1", "c2"], 4)
    assert "Row 9 of a.xlsx holds no names" in refused(tmp_path, content, header_line=9)


def test_joined_names_span_their_columns(tmp_path: Path) -> None:
    def joined(book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:G1", "Measurements of line 4")
        sheet.merge_range("A2:A3", "part")
        sheet.merge_range("B2:C2", "Temperature")
        sheet.write("D2", "")
        sheet.merge_range("E2:F2", "Pressure")
        sheet.write_row("B3", ["min", "max", "operator", "in", "out", "ok"])
        write(book, sheet, [[n, n + 0.5, n + 1.5, "ann", n, n, True] for n in range(8)], 3)

    table = opened(tmp_path, excel({"S": joined}), "a.xlsx")
    assert table.names == [
        "part",
        "Temperature min",
        "Temperature max",
        "operator",
        "Pressure in",
        "Pressure out",
        "ok",
    ]
    assert (table.reading.header_line, len(table.rows)) == (2, 8)
    assert table.types[-1] == "BOOLEAN"
    assert "2 rows, lines 2 to 3" in table.notes()
    again = opened(tmp_path, excel({"S": joined}), "a.xlsx", header_line=2)
    assert (again.names, again.rows) == (table.names, table.rows)


def test_joined_cells_repeat_their_value(tmp_path: Path) -> None:
    def joined(book: Any, sheet: Any) -> None:
        write(book, sheet, [["machine", "hour", "a", "b"], *([None, n, n * 1.5, n * 2.5] for n in range(6))])
        sheet.merge_range("A2:A4", "drill")
        sheet.merge_range("A5:A7", "mill")
        sheet.merge_range("C3:D3", 7)

    table = opened(tmp_path, excel({"S": joined}), "a.xlsx")
    assert table.column("machine") == ["drill"] * 3 + ["mill"] * 3
    assert table.rows[1] == ("drill", 1, 7.0, 7.0)
    assert "3 areas of joined cells" in table.notes()


def test_a_row_of_joined_values_right_below_the_names_is_a_row(tmp_path: Path) -> None:
    def joined(book: Any, sheet: Any) -> None:
        write(book, sheet, [["id", "a", "b"], ["x"], *([f"i{n}", "p", "q"] for n in range(4))])
        sheet.merge_range("B2:C2", "none")

    table = opened(tmp_path, excel({"S": joined}), "a.xlsx", header_line=1)
    assert table.rows[0] == ("x", "none", "none")
    assert len(table.rows) == 5


# Values


def test_values_are_what_the_cells_hold(tmp_path: Path) -> None:
    rows = [
        ["day", "at", "clock", "lasted", "share", "flag", "text", "count"],
        *(
            [
                *(date(2024, 1, 31), datetime(2024, 1, 31, 7, 8, n), time(7, 8, n), timedelta(hours=25 + n)),
                *(Percent(0.603), n % 2 == 0, f"=A{n}", n),
            ]
            for n in range(12)
        ),
        [date(2024, 2, 1), datetime(2024, 2, 1), time(0, 0), timedelta(hours=1), Percent(1), True, "-", 5],
    ]
    table = opened(tmp_path, excel({"S": rows}), "a.xlsx")
    assert table.types == ["DATE", "TIMESTAMP", "TIME", "BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "BIGINT"]
    assert table.rows[0] == (date(2024, 1, 31), datetime(2024, 1, 31, 7, 8), time(7, 8), 90_000, 0.603, True, "=A0", 0)
    assert table.rows[12][:2] == (date(2024, 2, 1), datetime(2024, 2, 1))
    assert "fractions (60.3% is 0.603): 'share'" in table.notes()
    assert "as seconds: 'lasted'" in table.notes()


def test_the_calendar_of_1904_is_the_same_days(tmp_path: Path) -> None:
    rows = [["day", "x"], *([date(2024, 1, day), day] for day in range(1, 9))]
    assert opened(tmp_path, excel({"S": rows}, date_1904=True), "a.xlsx").rows[0] == (date(2024, 1, 1), 1)


def test_errors_are_missing_and_counted_by_their_word(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["id", "ratio", "name"], *([n, n / 4, f"n{n}"] for n in range(40))]
    rows[3][1], rows[7][1], rows[9][2] = Error("#DIV/0!"), Error("#DIV/0!"), Error("#N/A")
    table = opened(tmp_path, excel({"S": rows}), "a.xlsx")
    assert [column.missing for column in table.reading.columns] == [{}, {"#DIV/0!": 2}, {"#N/A": 1}]
    assert [table.rows[at] for at in (2, 8)] == [(2, None, "n2"), (8, 2.0, None)]
    assert "3 cells hold an error" in table.notes()
    named = opened(tmp_path, excel({"S": rows}), "a.xlsx", missing=["none"])
    assert [named.rows[at] for at in (2, 8)] == [(2, None, "n2"), (8, 2.0, None)]


def test_formulas_have_their_stored_result_and_ones_without_are_told(tmp_path: Path) -> None:
    def formulas(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["a", "b"])
        for row in range(1, 9):
            sheet.write_formula(row, 0, "=1+1", None, 2.5)
            sheet.write_formula(row, 1, '="x"', None, "" if row < 4 else "x")

    table = opened(tmp_path, excel({"S": formulas}), "a.xlsx")
    assert table.column("a") == [2.5] * 8
    assert "3 formulas have no stored result" in table.notes()


def test_hidden_rows_and_columns_are_read_and_told(tmp_path: Path) -> None:
    def hidden(book: Any, sheet: Any) -> None:
        write(book, sheet, ROWS)
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column("B:C", None, None, {"hidden": True})

    table = opened(tmp_path, excel({"S": hidden}), "a.xlsx")
    assert len(table.rows) == 5
    assert "1 hidden row and 2 hidden columns of the sheet" in table.notes()


def test_numbers_as_text_are_read_by_the_same_decisions(tmp_path: Path) -> None:
    rows = [["code", "german", "real"], *([f"00{n}", f"{n}.{n}{n}0,5", n + 0.125] for n in range(1, 9))]
    table = opened(tmp_path, excel({"S": rows}), "a.xlsx")
    assert table.types == ["VARCHAR", "DOUBLE", "DOUBLE"]
    assert table.rows[0] == ("001", 1110.5, 1.125)
    decided = opened(tmp_path, excel({"S": rows}), "a.xlsx", decimal=",")
    assert decided.rows == table.rows


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1.234)
@example(-0.001)
@example(1e-05)
@example(1e22)
def test_a_number_as_text_is_that_number_and_never_a_thousand(value: float) -> None:
    text = number_text(value)
    assert float(text) == value
    assert "." not in text or "e" in text or len(text.partition(".")[2]) != 3


# OpenDocument


def test_an_open_document_sheet_is_read_like_any_other(tmp_path: Path) -> None:
    rows = [
        ["machine", "share", "day", "lasted", "flag"],
        [cell("drill", number_rows_spanned=2), Percent(0.25), date(2024, 1, 2), timedelta(hours=30), True],
        ["<table:covered-table-cell/>", Error("#DIV/0!"), date(2024, 1, 3), timedelta(minutes=1), False],
        ["<table:table-cell table:number-columns-repeated='5'/>"],
        ["mill", Percent(0.75), date(2024, 1, 4), timedelta(hours=2), True],
    ]
    table = opened(tmp_path, open_document({"T": rows}), "a.ods")
    assert table.rows == [
        ("drill", 0.25, date(2024, 1, 2), 108_000, True),
        ("drill", None, date(2024, 1, 3), 60, False),
        ("mill", 0.75, date(2024, 1, 4), 7_200, True),
    ]
    assert table.reading.columns[1].missing == {"#DIV/0!": 1}
    assert "fractions (60.3% is 0.603): 'share'" in table.notes()
    assert "1 area of joined cells" in table.notes()
    assert "as seconds: 'lasted'" in table.notes()


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT30H00M01S", "108001"), ("PT00H00M00.5S", "0.5"), ("-PT1H", "-3600"), ("P1DT1H", "90000")]
)
def test_times_of_open_document_are_seconds(text: str, seconds: str) -> None:
    assert open_document_text(text) == seconds


@pytest.mark.parametrize("text", ["PT", "P", "Part 7", "PT-100"])
def test_texts_that_begin_like_times_stay(text: str) -> None:
    assert open_document_text(text) == text


def test_an_old_workbook_is_read_and_says_what_it_cannot_tell(tmp_path: Path) -> None:
    rows = [["id", "temp", "ok"], *([n, 20.5 + n, n % 2 == 0] for n in range(1, 9))]
    rows[3][1] = Error("#DIV/0!")
    table = opened(tmp_path, old_excel("Data", rows, [(5, 6, 1, 1)]), "a.xls")
    assert (table.names, table.types) == (["id", "temp", "ok"], ["BIGINT", "DOUBLE", "BOOLEAN"])
    assert table.column("temp") == [21.5, 22.5, None, 24.5, 25.5, 25.5, 27.5, 28.5]
    assert "does not tell error cells" in table.notes() and "1 area of joined cells" in table.notes()


# What is refused


@given(st.data())
@settings(max_examples=examples(25, 400), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_workbook_with_broken_bytes_is_read_or_refused_in_our_words(tmp_path: Path, data: st.DataObject) -> None:
    name, part = data.draw(st.sampled_from(sorted(BREAKABLE)))
    content = bytearray(BREAKABLE[name, part])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=6))
    whole = bytes(content) if not part else with_part(BREAKABLE[name, ""], part, bytes(content))
    try:
        opened(tmp_path, whole, name)
    except OntosError as error:
        assert "alamine" not in str(error) and "anic" not in str(error)


def with_part(archive: bytes, part: str, content: bytes) -> bytes:
    """The archive with another content of one part."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            target.writestr(name, content if name == part else source.read(name))
    return buffer.getvalue()


def breakable() -> dict[tuple[str, str], bytes]:
    """Workbooks and their parts."""
    whole = {
        "a.xlsx": excel({"S": ROWS, "T": [["x"]]}),
        "a.ods": open_document({"S": ROWS}),
        "a.xls": old_excel("S", ROWS),
    }
    parts = {(name, ""): content for name, content in whole.items()}
    for name in ("a.xlsx", "a.ods"):
        with zipfile.ZipFile(io.BytesIO(whole[name])) as archive:
            parts |= {(name, part): archive.read(part) for part in archive.namelist() if archive.read(part)}
    return parts


BREAKABLE = breakable()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"", "is empty"),
        ("a.xlsx", b"a;b\n1;2\n", "is text, no workbook. Name it .csv"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "a web page (HTML), no workbook"),
        ("a.xls", b'<?xml version="1.0"?><Workbook/>', "an XML document, no workbook"),
        ("a.xlsx", b"PK\x03\x04 broken", "damaged or incomplete"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged or incomplete"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "with a password"),
        ("a.ods", open_document({"T": []}, "<manifest:encryption-data/>"), "with a password"),
        ("a.xlsx", excel({"S": []}), "holds no rows"),
        ("a.xlsx", excel({"S": ROWS})[:-200], "damaged or incomplete"),
        ("a.csv", excel({"S": ROWS}), "is a workbook or ZIP file, not .csv text. Name it as what it is: .xlsx"),
    ],
)
def test_what_is_no_workbook_says_what_it_is(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    assert said in refused(tmp_path, content, name)


def test_a_workbook_that_holds_too_much_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1 << 20)
    buffer = io.BytesIO(excel({"S": ROWS}))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(8 << 20))
    assert "A workbook may hold 200 times its size" in refused(tmp_path, buffer.getvalue())


def test_a_part_that_lies_about_its_size_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1 << 12)
    buffer = io.BytesIO(excel({"S": ROWS}))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(8 << 20))
        held = archive.getinfo("xl/media/zeros.bin")
    content = bytearray(buffer.getvalue())
    at = content.rindex(b"PK\x01\x02")  # its entry in the directory: the size stands 24 bytes behind
    assert int.from_bytes(content[at + 24 : at + 28], "little") == held.file_size
    content[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert "damaged or incomplete" in refused(tmp_path, bytes(content))


def test_cells_far_away_are_refused_unless_they_are_empty(tmp_path: Path) -> None:
    def far(book: Any, sheet: Any) -> None:
        write(book, sheet, ROWS)
        sheet.write("XFD1048576", "x")

    def formatted(book: Any, sheet: Any) -> None:
        write(book, sheet, ROWS)
        sheet.write_blank("XFD1048576", None, book.add_format({"bold": True}))

    said = refused(tmp_path, excel({"S": far}))
    assert "reaches to XFD1048576: more than 50,000,000 cells. Delete what stands far away" in said
    assert len(opened(tmp_path, excel({"S": formatted}), "a.xlsx").rows) == 5


@deep
def test_cells_far_away_are_refused_in_an_open_document_too(tmp_path: Path) -> None:
    wide = cell("x", number_columns_repeated=1), "<table:table-cell table:number-columns-repeated='16000'/>", "x"
    rows = [*ROWS, *[["y"]] * 7_000, wide]
    assert "more than 50,000,000 cells" in refused(tmp_path, open_document({"S": rows}), "a.ods")


def test_a_packed_workbook_and_one_with_another_ending_are_read(tmp_path: Path) -> None:
    content = excel({"S": ROWS})
    assert len(opened(tmp_path, gzip.compress(content), "a.xlsx.gz").rows) == 5
    assert len(opened(tmp_path, content, "a.xls").rows) == 5
    assert len(opened(tmp_path, content, "a.xlsm").rows) == 5


@pytest.mark.parametrize(("letters", "place"), [(b"A", 0), (b"Z", 25), (b"AA", 26), (b"XFD", 16_383)])
def test_columns_by_their_letters(letters: bytes, place: int) -> None:
    assert column_place(letters) == place


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**17), 10**17).map(float)))
@example([1e-5, 0.0001, 0.00001234, -0.0, 1e15, 1e16, 123456789012345.0, 1.125, -1.125, 5e-324, 1.7976931348623157e308])
@example([0.5, -0.0, 2.0])
def test_many_numbers_have_the_texts_that_each_of_them_has(values: list[float]) -> None:
    assert number_texts(values) == [number_text(value) for value in values]
    assert [float(text) for text in number_texts(values)] == values
