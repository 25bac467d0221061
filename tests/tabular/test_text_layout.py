"""Where names and rows stand in text files: encodings, separators, titles, units, remarks, totals, fixed places."""

from __future__ import annotations

from pathlib import Path

import pytest
from readings import opened

from ontos_tui.domain.errors import InvalidInputError

BODY = "".join(f"{n},{n * 1.5},x{n % 3}\n" for n in range(30))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16", "utf-32"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_unicode_encoding_gives_the_same_rows(tmp_path: Path, encoding: str, mark: str) -> None:
    if encoding in ("utf-32", "utf-16", "utf-8-sig") and mark:
        pytest.skip("it writes the mark itself")
    file = opened(tmp_path, (mark + "a,größe,c\n" + BODY).encode(encoding))
    assert (file.names, file.types, len(file.rows)) == (["a", "größe", "c"], ["BIGINT", "DOUBLE", "VARCHAR"], 30)
    assert file.rows[1] == (1, 1.5, "x1")


@pytest.mark.parametrize("rows", [3, 60_000])
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_western_text_is_read_with_a_note_wherever_it_first_shows(tmp_path: Path, rows: int, encoding: str) -> None:
    file = opened(tmp_path, ("id,name\n" + "1,abc\n" * rows + "7,Größe µ\n").encode(encoding))
    assert file.rows[-1] == (7, "Größe µ")
    assert "Windows-1252" in file.notes()


def test_what_may_be_several_encodings_is_asked_and_then_read_as_told(tmp_path: Path) -> None:
    for encoding, text in (("cp1251", "Температура"), ("cp850", "Größe über Müll"), ("shift_jis", "温度計測器")):
        content = f"id,name\n1,{text}\n2,{text}\n".encode(encoding)
        (question,) = opened(tmp_path, content).reading.questions
        assert (question.option, encoding in question.choices) == ("--encoding", True)
        told = opened(tmp_path, content, encoding=encoding)
        assert (told.column("name"), told.reading.questions) == ([text, text], [])


def test_one_broken_byte_in_utf8_is_an_error_with_its_line(tmp_path: Path) -> None:
    content = b"id,name\n" + "1,Größe\n".encode() * 9 + b"10,Gr\xfc\n"
    with pytest.raises(InvalidInputError, match=r"line 11: not UTF-8"):
        opened(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "names", "rows", "note"),
    [
        ("sep=;\na;b\n1;2\n", ["a", "b"], [(1, 2)], "names the separator"),
        ('"sep=|"\na|b\n1|2\n', ["a", "b"], [(1, 2)], "names the separator"),
        ("Report,,\nx,y,z\n1,2,3\n4,5,6\n", ["x", "y", "z"], [(1, 2, 3), (4, 5, 6)], "'Report,,'"),
        ("Instrument X\nSerial 5\na,b,c\n1,2,3\n4,5,6\n", ["a", "b", "c"], [(1, 2, 3), (4, 5, 6)], "2 lines stand"),
        ("70,\"A B\",-9\nd,t,u,v\n1,2,3,4\n5,6,7,8\n", ["d", "t", "u", "v"], [(1, 2, 3, 4), (5, 6, 7, 8)], "1 line"),
        ("n,V,W\nUnits,V,kW\nA,1,2\nB,3,4\n", ["n", "V", "W"], [("A", 1, 2), ("B", 3, 4)], "Line 2 holds units"),
        ("t,p\n[s],[hPa]\n0,1\n1,2\n", ["t", "p"], [(0, 1), (1, 2)], "Line 2 holds units"),
        ("# a\n# b\nt,v\n0,1\n# restart\n1,2\n", ["t", "v"], [(0, 1), (1, 2)], "begin with #"),
        ("# a\n# t;v\n0;1\n1;2\n", ["t", "v"], [(0, 1), (1, 2)], "begin with #"),
        ("% a\n1 2\n3 4\n", ["c1", "c2"], [(1, 2), (3, 4)], "names no columns"),
        ("A,1\nB,2\nC,3\n", ["c1", "c2"], [("A", 1), ("B", 2), ("C", 3)], "names no columns"),
        ("c,1990,1991,1992,1993\nA,1,2,3,5\n", ["c", "1990", "1991", "1992", "1993"], [("A", 1, 2, 3, 5)], ""),
        ("a,b\n1,2,\n3,4,\n", ["a", "b"], [(1, 2), (3, 4)], "ends with a separator"),
        ("a,b,\n1,2,\n3,4,\n", ["a", "b"], [(1, 2), (3, 4)], ""),
        ("a,b\n1,2\n\n3,4\n", ["a", "b"], [(1, 2), (3, 4)], ""),
        ("a,b\r1,2\r3,4\r", ["a", "b"], [(1, 2), (3, 4)], ""),
        ("A,,B,\nx,y,x,y\n1,2,3,4\n5,6,7,8\n", ["A x", "A y", "B x", "B y"], [(1, 2, 3, 4), (5, 6, 7, 8)], "joined"),
        (",A,,B,\nt,x,y,x,y\n0,1,2,3,4\n1,5,6,7,8\n", ["t", "A x", "A y", "B x", "B y"],
         [(0, 1, 2, 3, 4), (1, 5, 6, 7, 8)], "joined"),
    ],
)  # fmt: skip
def test_names_and_rows_are_found(
    tmp_path: Path, content: str, names: list[str], rows: list[tuple[object, ...]], note: str
) -> None:
    file = opened(tmp_path, content, "a.txt" if "1 2" in content else "a.csv")
    assert (file.names, file.rows) == (names, rows)
    assert note in file.notes()
    assert file.reading.rows == len(rows)


def test_a_logger_file_has_its_names_below_its_facts(tmp_path: Path) -> None:
    rows = "".join(f'"2009-06-20 12:{n:02d}:00",{n},{13 + n / 10}\n' for n in range(20))
    head = '"TOA5","CR1000","CR1000","77","OS"\n"TIMESTAMP","RECORD","batt"\n"TS","RN","Volts"\n"","","Min"\n'
    file = opened(tmp_path, head + rows, "a.dat")
    assert (file.names, file.types) == (["TIMESTAMP", "RECORD", "batt"], ["TIMESTAMP", "BIGINT", "DOUBLE"])
    assert [column.unit for column in file.reading.columns] == ["TS", "RN", "Volts"]
    assert (file.reading.header_line, file.reading.units_line, len(file.rows)) == (2, 3, 20)


@pytest.mark.parametrize("end", ["Total,380\n", "\nGenerated by X\n", "\nTotal,380\nexported at 10:00\n", "Sum:,9\n"])
def test_totals_and_remarks_at_the_end_are_no_rows(tmp_path: Path, end: str) -> None:
    file = opened(tmp_path, "id,amount\n" + "".join(f"{n},{n}\n" for n in range(1, 20)) + end)
    assert (file.types, len(file.rows)) == (["BIGINT", "BIGINT"], 19)
    assert file.reading.left_out and "below the rows" in file.notes()
    kept = opened(tmp_path, "id,amount\n1,2\n3,4\n5,6\n", footer_lines=1)
    assert kept.rows == [(1, 2), (3, 4)]


def test_a_class_called_total_among_texts_stays(tmp_path: Path) -> None:
    file = opened(tmp_path, "kind,v\ntotal,x\nnone,y\ntotal,z\n")
    assert file.column("kind") == ["total", "none", "total"]


def test_columns_by_their_places(tmp_path: Path) -> None:
    cells = [("A one", 20.5, "all good"), ("B", 3.0, ""), ("C three", 104.2, "x"), ("D", 1.0, "two words here")]
    text = "Name      Temp   Comment\n" + "".join(f"{a:<10}{b:>5.1f}  {c}\n" for a, b, c in cells)
    file = opened(tmp_path, text, "a.txt")
    assert (file.names, file.types) == (["Name", "Temp", "Comment"], ["VARCHAR", "DOUBLE", "VARCHAR"])
    assert file.rows == [(a, b, c or None) for a, b, c in cells]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\n\n\na,b,c\n1,2,,x\n,short\n0,m,17\n", r"line 5: 4 values, but line 4 names 3 columns"),
        ("a,b,c\n1,2,3\n4,5\n6,7,8\n9,10,11,12\n", r"line 3: 2 values.*line 5"),
        ('a,b\n"two\nlines",1\n2,3,4\n', r"line 4: 3 values"),
        ("# note\na,b\n" + "1,2\n" * 4000 + "1\n", r"line 4003: 1 value,"),
    ],
)
def test_a_line_of_another_length_is_named_by_its_own_number(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        opened(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "option"),
    [
        ("Report of parts\nname,city\nAna,Rome\nBob,Paris\n", "--header-line"),
        ("Operator,Ana\ntime,value\n" + "".join(f"{n},{n}\n" for n in range(9)), "--header-line"),
    ],
)
def test_names_that_cannot_be_told_are_asked_for(tmp_path: Path, content: str, option: str) -> None:
    (question,) = opened(tmp_path, content).reading.questions
    assert question.option == option
    told = opened(tmp_path, content, header_line=2)
    assert told.reading.questions == [] and told.reading.header_line == 2


def test_decisions_stand_above_what_the_file_looks_like(tmp_path: Path) -> None:
    assert opened(tmp_path, "a,b\n1,2\n", header_line=0).rows == [("a", "b"), ("1", "2")]
    assert opened(tmp_path, "x;y\n1;2\n", separator=",").names == ["x;y"]
    assert opened(tmp_path, "x\n\n1,2\n3,4\n", skip_lines=2, header_line=0).rows == [(1, 2), (3, 4)]
    assert opened(tmp_path, "n,V\nUnits,V\nA,1\nB,2\n", units_line=0).rows[0] == ("Units", "V")
