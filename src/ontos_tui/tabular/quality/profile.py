"""What the columns of a table hold: range, histogram, what is far away, what is common. A few scans in all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import ColumnProfile
from ontos_tui.tabular.duckdb_sql import literal, quoted
from ontos_tui.tabular.quality.table_rows import TableRows, is_number, is_text, is_whole, number_sql
from ontos_tui.tabular.quality.value_counts import ValueCounts, value_counts

STEPS = 10
FAR = 6.0
"""Numbers further from the middle half than so many times its width are odd."""
SHOWN = 5
COMMON = 8
FEW = 1_000
"""Different values up to which each is counted."""
LONGEST = 60
"""Characters of a text that are compared and shown."""


@dataclass
class ColumnScan:
    """A column, counted over all rows: what its profile is made of, and more that its quality is judged by.

    `low` and `high` are its extremes as the file has them, `bounds` what odd numbers lie beyond.
    """

    column: Column
    values: int = 0
    distinct: int = 0
    low: Any = None
    high: Any = None
    mean: float | None = None
    bounds: tuple[float, float] | None = None
    histogram: list[int] = field(default_factory=list)
    odd: list[float] = field(default_factory=list)
    odd_count: int = 0
    common: dict[str, int] = field(default_factory=dict)

    def profile(self) -> ColumnProfile:
        """What is shown of it."""
        whole = is_whole(self.column)
        return ColumnProfile(
            name=self.column.name,
            distinct=self.distinct,
            low=_text(self.low, whole=whole),
            high=_text(self.high, whole=whole),
            mean=self.mean,
            histogram=self.histogram,
            odd=[_text(value, whole=whole) for value in self.odd],
            odd_count=self.odd_count,
            common=self.common,
        )


@dataclass(frozen=True)
class TableScan:
    """All columns of a table, its rows, a sample of them in memory, and the counted values of columns with few."""

    table: TableRows
    rows: int
    columns: tuple[ColumnScan, ...]
    sample: TableRows
    counts: ValueCounts


def profile(table: TableRows) -> list[ColumnProfile]:
    """A profile of every column."""
    return [column.profile() for column in scan(table).columns]


def scan(table: TableRows, step: Callable[[str], None] = lambda _: None) -> TableScan:
    """Count all columns; `step` hears what is done next. Raises Cancelled when the user ends it."""
    step("counting values")
    whole, *first = table.aggregates([{"rows": "count(*)"}, *map(_extent, table.columns)])
    columns = [ColumnScan(column, **values) for column, values in zip(table.columns, first, strict=True)]
    rows = int(whole["rows"])
    step("drawing a sample")
    sample = table.sample(rows)
    _set_bounds(sample, columns)
    step("counting odd values")
    for one, values in zip(columns, table.aggregates([_spread(one) for one in columns]), strict=True):
        one.histogram = [int(count) for key, count in values.items() if key.startswith("bin ")]
        one.odd_count, one.odd = int(values.get("odd_count") or 0), list(values.get("odd") or ())
    step("counting classes")
    few = [one.column for one in columns if 0 < one.distinct <= FEW and (is_text(one.column) or is_whole(one.column))]
    holes = [one.column for one in columns if 0 < one.values < rows]
    counts = value_counts(table, few, holes, longest=LONGEST)
    _set_common(table, sample, columns, counts)
    return TableScan(table, rows, tuple(columns), sample, counts)


def _extent(column: Column) -> dict[str, str]:
    name = quoted(column.name)
    parts = {"values": f"count({name})"}
    if is_number(column):
        number = number_sql(column)
        parts |= {"distinct": f"approx_count_distinct({name})", "low": f"min({number})", "high": f"max({number})"}
        return parts | {"mean": f"avg({number})"}
    if column.type.startswith(("DATE", "TIME")):
        parts |= {"low": f"CAST(min({name}) AS VARCHAR)", "high": f"CAST(max({name}) AS VARCHAR)"}
    elif not is_text(column):
        return parts
    return parts | {"distinct": f"approx_count_distinct({name})"}


def _set_bounds(sample: TableRows, columns: Sequence[ColumnScan]) -> None:
    """The bounds of what is usual, by the quartiles of the sample."""
    numeric = [one for one in columns if is_number(one.column) and one.low is not None]
    quartiles = sample.aggregates([{"q": f"quantile_cont({number_sql(one.column)}, [0.25, 0.75])"} for one in numeric])
    for one, values in zip(numeric, quartiles, strict=True):
        first, third = values["q"] or (one.low, one.high)
        width = third - first
        if 0 < width < 1e300:
            one.bounds = (first - FAR * width, third + FAR * width)


def _spread(one: ColumnScan) -> dict[str, str]:
    """The histogram, and what lies beyond the bounds."""
    parts: dict[str, str] = {}
    if not is_number(one.column) or one.low is None:
        return parts
    number, low, high = number_sql(one.column), float(one.low), float(one.high)
    if high > low and high - low < 1e300:
        step = f"floor(({number} - {low!r}) / {(high - low) / STEPS!r})"
        # Not least(…): it takes a missing number for none of those that it compares.
        parts = {f"bin {place}": f"count_if({step} = {place})" for place in range(STEPS - 1)}
        parts[f"bin {STEPS - 1}"] = f"count_if({step} >= {STEPS - 1})"
    if one.bounds is not None and (low < one.bounds[0] or high > one.bounds[1]):
        far = f"{number} < {one.bounds[0]!r} OR {number} > {one.bounds[1]!r}"
        away = f"abs({number} - {sum(one.bounds) / 2!r})"
        parts["odd_count"] = f"count_if({far})"
        farthest = f"max(CASE WHEN {far} THEN {{'a': {away}, 'v': {number}}} END, {SHOWN})"
        parts["odd"] = f"list_transform({farthest}, lambda one: one.v)"
    return parts


def _set_common(table: TableRows, sample: TableRows, columns: Sequence[ColumnScan], counts: ValueCounts) -> None:
    """The commonest texts: of columns with many, those that are common in the sample, counted over all rows."""
    many = []
    for one in columns:
        if not is_text(one.column) or not one.values:
            continue
        counted = counts.of(one.column.name)
        if counted is None:
            many.append(one)
        else:
            texts = {str(value): number for value, number in counted.items() if value is not None}
            one.common = dict(sorted(texts.items(), key=lambda item: (-item[1], item[0]))[:COMMON])
            one.distinct = len(texts)
    short = {one.column.name: f"left(CAST({quoted(one.column.name)} AS VARCHAR), {LONGEST})" for one in many}
    tops = sample.aggregates([{"top": f"approx_top_k({short[one.column.name]}, {COMMON})"} for one in many])
    parts = [
        {text: f"count_if({short[one.column.name]} = {literal(text)})" for text in top["top"] or () if text is not None}
        for one, top in zip(many, tops, strict=True)
    ]
    for one, counted_texts in zip(many, table.aggregates(parts), strict=True):
        one.common = dict(sorted(counted_texts.items(), key=lambda item: -item[1]))


def _text(value: Any, *, whole: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{int(value):d}" if whole and abs(value) < 1e15 else f"{value:.6g}"
    return str(value)
