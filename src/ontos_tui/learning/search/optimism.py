"""By how much the best of several flatters: whoever is best on some pairs was partly lucky on just these pairs.

The bootstrap says how much luck there is (Efron 1983; Tsamardinos, Greasidou and Borboudakis 2018): groups are drawn
again and again, the choice is made on what was drawn by the same rule, and the chosen way scores better there than on
all groups. No model is fitted for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ontos_tui.learning.search.folds import Positions

RESAMPLES = 200
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WayTables:
    """What one way to learn answered, added up by block of groups: all that a score of any draw of blocks needs.

    `losses` and `counts` have a number for each block; of classes, `classes` holds right, true and given ones of each
    block and class. `errors` are the standard errors by which it must be better than one that was tried before.
    """

    losses: Floats
    counts: Floats
    classes: Floats | None
    errors: tuple[float, ...]

    @classmethod
    def of_numbers(cls, losses: Floats, blocks: Positions, errors: Sequence[float]) -> WayTables:
        """From the absolute error of each answer."""
        return cls(_sums(losses, blocks), _sums(np.ones(len(blocks)), blocks), None, tuple(errors))

    @classmethod
    def of_classes(
        cls, truth: Positions, given: Positions, blocks: Positions, classes: int, errors: Sequence[float]
    ) -> WayTables:
        """From the true and the given class of each answer."""
        tables = np.zeros((3, int(blocks.max()) + 1, classes))
        np.add.at(tables[0], (blocks, truth), truth == given)
        np.add.at(tables[1], (blocks, truth), 1)
        np.add.at(tables[2], (blocks, given), 1)
        wrong = (truth != given).astype(np.float64)
        return cls(_sums(wrong, blocks), _sums(np.ones(len(blocks)), blocks), tables, tuple(errors))


def _sums(values: Floats, blocks: Positions) -> Floats:
    return np.asarray(np.bincount(blocks, values), dtype=np.float64)


def optimism(ways: Sequence[WayTables], stages: Sequence[int], seed: int) -> float:
    """By how much the mean loss of the chosen way is too small, for having been chosen on the same answers.

    In each stage the ways up to its end compete with the one that was the best so far. Never negative.
    """
    blocks = len(ways[0].counts)
    if len(ways) < 2 or blocks < 2:
        return 0.0
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(blocks, np.full(blocks, 1 / blocks), RESAMPLES).astype(np.float64)
    chosen = _chosen(ways, stages, drawn)
    whole = np.array([way.losses.sum() / way.counts.sum() for way in ways])
    here = np.array([(drawn @ way.losses) / np.maximum(drawn @ way.counts, 1e-12) for way in ways])
    gained = whole[chosen] - here[chosen, np.arange(RESAMPLES)]
    return max(0.0, float(gained.mean()))


def _chosen(ways: Sequence[WayTables], stages: Sequence[int], drawn: Floats) -> Positions:
    """The way that is chosen in each draw."""
    parts = [_criterion(way, drawn) for way in ways]
    criteria = np.array([value for value, _ in parts])
    scale = drawn.shape[1] / (drawn.shape[1] - 1)
    best = np.zeros(len(drawn), dtype=np.intp)
    lines = np.arange(len(drawn))
    for end in stages:
        influence = np.array([one for _, one in parts])[best, lines]
        leader, leading = best.copy(), criteria[best, lines]
        top = leading.copy()
        for number in range(end):
            spread = ((parts[number][1] - influence) ** 2 * drawn).sum(axis=1)
            needed = np.array([ways[number].errors[one] for one in best.tolist()])
            gain = criteria[number] - leading
            better = (gain > 0) & (gain > needed * np.sqrt(scale * spread)) & (criteria[number] > top)
            leader[better] = number
            top[better] = criteria[number][better]
        best = leader
    return best


def _criterion(way: WayTables, drawn: Floats) -> tuple[Floats, Floats]:
    """What ways are compared by in each draw, and how each block bears on it (the linearized jackknife)."""
    counts = np.maximum(drawn @ way.counts, 1e-12)
    if way.classes is None:
        mean = drawn @ way.losses / counts
        return -mean, -(way.losses - mean[:, None] * way.counts) / counts[:, None]
    right, true, given = (drawn @ one for one in way.classes)
    occurs = (true > 0).astype(np.float64)
    weights = occurs / np.maximum(occurs.sum(axis=1), 1)[:, None]
    both = np.maximum(true + given, 1e-12)
    value = (weights * 2 * right / both).sum(axis=1)
    of_right, of_both = weights * 2 / both, -weights * 2 * right / both**2
    return value, of_right @ way.classes[0].T + of_both @ (way.classes[1] + way.classes[2]).T
