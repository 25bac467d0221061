"""Rows by the column: the matrix, the answers and the errors of the same rows one by one, whatever they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row
from ontos_tui.learning.encoding.column_encoding import encode_columns, rows_of
from ontos_tui.learning.encoding.columns import BooleanColumn, CategoryColumn, NumericColumn, TextColumn
from ontos_tui.learning.encoding.derived import DerivedColumn
from ontos_tui.learning.encoding.features import FeatureTable

TABLE = FeatureTable(
    (
        NumericColumn("heat", 2.0, True, ("n/a",)),
        NumericColumn("load", 1.0, False),
        BooleanColumn("wet"),
        CategoryColumn("line", ("1", "north", "south")),
        TextColumn("note", ("crack", "dent"), (1.5, 2.0)),
    ),
    (DerivedColumn("ratio", "heat", "load"),),
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(["n/a", " ", "1.5", "true", "north", "1"]),
    st.text(max_size=12), st.just(10**400), st.just("a crack and a dent"), st.lists(st.integers(), max_size=2),
)  # fmt: skip
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(TABLE.names, VALUES)), max_size=8)


def columns_of(rows: list[Row]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in TABLE.names}


@given(ROWS)
def test_lines_and_errors_are_those_of_the_rows_one_by_one(rows: list[Row]) -> None:
    encoded = encode_columns(TABLE, columns_of(rows), len(rows))
    assert encoded.matrix.shape == (len(rows), TABLE.width)
    for place, row in enumerate(rows):
        try:
            alone = TABLE.encode([row], strict=True)
        except InvalidInputError as error:
            assert encoded.errors[place] == str(error)
        else:
            assert place not in encoded.errors
            np.testing.assert_array_equal(encoded.matrix[place], alone[0])


def test_arrays_are_taken_as_well() -> None:
    table = FeatureTable((NumericColumn("heat", 2.0, True),))
    encoded = encode_columns(table, {"heat": np.array([1.5, np.nan, np.inf])}, 3)
    np.testing.assert_array_equal(encoded.matrix[:2], [[1.5, 0], [2.0, 1]])
    assert list(encoded.errors) == [2]


def test_a_lacking_column_is_named() -> None:
    with pytest.raises(InvalidInputError, match="lacks 'load'"):
        encode_columns(TABLE, {name: ["1"] for name in TABLE.names if name != "load"}, 1)


def test_rows_are_seen_through_their_columns() -> None:
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    view = rows_of({"a": np.array([1, 2]), "b": ["x", None]}, 2)
    assert list(view) == rows
    assert list(view[1:]) == rows[1:]
    assert view[-1] == rows[1]
    assert type(view[0]["a"]) is int
    with pytest.raises(IndexError):
        view[2]
