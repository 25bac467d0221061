"""Whether a new model is better."""

from __future__ import annotations

import pytest

from ontos_tui.domain.rules.improvement import Improvement, improvement


@pytest.mark.parametrize(
    ("difference", "low", "high", "higher_is_better", "expected"),
    [
        (0.2, 0.1, 0.3, True, Improvement.BETTER),
        (-0.2, -0.3, -0.1, True, Improvement.WORSE),
        (-0.2, -0.3, -0.1, False, Improvement.BETTER),
        (0.2, 0.1, 0.3, False, Improvement.WORSE),
        (0.2, -0.1, 0.5, True, Improvement.UNCLEAR),
        (0.2, 0.0, 0.4, True, Improvement.UNCLEAR),
        (0.0, 0.0, 0.0, True, Improvement.UNCLEAR),
    ],
)
def test_only_an_interval_without_zero_shows_something(
    difference: float, low: float, high: float, higher_is_better: bool, expected: Improvement
) -> None:
    assert improvement(difference, low, high, higher_is_better=higher_is_better) is expected
