"""Numbers from texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.text.numbers import MOST_DIGITS, parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("-3", -3), ("+007", 7), (" 1.5 ", 1.5), (".5", 0.5), ("2.", 2.0), ("1e3", 1000.0), ("-1E-2", -0.01)],
)
def test_a_decimal_number_is_read_and_a_whole_one_is_an_int(text: str, number: float) -> None:
    parsed = parse_number(text)
    assert (parsed, type(parsed)) == (number, type(number))


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "1,5", "1_000", "0x10", "1 2", "١٢", "1e999", "9" * (MOST_DIGITS + 1)]
)
def test_anything_else_is_no_number(text: str) -> None:
    assert parse_number(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_is_read_again(number: float) -> None:
    assert parse_number(repr(number)) == number
