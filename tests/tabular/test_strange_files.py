"""Files as consoles, loggers, spreadsheets and people write them: read right, or refused in our words."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from readings import opened

from ontos_tui.domain.errors import InvalidInputError


def counted(line: str, rows: int = 12) -> str:
    """Lines with a number in them."""
    return "".join(line.format(n=n, t=f"{n:02d}") + "\n" for n in range(rows))


READ: dict[str, tuple[str, str, list[str], tuple[Any, ...], int, str]] = {
    "a console's table": (
        "a.txt",
        " id |  v\n----+-----\n  1 | 2.5\n  3 | 4.5\n(2 rows)\n",
        ["id", "v"],
        (1, 2.5),
        2,
        "drawn",
    ),
    "a framed table": (
        "a.txt",
        "+---+---+\n| a | b |\n+---+---+\n| 1 | x |\n| 2 | y |\n+---+---+\n",
        ["a", "b"],
        (1, "x"),
        2,
        "",
    ),
    "a Markdown table": ("a.txt", "| a | b |\n|---|---|\n| 1 | x |\n| 2 | y |\n", ["a", "b"], (1, "x"), 2, "drawn"),
    "a query's answer": ("a.txt", "id|v\n--|--\n1|2\n3|4\n\n(2 rows affected)\n", ["id", "v"], (1, 2), 2, "left out"),
    "carets": ("a.csv", "a^b\n1^x\n2^y\n", ["a", "b"], (1, "x"), 2, ""),
    "doubled signs": ("a.csv", "a||b||c\n1||2||x\n3||4||y\n", ["a", "b", "c"], (1, 2, "x"), 2, "Two signs"),
    "blanks before quotes": ("a.csv", '"a", "b"\n1, "p, q"\n2, "r"\n', ["a", "b"], (1, "p, q"), 2, "Blanks"),
    "blanks around names": ("a.csv", "a  , b,c\n1  , 2,x\n3  , 4,y\n", ["a", "b", "c"], (1, 2, "x"), 2, ""),
    "a name of two lines": ("a.csv", '"temp\n(C)",b\n1,2\n3,4\n', ["temp (C)", "b"], (1, 2), 2, ""),
    "a title of two lines": (
        "a.csv",
        '"Report\nof May",,\na,b,c\n1,2,3\n3,4,5\n',
        ["a", "b", "c"],
        (1, 2, 3),
        2,
        "above",
    ),
    "groups repeated": (
        "a.csv",
        "M,M,P\nspeed,amp,press\n1/min,A,bar\n" + counted("{n},{n}.5,{n}.25"),
        ["M speed", "M amp", "P press"],
        (0, 0.5, 0.25),
        12,
        "joined",
    ),
    "years as names": (
        "a.csv",
        "site,2019,2020,2021\nA,1.5,2.5,3.5\nB,1.6,2.6,3.6\n",
        ["site", "2019", "2020", "2021"],
        ("A", 1.5, 2.5, 3.5),
        2,
        "although it holds numbers",
    ),
    "a row's name without one": (
        "a.txt",
        '"x" "y"\n"1" 1.5 "a"\n"2" 2.5 "b"\n',
        ["row", "x", "y"],
        (1, 1.5, "a"),
        2,
        "as R",
    ),
    "a last value always empty": (
        "a.txt",
        "Lab\t\nVersion\t2\n\t\nX\tV\tNote\n" + counted("{n}.5\t{n}\t", 30),
        ["X", "V", "Note"],
        (0.5, 0, None),
        30,
        "above",
    ),
    "gaps in fixed places": (
        "a.txt",
        "ID   NAME      VAL\n1    abc        10\n2               20\n3    x          30\n4    yz         40\n",
        ["ID", "NAME", "VAL"],
        (1, "abc", 10),
        4,
        "",
    ),
    "names twice": ("a.csv", "a,a,b\n1,2,3\n4,5,6\n", ["a", "a_1", "b"], (1, 2, 3), 2, "same name"),
    "a name missing": ("a.csv", ",x\n0,1.5\n1,2.5\n", ["column0", "x"], (0, 1.5), 2, "no name"),
    "two marks": ("a.csv", "\ufeff\ufeffa,b\n1,2\n3,4\n", ["a", "b"], (1, 2), 2, ""),
    "an end of old files": ("a.csv", "a,b\n1,2\n3,4\n\x1a", ["a", "b"], (1, 2), 2, "left out"),
    "blanks at the end": ("a.csv", "a,b\n1,2\n3,4\n\n   \n", ["a", "b"], (1, 2), 2, ""),
    "a remark at the end": ("a.csv", "a,b\n1,2\n3,4\n# done\n", ["a", "b"], (1, 2), 2, "left out"),
    "brackets for minus": ("a.csv", "id,v\n1,(123.4)\n2,55.1\n3,(7.0)\n", ["id", "v"], (1, -123.4), 3, "minus"),
    "a minus behind": ("a.csv", 'id,v\n1,"1,123.4-"\n2,55.1\n3,7.0-\n', ["id", "v"], (1, -1123.4), 3, "minus"),
    "numbers in brackets": ("a.csv", "id,v\n1,(1)\n2,(2)\n3,(3)\n", ["id", "v"], (1, "(1)"), 3, ""),
    "thousands of India": (
        "a.csv",
        "id;v\n1;1,23,456.00\n2;12,34,567.50\n",
        ["id", "v"],
        (1, 123456.0),
        2,
        "thousands",
    ),
    "no width": ("a.csv", "a,b\n\u200b1,2\n3,4\n", ["a", "b"], (1.0, 2), 2, ""),
    "days without signs": (
        "a.csv",
        "day,v\n20240101,1\n20240102,2\n",
        ["day", "v"],
        (20240101, 1),
        2,
        "--column day:time",
    ),
    "columns in JSON": ("a.json", json.dumps({"a": [1, 2], "b": ["x", "y"]}), ["a", "b"], (1, "x"), 2, ""),
    "a frame in JSON": (
        "a.json",
        json.dumps({"columns": ["a", "b"], "index": [0, 1], "data": [[1, 2], [3, 4]]}),
        ["a", "b"],
        (1, 2),
        2,
        "",
    ),
    "rows by key in JSON": (
        "a.json",
        json.dumps({"r": {"a": 1, "b": 2}, "s": {"a": 3, "b": 4}}),
        ["key", "a", "b"],
        ("r", 1, 2),
        2,
        "",
    ),
    "times in JSON": (
        "a.json",
        json.dumps([{"t": "2024-01-01T00:00:00Z"}]),
        ["t"],
        ("2024-01-01T00:00:00Z",),
        1,
        "--column t:time",
    ),
}


@pytest.mark.parametrize("kind", READ)
def test_a_strange_file_is_read_right(tmp_path: Path, kind: str) -> None:
    name, content, names, first, rows, note = READ[kind]
    file = opened(tmp_path, content, name)
    assert (file.names, file.rows[0], len(file.rows), file.reading.questions) == (names, first, rows, [])
    assert note in file.notes()


@pytest.mark.parametrize(
    ("word", "encoding"), [("łożysko", "cp1250"), ("Größe", "mac-roman"), ("подшипник", "cp1251"), ("轴承", "gb18030")]
)
def test_letters_that_western_text_has_not_are_asked_for(tmp_path: Path, word: str, encoding: str) -> None:
    content = ("id,name\n" + f"1,{word}\n" * 9).encode(encoding)
    (question,) = opened(tmp_path, content).reading.questions
    assert (question.option, encoding in question.choices) == ("--encoding", True)
    assert opened(tmp_path, content, encoding=encoding).column("name") == [word] * 9


@pytest.mark.parametrize(
    ("first", "kind", "value"),
    [
        ("20240102", "DATE", "2024-01-02"),
        ("20240102030405", "TIMESTAMP", "2024-01-02 03:04:05"),
        ("1704067200", "TIMESTAMP WITH TIME ZONE", "2024-01-01 00:00:00+00"),
        ("1704067200000", "TIMESTAMP WITH TIME ZONE", "2024-01-01 00:00:00+00"),
    ],
)
def test_whole_numbers_are_times_where_the_user_says_so(tmp_path: Path, first: str, kind: str, value: str) -> None:
    file = opened(tmp_path, f"when,v\n{first},1\n{first},2\n", column_types={"when": "time"})
    assert (file.types[0], str(file.rows[0][0]), file.reading.columns[0].unfit) == (kind, value, 0)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"<!DOCTYPE html><html><body><table><tr><td>a</td></tr></table></body></html>", "a web page"),
        ("a.csv", b'[{"a":1},{"a":2}]', "is JSON"),
        ("a.txt", b"%PDF-1.4\n1 0 obj\n", "a PDF document"),
        ("a.csv.gz", b"a,b\n1,2\n", "is no .gz file"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99)[:-9], "is cut off"),
        ("a.jsonl", b'{"a":1},\n{"a":2}\n', "line 1: not JSON: at character 8 something follows"),
        ("a.jsonl", b'{"a":1}\n{"a":2\n', "line 2: not JSON: at character 7 a comma or a closing bracket is missing"),
    ],
)
def test_what_is_something_else_is_refused_by_its_name(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        opened(tmp_path, content, name)
