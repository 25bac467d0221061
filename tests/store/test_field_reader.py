"""Stored fields by the column: the same values as the rows have one by one, whatever stands in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from ontos_tui.domain.row_columns import ColumnRows, column, column_names
from ontos_tui.store.engine import Store
from ontos_tui.store.field_reader import FieldReader
from ontos_tui.store.values import to_json

Rows = list[dict[str, Any]]
Reader = Callable[..., Any]


@pytest.fixture(params=["arrays", "objects"])
def read(store: Store, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """Reads blocks of rows as they are stored: as arrays mostly, as objects where there are too many lists of names."""
    with store.write() as connection:
        encode = connection.fields.text if request.param == "arrays" else to_json

        def read(*blocks: Rows) -> Any:
            reader = FieldReader(connection.fields)
            for block in blocks:
                reader.add([encode(row) for row in block])
            return reader.rows()

        yield read


def test_numbers_alone_are_kept_in_arrays(read: Reader, request: pytest.FixtureRequest) -> None:
    rows = read([{"heat": 1.5, "count": 3, "word": "a"}], [{"heat": -0.25, "count": 4, "word": "b"}])
    if request.node.callspec.params["read"] == "arrays":
        assert isinstance(rows, ColumnRows)
        assert [type(rows.columns[name]) for name in ("heat", "count", "word")] == [np.ndarray, np.ndarray, list]
    assert list(rows) == [{"heat": 1.5, "count": 3, "word": "a"}, {"heat": -0.25, "count": 4, "word": "b"}]
    assert [type(value) for value in rows[0].values()] == [float, int, str]


@pytest.mark.parametrize(
    "values",
    [[1.5, 2], [1, None], [1, True], [10**30, 1], ["1", 1], [[1], {"a": None}], [None, None]],
    ids=["float and int", "missing", "flag", "too large", "text", "nested", "empty"],
)
def test_what_is_no_column_of_one_kind_stays_as_it_is(read: Reader, values: list[Any]) -> None:
    blocks = [[{"a": value}] for value in values]
    for rows in (read(*blocks), read([one for block in blocks for one in block])):
        assert column(rows, "a") == values
        assert [type(value) for value in column(rows, "a")] == [type(value) for value in values]


def test_not_a_number_is_one_of_the_numbers(read: Reader) -> None:
    (first, second) = column(read([{"a": math.nan}, {"a": 1.0}]), "a")
    assert math.isnan(first)
    assert second == 1.0


def test_rows_with_other_fields_are_kept_one_by_one(read: Reader) -> None:
    different = [[{"a": 1.0, "b": 2}], [{"a": 3.0}, {"b": 1, "a": 2.0}], [{"a": 1.0, "b": 2}]]
    rows = read(*different)
    assert rows == [one for block in different for one in block]
    assert column_names(rows) == ("a", "b")
    assert "b" not in rows[1]
    assert column(rows, "b") == [2, None, 1, 2]


def test_nothing_has_no_columns(read: Reader) -> None:
    assert list(read()) == []
    assert list(read([])) == []
    assert list(read([{}, {}])) == [{}, {}]
    assert column_names(read()) == ()
