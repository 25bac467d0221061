"""Rows that come by the column: the matrix that `FeatureTable.encode` makes of the same rows, many times faster.

No dict is made of a row and no value is checked one by one where the whole column can be; a row that does not fit is
looked at again by itself, so that it has the same error as in a request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.row_columns import ColumnRows
from ontos_tui.learning.encoding.columns import LARGEST, FeatureColumn, Matrix, NumericColumn, each, plain_numbers
from ontos_tui.learning.encoding.features import FeatureTable
from ontos_tui.learning.encoding.image_features import ImageColumn

Columns = Mapping[str, Sequence[Any] | NDArray[Any]]
"""The values of rows by the name of their column; all columns are equally long."""


@dataclass(frozen=True)
class Encoded:
    """A line for each row, and by its place why a row does not fit the model; its line then means nothing."""

    matrix: Matrix
    errors: dict[int, str]


def encode_columns(table: FeatureTable, columns: Columns, count: int) -> Encoded:
    """The lines of `count` rows, as `table.encode(rows, strict=True)` has them.

    Raises InvalidInputError naming a column of the model that is not among `columns`.
    """
    if count and not all(column.name in columns for column in table.columns):
        table.encode([rows_of(columns, 1)[0]], strict=True)
    blocks, doubtful = [], set[int]()
    for column in table.columns:
        block, lines = _encode(column, columns[column.name] if count else ())
        blocks.append(block)
        doubtful.update(lines)
    rows = rows_of(columns, count)
    errors = {line: error for line in sorted(doubtful) if (error := _error(table, rows[line]))}
    return Encoded(table.extended(np.hstack(blocks) if blocks else np.zeros((count, 0))), errors)


def _error(table: FeatureTable, row: Row) -> str:
    try:
        table.encode([row], strict=True)
    except InvalidInputError as error:
        return str(error)
    return ""


def _encode(column: FeatureColumn, given: Sequence[Any] | NDArray[Any]) -> tuple[Matrix, list[int]]:
    """The block of one column, and the lines whose value may not fit it."""
    if isinstance(column, NumericColumn):
        plain = plain_numbers(given)
        if plain is not None and not np.isinf(plain).any():
            return column.lines(np.clip(plain, -LARGEST, LARGEST)), []
    values: Sequence[Any] = given.tolist() if isinstance(given, np.ndarray) else given
    if isinstance(column, ImageColumn):
        return _pictures(column, values)
    return column.encode(values), [line for line, fits in enumerate(each(values, column.fits)) if not fits]


def _pictures(column: ImageColumn, values: Sequence[Any]) -> tuple[Matrix, list[int]]:
    """Whether a picture can be read shows only when it is: one that cannot makes its row a doubtful one."""
    try:
        return column.encode_strictly(values), []
    except InvalidInputError:
        return column.encode(values), list(range(len(values)))


def rows_of(columns: Columns, count: int) -> ColumnRows:
    """The rows of which `columns` hold the values."""
    return ColumnRows(columns, count)
