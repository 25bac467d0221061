"""Which rows are learned from and which are tested, turn by turn: the same for every way to learn that is compared."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.intp]
Fold = tuple[Positions, Positions]
"""Positions of the rows that are learned from, and of those that are tested."""

FOLDS = 5
MOST_GROUPS = 1_000
"""Groups up to which classes are balanced over the folds one group at a time; more balance by their number."""


def make_folds(
    targets: Sequence[str | float],
    groups: Sequence[str | None] | None,
    count: int = FOLDS,
    seed: int = 0,
    in_order: bool = False,
) -> list[Fold]:
    """Up to `count` folds, in which every row is tested once and no group is on both sides.

    Classes and values are spread evenly over the folds. A row whose group is None stands alone. With `in_order`, the
    rows are in the order of time: each fold learns from the past only, so the first rows are never tested. Where all
    rows are of one group, stretches of rows take its place. Fewer than two rows give no fold.
    """
    size = len(targets)
    if size < 2:
        return []
    units = group_numbers(groups, size)
    if units.max() == 0:
        units = np.arange(size) * min(size, count) // size
    count = min(count, int(units.max()) + 1)
    if in_order:
        return _past_and_future(units, count)
    fold_of_unit = _dealt(targets, units, count, seed)
    return _with_both_sides([(fold_of_unit != fold, fold_of_unit == fold) for fold in range(count)])


def group_numbers(groups: Sequence[str | None] | None, size: int) -> Positions:
    """A number for the group of each row, from 0, in the order in which the groups appear."""
    if groups is None:
        return np.arange(size)
    numbers: dict[object, int] = {}
    keys = [(position,) if one is None else one for position, one in enumerate(groups)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def sample_of_groups(groups: Sequence[str | None] | None, size: int, most: int, seed: int = 0) -> Positions:
    """Positions of at most about `most` rows, drawn as whole groups; all rows where there are no more."""
    if size <= most:
        return np.arange(size)
    units = group_numbers(groups, size)
    order = np.random.default_rng(seed).permutation(int(units.max()) + 1)
    rows_up_to = np.cumsum(np.bincount(units)[order])
    drawn = order[: max(1, int(np.searchsorted(rows_up_to, most, "right")))]
    positions = np.flatnonzero(np.isin(units, drawn))
    return positions if len(positions) <= 2 * most else positions[:: len(positions) // most]


def _dealt(targets: Sequence[str | float], units: Positions, count: int, seed: int) -> Positions:
    """The fold of each row; units with like targets go to different folds."""
    amount = int(units.max()) + 1
    if isinstance(targets[0], float):
        values = np.array(targets, dtype=np.float64)
    else:
        codes = np.unique(np.array(targets, dtype=object), return_inverse=True)[1]
        if amount < len(units) and amount <= MOST_GROUPS:
            balanced = _balanced(codes, units, count, seed)
            if balanced is not None:
                return balanced
        values = codes.astype(np.float64)
    generator = np.random.default_rng(seed)
    # A unit of several rows stands where the mean of its values does; equal ones lie in random order.
    means = np.bincount(units, values) / np.bincount(units)
    order = np.lexsort((generator.random(amount), means))
    folds = np.empty(amount, dtype=np.intp)
    for start in range(0, amount, count):
        block = order[start : start + count]
        folds[block] = generator.permutation(count)[: len(block)]
    return folds[units]


def _balanced(codes: Positions, units: Positions, count: int, seed: int) -> Positions | None:
    from sklearn.model_selection import StratifiedGroupKFold

    folds = np.zeros(len(codes), dtype=np.intp)
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():  # that a class is in fewer groups than folds
        warnings.simplefilter("ignore", UserWarning)
        try:
            for fold, (_, tested) in enumerate(splitter.split(codes, codes, units)):
                folds[tested] = fold
        except ValueError:  # every class has fewer rows than there are folds
            return None
    return folds


def _past_and_future(units: Positions, count: int) -> list[Fold]:
    amount = int(units.max()) + 1
    block_of_unit = np.arange(amount) * (count + 1) // amount
    blocks = block_of_unit[units]
    return _with_both_sides([(blocks < block, blocks == block) for block in range(1, count + 1)])


def _with_both_sides(masks: Sequence[tuple[NDArray[np.bool_], NDArray[np.bool_]]]) -> list[Fold]:
    return [
        (np.flatnonzero(learned), np.flatnonzero(tested)) for learned, tested in masks if learned.any() and tested.any()
    ]
