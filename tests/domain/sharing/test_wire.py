"""Entries as text: what is written is read again, and what is no entry is refused whatever it is instead."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.sharing.entries import Change, Choice, Entry, EntryId, Group, Settlement, Thing
from ontos_tui.domain.sharing.wire import MalformedEntryError, NewerFormatError, from_text, to_text

ID = EntryId("w", 3)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | texts | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
ids = st.builds(EntryId, texts, st.integers(1, 10**6))
values = st.none() | st.dictionaries(texts, scalars, max_size=4)
changes = st.builds(Change, st.builds(Thing, texts, texts), values, st.none() | ids, values)
groups = st.lists(st.builds(Group, st.lists(changes, max_size=3).map(tuple)), max_size=3).map(tuple)
settlements = st.lists(
    st.builds(Settlement, texts, st.sampled_from(Choice), st.none() | ids, st.lists(st.none() | ids).map(tuple)),
    max_size=2,
).map(tuple)


@given(groups, settlements, st.lists(texts, max_size=2).map(tuple), st.none() | st.integers(-1, 10**6))
def test_what_is_written_is_read_again(
    groups: tuple[Group, ...], settlements: tuple[Settlement, ...], reopened: tuple[str, ...], read: int | None
) -> None:
    entry = Entry(ID, "ana", groups, settlements, reopened, read)
    assert from_text(ID, "ana", 1, None, to_text(entry)) == entry


GOOD = {"t": "qa_pairs", "k": "1", "v": {"id": "1", "n": 1, "x": 0.5, "none": None}}


@pytest.mark.parametrize(
    "body",
    [
        *("", "[]", "null", "1", '"x"', "{", '{"groups":1}', '{"groups":{"a":1}}', '{"groups":["x"]}', '{"more":1}'),
        *('{"groups":[[1]]}', '{"groups":[["x"]]}', '{"groups":[[{}]]}', '{"groups":[[[]]]}'),
        '{"groups":[[{"t":"a","k":"b","v":{"x":NaN}}]]}',
        '{"groups":[[{"t":"a","k":"b","v":{"x":"\\ud800"}}]]}',
        *('{"reopened":[1]}', '{"read":"x"}', '{"settlements":[{"conflict":"c","choice":"nothing"}]}'),
    ],
)
def test_what_is_no_entry_is_refused(body: str) -> None:
    with pytest.raises(MalformedEntryError):
        from_text(ID, "ana", 1, None, body)


@pytest.mark.parametrize(
    "other",
    [
        *({"t": 1}, {"k": None}, {"v": "x"}, {"v": [1]}, {"v": {"x": True}}, {"v": {"x": [1]}}, {"v": {"x": {}}}),
        *({"v": {"x": 2**63}}, {"v": {"x": -(2**63) - 1}}, {"b": "w"}, {"b": ["w"]}, {"b": [1, 1]}, {"b": ["w", "1"]}),
        *({"b": ["w", True]}, {"b": ["w", 1, 2]}, {"w": 1}, {"more": 1}),
    ],
    ids=repr,
)
def test_a_change_that_is_none_is_refused(other: dict[str, object]) -> None:
    assert from_text(ID, "ana", 1, None, json.dumps({"groups": [[GOOD]]})).groups
    with pytest.raises(MalformedEntryError):
        from_text(ID, "ana", 1, None, json.dumps({"groups": [[{**GOOD, **other}]]}))


def test_a_newer_form_is_told_apart_from_a_damaged_one() -> None:
    with pytest.raises(NewerFormatError):
        from_text(ID, "ana", 2, None, "anything")
