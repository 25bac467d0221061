"""Segments: what they hold is the same one by one, counted in one pass, and in SQL."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.rules.segments import FIFTHS, Segment, count_by_segment, segments_of
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.improve.segments import in_segment

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**50), 2**50),
    st.floats(-1e12, 1e12),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=4),
)
values = st.lists(scalars | st.sampled_from([1, 2.5, "a", "b", True]), max_size=60)


@given(values)
def test_every_value_is_in_at_most_one_segment_and_the_counts_agree(values: list[Any]) -> None:
    segments = segments_of("field", values)
    held = [[segment.contains({"field": value}) for segment in segments] for value in values]
    assert all(sum(row) <= 1 for row in held)
    assert count_by_segment(segments, values) == [sum(row[place] for row in held) for place in range(len(segments))]


@given(st.lists(st.integers(-1000, 1000), min_size=9, max_size=80, unique=True))
def test_numbers_are_cut_into_fifths_that_hold_all_of_them(numbers: list[int]) -> None:
    segments = segments_of("field", numbers)
    assert sorted(segment.place for segment in segments) == list(range(1, FIFTHS + 1))
    assert sum(count_by_segment(segments, numbers)) == len(numbers)
    assert max(count_by_segment(segments, numbers)) - min(count_by_segment(segments, numbers)) <= 1


@given(values)
def test_sqlite_finds_the_same_rows(values: list[Any]) -> None:
    with closing(Connection.open(Path(":memory:"))) as connection:
        connection.execute("CREATE TABLE data (fields TEXT, answer TEXT)")
        connection.executemany("INSERT INTO data VALUES (?, ?)", [({"field": value}, {}) for value in values])
        for segment in segments_of("field", values):
            condition = in_segment(segment, "data.fields", "data.answer")
            count = connection.scalar(f"SELECT count(*) FROM data WHERE {condition.sql}", condition.values)
            assert count == sum(segment.contains({"field": value}) for value in values), segment


@given(values)
def test_a_segment_survives_being_kept_as_evidence(values: list[Any]) -> None:
    for segment in segments_of("field", values, of_answer=True):
        again = Segment.from_evidence(json.loads(json.dumps(segment.evidence())))
        assert (again, again.key) == (segment, segment.key)


def test_free_texts_and_single_values_are_no_segments() -> None:
    assert segments_of("note", [f"note {number}" for number in range(100)]) == []
    assert segments_of("line", ["north"] * 30) == []
    assert segments_of("image", [{"path": "a.png"}] * 30) == []
    assert [segment.words for segment in segments_of("line", ["north", "south", None] * 5)] == [
        "line = north",
        "line = south",
        "line = (empty)",
    ]


def test_a_fifth_keeps_its_name_when_its_limits_move() -> None:
    before, after = (segments_of("torque", range(100)), segments_of("torque", range(5, 130)))
    assert [segment.key for segment in before] == [segment.key for segment in after]
    assert before[-1].words == "torque in its highest fifth (80 to 99)"
