"""What lies outside what a model has learned from: values beyond the range of a column, and words that it never saw."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ontos_tui.domain.learning import Outside
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.row_columns import listed, raw_column
from ontos_tui.learning.encoding.features import CategoryColumn, FeatureTable, Matrix, NumericColumn

MARGIN = 0.05
"""Share of the learned range by which a value must lie beyond it: the next of many values often does so by a little."""
NEW_WORDS = 0.05
"""Share of rows with a word that no other row has, from which on new words are nothing unusual (Good and Turing)."""
MOST_WORDS = 1_000


class _Limits(NamedTuple):
    """The columns of numbers: their names, places in the matrix, and the least and greatest values that are usual."""

    names: tuple[str, ...]
    columns: NDArray[np.intp]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]


@dataclass(frozen=True)
class Applicability:
    """The range of each column of numbers, and the words of each column of categories, among the learned rows."""

    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    words: dict[str, frozenset[str]] = field(default_factory=dict)
    _known: tuple[FeatureTable, _Limits] | None = field(default=None, init=False, compare=False, repr=False)

    @classmethod
    def learned(cls, table: FeatureTable, matrix: Matrix, rows: Sequence[Row]) -> Applicability:
        """From the rows that a model learns from, and their lines in the matrix."""
        spans = dict(table.spans())
        ranges, words = {}, {}
        for column in table.columns:
            if isinstance(column, NumericColumn):
                values = matrix[:, spans[column.name].start]
                ranges[column.name] = (float(values.min()), float(values.max()))
            elif isinstance(column, CategoryColumn):
                counts = Counter(filter(None, map(_word, listed(raw_column(rows, column.name)))))
                alone = sum(count == 1 for count in counts.values())
                if alone <= NEW_WORDS * len(rows) and len(counts) <= MOST_WORDS:
                    words[column.name] = frozenset(counts)
        return cls(ranges, words)

    def outside(self, table: FeatureTable, matrix: Matrix, rows: Sequence[Row]) -> list[tuple[Outside, ...]]:
        """What of each row lies outside; `matrix` are the rows as `table` encodes them."""
        outside = self.outside_by_line(table, matrix, rows)
        return [outside.get(line, ()) for line in range(len(rows))]

    def outside_by_line(
        self, table: FeatureTable, matrix: Matrix, rows: Sequence[Row]
    ) -> dict[int, tuple[Outside, ...]]:
        """The same by line, of those rows only of which something does; others are not looked at one by one."""
        outside: defaultdict[int, list[Outside]] = defaultdict(list)
        names, columns, lowest, highest = self._limits(table)
        values = matrix[:, columns]
        lines, places = np.nonzero((values < lowest) | (values > highest))
        for place, line in sorted(zip(places.tolist(), lines.tolist(), strict=True)):
            low, high = self.ranges[names[place]]
            outside[line].append(Outside(names[place], float(values[line, place]), low, high))
        spans = dict(table.spans()) if self.words else {}
        for name, known in self.words.items():
            for line in np.flatnonzero(~matrix[:, spans[name]].any(axis=1)).tolist():
                word = _word(rows[line].get(name))
                if word and word not in known:
                    outside[line].append(Outside(name, word))
        return {line: tuple(one) for line, one in outside.items()}

    def _limits(self, table: FeatureTable) -> _Limits:
        """Where the columns of `ranges` stand in a matrix of the table, and beyond what their values are named."""
        if self._known is None or self._known[0] is not table:
            spans = dict(table.spans())
            ranges = np.array(list(self.ranges.values()), dtype=np.float64).reshape(-1, 2)
            margins = MARGIN * (ranges[:, 1] - ranges[:, 0])
            columns = np.array([spans[name].start for name in self.ranges], dtype=np.intp)
            limits = _Limits(tuple(self.ranges), columns, ranges[:, 0] - margins, ranges[:, 1] + margins)
            object.__setattr__(self, "_known", (table, limits))
            return limits
        return self._known[1]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"ranges": self.ranges, "words": {name: sorted(words) for name, words in self.words.items()}}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Applicability:
        """Back from plain data. Raises KeyError, TypeError or ValueError where it is none of ours."""
        ranges = {name: (float(low), float(high)) for name, (low, high) in plain["ranges"].items()}
        return cls(ranges, {name: frozenset(words) for name, words in plain["words"].items()})


def _word(value: object) -> str:
    return str(value).strip() if isinstance(value, (str, int, float)) else ""
