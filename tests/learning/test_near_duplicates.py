"""Rows that say the same are in one group, whatever else their groups are; rows that only look alike are not."""

from __future__ import annotations

import time

import numpy as np

from ontos_tui.learning.groups.near_duplicates import duplicate_groups, join


def rows_of(matrix: np.ndarray) -> list[dict[str, object]]:
    return [{f"c{place}": float(value) for place, value in enumerate(line)} for line in matrix]


def groups_in(rows: list[dict[str, object]]) -> int:
    return len(set(duplicate_groups(rows, list(rows[0])).tolist()))


def test_forty_rows_ten_times_each_are_forty() -> None:
    generator = np.random.default_rng(0)
    repeated = np.repeat(generator.normal(size=(40, 8)), 10, axis=0)
    assert groups_in(rows_of(repeated)) == 40
    assert groups_in(rows_of(repeated + generator.normal(size=repeated.shape) * 1e-4)) == 40, "nearly"
    assert groups_in(rows_of(repeated + generator.normal(size=repeated.shape) * 0.5)) == 400, "far from it"


def test_texts_are_the_same_whatever_their_case_and_blanks() -> None:
    rows: list[dict[str, object]] = [{"t": "One  Two"}, {"t": "one two "}, {"t": "one three"}, {"t": ""}, {"t": None}]
    assert duplicate_groups(rows, ["t"]).tolist() == [0, 0, 2, 3, 4], "rows without a text are no doubles"


def test_rows_of_few_numbers_are_doubles_only_where_they_are_identical() -> None:
    values = np.sort(np.random.default_rng(1).normal(size=(2_000, 1)), axis=0)
    assert groups_in(rows_of(values)) == 2_000


def test_a_slow_reading_is_no_chain_of_doubles() -> None:
    steps = np.cumsum(np.full((30_000, 4), 1e-5), axis=0)
    assert groups_in(rows_of(steps)) == 30_000


def test_numbers_and_their_texts_are_alike_and_missing_ones_are_a_value() -> None:
    rows: list[dict[str, object]] = [{"x": 1}, {"x": "1.0"}, {"x": None}, {"x": 2.0}, {"x": 2}]
    assert duplicate_groups(rows, ["x"]).tolist() == [0, 0, 2, 3, 3]


def test_doubles_join_groups_unless_that_would_make_one_of_most() -> None:
    refs = [f"r{place}" for place in range(6)]
    doubles = np.array([0, 0, 2, 2, 4, 5])
    assert join([None] * 6, doubles, refs) == ["like r0", "like r0", "like r2", "like r2", None, None]
    assert join(["a", "a", "b", "b", "c", None], doubles, refs) == ["a", "a", "b", "b", "c", None]
    many = [f"u{place // 5}" for place in range(50)]
    same = np.arange(50)
    same[7] = 2
    joined = join(many, same, [str(place) for place in range(50)])
    assert joined[:10] == ["u0"] * 10
    assert joined[10:] == many[10:]
    idle = np.where(np.arange(50) % 5 == 0, 0, np.arange(50))
    assert join(many, idle, [str(place) for place in range(50)]) == many, "all units look alike when idle"


def test_a_hundred_thousand_rows_take_seconds() -> None:
    rows = rows_of(np.random.default_rng(2).normal(size=(100_000, 10)))
    begin = time.process_time()
    assert groups_in(rows) == 100_000
    assert time.process_time() - begin < 30, "1.6 s for 20 columns; anything quadratic takes minutes"
