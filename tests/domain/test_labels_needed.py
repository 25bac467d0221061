"""How many more labels: a number where the learning curve supports one, and silence where it does not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontos_tui.domain.records.training import LearningCurvePoint
from ontos_tui.domain.rules.labels_needed import LabelsNeeded, labels_needed, rounded

LABELS = (20, 40, 80, 160)


def points(values: Sequence[float], spread: float, labels: Sequence[int] = LABELS) -> list[LearningCurvePoint]:
    return [
        LearningCurvePoint(labels=n, value=value, low=value - spread, high=value + spread)
        for n, value in zip(labels, values, strict=True)
    ]


def law(top: float, fall: float, exponent: float, spread: float) -> list[LearningCurvePoint]:
    """A curve that follows the law exactly, with intervals of this half width."""
    return points([top - fall * n**-exponent for n in LABELS], spread)


def test_a_sharp_curve_gives_one_number() -> None:
    # 0.8 - 1.6 / sqrt(n) reaches 0.7 at 256 labels, 96 more than there are.
    assert labels_needed(law(0.8, 1.6, 0.5, 0.003), 0.7) == LabelsNeeded(100, 100)


def test_a_less_sharp_one_gives_a_range() -> None:
    needed = labels_needed(law(0.8, 1.6, 0.5, 0.015), 0.72)
    assert needed is not None
    assert needed.low < 240 < needed.high  # it has 0.72 at 400 labels
    assert str(needed) == f"About {needed.low} to {needed.high} more labels"


def test_an_error_falls() -> None:
    rising = labels_needed(law(0.8, 1.6, 0.5, 0.003), 0.7)
    falling = labels_needed(points([-0.8 + 1.6 * n**-0.5 for n in LABELS], 0.003), -0.7, higher_is_better=False)
    assert rising == falling is not None


@pytest.mark.parametrize(
    "curve",
    [
        [],
        points([0.3, 0.5], 0.001, (20, 40)),
        points([0.3, 0.4, 0.5], 0.001, (20, 20, 20)),
        points([0.5, 0.5, 0.5, 0.5], 0.01),  # flat
        points([0.5, 0.45, 0.42, 0.4], 0.01),  # worse with more labels
        points([0.3, 0.45, 0.38, 0.5], 0.2),  # noise
        law(0.8, 1.6, 0.5, 0.1),  # rises, but its intervals leave open how far
    ],
)
def test_nothing_is_said_where_the_curve_does_not(curve: list[LearningCurvePoint]) -> None:
    assert labels_needed(curve, 0.7) is None


def test_what_is_out_of_sight_is_not_said() -> None:
    assert labels_needed(law(0.8, 1.6, 0.5, 0.001), 0.79) is None  # at 25,600 labels
    assert labels_needed(law(0.8, 1.6, 0.5, 0.001), 0.9) is None  # never


def test_what_is_reached_already_needs_nothing() -> None:
    assert labels_needed(law(0.8, 1.6, 0.5, 0.003), 0.5) is None


curves = st.builds(
    law,
    st.floats(0.5, 1.0),
    st.floats(0.1, 3.0),
    st.floats(0.2, 1.5),
    st.floats(0.0, 0.05),
)


@given(curves, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_higher_target_never_needs_fewer_labels(curve: list[LearningCurvePoint], first: float, second: float) -> None:
    low, high = (labels_needed(curve, target) for target in sorted((first, second)))
    if low is not None and high is not None:
        assert low.low <= high.high
        assert low.high <= high.high or low.low <= high.low


@given(
    st.lists(st.tuples(st.integers(-5, 10_000), st.floats(-1e6, 1e6), st.floats(0, 1e6)), max_size=8),
    st.floats(-1e6, 1e6),
    st.booleans(),
)
def test_it_is_never_negative_nor_upside_down(
    raw: list[tuple[int, float, float]], target: float, higher_is_better: bool
) -> None:
    curve = [LearningCurvePoint(labels=n, value=value, low=value - half, high=value + half) for n, value, half in raw]
    needed = labels_needed(curve, target, higher_is_better=higher_is_better)
    assert needed is None or 0 < needed.low <= needed.high


@given(st.floats(0.0, 1.0), st.floats(0.0, 0.2), st.floats(0.0, 1.0))
def test_a_flat_curve_never_says_a_number(value: float, spread: float, target: float) -> None:
    assert labels_needed(points([value] * 4, spread), target) is None


@given(st.lists(st.floats(0.4, 0.6), min_size=4, max_size=4), st.floats(0.0, 1.0))
def test_nor_does_a_noisy_one(values: list[float], target: float) -> None:
    assert labels_needed(points(values, 0.4), target) is None


@given(st.floats(0.1, 1e6), st.floats(0.1, 1e6))
def test_an_estimate_is_rounded_in_order(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert 10 <= rounded(low) <= rounded(high)


@pytest.mark.parametrize(("labels", "text"), [(3, 10), (58, 60), (96, 100), (137, 150), (1_240, 1_000), (1_260, 1_500)])
def test_an_estimate_has_no_more_digits_than_it_knows(labels: float, text: int) -> None:
    assert rounded(labels) == text
