"""The measures of agreement against published examples, against their definitions, and with whatever people give."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.rules.agreement import (
    ALL_AGREE,
    FEW_ITEMS,
    LEAST_ITEMS,
    NO_ITEMS,
    ONE_ANSWER,
    Scale,
    Share,
    bootstrap,
    cohen,
    krippendorff,
    on_scale,
)

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (University of Pennsylvania, 2011), example C and D:
# four observers, twelve units, missing data.
OBSERVERS = ("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .")
UNITS = [
    [float(value) for value in unit if value != "."]
    for unit in zip(*(observer.split() for observer in OBSERVERS), strict=True)
]


@pytest.mark.parametrize(("scale", "alpha"), [(Scale.NOMINAL, 0.743), (Scale.ORDINAL, 0.815), (Scale.INTERVAL, 0.849)])
def test_alpha_of_krippendorff_s_four_observers(scale: Scale, alpha: float) -> None:
    result = krippendorff(UNITS, scale)
    assert result.value == pytest.approx(alpha, abs=5e-4)
    assert result.items == 11, "one unit was seen by one observer only"
    assert result.low is not None
    assert result.high is not None
    assert result.low < alpha < result.high


@pytest.mark.parametrize(
    ("one", "other", "alpha"),
    [
        ("0100000010", "1110010000", 0.095),  # the same paper, example A: two observers, binary data
        ("aabbdcccedda", "babbbccceddd", 0.692),  # example B: two observers, five classes
    ],
)
def test_alpha_of_krippendorff_s_two_observers(one: str, other: str, alpha: float) -> None:
    assert krippendorff(list(zip(one, other, strict=True))).value == pytest.approx(alpha, abs=5e-4)


@pytest.mark.parametrize(
    ("yes_yes", "yes_no", "no_yes", "no_no", "kappa"),
    [
        (20, 5, 10, 15, 0.40),  # "Cohen's kappa", Wikipedia: two readers of 50 grant proposals
        (45, 15, 25, 15, 0.1304),  # the same page: the same raw agreement …
        (25, 35, 5, 35, 0.2593),  # … and another kappa
    ],
)
def test_kappa_of_two_readers(yes_yes: int, yes_no: int, no_yes: int, no_no: int, kappa: float) -> None:
    pairs = [("y", "y")] * yes_yes + [("y", "n")] * yes_no + [("n", "y")] * no_yes + [("n", "n")] * no_no
    result = cohen(pairs)
    assert result.value == pytest.approx(kappa, abs=5e-5)
    assert result.percent == (yes_yes + no_no) / len(pairs)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [
        (
            8,
            10,
            0.4902,
            0.9433,
        ),  # Wilson, Journal of the American Statistical Association 22 (1927): his formula by hand
        (81, 263, 0.2553, 0.3662),  # Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (15, 148, 0.0624, 0.1605),  # the same
        (0, 20, 0.0, 0.1611),  # the same
        (1, 29, 0.0061, 0.1718),  # the same
    ],
)
def test_the_interval_of_a_share(right: int, of: int, low: float, high: float) -> None:
    share = Share(right, of)
    assert share.share == right / of
    assert share.interval == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_nothing_is_no_number() -> None:
    assert Share(0, 0).share is None
    assert Share(0, 0).interval == (0.0, 1.0), "anything is possible"


# What cannot be told

AGREED = [["a", "a"]] * LEAST_ITEMS


def test_what_is_not_defined_says_why() -> None:
    nobody = krippendorff([["a"], [], ["b"]])
    assert (nobody.value, nobody.percent, nobody.items, nobody.why) == (None, None, 0, NO_ITEMS)
    assert (cohen([]).value, cohen([]).why) == (None, NO_ITEMS)
    same = krippendorff(AGREED)
    assert (same.value, same.low, same.percent, same.why) == (None, None, 1.0, ONE_ANSWER)
    assert (cohen([("a", "a")] * 5).value, cohen([("a", "a")] * 5).why) == (None, ONE_ANSWER)
    assert cohen([("a", "a"), ("a", "b")]).value == 0.0, "who always says the same agrees by chance"


def test_an_interval_needs_items_and_a_disagreement() -> None:
    few = krippendorff([["a", "a"], ["b", "b"], ["a", "b"]])
    assert few.value is not None
    assert (few.low, few.high, few.why) == (None, None, FEW_ITEMS)
    all_agree = krippendorff([*AGREED, ["b", "b"]])
    assert (all_agree.value, all_agree.low, all_agree.why) == (1.0, None, ALL_AGREE)
    enough = krippendorff([*AGREED, ["b", "b"], ["a", "b"]])
    assert (enough.low is not None, enough.why) == (True, "")


@pytest.mark.parametrize("value", [True, None, "1", math.nan, math.inf, -math.inf, 10**400, [1]])
def test_what_is_no_number_has_no_place_on_a_scale(value: Any) -> None:
    assert on_scale(value) is None


# Against the definitions

letters = st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=14)
numbers = st.lists(st.lists(st.integers(1, 5).map(float), max_size=4), max_size=14)
floats = st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3), max_size=14)


def by_definition(units: Sequence[Sequence[Any]], scale: Scale) -> float | None:
    """Alpha from the coincidence matrix, cell by cell, as the paper writes it."""
    coincidences = Counter[tuple[Any, Any]]()
    for unit in units:
        for pair in permutations(unit, 2):
            coincidences[pair] += 1 / (len(unit) - 1)  # type: ignore[assignment]
    totals = Counter[Any]()
    for (value, _), times in coincidences.items():
        totals[value] += times
    n = sum(totals.values())
    order = sorted(totals)

    def distance(one: Any, other: Any) -> float:
        if scale is Scale.NOMINAL:
            return float(one != other)
        if scale is Scale.INTERVAL:
            return float((one - other) ** 2)
        low, high = sorted((order.index(one), order.index(other)))
        return float((sum(totals[g] for g in order[low : high + 1]) - (totals[one] + totals[other]) / 2) ** 2)

    expected = sum(totals[c] * totals[k] * distance(c, k) for c in order for k in order)
    observed = sum(times * distance(c, k) for (c, k), times in coincidences.items())
    return None if expected == 0 else 1 - (n - 1) * observed / expected


@given(letters)
def test_nominal_alpha_is_what_its_definition_says(units: list[list[str]]) -> None:
    assert krippendorff(units).value == pytest.approx(by_definition(units, Scale.NOMINAL))


@given(numbers, st.sampled_from([Scale.ORDINAL, Scale.INTERVAL]))
def test_alpha_of_numbers_is_what_its_definition_says(units: list[list[float]], scale: Scale) -> None:
    assert krippendorff(units, scale).value == pytest.approx(by_definition(units, scale))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30))
def test_kappa_is_what_its_definition_says(pairs: list[tuple[str, str]]) -> None:
    n = len(pairs)
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    same = sum(one == other for one, other in pairs) / n
    chance = sum(first[value] * second[value] for value in first) / n**2
    result = cohen(pairs)
    if first.keys() == second.keys() and len(first) == 1:
        assert result.value is None
    else:
        assert result.value == pytest.approx((same - chance) / (1 - chance))
    swapped = cohen([(other, one) for one, other in pairs])
    assert swapped == result


# What holds always


@given(letters, st.randoms(use_true_random=False))
def test_neither_the_order_nor_the_names_of_classes_matter(units: list[list[str]], chance: Any) -> None:
    names = dict(zip("abc", chance.sample("xyz", 3), strict=True))
    renamed = [[names[value] for value in unit] for unit in units]
    for unit in renamed:
        chance.shuffle(unit)
    chance.shuffle(renamed)
    one, other = krippendorff(units), krippendorff(renamed)
    assert (one.value, one.percent, one.items, one.why) == (
        pytest.approx(other.value),
        pytest.approx(other.percent),
        other.items,
        other.why,
    )


@given(numbers, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_interval_alpha_knows_no_unit_and_no_zero(units: list[list[float]], unit: float, zero: float) -> None:
    moved = [[value * unit + zero for value in some] for some in units]
    one, other = krippendorff(units, Scale.INTERVAL).value, krippendorff(moved, Scale.INTERVAL).value
    assert one == pytest.approx(other, abs=1e-6)


@given(letters)
def test_with_two_classes_all_scales_are_the_same(units: list[list[str]]) -> None:
    places = [[float(value == "a") for value in unit] for unit in units]
    nominal, ordinal, interval = (krippendorff(places, scale).value for scale in Scale)
    assert nominal == pytest.approx(ordinal)
    assert nominal == pytest.approx(interval)


@given(floats, st.sampled_from(list(Scale)))
def test_whatever_numbers_are_given_a_value_is_a_number_or_has_a_reason(units: list[list[float]], scale: Scale) -> None:
    result = krippendorff(units, scale)
    if result.value is None:
        assert result.why
    else:
        assert math.isfinite(result.value)
        assert result.value <= 1 + 1e-9
    assert (result.low is None) == (result.high is None)
    if result.low is None or result.high is None:
        assert result.why
    else:
        assert result.low <= result.high <= 1 + 1e-9


@pytest.mark.parametrize("scale", list(Scale))
def test_the_interval_is_drawn_the_same_again_and_holds_the_value(scale: Scale) -> None:
    units = [[float(n % 4), float((n * n) % 5 if n % 3 == 0 else n % 4)] for n in range(60)]
    patterns = Counter(tuple(sorted(unit)) for unit in units)
    assert bootstrap(patterns, scale) == bootstrap(patterns, scale)
    assert bootstrap(patterns, scale) != bootstrap(patterns, scale, seed=2)
    result = krippendorff(units, scale)
    assert result.low is not None
    assert result.high is not None
    assert result.value is not None
    assert result.low < result.value < result.high


@pytest.mark.parametrize("scale", list(Scale))
def test_the_interval_is_that_of_the_definition_over_resampled_items(scale: Scale) -> None:
    units = [[1.0, 1.0], [2.0, 2.0, 2.0], [3.0, 3.0], [1.0, 2.0], [3.0, 1.0, 3.0], [1.0, 1.0], [5.0, 5.0], [2.0, 3.0]]
    draw = Random(7)
    resampled = (by_definition(draw.choices(units, k=len(units)), scale) for _ in range(1_500))
    drawn = sorted(value for value in resampled if value is not None)
    expected = drawn[round(0.025 * len(drawn))], drawn[round(0.975 * len(drawn))]
    assert bootstrap(Counter(map(tuple, map(sorted, units))), scale) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("scale", list(Scale))
def test_more_of_the_same_items_narrow_the_interval(scale: Scale) -> None:
    units = [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [1.0, 2.0], [3.0, 3.0], [1.0, 1.0]]

    def width(times: int) -> float:
        result = krippendorff(units * times, scale)
        assert result.low is not None
        assert result.high is not None
        return result.high - result.low

    wide, narrow = width(3), width(48)
    assert narrow == pytest.approx(wide / 4, rel=0.35), "sixteen times the items, a quarter of the width"


def test_drawing_item_by_item_is_as_drawing_by_pattern() -> None:
    """Both ways to draw a resample; the first is taken for few patterns, the second for as many as there are items."""
    few = Counter({("a", "a"): 40, ("b", "b"): 30, ("a", "b"): 20, ("a", "b", "c"): 10})
    low, high = bootstrap(few, Scale.NOMINAL)
    rare: Callable[[int], tuple[str, str]] = lambda n: ("a", "b") if n % 5 == 0 else (f"c{n}", f"c{n}")  # noqa: E731
    many = Counter(rare(n) for n in range(100))
    one, other = bootstrap(many, Scale.NOMINAL)
    assert 0 < low < high < 1
    assert 0.65 < one < 0.8 < other < 0.9, "a fifth differ, and chance agreement is next to nothing"
