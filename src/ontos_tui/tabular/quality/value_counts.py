"""The values of columns that have few, each counted, and how many values of other columns are missing beside each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.duckdb_sql import quoted
from ontos_tui.tabular.quality.table_rows import TableRows, is_text

AT_ONCE = 16
"""Columns that are counted in one scan."""


@dataclass
class ValueCounts:
    """By column: each value with its rows, and with the rows in which each of the columns with holes has a value."""

    counts: dict[str, dict[Any, int]] = field(default_factory=dict)
    present: dict[str, dict[Any, dict[str, int]]] = field(default_factory=dict)

    def of(self, name: str) -> Mapping[Any, int] | None:
        """The values of a column with their rows; None where they were not counted."""
        return self.counts.get(name)


def value_counts(table: TableRows, columns: Sequence[Column], holes: Sequence[Column], *, longest: int) -> ValueCounts:
    """Count the values of `columns`, texts up to `longest` characters, and beside each those of `holes`."""
    counted = ValueCounts()
    for first in range(0, len(columns), AT_ONCE):
        _count(table, columns[first : first + AT_ONCE], holes, longest, counted)
    return counted


def _count(
    table: TableRows, columns: Sequence[Column], holes: Sequence[Column], longest: int, counted: ValueCounts
) -> None:
    keys = [f"k{place}" for place in range(len(columns))]
    values = [
        f"{f'left(CAST({quoted(one.name)} AS VARCHAR), {longest})' if is_text(one) else quoted(one.name)} AS {key}"
        for one, key in zip(columns, keys, strict=True)
    ]
    present = [f"h{place}" for place in range(len(holes))]
    flags = [f"{quoted(one.name)} IS NOT NULL AS {flag}" for one, flag in zip(holes, present, strict=True)]
    sums = [f"count_if({flag})" for flag in present]
    sql = (
        f"SELECT grouping({', '.join(keys)}), {', '.join(keys)}, {', '.join(['count(*)', *sums])} "  # noqa: S608
        f"FROM (SELECT {', '.join([*values, *flags])} FROM {table.relation}) "
        f"GROUP BY GROUPING SETS ({', '.join(f'({key})' for key in keys)})"
    )
    every = (1 << len(keys)) - 1
    # The bit of a key is 0 where rows are grouped by it; the first key has the highest bit.
    place_of = {every & ~(1 << (len(keys) - 1 - place)): place for place in range(len(keys))}
    for grouping, *row in table.rows(sql):
        place = place_of[int(grouping)]
        name, value, numbers = columns[place].name, row[place], row[len(keys) :]
        counted.counts.setdefault(name, {})[value] = int(numbers[0])
        among = {hole.name: int(number) for hole, number in zip(holes, numbers[1:], strict=True)}
        counted.present.setdefault(name, {})[value] = among
