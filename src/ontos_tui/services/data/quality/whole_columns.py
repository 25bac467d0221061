"""What all rows of a sheet say of its columns, counted by DuckDB: for guesses that a sample would get wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ontos_tui.domain.records.data import Sheet, TableAddress
from ontos_tui.platforms.ports import Catalog

COUNTED = 200
"""Distinct values of a column up to which all rows are counted."""


@dataclass(frozen=True)
class WholeColumn:
    """What all rows of a sheet say of a column: its values with their rows where they are few, else how many, about."""

    distinct: int
    counts: Counter[Any] | None = None
    extremes: tuple[float, float] | None = None


def whole_columns(catalog: Catalog, address: TableAddress, sheet: Sheet) -> dict[str, WholeColumn]:
    """What all rows of a sheet say of its columns, in two scans; nothing of a table that is not on this machine."""
    from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, quoted
    from ontos_tui.tabular.quality.table_rows import TableRows, is_number, is_text, number_sql
    from ontos_tui.tabular.quality.value_counts import value_counts
    from ontos_tui.tabular.row_filter import filter_sql

    source = catalog.source(address)
    if source is None:
        return {}
    where = filter_sql(sheet.filter_expression, source.names()) if sheet.filter_expression.strip() else ""
    table = TableRows.of(source, where, sheet.columns)
    columns = [column for column in table.columns if is_number(column) or is_text(column)]
    parts = [
        {"distinct": f"approx_count_distinct({quoted(column.name)})"}
        | ({"low": f"min({number_sql(column)})", "high": f"max({number_sql(column)})"} if is_number(column) else {})
        for column in columns
    ]
    with explain_duckdb_errors(source.path, sheet.filter_expression):
        described = dict(zip((column.name for column in columns), table.aggregates(parts), strict=True))
        few = [column for column in columns if described[column.name]["distinct"] <= COUNTED]
        # Documents are longer than any class, and are told apart by more than their beginning.
        counted = value_counts(table, few, (), longest=1_000)
    table.close()
    whole = {}
    for column in columns:
        values, counts = described[column.name], counted.of(column.name)
        given = Counter({value: rows for value, rows in (counts or {}).items() if value is not None and value != ""})
        ends = (values["low"], values["high"]) if values.get("low") is not None else None
        flags = column.type == "BOOLEAN"
        if flags:
            given = Counter({value == "true": rows for value, rows in given.items()})
        whole[column.name] = WholeColumn(int(values["distinct"]), given if counts is not None else None, ends)
    return whole
