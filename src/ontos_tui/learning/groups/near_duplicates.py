"""Rows that say the same: identical ones and those that differ by less than what their columns can mean.

A row that is learned from and tested with is no test. Rows are compared by codes of their values: texts without case
and blanks, numbers by where they lie in a fine grid over the column's spread. Several grids, each moved a little, find
rows that a single one would cut apart; so it takes time in proportion to the rows.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.row_columns import listed, raw_column
from ontos_tui.learning.encoding.features import number

if TYPE_CHECKING:
    from ontos_tui.domain.row_columns import Values

Codes = NDArray[np.uint64]
Positions = NDArray[np.intp]

CELL = 2e-3
"""Width of a cell of the grid, in spreads (standard deviations without the extremes) of the column."""
GRIDS = 4
LEAST_NUMBERS = 3
"""Columns of numbers from which on near rows count: those of one or two numbers are near each other by chance."""
LARGEST_SHARE = 0.2
"""The part of the rows above which near ones are a chain, such as a slow reading, and only identical ones count."""


def duplicate_groups(rows: Sequence[Row], names: Sequence[str]) -> Positions:
    """A number for each row: rows that are identical or nearly so in the columns `names` have the same.

    Rows in which all the columns are empty are alone. The numbers are those of the first row of each group.
    """
    alone = np.arange(len(rows))
    if not names or len(rows) < 2:
        return alone
    columns = [raw_column(rows, name) for name in names]
    measured = {place: values for place, one in enumerate(columns) if (values := _measured(one)) is not None}
    texts = [listed(one) for place, one in enumerate(columns) if place not in measured]
    empty = _empty(measured, columns)
    others = [_text_codes(one) for one in texts]
    numbers = np.column_stack(list(measured.values())) if measured else np.zeros((len(rows), 0))
    exact = _joined(alone, _mixed([*others, *(_bits(one) for one in numbers.T)]), empty)
    if len(measured) < LEAST_NUMBERS:
        return exact
    near, spreads = exact, [_spread(column) for column in numbers.T]
    for grid in range(GRIDS):
        near = _joined(near, _mixed([*others, *_cells(numbers, spreads, grid)]), empty)
    most = max(int(np.bincount(exact).max()), LARGEST_SHARE * len(rows))
    return near if np.bincount(near).max() <= most else exact


def _empty(measured: Mapping[int, NDArray[np.float64]], columns: Sequence[Values]) -> NDArray[np.bool_]:
    """Which rows have nothing in any of the columns."""
    empty = np.ones(len(columns[0]), dtype=np.bool_)
    for known in measured.values():
        empty &= np.isnan(known)  # what is no finite number may still be something
    for line in np.flatnonzero(empty).tolist():
        empty[line] = all((value := values[line]) is None or value == "" for values in columns)
    return empty


def join(groups: Sequence[str | None], duplicates: Positions, refs: Sequence[str]) -> list[str | None]:
    """Groups of rows that stay together: those of `groups`, joined wherever duplicates lie in several of them.

    A row with neither group nor double is alone, None. `refs` name the rows: doubles without a group are called
    `like REF`. Where joining would make one group of many rows, because rows of all units look alike, the groups stay
    as they are.
    """
    joined = _united(groups, duplicates, refs)
    before, after = _largest(groups), _largest(joined)
    return list(groups) if before and after > max(2 * before, LARGEST_SHARE * len(groups)) else joined


def _united(groups: Sequence[str | None], duplicates: Positions, refs: Sequence[str]) -> list[str | None]:
    parents = np.arange(len(groups))
    doubles = np.flatnonzero(duplicates != parents).tolist()
    if not doubles:
        return list(groups)
    first: dict[str, int] = {}
    for place, name in enumerate(groups):
        if name is not None:
            _unite(parents, place, first.setdefault(name, place))
    for place in doubles:
        _unite(parents, place, int(duplicates[place]))
    roots = _roots(parents).tolist()
    members = np.bincount(roots, minlength=len(groups))
    names: dict[int, str] = {}
    for root, name in zip(roots, groups, strict=True):
        if name is not None:
            names[root] = min(names.get(root, name), name)
    likes: dict[int, str] = {}
    for root, ref in zip(roots, refs, strict=True):
        if members[root] > 1:
            likes[root] = min(likes.get(root, ref), ref)
    return [names.get(root) or (f"like {likes[root]}" if root in likes else None) for root in roots]


def _root(parents: Positions, place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = int(parents[place])
    return place


def _roots(parents: Positions) -> Positions:
    """The root of each row; none stands behind the row itself."""
    roots = parents
    while (further := roots[roots]) is not roots and not np.array_equal(further, roots):
        roots = further
    return roots


def _unite(parents: Positions, one: int, other: int) -> None:
    """Put two rows into one group, which has the number of its first row."""
    low, high = sorted((_root(parents, one), _root(parents, other)))
    parents[high] = low


def _largest(groups: Sequence[str | None]) -> int:
    counts: dict[str, int] = {}
    for name in groups:
        if name is not None:
            counts[name] = counts.get(name, 0) + 1
    return max(counts.values(), default=0)


def _measured(given: Values) -> NDArray[np.float64] | None:
    """The numbers of a column, NaN where there is none; None for a column that holds anything else."""
    if isinstance(given, np.ndarray) and given.dtype.kind in "fiu":
        numbers = given.astype(np.float64)
        return np.where(np.isfinite(numbers), numbers, np.nan)
    values = listed(given)
    if set(map(type, values)) <= {float, int}:
        with contextlib.suppress(OverflowError):  # an integer of hundreds of digits
            numbers = np.array(values, dtype=np.float64)
            return np.where(np.isfinite(numbers), numbers, np.nan)
    numbers = np.full(len(values), np.nan)
    for place, value in enumerate(values):
        if value is None or value == "":
            continue
        one = number(value)
        if one is None:
            return None
        numbers[place] = one
    return numbers if not np.isnan(numbers).all() else None


def _text_codes(values: Sequence[object]) -> Codes:
    """A code for each text; equal for texts that differ in case and blanks only."""
    known: dict[str, int] = {}
    texts = [" ".join(str(value).casefold().split()) if value is not None else "" for value in values]
    for text in texts:
        if text not in known:
            digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            known[text] = int.from_bytes(digest)
    return np.array([known[text] for text in texts], dtype=np.uint64)


def _bits(numbers: NDArray[np.float64]) -> Codes:
    return np.where(np.isnan(numbers), np.nan, numbers + 0.0).view(np.uint64)


def _spread(column: NDArray[np.float64]) -> float:
    """How far the numbers of a column lie apart."""
    present = column[~np.isnan(column)]
    low, high = np.quantile(present, [0.05, 0.95])
    return float(high - low) / 3.3 or float(present.std()) or 1.0


def _cells(numbers: NDArray[np.float64], spreads: Sequence[float], grid: int) -> list[Codes]:
    """The cell of each number, in the `grid`-th grid. Columns of few values have cells that tell them apart."""
    codes = []
    for place, (column, spread) in enumerate(zip(numbers.T, spreads, strict=True)):
        moved = np.random.default_rng((grid, place)).random()
        cells = np.floor(np.nan_to_num(column, nan=0.0) / (CELL * spread) + moved)
        cells[np.isnan(column)] = np.nan
        codes.append(_bits(cells))
    return codes


def _mixed(columns: Sequence[Codes]) -> Codes:
    """One code for each row of all its columns' codes."""
    mixed = np.full(len(columns[0]), 0x9E3779B97F4A7C15, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in columns:
            mixed = (mixed ^ (column * np.uint64(0xFF51AFD7ED558CCD))) * np.uint64(0xC4CEB9FE1A85EC53)
            mixed ^= mixed >> np.uint64(29)
    return mixed


def _joined(groups: Positions, codes: Codes, empty: NDArray[np.bool_]) -> Positions:
    """Groups that share a code become one; each has the number of its first row."""
    _, first, code_of = np.unique(codes, return_index=True, return_inverse=True)
    linked = first[code_of.ravel()]
    parents = groups.copy()
    for place in np.flatnonzero((linked != np.arange(len(groups))) & ~empty).tolist():
        _unite(parents, place, int(linked[place]))
    return _roots(parents)
