"""Boosted trees asked all at once: the same answers as scikit-learn's, from bit masks in place of walks through trees.

Each tree is a set of leaves, one bit a leaf. A question that a row answers with no rules out the leaves on its left;
the first leaf that is left is the row's (Lucchese and others, "QuickScorer", SIGIR 2015). What a column rules out
depends only on where its value stands among the thresholds, so it is looked up for all trees at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 64 * 1024 * 1024
"""Of the tables of one model; a larger one is asked in scikit-learn's way."""
MASKS_AT_ONCE = 1 << 16
"""Masks of a block of rows, so that they stay in the processor's cache."""


class _Question(NamedTuple):
    """Whether a column is at most `threshold`, in one tree; `left` are the leaves that a yes leads to."""

    column: int
    threshold: float
    tree: int
    left: int


@dataclass(frozen=True)
class BoostedTrees:
    """A fitted HistGradientBoosting estimator. `tables` say by column which leaves are left at each place of a value.

    `baseline` has a number for each output; the trees of one round stand together, one for each output.
    """

    thresholds: dict[int, NDArray[np.float64]]
    tables: dict[int, NDArray[Any]]
    values: NDArray[np.float64]
    baseline: NDArray[np.float64]
    bits: type[Any]

    @classmethod
    def of(cls, estimator: Any) -> BoostedTrees | None:
        """The trees of an estimator; None for another kind, and for trees that are too large for this."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        if type(estimator) not in (HistGradientBoostingClassifier, HistGradientBoostingRegressor):
            return None
        trees = [one.nodes for round_ in estimator._predictors for one in round_]
        if not trees or any(nodes["is_categorical"].any() for nodes in trees):
            return None
        most = max(int(nodes["is_leaf"].sum()) for nodes in trees)
        if most > 64:
            return None
        bits: type[Any] = np.uint32 if most <= 32 else np.uint64
        values = np.zeros((len(trees), most))
        questions: list[_Question] = []
        for number, nodes in enumerate(trees):
            leaves = _take_apart(nodes, number, questions)
            values[number, : len(leaves)] = leaves
        columns, cuts, of_tree, left = (
            (np.array(one) for one in zip(*questions, strict=True)) if questions else [()] * 4
        )
        thresholds, tables = {}, {}
        for column in np.unique(columns).astype(int).tolist():
            here = columns == column
            thresholds[column] = np.unique(cuts[here])
            if (sum(map(len, thresholds.values())) + len(thresholds)) * values.shape[0] * 8 > MOST_BYTES:
                return None
            table = np.full((len(thresholds[column]) + 1, len(trees)), ~bits(0), dtype=bits)
            beyond = np.searchsorted(thresholds[column], cuts[here]) + 1
            np.bitwise_and.at(table, (beyond, of_tree[here]), ~left[here].astype(bits))
            tables[column] = np.bitwise_and.accumulate(table, axis=0)
        return cls(thresholds, tables, values, np.asarray(estimator._baseline_prediction).ravel(), bits)

    def answers(self, estimator: Any, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """What `predict_proba` of the estimator gives, or `predict` of one for numbers. No value may be NaN."""
        raw = self.raw(matrix)
        if hasattr(estimator, "classes_"):
            return np.asarray(estimator._loss.predict_proba(np.asfortranarray(raw)), dtype=np.float64)
        return np.asarray(estimator._loss.link.inverse(raw.ravel()), dtype=np.float64)

    def raw(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sums of the leaves that each line comes to, a column for each output. No value may be NaN."""
        rows = max(1, MASKS_AT_ONCE // len(self.values))
        blocks = [self._block(matrix[start : start + rows]) for start in range(0, len(matrix), rows)]
        return np.concatenate(blocks) if blocks else np.zeros((0, len(self.baseline)))

    def _block(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        trees, leaves = self.values.shape
        left = np.full((len(matrix), trees), ~self.bits(0), dtype=self.bits)
        for column, thresholds in self.thresholds.items():
            places = np.searchsorted(thresholds, matrix[:, column], side="left")
            left &= self.tables[column][places]
        first = left & (~left + self.bits(1))
        positions = _exponents(first) + np.arange(trees) * leaves
        values = self.values.ravel()[positions].reshape(len(matrix), -1, len(self.baseline))
        sums = np.repeat(self.baseline[None, :], len(matrix), axis=0)
        for number in range(values.shape[1]):  # in the order of scikit-learn, so that not a bit differs
            sums += values[:, number]
        return sums


def _take_apart(nodes: NDArray[Any], tree: int, questions: list[_Question]) -> list[float]:
    """The values of a tree's leaves from left to right; its questions are added to `questions`."""
    names = ("is_leaf", "value", "left", "right", "feature_idx", "num_threshold")
    is_leaf, value, left, right, column, threshold = (nodes[name].tolist() for name in names)
    leaves: list[float] = []

    def walk(place: int) -> int:
        if is_leaf[place]:
            leaves.append(value[place])
            return 1 << (len(leaves) - 1)
        yes = walk(left[place])
        questions.append(_Question(column[place], threshold[place], tree, yes))
        return yes | walk(right[place])

    walk(0)
    return leaves


def _exponents(powers: NDArray[Any]) -> NDArray[np.intp]:
    """The exponents of powers of two, read from their bits as floating-point numbers."""
    if powers.dtype == np.uint32:
        return ((powers.astype(np.float32).view(np.uint32) >> np.uint32(23)).astype(np.intp)) - 127
    return ((powers.astype(np.float64).view(np.uint64) >> np.uint64(52)).astype(np.intp)) - 1023
