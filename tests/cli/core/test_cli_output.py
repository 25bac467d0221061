"""What commands print: whole for machines, harmless and aligned for people."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.cli.core.output import ProgressLine, facts, fields, number, plain, table, to_json
from ontos_tui.domain.records.data import FileFormat, TableAddress
from ontos_tui.domain.records.template import LabelClass
from ontos_tui.domain.stages import Stage

HOSTILE = "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\x7f\u202eevil\ud800\x00"

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def is_harmless(text: str) -> bool:
    return all(character == "\n" or character.isprintable() for character in text)


@given(VALUES)
def test_every_value_becomes_one_harmless_json_document(value: Any) -> None:
    text = to_json(value)
    assert text.isascii()
    assert is_harmless(text)
    assert json.loads(text) == plain(value)


def test_records_dataclasses_and_enums_become_objects() -> None:
    @dataclass(frozen=True)
    class Report:
        address: TableAddress
        format: FileFormat
        path: Path
        at: datetime
        by_stage: dict[Stage, int]
        classes: tuple[LabelClass, ...]
        share: float

    report = Report(
        TableAddress("local", "files", "a"),
        FileFormat.CSV,
        Path("/a"),
        datetime(2026, 1, 2, tzinfo=UTC),
        {Stage.DATA: 1},
        (LabelClass(name="crack"),),
        math.nan,
    )
    assert json.loads(to_json(report)) == {
        "address": "local.files.a",
        "format": "csv",
        "path": "/a",
        "at": "2026-01-02T00:00:00.000000Z",
        "by_stage": {"data": 1},
        "classes": [{"name": "crack", "display_name": "", "description": "", "color": "", "hotkey": ""}],
        "share": None,
    }


def test_no_line_for_people_holds_what_a_terminal_interprets() -> None:
    row = {HOSTILE: HOSTILE, "nested": {"a": [HOSTILE]}, "none": None}
    lines = [
        *table((HOSTILE, "n"), [(HOSTILE, 1), ({"x": HOSTILE}, 2)]),
        *facts([(HOSTILE, HOSTILE)]),
        *fields(row),
    ]
    assert all(is_harmless(line) for line in lines)


def test_columns_stay_aligned_with_wide_characters_and_numbers_go_right() -> None:
    lines = table(("name", "pairs"), [("結晶検査", 7), ("a", 1204)])
    assert lines == ["name      pairs", "結晶検査      7", "a          1204"]


def test_an_empty_table_says_what_to_do() -> None:
    assert table(("a",), [], "Add one.") == ["Add one."]


def test_a_number_that_was_not_measured_is_not_invented() -> None:
    assert number(None, 1, "ms") == "no data yet"
    assert number(1234.56, 1, "ms") == "1,234.6 ms"


def test_progress_without_a_terminal_is_quiet_for_short_work(capsys: Any) -> None:
    line = ProgressLine()
    for done in range(100):
        line.update(done, 100, HOSTILE)
    line.close()
    assert capsys.readouterr() == ("", "")
