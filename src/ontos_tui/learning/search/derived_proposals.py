"""Which derived columns are worth a try: those that forests which seek the best split make most use of."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ontos_tui.learning.encoding.derived import DIFFERENCE, PRODUCT, RATIO, DerivedColumn
from ontos_tui.learning.encoding.features import FeatureTable, Matrix
from ontos_tui.learning.models.families import cores

MOST_PARENTS = 6
"""Number columns that are combined, those that tell most about the target."""
MOST_DERIVED = 12
"""Derived columns that are tried, those that tell most."""
PROPOSAL_FITS = 2
"""Models that are fitted to propose derived columns."""
MOST_ROWS = 10_000
"""Rows that the proposal looks at."""
TREES, LEAF = 50, 5
"""Of the forests that rank columns."""


def propose(
    table: FeatureTable, matrix: Matrix, targets: NDArray[Any], *, classes: bool, seed: int
) -> tuple[DerivedColumn, ...]:
    """Derived columns that may help to tell `targets` (class numbers or values), the most telling first.

    Two forests are fitted: one ranks the number columns, one ranks what is derived of the best of them.
    """
    parents = table.number_positions()
    if len(parents) < 2:
        return ()
    rows = np.random.default_rng(seed).permutation(len(matrix))[:MOST_ROWS]
    importances = _importances(matrix[rows], targets[rows], classes=classes, seed=seed)
    best = sorted(parents, key=lambda name: -importances[parents[name]])[:MOST_PARENTS]
    candidates = _combined(sorted(best, key=list(parents).index))
    wider = table.with_derived(candidates)
    importances = _importances(wider.extended(matrix[rows]), targets[rows], classes=classes, seed=seed)
    derived = importances[matrix.shape[1] :]
    order = np.argsort(-derived, kind="stable")[:MOST_DERIVED]
    return tuple(candidates[position] for position in order if derived[position] > 0)


def _combined(names: list[str]) -> tuple[DerivedColumn, ...]:
    columns = []
    for first, second in combinations(names, 2):
        columns += [
            DerivedColumn(PRODUCT, first, second),
            DerivedColumn(RATIO, first, second),
            DerivedColumn(RATIO, second, first),
            DerivedColumn(DIFFERENCE, first, second),
        ]
    return tuple(columns)


def _importances(matrix: Matrix, targets: NDArray[Any], *, classes: bool, seed: int) -> NDArray[np.float64]:
    """How much each column tells. Trees that seek the best split: where a law is exact, its column wins every time."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    forest: Any = RandomForestClassifier if classes else RandomForestRegressor
    forest = forest(TREES, min_samples_leaf=LEAF, max_features=1 / 3, n_jobs=cores(matrix.size), random_state=seed)
    return np.asarray(forest.fit(matrix, targets).feature_importances_, dtype=np.float64)
