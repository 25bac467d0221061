"""Which ratings count as good or bad."""

from __future__ import annotations

import pytest

from ontos_tui.domain.rules.ratings import ALL_RATINGS, HIGHEST, LOWEST, Rating, is_bad, is_good, is_rating


def test_one_and_two_are_bad_four_and_five_are_good_three_is_neither() -> None:
    assert [rating for rating in ALL_RATINGS if is_bad(rating)] == [1, 2]
    assert [rating for rating in ALL_RATINGS if is_good(rating)] == [4, 5]
    assert (min(Rating), max(Rating)) == (LOWEST, HIGHEST)


@pytest.mark.parametrize("value", [0, 6, True, 3.0, "3", None])
def test_what_is_no_whole_number_from_one_to_five_is_no_rating(value: object) -> None:
    assert not is_rating(value)
    assert all(map(is_rating, ALL_RATINGS))
