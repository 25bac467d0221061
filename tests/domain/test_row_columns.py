"""Rows and examples by the column look like the sequences that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from ontos_tui.domain.answer_columns import LEFT_OUT, AnswerColumns, FieldAnswers, joined
from ontos_tui.domain.intervals import Outside
from ontos_tui.domain.learning import LabeledExample
from ontos_tui.domain.row_columns import ColumnRows, Examples, column, groups_of, raw_column, rows_of_examples, taken

ROWS = [{"heat": 1.5, "word": "a"}, {"heat": 2.5, "word": "b"}, {"heat": 3.5, "word": "a"}]
COLUMNS = ColumnRows({"heat": np.array([1.5, 2.5, 3.5]), "word": ["a", "b", "a"]}, 3)


def test_columns_are_rows() -> None:
    assert list(COLUMNS) == ROWS
    assert COLUMNS == ROWS
    assert COLUMNS[1:] == ROWS[1:]
    assert COLUMNS[-1] == ROWS[-1]
    assert taken(COLUMNS, [2, 0]) == [ROWS[2], ROWS[0]]
    assert taken(COLUMNS, range(3)) is COLUMNS
    with pytest.raises(IndexError):
        COLUMNS[3]


def test_a_column_is_the_same_of_either() -> None:
    for rows in (ROWS, COLUMNS):
        assert column(rows, "heat") == [1.5, 2.5, 3.5]
        assert column(rows, "none") == [None] * 3
    assert type(column(COLUMNS, "heat")[0]) is float
    assert raw_column(COLUMNS, "heat") is COLUMNS.columns["heat"]


def test_examples_are_made_when_they_are_looked_at() -> None:
    examples = Examples(["r1", "r2", "r3"], COLUMNS, [{"a": 1}, {}, {"a": 2}], ["g", None, "h"])
    assert list(examples)[1] == LabeledExample("r2", ROWS[1], {}, None)
    assert examples[2] == LabeledExample("r3", ROWS[2], {"a": 2}, "h")
    assert [one.ref for one in examples[:2]] == ["r1", "r2"]
    few = taken(examples, [2, 1])
    assert [one.ref for one in few] == ["r3", "r2"]
    assert rows_of_examples(few) == [ROWS[2], ROWS[1]]
    assert list(groups_of(few)) == ["h", None]


def test_blocks_of_answers_stand_behind_each_other() -> None:
    first = AnswerColumns(2, {"a": FieldAnswers(["x", LEFT_OUT], [0.9, None])}, {1: (Outside("heat", 9.0, 0.0, 1.0),)})
    second = AnswerColumns(1, {"a": FieldAnswers(["y"], certainty=["likely"])}, {}, {0: "no"})
    both = joined([first, second])
    assert both.count == 3
    assert list(both.fields["a"].values) == ["x", LEFT_OUT, "y"]
    assert list(both.fields["a"].confidence) == [0.9, None, None]
    assert list(both.fields["a"].certainty) == [None, None, "likely"]
    assert both.fields["a"].low == ()
    assert list(both.outside) == [1]
    assert both.errors == {2: "no"}
