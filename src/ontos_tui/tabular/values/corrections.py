"""What the user decided about values of a column: which mean no value, and which are read as another one.

It comes last, over the values as they were read, for files of every kind. Rows are named by their raw cells, so that no
name changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import ReadingOptions
from ontos_tui.tabular.duckdb_sql import literal, quoted


def corrections(columns: Sequence[Column], options: ReadingOptions) -> str:
    """The SQL of the columns that differ from how they were read, for `SELECT * REPLACE (…)`; "" where none does."""
    changed = []
    for column in columns:
        missing = options.column_missing.get(column.name, ())
        spellings = options.spellings.get(column.name, {}) if column.type == "VARCHAR" else {}
        limits = options.column_limits.get(column.name) if column.type in _NUMBERS else None
        if missing or spellings or limits:
            changed.append(f"{_expression(column, missing, spellings, limits)} AS {quoted(column.name)}")
    return ", ".join(changed)


_NUMBERS = ("DOUBLE", "FLOAT", "BIGINT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT")


def correction_notes(columns: Sequence[Column], options: ReadingOptions) -> list[str]:
    """The decisions in words, for the report."""
    notes = []
    for column in columns:
        if missing := options.column_missing.get(column.name):
            notes.append(f"{column.name!r}: {_listed(missing)} mean no value, as decided.")
        others: dict[str, list[str]] = {}
        for value, other in options.spellings.get(column.name, {}).items():
            others.setdefault(other, []).append(value)
        notes += [f"{column.name!r}: {_listed(values)} are read as {other!r}." for other, values in others.items()]
        if limits := options.column_limits.get(column.name):
            notes.append(
                f"{column.name!r}: numbers below {limits[0]:g} or above {limits[1]:g} mean no value, as decided."
            )
    return notes


def _listed(values: Sequence[str]) -> str:
    return ", ".join(map(repr, values[:5])) + (" …" if len(values) > 5 else "")


def _expression(
    column: Column, missing: Sequence[str], spellings: dict[str, str], limits: tuple[float, float] | None
) -> str:
    name = quoted(column.name)
    cases = [f"WHEN {_is_one_of(column, missing)} THEN NULL"] if missing else []
    cases += [f"WHEN {name} = {literal(value)} THEN {literal(other)}" for value, other in spellings.items()]
    if limits is not None:
        cases.append(f"WHEN {name} < {limits[0]!r} OR {name} > {limits[1]!r} THEN NULL")
    return f"CASE {' '.join(cases)} ELSE {name} END"


def _is_one_of(column: Column, words: Sequence[str]) -> str:
    """The condition that a value is one of these words; of a number, whatever way it is written in."""
    name = quoted(column.name)
    if column.type == "VARCHAR":
        return f"{name} IN ({', '.join(map(literal, words))})"
    text = f"CAST({name} AS VARCHAR)"
    condition = f"{text} IN ({', '.join(map(literal, words))})"
    numbers = [number for word in words if (number := _number(word)) is not None]
    if numbers and column.type not in ("BOOLEAN", "DATE") and not column.type.startswith("TIME"):
        condition = f"({condition} OR {name} IN ({', '.join(map(repr, numbers))}))"
    return condition


def _number(word: str) -> float | None:
    from math import isfinite

    try:
        number = float(word)
    except ValueError:
        return None
    return number if isfinite(number) else None
