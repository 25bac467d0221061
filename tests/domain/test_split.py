"""Which pairs are held out: whole groups at random or the latest, and what was promised once stays."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.rules.split import Candidate, Split, SplitBy, groups_in_words, hold_out, hold_out_single


@given(
    st.lists(st.tuples(st.none() | st.integers(0, 8).map(str), st.integers(0, 2), st.integers(0, 50)), max_size=80),
    st.integers(0, 5),
    st.booleans(),
)
def test_the_split_holds_its_promises(drawn: list[tuple[str | None, int, int]], seed: int, in_order: bool) -> None:
    candidates = [Candidate(f"{number:03d}", group, order) for number, (group, _, order) in enumerate(drawn)]
    held_before = {one.id for one, (_, past, _) in zip(candidates, drawn, strict=True) if past == 1}
    trained_before = {one.id for one, (_, past, _) in zip(candidates, drawn, strict=True) if past == 2}
    chosen = hold_out(candidates, held_before, trained_before, seed, in_order=in_order)
    assert chosen == hold_out(candidates[::-1], held_before, trained_before, seed, in_order=in_order)
    assert held_before <= chosen <= {one.id for one in candidates}
    sides: dict[str, set[bool]] = {}
    for one in candidates:
        if one.group is not None:
            sides.setdefault(one.group, set()).add(one.id in chosen)
    assert all(len(both) == 1 for both in sides.values())


@given(st.integers(10, 400), st.integers(0, 1000))
def test_a_fifth_of_independent_pairs_is_held_out(count: int, seed: int) -> None:
    chosen = hold_out([Candidate(str(number)) for number in range(count)], (), (), seed)
    assert len(chosen) == max(2, int(count * 0.2 + 0.5))


def test_every_pair_is_held_out_as_often_as_any_other() -> None:
    """The draw does not look at the answers: over many seeds, each pair has its fifth."""
    candidates = [Candidate(f"{number:02d}") for number in range(50)]
    times = Counter(one for seed in range(400) for one in hold_out(candidates, (), (), seed))
    assert all(50 <= times[one.id] <= 110 for one in candidates), "80 times of 400, give or take four deviations"


def test_groups_come_near_to_a_fifth_and_a_large_one_is_passed_over() -> None:
    sizes = {"large": 60, **{f"small{number}": 5 for number in range(8)}}
    candidates = [Candidate(f"{name}-{number}", name) for name, size in sizes.items() for number in range(size)]
    for seed in range(20):
        chosen = hold_out(candidates, (), (), seed)
        assert len(chosen) == 20
        assert not any(one.startswith("large") for one in chosen)


def test_of_two_groups_one_is_held_out() -> None:
    candidates = [Candidate(f"{name}{number}", name) for name in "ab" for number in range(30)]
    assert len(hold_out(candidates, (), (), 0)) == 30


def test_in_order_the_latest_groups_are_held_out() -> None:
    candidates = [Candidate(f"{number:03d}", f"day {number // 10:02d}", float(number)) for number in range(100)]
    assert hold_out(candidates, (), (), 3, in_order=True) == {f"{number:03d}" for number in range(80, 100)}


def test_in_order_nothing_is_passed_over_for_an_earlier_group() -> None:
    sizes = [10, 10, 80, 5]
    names = [(place, number) for place, size in enumerate(sizes) for number in range(size)]
    candidates = [Candidate(f"{place}-{number}", str(place), float(place)) for place, number in names]
    assert {one[0] for one in hold_out(candidates, (), (), 0, in_order=True)} == {"3"}


def test_many_pairs_are_split_in_no_time() -> None:
    """A hundred thousand take a second; anything quadratic would meet the time limit of the tests."""
    candidates = [Candidate(f"{number:06d}") for number in range(100_000)]
    assert len(hold_out(candidates, (), (), 0)) == 20_000


def test_a_split_in_words_and_in_a_template() -> None:
    split = Split(SplitBy.DAY, "time", "time")
    assert split.in_words() == "by day of time, tested on the latest by time"
    assert split.same_as(split.in_template())
    assert not split.same_as({"group_column": "time"}), "by value"
    assert Split(SplitBy.VALUE, "unit").same_as({"group_column": "unit"}), "a template of before this rule"
    assert Split().same_as({"group_column": None})
    assert Split().in_words() == "rows are independent"
    assert groups_in_words(1, "unit") == "1 group of unit"
    assert groups_in_words(40, "different row") == "40 different rows"
    assert groups_in_words(1_200, "") == "1,200 pairs"


@given(st.sets(st.text(max_size=3), max_size=60), st.integers(0, 5), st.sampled_from([0.0, 0.2]))
def test_independent_pairs_are_drawn_like_groups_of_one(ids: set[str], seed: int, share: float) -> None:
    assert hold_out_single(list(ids), seed, share) == hold_out([Candidate(one) for one in ids], (), (), seed, share)
