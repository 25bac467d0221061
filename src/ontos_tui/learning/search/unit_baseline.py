"""Columns relative to each unit's own first rows: whether they would help on units that nobody has seen.

Units differ by where they start: how tight a bearing is, how a sensor was mounted. A value less the mean of its unit's
first rows shows what has changed. A model cannot compute it of a single row, which does not hold its unit's first rows,
and must not guess it for a unit that it does not know. So the search only measures whether it would help; the column
itself is added to the table (`from_first` in DATA), where it is computed from the past of each unit, also of new ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ontos_tui.learning.encoding.features import Matrix
from ontos_tui.learning.search.folds import Positions
from ontos_tui.learning.search.tried import Tried

FIRST_ROWS = 5
"""Rows of each unit that its values are compared with."""
LEAST_ROWS = 3 * FIRST_ROWS
"""Rows that the usual unit needs, for its first ones to be few of them."""
MOST_COLUMNS = 6
NAMED = 3


def relative_to_first(values: Matrix, units: Positions, rows: int = FIRST_ROWS) -> Matrix:
    """Each column less the mean of its unit's first `rows` rows, from the row behind them on; 0 before.

    Rows of a unit are taken in the order in which they stand. Nothing comes from a later row or another unit.
    """
    relative = np.zeros_like(values)
    for unit in range(int(units.max()) + 1 if len(units) else 0):
        lines = np.flatnonzero(units == unit)
        if len(lines) > rows:
            relative[lines[rows:]] = values[lines[rows:]] - values[lines[:rows]].mean(axis=0)
    return relative


def can_be_tried(units: Positions, columns: int) -> bool:
    """Whether there are number columns and enough rows in the usual unit."""
    return columns > 0 and float(np.median(np.bincount(units))) >= LEAST_ROWS


def most_telling(
    values: Matrix, units: Positions, targets: NDArray[np.float64], names: Sequence[str]
) -> tuple[str, ...]:
    """The columns whose relative values go most with what the target does within the units, by rank correlation."""
    relative = relative_to_first(values, units)
    later = np.concatenate([np.flatnonzero(units == one)[FIRST_ROWS:] for one in range(int(units.max()) + 1)])
    ranked = np.argsort(np.argsort(relative[later], axis=0), axis=0).astype(np.float64)
    aims = np.argsort(np.argsort(targets[later], kind="stable"), kind="stable").astype(np.float64)
    ranked, aims = ranked - ranked.mean(axis=0), aims - aims.mean()
    scale = np.sqrt((ranked**2).sum(axis=0) * (aims**2).sum())
    strength = np.abs(np.divide(aims @ ranked, scale, out=np.zeros(len(names)), where=scale > 0))
    return tuple(names[place] for place in np.argsort(-strength, kind="stable")[:MOST_COLUMNS] if strength[place] > 0)


def formula(column: str) -> str:
    """The column as DATA writes it."""
    return f"from_first({column}, {FIRST_ROWS})"


def advice(better: Tried, chosen: Tried, measure: str, error: float, unit_name: str) -> str:
    """What would help, with the evidence, and what to do."""
    columns = better.way.relative
    named = ", ".join(formula(one) for one in columns[:NAMED])
    more = f" and {len(columns) - NAMED} more" if len(columns) > NAMED else ""
    gain = f"{measure} {abs(better.criterion):.3g} against {abs(chosen.criterion):.3g}, standard error {error:.2g}"
    return (
        f"values relative to each {unit_name}'s own first {FIRST_ROWS} rows would help ({gain}). A single row does not "
        f"hold those rows, so this model does without: add {named}{more} to the table in DATA, then train again."
    )
