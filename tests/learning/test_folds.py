"""Folds: every row is tested once, and no group is on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ontos_tui.learning.search.folds import make_folds, sample_of_groups
from tiers import examples

GROUPS = st.lists(st.one_of(st.none(), st.sampled_from("abcdefg")), min_size=2, max_size=60)


@settings(max_examples=examples(40, 1_000))
@given(GROUPS, st.booleans(), st.integers(2, 6))
def test_no_group_is_on_both_sides_and_every_row_is_tested_once(
    groups: list[str | None], numbers: bool, count: int
) -> None:
    targets: Sequence[str | float] = [float(n % 7) if numbers else f'"{n % 3}"' for n in range(len(groups))]
    folds = make_folds(targets, groups, count)
    tested = np.concatenate([fold[1] for fold in folds])
    assert sorted(tested.tolist()) == list(range(len(groups)))
    several = len({one for one in groups if one is not None}) + groups.count(None) > 1
    for learned, fold in folds:
        assert not set(learned.tolist()) & set(fold.tolist())
        if several:
            assert not {groups[n] for n in learned.tolist()} & {groups[n] for n in fold.tolist()} - {None}


def test_classes_are_spread_over_the_folds() -> None:
    targets = ['"rare"' if n % 20 == 0 else '"common"' for n in range(200)]
    for _, tested in make_folds(targets, None):
        assert sum(targets[n] == '"rare"' for n in tested.tolist()) == 2


def test_classes_of_groups_are_spread_too() -> None:
    groups = [f"unit {n // 10}" for n in range(200)]
    targets = ['"worn"' if n // 10 % 4 == 0 else '"fine"' for n in range(200)]
    for _, tested in make_folds(targets, groups):
        assert sum(targets[n] == '"worn"' for n in tested.tolist()) == 10


def test_in_order_only_the_past_teaches() -> None:
    folds = make_folds([float(n) for n in range(60)], None, in_order=True)
    assert len(folds) == 5
    assert all(learned.max() < tested.min() for learned, tested in folds)


def test_few_rows_give_few_folds() -> None:
    assert make_folds([1.0], None) == []
    assert len(make_folds([1.0, 2.0, 3.0], None)) == 3
    assert len(make_folds([1.0] * 9, ["a", "b", "c"] * 3)) == 3


def test_a_seed_gives_the_same_folds() -> None:
    targets = [float(n * 37 % 11) for n in range(50)]
    one, same, other = (make_folds(targets, None, seed=seed) for seed in (1, 1, 2))
    assert [fold[1].tolist() for fold in one] == [fold[1].tolist() for fold in same]
    assert [fold[1].tolist() for fold in one] != [fold[1].tolist() for fold in other]


def test_of_many_rows_whole_groups_are_drawn() -> None:
    groups = [f"unit {n // 100}" for n in range(5_000)]
    drawn = sample_of_groups(groups, 5_000, 1_000).tolist()
    counts = {group: sum(groups[n] == group for n in drawn) for group in {groups[n] for n in drawn}}
    assert set(counts.values()) == {100}
    assert len(drawn) == 1_000
    assert sample_of_groups(None, 50, 1_000).tolist() == list(range(50))
