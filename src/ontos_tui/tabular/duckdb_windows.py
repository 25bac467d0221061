"""Windows of streams in files: DuckDB computes them; what does not fit into memory goes to the disk.

A window is made of rows of one group, in order, a number at a time. Its fields stand in tabular/window_fields.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column, Windows
from ontos_tui.tabular.duckdb_sql import literal, quoted
from ontos_tui.tabular.source import Source
from ontos_tui.tabular.window_fields import LARGEST, WindowFields, WindowSql, free_name

MOST_WINDOWS = 1 << 40
"""More than one stream can have."""
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def _is_number(column: Column) -> bool:
    return column.type in (*_WHOLE, "DOUBLE", "FLOAT") or column.type.startswith("DECIMAL")


def _number(column: Column) -> str:
    value = f"TRY_CAST({quoted(column.name)} AS DOUBLE)"
    return f"CASE WHEN abs({value}) < {LARGEST} THEN {value} END"


SQL = WindowSql(
    quoted=quoted,
    is_number=_is_number,
    number=_number,
    last="arg_max({v}, {place})",
    series="list({v} ORDER BY {place})",
    text_type="VARCHAR",
    float_type="DOUBLE",
    list_type="DOUBLE[]",
)


@dataclass(frozen=True)
class Windowed:
    """A relation of windows with their `ref`, a `number` that orders them, and the fields that a window has.

    `counted` is the SQL that counts the windows; `skipped` come before those of the relation.
    """

    relation: str
    number: str
    ref: str
    fields: WindowFields
    counted: str
    skipped: int


def make_windows(
    source: Source, windows: Windows, where: str, text_of: Callable[[Column], str], span: range | None = None
) -> Windowed:
    """The windows of the rows that fulfil `where`. Raises InvalidInputError for a column that does not exist.

    `text_of` gives the SQL of a column's values as text. With `span`, only the streams that hold the windows of those
    places (from 0) are read, which spares most of the work.
    """
    names = source.names()
    row, place, count, window, rank = (
        free_name(name, names) for name in ("row_number", "row_place", "row_count", "row_window", "row_stream")
    )
    fields = WindowFields(source.columns, windows, place, SQL)
    group, order = fields.group, fields.order
    moment = text_of(order) if order else f"CAST({row} AS VARCHAR)"
    start = f"arg_min({moment}, {place})"
    fields.add_all(f"any_value({quoted(group.name)})" if group else "", start, f"arg_max({moment}, {place})")

    size, step = windows.size, windows.step
    condition = f" WHERE {where}" if where else ""
    by_group = f" GROUP BY {quoted(group.name)} ORDER BY {quoted(group.name)}" if group else ""
    key = text_of(group) if group else "''"
    streams = f"SELECT {key} AS stream, count(*) AS n FROM {source.relation}{condition}{by_group}"  # noqa: S608
    skipped, only = 0, ""
    if span is not None:
        found = source.connection.cursor().execute(streams).fetchall()
        skipped, some = _streams(found, size, step, span)
        only = f" {'AND' if where else 'WHERE'} {key} IN ({', '.join(map(literal, some))})" if group else ""
    stream = f"PARTITION BY {quoted(group.name)}" if group else ""
    placed = (
        f"SELECT *, row_number() OVER ({stream} ORDER BY {f'{quoted(order.name)}, ' if order else ''}{row}) - 1 "  # noqa: S608
        f"AS {place}, count(*) OVER ({stream}) AS {count}, "
        f"{f'dense_rank() OVER (ORDER BY {quoted(group.name)})' if group else '0'} AS {rank} "
        f"FROM (SELECT row_number() OVER () AS {row}, * FROM {source.relation}){condition}{only}"
    )
    # A row lies in every window that begins at most `size` rows before it; the last one still ends inside the stream.
    first, last = f"greatest(0, ({place} - {size} + {step}) // {step})", f"{place} // {step}"
    spread = (
        f"SELECT *, unnest(range({first}, least({last}, ({count} - {size}) // {step}) + 1)) AS {window} "  # noqa: S608
        f"FROM ({placed}) WHERE {count} >= {size}"
    )
    ref = f"any_value({text_of(group)}) || '@' || {start}" if group else start
    made = [column.name for column in fields.columns]
    number_name, ref_name = free_name("window_number", made), free_name("window_ref", made)
    relation = (
        f"(SELECT {number_name}, {ref_name}, {fields.renamed} FROM ("  # noqa: S608
        f"SELECT {rank} * {MOST_WINDOWS} + {window} AS {number_name}, {ref} AS {ref_name}, {fields.computed} "
        f"FROM ({spread}) GROUP BY {rank}, {window}))"
    )
    counted = (
        f"SELECT coalesce(sum((n - {size}) // {step} + 1) FILTER (n >= {size}), 0), count_if(n < {size}) "  # noqa: S608
        f"FROM ({streams})"
    )
    return Windowed(relation, number_name, ref_name, fields, counted, skipped)


def _streams(found: Sequence[tuple[str | None, int]], size: int, step: int, span: range) -> tuple[int, list[str]]:
    """Which streams (with their rows, in order) have windows in the span, and how many windows come before those."""
    before, passed, some = 0, 0, []
    for name, rows in found:
        windows = (rows - size) // step + 1 if rows >= size else 0
        if passed + windows <= span.start:
            before += windows
        elif passed < span.stop:
            if name is None:
                raise InvalidInputError(
                    "There are rows without a value in the column that groups them, so they belong to no stream.",
                    "Choose another group column, or filter those rows out.",
                )
            some.append(name)
        passed += windows
    return before, some or [""]
