"""Boosted trees asked all at once answer as scikit-learn does, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, HistGradientBoostingRegressor

from ontos_tui.domain.schema import AnswerField, FieldKind
from ontos_tui.learning.models import boosted_trees
from ontos_tui.learning.models.boosted_trees import BoostedTrees
from ontos_tui.learning.models.field_models import FieldModel, fit

NOISE = np.random.default_rng(7)
MATRIX = np.round(NOISE.normal(size=(600, 6)), 1)
CLASSES = (MATRIX[:, 0] > 0).astype(int) + (MATRIX[:, 1] * MATRIX[:, 2] > 0)
NUMBERS = MATRIX[:, 0] * 3 + MATRIX[:, 3] ** 2


@pytest.mark.parametrize("leaves", [2, 33, 64])
@pytest.mark.parametrize("targets", [CLASSES, CLASSES > 0, NUMBERS])
def test_every_sum_is_that_of_scikit_learn(targets: Any, leaves: int) -> None:
    kind = HistGradientBoostingRegressor if targets is NUMBERS else HistGradientBoostingClassifier
    estimator = kind(max_iter=4, max_leaf_nodes=leaves, min_samples_leaf=2, early_stopping=False)
    estimator.fit(MATRIX, targets)
    trees = BoostedTrees.of(estimator)
    assert trees is not None
    # On the thresholds themselves, beside them, and far away.
    asked = np.concatenate([MATRIX, MATRIX + 0.05, np.nextafter(MATRIX + 0.05, 9), MATRIX * 1e6])
    np.testing.assert_array_equal(trees.raw(asked), estimator._raw_predict(asked))
    expected = estimator.predict(asked) if targets is NUMBERS else estimator.predict_proba(asked)
    np.testing.assert_array_equal(trees.answers(estimator, asked), expected)
    assert len(trees.raw(asked[:0])) == 0


def test_what_it_is_not_made_for_is_left_to_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    assert BoostedTrees.of(None) is None
    assert BoostedTrees.of(ExtraTreesClassifier(2).fit(MATRIX, CLASSES)) is None
    large = HistGradientBoostingClassifier(max_iter=2, max_leaf_nodes=100, min_samples_leaf=1, early_stopping=False)
    assert BoostedTrees.of(large.fit(MATRIX, NUMBERS > 1)) is not None
    deep = HistGradientBoostingRegressor(max_iter=2, max_leaf_nodes=None, min_samples_leaf=1, early_stopping=False)
    assert BoostedTrees.of(deep.fit(MATRIX, NUMBERS)) is None
    monkeypatch.setattr(boosted_trees, "MOST_BYTES", 100)
    assert BoostedTrees.of(large) is None


def test_a_loaded_model_answers_as_the_one_that_was_stored() -> None:
    field = AnswerField("defect", FieldKind.ENUM, True, choices=("a", "b", "c"))
    names = [f'"{"abc"[one]}"' for one in CLASSES]
    model, _ = fit(field, MATRIX, names, "hist_gradient_boosting", 0)
    loaded = FieldModel.from_json(model.to_json(), model.estimator)
    odd = MATRIX.copy()
    odd[0, 0] = np.nan
    for asked in (MATRIX, MATRIX[:1], odd):
        np.testing.assert_array_equal(loaded.class_probabilities(asked), model.class_probabilities(asked))
