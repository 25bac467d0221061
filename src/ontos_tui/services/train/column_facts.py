"""What values a column holds, gathered row by row: numbers with their range, other values with their number."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ontos_tui.domain.records.data import Row

MOST_VALUES = 1_000
"""Different texts that are counted; more are said to be many."""


@dataclass
class ColumnFacts:
    """One column: how many values, how many numbers among them with their range, and which others."""

    name: str
    rows: int = 0
    missing: int = 0
    numbers: int = 0
    low: float = math.inf
    high: float = -math.inf
    texts: Counter[str] = field(default_factory=Counter)

    def add(self, value: object) -> None:
        """Count one value."""
        self.rows += 1
        if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
            self.missing += 1
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self.numbers += 1
            self.low, self.high = min(self.low, value), max(self.high, value)
        elif len(self.texts) < MOST_VALUES:
            self.texts[str(value)[:100]] += 1

    @property
    def kind(self) -> str:
        """What most of its values are."""
        if self.missing == self.rows:
            return "empty"
        return "number" if 2 * self.numbers > self.rows - self.missing else "text"

    @property
    def values(self) -> str:
        """Its range, or how many different values it has."""
        if self.kind == "number":
            return f"{self.low:g} to {self.high:g}"
        different = len(self.texts)
        if different <= 6:
            return ", ".join(sorted(self.texts))
        return f"{'over ' if different >= MOST_VALUES else ''}{different:,} different"


def column_facts(rows: Iterable[Row], names: Iterable[str] = ()) -> list[ColumnFacts]:
    """The columns of these names, or all in the order in which they appear, over all rows."""
    columns = {name: ColumnFacts(name) for name in names}
    fixed = bool(columns)
    for count, row in enumerate(rows):
        for name in row if not fixed else ():
            if name not in columns:
                columns[name] = ColumnFacts(name, rows=count, missing=count)
        for name, column in columns.items():
            column.add(row.get(name))
    return list(columns.values())
