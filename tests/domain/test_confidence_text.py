"""How sure an answer is, as it is said everywhere."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.intervals import Interval, Outside
from ontos_tui.domain.rules.confidence_text import (
    basis_text,
    certainty_text,
    interval_text,
    number_text,
    outside_text,
    outside_texts,
    short_certainty,
    sure_text,
)


@pytest.mark.parametrize(
    ("confidence", "certainty", "text", "sentence", "short"),
    [
        (0.86, "", "86 %", "86 % sure", "86 %"),
        (0.86, "likely", "likely", "likely", "likely"),
        (1.0, "4 of 5 agree", "4 of 5 agree", "4 of 5 agree", "4/5"),
        (None, "unsure", "unsure", "unsure", "unsure"),
        (None, "", "", "", ""),
        (math.nan, "", "", "", ""),
        (1.0, "", "100 %", "100 % sure", "100 %"),
        (0.9996, "", ">99 %", ">99 % sure", ">99 %"),
        (0.0001, "", "<1 %", "<1 % sure", "<1 %"),
    ],
)
def test_a_percentage_stands_only_where_no_words_do(
    confidence: float | None, certainty: str, text: str, sentence: str, short: str
) -> None:
    assert certainty_text(confidence, certainty) == text
    assert sure_text(confidence, certainty) == sentence
    assert short_certainty(confidence, certainty) == short


@pytest.mark.parametrize(
    ("certainty", "explanation", "text"),
    [
        ("4 of 5 agree", "4 of 5 nearest examples agree: P1, P2", "4 of 5 nearest examples agree: P1, P2"),
        ("4 of 5 agree", "nearest examples", "4 of 5 agree · nearest examples"),
        ("likely", "defects v1", "likely · defects v1"),
        ("", "defects v1", "86 % sure · defects v1"),
        ("", "", "86 % sure"),
    ],
)
def test_votes_are_not_said_twice(certainty: str, explanation: str, text: str) -> None:
    assert basis_text(0.86, certainty, explanation) == text


@given(st.floats(0, 1), st.sampled_from(["likely", "unsure", "3 of 5 agree"]))
def test_words_are_never_beside_a_percentage(confidence: float, certainty: str) -> None:
    assert "%" not in sure_text(confidence, certainty) + short_certainty(confidence, certainty)


@pytest.mark.parametrize(
    ("value", "interval", "text"),
    [
        (12.34, Interval(10.12, 14.81), "12.3, 90 %: 10.1–14.8"),
        (12.34, Interval(10.12, 14.81, rough=True), "12.3, 90 %: 10.1–14.8, rough"),
        (20231.24, Interval(20230.9, 20231.5), "20,231.24, 90 %: 20,230.90–20,231.50"),
        (312.4, Interval(100.2, 655.7), "312, 90 %: 100–656"),
        (0.000123, Interval(0.0001, 0.00015), "0.000123, 90 %: 0.000100–0.000150"),
        (5.0, Interval(5.0, 5.0), "5, 90 %: 5–5"),
        (1.5e-20, Interval(1e-20, 2e-20), "1.5e-20, 90 %: 1e-20–2e-20"),
        (2.5, None, "2.5"),
    ],
)
def test_a_number_has_the_digits_that_its_interval_supports(value: float, interval: Interval | None, text: str) -> None:
    assert number_text(value, interval) == text


def test_an_interval_below_zero_can_be_read() -> None:
    assert interval_text(Interval(-3.25, -1.0)) == "90 %: -3.2 to -1.0"


@pytest.mark.parametrize(
    ("outside", "text"),
    [
        (Outside("vibration", 0.031, 0.003, 0.028), "vibration 0.031, learned up to 0.028"),
        (Outside("vibration", 0.001, 0.003, 0.028), "vibration 0.001, learned down to 0.003"),
        (Outside("vibration", 0.028001, 0.003, 0.028), "vibration 0.028001, learned up to 0.028"),
        (Outside("cycle", 12_345.0, 1.0, 9_999.0), "cycle 12,345, learned up to 9,999"),
        (Outside("vendor", "ACME"), "vendor 'ACME' was not in the training pairs"),
        (Outside("code", 7.0), "code 7 was not in the training pairs"),
        (Outside("note", "x" * 50), f"note '{'x' * 39}…' was not in the training pairs"),
    ],
)
def test_a_row_unlike_the_learned_ones_says_in_which_column(outside: Outside, text: str) -> None:
    assert outside_text(outside) == text


def test_of_many_columns_the_first_are_named() -> None:
    many = [Outside(f"c{number}", "new") for number in range(5)]
    assert [text.split(" ")[0] for text in outside_texts(many)] == ["c0", "c1", "c2", "and"]
    assert outside_texts(many)[-1] == "and 2 more columns"
    assert len(outside_texts(many[:3])) == 3
