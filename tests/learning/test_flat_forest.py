"""Forests as flat arrays answer as scikit-learn does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)

from ontos_tui.learning.models.flat_forest import FEW_ROWS, Forest
from tiers import examples

KINDS = (ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor)


def drawn(kind: Any, seed: int, trees: int, width: int, rows: int, grid: int) -> tuple[Any, np.ndarray]:
    """A fitted forest of random data, and other rows; on a grid of values, many of which are thresholds."""
    random = np.random.default_rng(seed)
    matrix = np.round(random.normal(size=(rows, width)) * grid) / grid * 10.0 ** random.integers(-3, 9)
    targets = random.integers(0, 4, rows) if issubclass(kind, (ExtraTreesClassifier, RandomForestClassifier)) else None
    if targets is None:
        targets = random.normal(size=rows) * 1e6
    elif seed % 3 == 0:
        targets = targets * 0  # a single class
    forest = kind(trees, random_state=seed, min_samples_leaf=1 + seed % 3).fit(matrix, targets)
    return forest, np.concatenate([matrix, random.normal(size=(rows, width))])[random.permutation(2 * rows)]


@settings(max_examples=examples(6, 200), deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 10**6),
    trees=st.integers(1, 8),
    width=st.integers(1, 6),
    rows=st.integers(2, 60),
    grid=st.sampled_from([1, 4, 1_000]),
)
def test_the_answers_are_those_of_scikit_learn(
    kind: Any, seed: int, trees: int, width: int, rows: int, grid: int
) -> None:
    forest, asked = drawn(kind, seed, trees, width, rows, grid)
    flat = Forest.of(forest)
    assert flat is not None
    ask = getattr(forest, "predict_proba", forest.predict)
    for some in (asked[:1], asked[:FEW_ROWS], asked):
        for again in (True, False):
            answers = flat.answers(some, again=again)
            np.testing.assert_allclose(answers, ask(some).reshape(len(some), -1), rtol=1e-12, atol=1e-12)


def test_a_missing_value_goes_where_the_forest_learned_that_it_goes() -> None:
    matrix = np.array([[1.0], [2.0], [np.nan], [np.nan], [5.0], [6.0]])
    forest = RandomForestClassifier(5, random_state=0).fit(matrix, [0, 0, 1, 1, 0, 0])
    flat = Forest.of(forest)
    assert flat is not None
    np.testing.assert_allclose(flat.answers(matrix, again=True), forest.predict_proba(matrix), atol=1e-12)


@pytest.mark.parametrize("estimator", [HistGradientBoostingClassifier(), None])
def test_other_estimators_are_not_taken_for_forests(estimator: Any) -> None:
    assert Forest.of(estimator) is None
