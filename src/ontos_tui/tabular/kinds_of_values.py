"""What DuckDB's types mean to us: numbers, times, texts, and values that cannot be compared."""

from __future__ import annotations

from enum import StrEnum

from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.duckdb_sql import quoted

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


class Kind(StrEnum):
    NUMBER = "number"
    TIME = "time"
    TEXT = "text"
    BOOLEAN = "boolean"
    OTHER = "other"


def kind_of(column: Column) -> Kind:
    """What the values of a column are."""
    if column.type in (*_WHOLE, "DOUBLE", "FLOAT") or column.type.startswith("DECIMAL"):
        return Kind.NUMBER
    if column.type == "DATE" or column.type.startswith("TIMESTAMP"):
        return Kind.TIME
    if column.type == "VARCHAR":
        return Kind.TEXT
    return Kind.BOOLEAN if column.type == "BOOLEAN" else Kind.OTHER


def is_whole(column: Column) -> bool:
    """Whether its values are whole numbers."""
    return column.type in _WHOLE


def moment_sql(column: Column, name: str = "") -> str:
    """The SQL of a column's values as numbers that can be subtracted: of times, seconds. `name` stands for it."""
    name = name or quoted(column.name)
    if kind_of(column) is Kind.TIME:
        zone = "TIMESTAMP WITH TIME ZONE" if "ZONE" in column.type else "TIMESTAMP"
        return f"(epoch_us(CAST({name} AS {zone})) / 1e6)"
    return f"CAST({name} AS DOUBLE)"
