"""JSON documents read in pieces: the same rows as when they are read whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.tabular import json_rows as module
from ontos_tui.tabular.json_rows import ManyDocumentsError, json_rows

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), min_size=1, max_size=6), st.booleans())
def test_rows_are_those_of_the_document(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], is_object: bool
) -> None:
    document: Any = {"a": 1, "b": [1, {}], "rows": rows, "c": {"d": []}} if is_object else rows
    path = tmp_path_factory.getbasetemp() / "a.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8-sig")
    piece, module._PIECE = module._PIECE, 7  # so that every value is cut somewhere
    try:
        assert list(json_rows("a.json", path)) == rows
    finally:
        module._PIECE = piece


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"a": 1},\n{"a": }]', "line 2: not JSON"),
        ('[{"a": 1}', "line 1: not JSON: expected , or ]"),
        ('{"a" 1}', "expected :"),
        ("{1: 2}", "name in double quotes"),
        ("[" * 100_000, "nested too deeply"),
        ('[{"a": ' + "9" * 5_000 + "}]", "too many digits"),
        ('[{"a": "' + "x" * 2_000 + '"}]', "row of more than"),
        ("[]", "no list of objects"),
    ],
)
def test_what_is_not_rows_says_why(tmp_path: Path, text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if said.startswith("row"):
        monkeypatch.setattr(module, "LONGEST_ROW", 1_000)
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InvalidInputError, match=said):
        list(json_rows("a.json", tmp_path / "a.json"))


def test_lines_are_seen_and_a_lone_object_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    with pytest.raises(ManyDocumentsError):
        list(json_rows("a.json", path))
    path.write_text('{"a": [1]}')
    assert list(json_rows("a.json", path)) == [{"a": [1]}]
