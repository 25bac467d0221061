"""The standard error of a score over groups, by the jackknife: the score with each block of groups left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ontos_tui.learning.search.folds import Positions

BLOCKS = 100
"""Blocks of groups that are left out in turn, to measure a standard error."""


def blocks(units: Positions, seed: int) -> Positions:
    """The block of each row: a group of its own where there are few groups, else several groups drawn at random."""
    _, units = np.unique(units, return_inverse=True)
    amount = int(units.max()) + 1
    return (np.random.default_rng(seed).permutation(amount) % BLOCKS)[units]


def standard_error(without: NDArray[np.float64]) -> float:
    """The standard error of a score by the jackknife: from its values with each block left out."""
    count = len(without)
    return float(np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())) if count > 1 else 0.0


def means_without(values: NDArray[np.float64], blocks: Positions) -> tuple[float, NDArray[np.float64]]:
    """The mean of values, and with each block left out."""
    sums, counts = np.bincount(blocks, values), np.bincount(blocks)
    rest = np.maximum(counts.sum() - counts, 1)
    return float(values.mean()), (sums.sum() - sums) / rest


def macro_f1_without(
    truth: Positions, given: Positions, blocks: Positions, classes: int
) -> tuple[float, NDArray[np.float64]]:
    """Macro F1, and with each block left out; classes that do not occur do not count."""
    amount = int(blocks.max()) + 1
    tables = np.zeros((3, amount, classes))  # right, true, and given ones of each class in each block
    np.add.at(tables[0], (blocks, truth), truth == given)
    np.add.at(tables[1], (blocks, truth), 1)
    np.add.at(tables[2], (blocks, given), 1)
    whole = tables.sum(axis=1)
    rest = whole[:, None, :] - tables
    return float(_macro_f1(whole[:, None, :])[0]), _macro_f1(rest)


def _macro_f1(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    right, true, given = tables
    occurs = true > 0
    scores = np.divide(2 * right, true + given, out=np.zeros_like(right), where=occurs)
    return np.asarray(scores.sum(axis=1) / np.maximum(occurs.sum(axis=1), 1), dtype=np.float64)
