"""Learning from pictures beside measurements.

The histograms of a picture are far more numbers than a row has measurements, and side by side in one estimator either
drowns the other. So a support vector machine turns them into one score for each class (for a number: its value), and
what the user chose learns from these scores, the other figures of the picture, and the measurements. The scores that
it learns from are of pictures which the machine that gave them had not seen, by cross-validation (stacked
generalization: Wolpert 1992). tests/benchmarks/images.py measures both ways.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from ontos_tui.learning.models import families

SOFTNESS = 3.0
"""The C of the support vector machine; 10 does as well on the magnetic tiles."""


def with_pictures(
    estimator: Any,
    params: dict[str, Any],
    targets: NDArray[Any],
    width: int,
    pictures: Sequence[slice],
    seed: int,
) -> tuple[Any, dict[str, Any]]:
    """`estimator` behind a machine that scores the columns `pictures` of a matrix `width` wide.

    Targets are class numbers or values. With a class of a single example, or fewer than four values, there is nothing
    to hold out: `estimator` then learns from all columns alike.
    """
    sees = np.zeros(width, dtype=bool)
    for span in pictures:
        sees[span] = True
    counted = targets.dtype.kind == "f"
    rarest = len(targets) // 2 if counted else min(Counter(targets.tolist()).values())
    if rarest < 2:
        return estimator, params
    folds, classes = min(families.PICTURE_FOLDS, rarest), len(np.unique(targets))
    scores = 1 if counted or classes == 2 else classes
    inputs = [*range(scores), *(scores + np.flatnonzero(~sees)).tolist()]
    machine = SVR(C=SOFTNESS) if counted else SVC(C=SOFTNESS, class_weight="balanced")
    stacked = {
        "estimators": [("pictures", make_pipeline(_only(np.flatnonzero(sees)), StandardScaler(), machine))],
        "final_estimator": make_pipeline(_only(inputs), estimator),
        "passthrough": True,
    }
    stacked_params = {
        **params,
        "pictures": "gradient histograms, support vector machine",
        "C": SOFTNESS,
        "folds": folds,
    }
    if counted:
        return StackingRegressor(**stacked, cv=KFold(folds, shuffle=True, random_state=seed)), stacked_params
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return StackingClassifier(**stacked, cv=splits, stack_method="decision_function"), stacked_params


def _only(columns: list[int] | NDArray[np.intp]) -> ColumnTransformer:
    return ColumnTransformer([("columns", "passthrough", columns)])
