"""The stored fields of many pairs, read by the column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.row_columns import ColumnRows
from ontos_tui.store.values import from_json

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row
    from ontos_tui.store.field_lists import FieldLists

BLOCK = 500
"""Pairs whose fields are read at once: of more, the values fall out of the processor's caches."""


class FieldReader:
    """Makes rows of their stored fields, a block at a time: columns while all have the same fields in the same order.

    A column whose values are nothing but numbers is an array.
    """

    def __init__(self, fields: FieldLists) -> None:
        self._fields = fields
        self._number: int | None = None
        self._names: tuple[str, ...] | None = None
        self._parts: list[list[Any]] = []
        self._rows: list[Row] = []

    def add(self, texts: Sequence[str]) -> None:
        """Read these rows."""
        stored: list[Any] = from_json(f"[{','.join(texts)}]") if texts else []
        if not stored:
            return
        if self._number is None and not self._rows and type(stored[0]) is list:
            self._number = stored[0][0]
            self._names = self._fields.names(stored[0][0])
            self._parts = [[] for _ in self._names]
        if self._names is not None:
            if all(type(one) is list and one[0] == self._number for one in stored):
                _numbers, *columns = zip(*stored, strict=True)
                for parts, values in zip(self._parts, columns, strict=True):
                    parts.append(_packed(values))
                return
            self._rows = list(self.rows())
            self._names = None
        self._rows += map(self._fields.row_of, stored)

    def rows(self) -> Sequence[Row]:
        """All rows that were read."""
        if self._names is None:
            return self._rows
        columns = {name: _joined(parts) for name, parts in zip(self._names, self._parts, strict=True)}
        count = sum(len(part) for part in self._parts[0]) if self._parts else 0
        return ColumnRows(columns, count)


def _packed(values: tuple[Any, ...]) -> Any:
    """The values as an array where they are floats, or whole numbers, alone; a tenth of the memory."""
    kinds = set(map(type, values))
    if kinds == {float} or kinds == {int}:
        import numpy as np  # only here: most commands that read pairs need none

        try:
            return np.array(values, dtype=np.float64 if kinds == {float} else np.int64)
        except OverflowError:
            pass
    return values


def _joined(parts: list[Any]) -> Any:
    kinds = {getattr(part, "dtype", None) for part in parts}
    if len(kinds) == 1 and None not in kinds:
        import numpy as np

        return np.concatenate(parts)
    return list(chain.from_iterable(_plain(parts)))


def _plain(parts: Iterable[Any]) -> Iterator[Sequence[Any]]:
    return (part if isinstance(part, tuple) else part.tolist() for part in parts)
