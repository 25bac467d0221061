"""A way to learn that was tried, what it answered out of fold, and whether it is better than another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ontos_tui.learning.encoding.derived import DerivedColumn
from ontos_tui.learning.search.folds import Positions
from ontos_tui.learning.search.jackknife import macro_f1_without, means_without, standard_error

DERIVED_ERRORS = 2.0
"""Standard errors that derived columns must gain; measured on turbofans: with one, RMSE 12.5 instead of 12.3."""


@dataclass(frozen=True)
class OutOfFold:
    """What models say of rows that they, and no row of the same group, had learned from.

    `rows` are positions in the matrix; each stands in it once. Of classes, `probabilities` has a line for each of
    `rows` and a column for each of `classes`; of numbers, `numbers` has the answers. Of texts, `answers` are positions
    in `classes` and `confidence` says how sure each is.
    """

    rows: Positions
    classes: tuple[str, ...] = ()
    probabilities: NDArray[np.float64] | None = None
    numbers: NDArray[np.float64] | None = None
    answers: Positions | None = None
    confidence: NDArray[np.float64] | None = None

    def class_positions(self) -> Positions:
        """The position in `classes` of each answer."""
        if self.answers is not None:
            return self.answers
        assert self.probabilities is not None
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.intp)


@dataclass(frozen=True)
class Way:
    """One way to learn. `relative` are columns that it also sees relative to each unit's own first rows."""

    base_model: str
    params: dict[str, Any] = field(default_factory=dict)
    derived: tuple[DerivedColumn, ...] = ()
    relative: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """A way to learn, with what it answered out of fold. `criterion` orders ways: the larger the better.

    `value` is the score that is shown, with its standard error `spread`; `criteria` has the criterion with each block
    of groups left out.
    """

    way: Way
    out_of_fold: OutOfFold
    value: float
    spread: float
    criterion: float
    criteria: NDArray[np.float64]
    fits: int


def tried(way: Way, answers: OutOfFold, truth: NDArray[Any], blocks: Positions, fits: int) -> Tried:
    """Score answers: `truth` and `blocks` have the true value and the block of each."""
    if answers.numbers is not None:
        value, without = means_without(np.abs(truth - answers.numbers), blocks)
        return Tried(way, answers, value, standard_error(without), -value, -without, fits)
    given = answers.class_positions()
    value, without = means_without((given == truth).astype(np.float64), blocks)
    criterion, criteria = macro_f1_without(truth.astype(np.intp), given, blocks, len(answers.classes))
    return Tried(way, answers, value, standard_error(without), criterion, criteria, fits)


def errors_needed(one: Way, other: Way) -> float:
    """Standard errors by which a way must be better than another one that was tried before.

    Derived columns were proposed with all rows in sight, so they have to gain two.
    """
    wider = (one.derived and not other.derived) or (one.relative and not other.relative)
    return DERIVED_ERRORS if wider else 1.0


def is_better(one: Tried, default: Tried) -> bool:
    """Whether the paired difference over groups is more than so many standard errors."""
    difference = one.criterion - default.criterion
    least = errors_needed(one.way, default.way) * standard_error(one.criteria - default.criteria)
    return difference > 0 and difference > least
