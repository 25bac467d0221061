"""What the columns of a table hold: range, histogram, what is far away, what is common. Two passes in all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.reading import ColumnProfile
from ontos_tui.tabular.duckdb_sql import quoted
from ontos_tui.tabular.source import Source

STEPS = 10
FAR = 6.0
"""Numbers further from the middle half than so many times its width are odd."""
SHOWN = 5
COMMON = 8
_WHOLE = ("BIGINT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT")


def profile(source: Source) -> list[ColumnProfile]:
    """A profile of every column of a file."""
    first = _query(source, [_first(column) for column in source.columns])
    second = _query(source, [_second(column, values) for column, values in zip(source.columns, first, strict=True)])
    return [_profile(column, values, more) for column, values, more in zip(source.columns, first, second, strict=True)]


def _query(source: Source, parts: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """The aggregates of all columns in one pass, as they were asked for."""
    expressions = [sql for part in parts for sql in part.values()]
    if not expressions:
        return [{} for _ in parts]
    cursor = source.connection.cursor()
    try:
        row = iter(cursor.execute(f"SELECT {', '.join(expressions)} FROM {source.relation}").fetchall()[0])  # noqa: S608
    finally:
        cursor.close()
    return [{key: next(row) for key in part} for part in parts]


def is_number(column: Column) -> bool:
    """Whether a column's values are numbers."""
    return column.type in (*_WHOLE, "DOUBLE", "FLOAT") or column.type.startswith("DECIMAL")


def _number(column: Column) -> str:
    name = f"CAST({quoted(column.name)} AS DOUBLE)"
    return f"CASE WHEN isfinite({name}) THEN {name} END" if column.type in ("DOUBLE", "FLOAT") else name


def _first(column: Column) -> dict[str, str]:
    name = quoted(column.name)
    if is_number(column):
        number = _number(column)
        return {
            "distinct": f"approx_count_distinct({name})",
            "low": f"min({number})",
            "high": f"max({number})",
            "mean": f"avg({number})",
            "quarters": f"approx_quantile({number}, [0.25, 0.75])",
        }
    if column.type.startswith(("DATE", "TIME")):
        return {
            "distinct": f"approx_count_distinct({name})",
            "low": f"CAST(min({name}) AS VARCHAR)",
            "high": f"CAST(max({name}) AS VARCHAR)",
        }
    if column.type in ("VARCHAR", "BOOLEAN"):
        text = f"left(CAST({name} AS VARCHAR), 60)"
        return {"distinct": f"approx_count_distinct({name})", "texts": f"approx_top_k({text}, {COMMON})"}
    return {}


def _second(column: Column, values: dict[str, Any]) -> dict[str, str]:
    if is_number(column) and values["low"] is not None:
        number, low, high = _number(column), float(values["low"]), float(values["high"])
        parts = {}
        if high > low and high - low < 1e300:
            step = f"least({STEPS - 1}, floor(({number} - {low!r}) / {(high - low) / STEPS!r}))"
            parts = {f"bin {place}": f"count_if({step} = {place})" for place in range(STEPS)}
        first, third = values["quarters"] or (low, high)
        width = third - first
        if width > 0:
            far = f"{number} < {first - FAR * width!r} OR {number} > {third + FAR * width!r}"
            away = f"abs({number} - {(first + third) / 2!r})"
            parts["odd_count"] = f"count_if({far})"
            farthest = f"max(CASE WHEN {far} THEN {{'a': {away}, 'v': {number}}} END, {SHOWN})"
            parts["odd"] = f"list_transform({farthest}, lambda one: one.v)"
        return parts
    if values.get("texts"):
        name = f"left(CAST({quoted(column.name)} AS VARCHAR), 60)"
        from ontos_tui.tabular.duckdb_sql import literal

        return {f"text {text}": f"count_if({name} = {literal(text)})" for text in values["texts"]}
    return {}


def _profile(column: Column, values: dict[str, Any], more: dict[str, Any]) -> ColumnProfile:
    common = {key.removeprefix("text "): int(count) for key, count in more.items() if key.startswith("text ")}
    return ColumnProfile(
        name=column.name,
        distinct=int(values.get("distinct") or 0),
        low=_text(values.get("low"), column),
        high=_text(values.get("high"), column),
        mean=None if values.get("mean") is None else float(values["mean"]),
        histogram=[int(count) for key, count in more.items() if key.startswith("bin ")],
        odd=[_text(value, column) for value in more.get("odd") or []],
        odd_count=int(more.get("odd_count") or 0),
        common=dict(sorted(common.items(), key=lambda item: -item[1])),
    )


def _text(value: Any, column: Column) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{int(value):d}" if column.type in _WHOLE and abs(value) < 1e15 else f"{value:.6g}"
    return str(value)
