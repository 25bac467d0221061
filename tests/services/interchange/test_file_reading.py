"""Files with broken lines and entries: what is wrong is said in our words, with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ontos_tui.services.interchange.reading import csv_rows, json_entries
from ontos_tui.services.interchange.report import ImportReport


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ('{"a": 1}\n{"a": }\n', 2, "not JSON: at character 7 a value is missing or is no JSON"),
        ('{"a": 1},\n', 1, "not JSON: at character 9 something follows the end of the object"),
        ('{"a": NaN}\n', 1, "not JSON: JSON does not allow the number NaN"),
        ('{"a": ' + "9" * 5_000 + "}\n", 1, "a number has too many digits"),
        ('{"a": ' * 100_000 + "\n", 1, "nested too deeply"),
        (
            '[\n{"a": 1},\n{"a": 2\n  "b": 3}\n]',
            2,
            "in line 4 of the file, at character 3, a comma or a closing bracket",
        ),
        ('[{"a": "' + "x" * 3_000_000 + '"},\n{"b"}]', 2, "in line 2 of the file, at character 5, a colon is missing"),
        ('[{"a": 1},\n{"a": 2}', 3, "the list is not closed"),
    ],
)
def test_what_is_not_json_is_said_with_its_line(tmp_path: Path, content: str, line: int, said: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    report = ImportReport(path)
    list(json_entries(path, report))
    (problem,) = report.problems
    assert (problem.line, said in problem.reason) == (line, True), problem


@pytest.mark.parametrize(
    ("row", "said"), [('1,"x" y', "something follows a closing double quote"), ('1,"x', "a double quote is not closed")]
)
def test_what_is_not_csv_is_said_with_its_line(tmp_path: Path, row: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"a,b\n1,2\n{row}\n")
    report = ImportReport(path)
    list(csv_rows(path, report)[1])
    assert [(problem.line, problem.reason) for problem in report.problems] == [(3, f"not valid CSV: {said}")]
