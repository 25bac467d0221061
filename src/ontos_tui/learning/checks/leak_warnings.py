"""Columns that give the answer away, looked at over all rows: known only after it, or the age in a remaining life."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ontos_tui.domain.schema import AnswerField
from ontos_tui.learning.encoding.features import FeatureTable, Matrix
from ontos_tui.learning.search.folds import group_numbers
from ontos_tui.learning.targets import CLASS_KINDS, NUMBER_KINDS, class_codes, class_text

ENOUGH = 20
"""Rows below which nothing is said about leaks: chance alone makes small samples fit."""
MOST_TREE_ROWS = 2_000
"""Rows up to which a tree looks at a column; of more, as many intervals of the column, which take no time."""
CELLS = 1_000
GIVEN_AWAY = 0.99
TEXT_WIDTH = 60
"""Columns of the matrix above which a column is a text, which as a whole may well say the answer."""
FEW_VALUES = 10
FALLS = 0.98
"""The part of the steps of a unit's life in which its remaining life does not rise."""

Groups = Sequence[str | None]
Values = NDArray[Any]


def leak_warnings(
    field: AnswerField,
    table: FeatureTable,
    matrix: Matrix,
    targets: Sequence[str | float],
    seed: int,
    groups: Groups | None = None,
) -> list[str]:
    """Columns that give the answer away, wholly or for a rare class: likely known only once the answer is.

    `groups` are the units of the rows. A column that counts the life of each unit, in which the answer is the rest of
    it, is named for what it is: a legitimate input, as far as it is known for new units.
    """
    numeric = field.kind in NUMBER_KINDS
    if len(targets) < ENOUGH or len(set(targets)) < 2 or not (numeric or field.kind in CLASS_KINDS):
        return []
    classes, values = _classes(targets, numeric=numeric)
    order = np.random.default_rng(seed).permutation(len(values))
    units = np.zeros(len(values), dtype=np.intp)
    if groups is not None and any(one is not None for one in groups):
        units = group_numbers(groups, len(values))
    warnings = []
    for name, span in table.spans():
        column = matrix[:, span]
        if column.shape[1] > TEXT_WIDTH:
            continue
        if numeric and counts_life(column[:, 0], values, units):
            warnings.append(
                f"{name} counts the life of each unit, and {field.name} is the rest of it. "
                "That is a legitimate input where it is known for new units."
            )
        elif (share := _alone(column[order], values[order], numeric=numeric)) >= GIVEN_AWAY:
            warnings.append(
                f"{name} alone predicts {field.name} (a one-column tree reaches {share:.2f}). "
                "If it is only known after the answer, leave it out: the measured scores would be too good."
            )
        elif not numeric and (rare := _telling_value(column, values, classes)):
            warnings.append(
                f"One value of {name} always means {field.name} = {class_text(rare)}. "
                "If it is only known after the answer, leave it out: the measured scores would be too good."
            )
    return warnings


def _classes(targets: Sequence[str | float], *, numeric: bool) -> tuple[list[str], Values]:
    """The classes there are, and the place of each answer among them; numbers are themselves."""
    if numeric:
        return [], np.array(targets, dtype=np.float64)
    return class_codes([str(one) for one in targets])


def counts_life(column: NDArray[np.float64], values: NDArray[np.float64], units: NDArray[np.intp]) -> bool:
    """Whether a column only rises in each unit, in steps of its own, while the value never does.

    It takes two units of a few rows each; a column with less than three different values counts nothing.
    """
    usual = np.flatnonzero(np.bincount(units) >= 5)
    if len(usual) < 2 or len(np.unique(column)) < 3:
        return False
    order = np.lexsort((-values, column, units))
    same_unit = np.diff(units[order]) == 0
    rises = np.diff(column[order])[same_unit] > 0
    steps = np.diff(values[order])[same_unit]
    if not rises.any() or rises.mean() < FALLS:  # two rows of one unit at the same age: a measurement, not its age
        return False
    return bool((steps <= 0).mean() >= FALLS and (steps < 0).mean() >= 0.2)


def _alone(column: Matrix, codes: Values, *, numeric: bool) -> float:
    """How much of the answer one column explains on rows not learned from: balanced accuracy, or R² for numbers.

    Rows are in random order.
    """
    if len(codes) <= MOST_TREE_ROWS:
        given = _by_tree(column, codes, numeric=numeric)
    else:
        given = _by_cells(column, codes, numeric=numeric)
    if numeric:
        spread = float(((codes - codes.mean()) ** 2).sum())
        return 1 - float(((codes - given) ** 2).sum()) / spread if spread > 0 else 0.0
    return float(np.mean([(given[codes == code] == code).mean() for code in np.unique(codes)]))


def _by_tree(column: Matrix, codes: Values, *, numeric: bool) -> Values:
    if numeric:
        tree = DecisionTreeRegressor(min_samples_leaf=2, random_state=0)
    else:
        most = 4 * (int(codes.max()) + 1)
        tree = DecisionTreeClassifier(max_leaf_nodes=most, class_weight="balanced", random_state=0)
    given = np.zeros(len(codes), dtype=codes.dtype)
    for learned, judged in KFold(3, shuffle=True, random_state=0).split(column):
        given[judged] = tree.fit(column[learned], codes[learned]).predict(column[judged])
    return given


def _by_cells(column: Matrix, codes: Values, *, numeric: bool) -> Values:
    """Each half of the rows by the other one's: the mean, or the class that is most frequent for its size, of the
    rows with the same value or in the same interval of it."""
    cells = _cells(column)
    half = np.arange(len(codes)) % 2
    given = np.zeros(len(codes), dtype=np.float64)
    count = int(cells.max()) + 1
    for side in (0, 1):
        learned, judged = half != side, half == side
        if numeric:
            sums = np.bincount(cells[learned], codes[learned], count)
            sizes = np.bincount(cells[learned], minlength=count)
            means = np.where(sizes > 0, sums / np.maximum(sizes, 1), codes[learned].mean())
            given[judged] = means[cells[judged]]
        else:
            classes = int(codes.max()) + 1
            counted = np.bincount(cells[learned] * classes + codes[learned], minlength=count * classes)
            weights = np.maximum(np.bincount(codes[learned], minlength=classes), 1)
            given[judged] = np.argmax(counted.reshape(count, classes) / weights, axis=1)[cells[judged]]
    return given


def _cells(column: Matrix) -> NDArray[np.intp]:
    """A number for each row: of its value where there are few, else of the interval that it lies in."""
    values = _one_number(column)
    if len(np.unique(values[: 4 * CELLS])) <= CELLS:
        distinct, positions = np.unique(values, return_inverse=True)
        if len(distinct) <= CELLS:
            return positions.ravel().astype(np.intp)
    borders = np.unique(np.quantile(values, np.linspace(0, 1, CELLS + 1)[1:-1]))
    return np.searchsorted(borders, values, side="right").astype(np.intp)


def _one_number(column: Matrix) -> NDArray[np.float64]:
    """One number for what a row has in a column; a missing number lies below all others."""
    if column.shape[1] == 1:
        return column[:, 0]
    if column.shape[1] == 2 and np.isin(column[:, 1], (0.0, 1.0)).all():
        return np.where(column[:, 1] == 1.0, column[:, 0].min() - 1.0, column[:, 0])
    return column @ np.random.default_rng(0).random(column.shape[1])


def _telling_value(column: Matrix, codes: Values, classes: Sequence[str]) -> str:
    """The class, held by at most half of the rows, that some value of a column with few values always comes with."""
    numbers = _one_number(column)
    if len(np.unique(numbers[:CELLS])) > FEW_VALUES or len(distinct := np.unique(numbers)) > FEW_VALUES:
        return ""
    for one in distinct:
        rows = codes[numbers == one]
        if len(rows) >= 10 and (rows == rows[0]).all() and (codes == rows[0]).sum() <= len(codes) / 2:
            return classes[int(rows[0])]
    return ""
