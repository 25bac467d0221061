"""Addresses of tables, and names made from free text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import TableAddress, identifier_from

PARTS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]*", fullmatch=True)


@given(PARTS, PARTS, PARTS)
def test_an_address_is_read_as_it_is_written(catalog: str, schema: str, table: str) -> None:
    address = TableAddress(catalog, schema, table)
    assert TableAddress.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "a", "a.b", "a.b.c.d", "a..c", ".b.c", "a.b.", "a.b.c ", " a.b.c", "a.b.c\n", "a.b.1c", "a.b.c d"),
        *("a.b.c;drop", 'a.b."c"', "a.b.`c`", "a.b.c'", "a.b.ü", "a.b.c\0", "a.b.../x", "-a.b.c"),
    ],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInputError, match="not a table address") as caught:
        TableAddress.parse(text)
    assert "local.files." in caught.value.todo


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert str(TableAddress.parse(text)) == text
    except InvalidInputError:
        assert not re.fullmatch(r"(?:[A-Za-z_][A-Za-z0-9_-]*\.){2}[A-Za-z_][A-Za-z0-9_-]*", text)


@given(st.text(st.characters(codec=None)))
def test_any_text_makes_a_name(text: str) -> None:
    name = identifier_from(text)
    assert TableAddress.parse(f"local.files.{name}").table == name
    assert identifier_from(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ai4i2020", "ai4i2020"),
        ("Air temperature [K]", "air_temperature_k"),
        ("2024 run", "t_2024_run"),
        ("CO(GT)", "co_gt"),
        ("__x__", "x"),
        ("", "table"),
        ("日本", "table"),
    ],
)
def test_names_are_what_one_would_write(text: str, name: str) -> None:
    assert identifier_from(text) == name
