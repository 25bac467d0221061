"""Near-duplicates: what counts as one, what does not, and how the difference is told."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.learning import NoProgress
from ontos_tui.services.label.hints.duplicates import DuplicateItem, Duplicates, find_duplicates

LONG = "the housing shows a fine crack beside the weld seam on its left side after cleaning with alcohol at noon"


def found(rows: list[dict[str, Any]], *features: str) -> Duplicates:
    names = features or tuple(rows[0])
    return find_duplicates(rows, [f"I{place}" for place in range(len(rows))], names, NoProgress())


def groups(rows: list[dict[str, Any]], *features: str) -> list[list[int]]:
    by_leader: dict[int, list[int]] = defaultdict(list)
    for one in found(rows, *features).members:
        by_leader[one.leader].append(one.place)
    return sorted(sorted(places) for places in by_leader.values())


def member(rows: list[dict[str, Any]], place: int) -> DuplicateItem:
    return next(one for one in found(rows).members if one.place == place)


def spread(count: int = 40) -> list[dict[str, Any]]:
    """Items that are far from each other: 100 units in all, so that the tolerance is a little less than one."""
    return [{"volt": 100.0 * place / (count - 1), "amp": float(place * 7 % count)} for place in range(count)]


def test_equal_items_are_a_group_and_others_are_not() -> None:
    rows = [*spread(), dict(spread()[3]), dict(spread()[3]), dict(spread()[9])]
    assert groups(rows) == [[3, 40, 41], [9, 42]]
    assert member(rows, 41).reason == "same as I3 in all compared fields"
    assert (member(rows, 41).closeness, member(rows, 3).reason) == (1.0, "I40, I41 are nearly the same")
    assert groups(spread()) == []


def test_a_number_within_the_tolerance_is_told_with_its_difference() -> None:
    rows = [*spread(), {**spread()[5], "volt": spread()[5]["volt"] + 0.5}]
    assert groups(rows) == [[5, 40]]
    assert member(rows, 40).reason == "same as I5 except for volt (+0.5)"
    assert 0.5 <= member(rows, 40).closeness < 1.0
    assert groups([*spread(), {**spread()[5], "volt": spread()[5]["volt"] + 1.5}]) == []


def test_a_row_of_neighbors_does_not_become_one_group() -> None:
    rows = [{"volt": place / 100} for place in range(1_000)]  # 0 to 10 in steps of 0.01; the tolerance is 0.09
    for places in groups(rows):
        assert (max(places) - min(places)) / 100 <= 2 * 0.09 + 1e-9
        assert len(places) <= 19


def test_categories_must_be_equal_and_missing_is_not_zero() -> None:
    rows = [{**row, "line": "LM"[place % 2]} for place, row in enumerate(spread())]
    assert groups([*rows, {**rows[4], "line": "M"}]) == []
    assert groups([*rows, {**rows[4], "line": " L "}]) == [[4, 40]]
    assert groups([*rows, {**rows[0], "volt": None}]) == []
    twice = {**rows[0], "volt": None}
    assert groups([*rows, twice, {**twice, "volt": math.nan}]) == [[40, 41]]


def test_texts_with_a_changed_word_are_alike_and_the_words_are_told() -> None:
    rows = [{"note": f"{LONG} {place * 'x'}{place} by nobody"} for place in range(3)]
    others = [
        {"note": f"report {place}: " + " ".join(f"w{place * 31 + n * 17}" for n in range(20))} for place in range(9)
    ]
    assert groups([*others, *rows]) == [[9, 10, 11]]
    message = member([*others, *rows], 10).reason
    assert "same as I9 except for note (“0” → “x1”)" in message


def test_the_order_of_words_and_a_sign_count() -> None:
    padding = [{"note": " ".join(f"w{place * 31 + n * 17}" for n in range(20))} for place in range(9)]
    same = [{"note": f"{LONG}, -5 volt"}, {"note": f"{LONG}, 5 volt"}]
    assert "(“-5” → “5”)" in member([*padding, *same], 10).reason
    shouted = [{"note": LONG}, {"note": f"{LONG.upper()}."}]
    assert "in all compared fields" in member([*padding, *shouted], 10).reason
    turned = [{"note": LONG}, {"note": " ".join(reversed(LONG.split()))}]
    assert groups([*padding, *turned]) == []


def test_what_identifies_an_item_is_not_compared_and_said_so() -> None:
    rows = [{"serial": f"S{place}", **row} for place, row in enumerate([*spread(), spread()[2]])]
    assert groups(rows) == [[2, 40]]
    assert any(message.startswith("serial ") for message in found(rows).left_out)
    assert "1 % of the usual range: volt, amp" in found(rows).compared


def test_nothing_to_compare_is_nothing_found() -> None:
    rows = [{"serial": f"S{place}"} for place in range(30)]
    assert found(rows).members == ()
    assert found(rows).compared == ""


def test_nested_values_are_compared_as_a_whole() -> None:
    rows = [{"points": [place, {"a": place}]} for place in range(20)]
    assert groups([*rows, {"points": [7, {"a": 7}]}]) == [[7, 20]]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["", " ", "\x00\x1b[2J", "\ud800", "a b c d", "9" * 500, "1e999", "nan", LONG, LONG + " x"]),
    st.text(alphabet=st.characters(), max_size=20),
    st.lists(st.integers(), max_size=2),
)


@given(st.lists(st.fixed_dictionaries({"a": VALUES, "b": VALUES, "c": VALUES}), min_size=1, max_size=25))
def test_whatever_the_data_holds_groups_are_whole_and_equal_items_are_together(rows: list[dict[str, Any]]) -> None:
    rows = [*rows, dict(rows[0])]
    result = found(rows)
    places = [one.place for one in result.members]
    assert len(places) == len(set(places))
    leaders = {one.leader for one in result.members}
    assert leaders <= {one.place for one in result.members if one.place == one.leader}
    assert all(0.0 <= one.closeness <= 1.0 and one.reason for one in result.members)
    if result.compared:
        of = {one.place: one.leader for one in result.members}
        assert of[0] == of[len(rows) - 1]
