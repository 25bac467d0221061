"""Forests as flat arrays: few rows walk down all trees at once, a level at a time, instead of one tree after the other.

The answers are scikit-learn's, to the last few bits. For many rows its compiled walk through each tree is faster, and
only what `predict` does around it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEW_ROWS = 32
"""Up to so many rows, all trees at once take less time: 0.2 ms against 0.6 ms for one row and 100 trees."""
MOST_NODES = 400_000
"""Of the arrays of one forest, 40 MB; a larger forest is walked tree by tree."""


@dataclass(frozen=True)
class Forest:
    """A fitted forest: its trees in scikit-learn's compiled form."""

    trees: tuple[Any, ...]

    @classmethod
    def of(cls, estimator: Any) -> Forest | None:
        """The trees of an estimator; None for one of another kind, such as boosting, whose trees are added up."""
        from sklearn.ensemble import (
            ExtraTreesClassifier,
            ExtraTreesRegressor,
            RandomForestClassifier,
            RandomForestRegressor,
        )

        kinds = (ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor)
        return cls(tuple(one.tree_ for one in estimator.estimators_)) if type(estimator) in kinds else None

    def answers(self, matrix: NDArray[np.float64], *, again: bool) -> NDArray[np.float64]:
        """What `predict_proba` of the estimator gives, or `predict` of one for numbers, in one column.

        `again` is whether more will be asked, so that the flat arrays are worth their making.
        """
        narrow = matrix.astype(np.float32)
        few = again and len(narrow) <= FEW_ROWS and not np.isnan(narrow).any()
        if few and self._flat is not None:
            sums: NDArray[np.float64] = self._flat.values_of(narrow).sum(axis=1)
            return sums / len(self.trees)
        total: NDArray[np.float64] = sum(tree.predict(narrow) for tree in self.trees) / len(self.trees)
        return total.reshape(len(narrow), -1)

    @cached_property
    def _flat(self) -> FlatTrees | None:
        return FlatTrees.of(self.trees) if sum(tree.node_count for tree in self.trees) <= MOST_NODES else None


@dataclass(frozen=True)
class FlatTrees:
    """Trees one after the other: `columns`, `thresholds` and `values` have an entry for each node.

    The children of node n are `children[2n]`, where its column is at most its threshold, and `children[2n + 1]`; a leaf
    is its own child.
    """

    roots: NDArray[np.intp]
    columns: NDArray[np.intp]
    thresholds: NDArray[np.float64]
    children: NDArray[np.intp]
    values: NDArray[np.float64]
    depth: int

    @classmethod
    def of(cls, trees: tuple[Any, ...]) -> FlatTrees:
        """The nodes of some trees."""
        roots = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1].astype(np.intp)
        is_leaf = np.concatenate([tree.children_left < 0 for tree in trees])
        itself = np.arange(len(is_leaf))
        of_tree = np.repeat(roots, [tree.node_count for tree in trees])
        sides = [
            np.where(is_leaf, itself, of_tree + np.concatenate([getattr(tree, side) for tree in trees]))
            for side in ("children_left", "children_right")
        ]
        return cls(
            roots,
            np.where(is_leaf, 0, np.concatenate([tree.feature for tree in trees])).astype(np.intp),
            np.where(is_leaf, np.inf, np.concatenate([tree.threshold for tree in trees])),
            np.stack(sides, axis=1).astype(np.intp).ravel(),
            np.concatenate([tree.value[:, 0, :] for tree in trees]),
            max(min(tree.max_depth, tree.node_count) for tree in trees),  # a stranger's file may say anything
        )

    def values_of(self, narrow: NDArray[np.float32]) -> NDArray[np.float64]:
        """What stands in the leaves that each row comes to, by row and tree. No value may be NaN."""
        rows, width = narrow.shape
        cells = narrow.astype(np.float64).ravel()
        nodes = np.tile(self.roots, rows)
        first_cells = np.repeat(np.arange(rows) * width, len(self.roots))
        for _ in range(self.depth):
            above = cells.take(first_cells + self.columns.take(nodes)) > self.thresholds.take(nodes)
            nodes = self.children.take(2 * nodes + above)
        return self.values.take(nodes.reshape(rows, -1), axis=0)
