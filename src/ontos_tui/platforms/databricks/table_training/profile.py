"""What the columns of a table hold, counted by one statement over every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.records.data import Column
from ontos_tui.platforms.databricks.cell_values import ORDERED, base_type
from ontos_tui.platforms.databricks.select_sql import column_name

_NUMBERS = frozenset({"tinyint", "smallint", "int", "bigint", "float", "double", "decimal"})


@dataclass(frozen=True)
class ColumnProfile:
    """One column: rows without a value, its numbers' range, mean and spread, and about how many different values."""

    name: str
    is_number: bool
    rows: int
    missing: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    spread: float | None = None
    different: int | None = None

    @property
    def values(self) -> str:
        """The range, or how many different values there are."""
        if self.is_number:
            return "none" if self.low is None else f"{self.low:g} to {self.high:g}"
        return "not counted" if self.different is None else f"about {self.different:,} different"


def profile_statement(rows: str, columns: Sequence[Column]) -> str:
    """The aggregates of these columns over the rows of a statement."""
    parts = ["count(*) AS n"]
    for number, column in enumerate(columns):
        name = column_name(column.name)
        parts.append(f"count({name}) AS c{number}_n")
        if is_number(column):
            value = f"CASE WHEN NOT isnan(CAST({name} AS DOUBLE)) THEN CAST({name} AS DOUBLE) END"
            parts += [
                f"{how}({value}) AS c{number}_{alias}"
                for how, alias in (("min", "low"), ("max", "high"), ("avg", "mean"), ("stddev", "spread"))
            ]
        elif base_type(column.type) in ORDERED:
            parts.append(f"approx_count_distinct({name}) AS c{number}_different")
    return f"SELECT {', '.join(parts)} FROM ({rows}) AS source"  # noqa: S608


def profiles(counted: Mapping[str, Any], columns: Sequence[Column]) -> list[ColumnProfile]:
    """The profiles that the statement's one row holds."""
    total = int(counted["n"])

    def figure(number: int, alias: str) -> float | None:
        value = counted.get(f"c{number}_{alias}")
        return None if value is None else float(value)

    return [
        ColumnProfile(
            column.name,
            is_number(column),
            total,
            total - int(counted[f"c{number}_n"]),
            figure(number, "low"),
            figure(number, "high"),
            figure(number, "mean"),
            figure(number, "spread"),
            _whole(counted.get(f"c{number}_different")),
        )
        for number, column in enumerate(columns)
    ]


def is_number(column: Column) -> bool:
    """Whether the values of a column are numbers."""
    return base_type(column.type) in _NUMBERS


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
