"""Where a number stands among others, and which columns tell answers apart."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.rules.value_context import Place, ValueRange, association, number_of, range_of


def test_the_range_is_the_middle_ninety_percent() -> None:
    usual = range_of(list(range(101)))
    assert usual == ValueRange(5.0, 95.0)
    assert [usual.place_of(value) for value in (4, 5, 95, 96)] == [Place.LOW, Place.USUAL, Place.USUAL, Place.HIGH]
    assert [usual.fraction_of(value) for value in (0, 50, 200)] == [0.0, 0.5, 1.0]
    assert [usual.distance_of(value) for value in (50, 104, -4)] == [0.0, 0.1, 0.1]


def test_what_is_no_column_of_numbers_has_no_range() -> None:
    assert range_of([1.0] * 9) is None, "too few"
    assert range_of(["1"] * 20) is None
    assert range_of([*range(20), "n/a"]) is None, "a text among them"
    assert range_of([*range(20), None]) is not None, "missing ones are left out"
    assert range_of([True, False] * 20) is None


def test_where_all_others_are_alike_anything_else_is_unusual() -> None:
    usual = range_of([0] * 100 + [3])
    assert usual == ValueRange(0.0, 0.0)
    assert usual.place_of(3) is Place.HIGH
    assert usual.fraction_of(3) is None
    assert usual.distance_of(3) == math.inf


@pytest.mark.parametrize("value", [True, "3", None, math.nan, math.inf, [1], 10**400])
def test_a_number_is_a_finite_one(value: object) -> None:
    assert number_of(value) is None


def test_a_column_that_decides_the_answer_goes_before_one_that_does_not() -> None:
    answers = ["crack" if number % 4 == 0 else "none" for number in range(200)]
    deciding = [9.0 + number % 3 if answer == "crack" else number % 5 for number, answer in enumerate(answers)]
    constant, named = [1.0] * 200, [answer[0] for answer in answers]
    assert association(deciding, answers) > 0.9
    assert association(named, answers) == pytest.approx(1.0)
    assert association(constant, answers) == 0.0
    assert association([f"text {number}" for number in range(200)], answers) == 0.0, "a name for each says nothing"
    assert association(deciding[:10], answers[:10]) == 0.0, "ten labels say nothing"


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(), st.text(max_size=3)), st.sampled_from("ab")), max_size=60))
def test_an_association_is_between_none_and_whole(pairs: list[tuple[object, str]]) -> None:
    assert 0.0 <= association([value for value, _ in pairs], [answer for _, answer in pairs]) <= 1.0 + 1e-9
