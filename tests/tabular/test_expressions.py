"""Expressions of computed columns: they give what Python gives, or nothing; and never an error or anything else."""

from __future__ import annotations

import math

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.computed.expression import expression_sql
from tiers import examples

COLUMNS = (Column("a", "BIGINT"), Column("b", "DOUBLE"), Column("t", "TIMESTAMP"), Column("u", "DATE"))
VALUES = {"a": 3, "b": 0.0}


def result(text: str) -> object:
    """The value of an expression over one row."""
    sql = expression_sql(text, COLUMNS).sql
    row = "SELECT 3::BIGINT AS a, 0.0::DOUBLE AS b, TIMESTAMP '2024-01-02 00:00:10' AS t, DATE '2024-01-01' AS u"
    ((value,),) = duckdb.sql(f"SELECT {sql} FROM ({row})").fetchall()
    return None if isinstance(value, float) and not math.isfinite(value) else value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a / b", None),
        ("a % b", None),
        ("a // 2", 1),
        ("log(b)", None),
        ("log10(a * 100 / 3)", 2),
        ("sqrt(b - 1)", None),
        ("min(a, b, 7)", 0),
        ("max(a, b)", 3),
        ("if(a > 1, 2, 3)", 2),
        ("coalesce(a / b, 5)", 5),
        ("a ** 2 + abs(0 - a)", 12),
        ("t - u", 86_410),
        ("hour(t) + year(u)", 2024),
        ("exp(1000)", None),
        ("cast('x' as double)", None),
    ],
)
def test_an_expression_has_a_value_or_none(text: str, value: object) -> None:
    assert result(text) == (value if value is None else pytest.approx(value))


NUMBERS = st.sampled_from(["a", "b", "1", "2.5", "0"])
TREES = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda one: f"log({one})"),
        inner.map(lambda one: f"sqrt({one})"),
        st.tuples(inner, inner).map(lambda two: f"min({two[0]}, {two[1]})"),
    ),
    max_leaves=8,
)


@settings(max_examples=examples(25, 400))
@given(TREES)
def test_no_expression_has_an_error(text: str) -> None:
    value = result(text)
    assert value is None or math.isfinite(float(value))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "a b", "a; a", "a -- x", "getenv('HOME')", "a.b", "count(*)", "random()", "c"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        expression_sql(text, COLUMNS)
