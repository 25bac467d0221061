"""Windows of streams in files: DuckDB computes them; what does not fit into memory goes to the disk.

A window is made of rows of one group, in order, a number at a time. Its fields stand in tabular/window_fields.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column, Windows
from ontos_tui.tabular.duckdb_sql import literal, quoted
from ontos_tui.tabular.row_names import name_sql, numbered_name
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
class WindowRelation:
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
    source: Source,
    windows: Windows,
    where: str,
    text_of: Callable[[Column], str],
    span: range | None = None,
    *,
    by_content: bool = False,
) -> WindowRelation:
    """The windows of the rows that fulfil `where`. Raises InvalidInputError for a column that does not exist.

    A window that no order names is called by what its rows hold where `by_content`, else by its first row's number.

    `text_of` gives the SQL of a column's values as text. With `span`, only the streams that hold the windows of those
    places (from 0) are read, which spares most of the work.
    """
    names = _OwnNames.free_in(source.names())
    fields = WindowFields(source.columns, windows, names.place, SQL)
    group, order = fields.group, fields.order
    moment = text_of(order) if order else f"CAST({names.row} AS VARCHAR)"
    start = f"arg_min({moment}, {names.place})"
    fields.add_all(f"any_value({quoted(group.name)})" if group else "", start, f"arg_max({moment}, {names.place})")

    condition = f" WHERE {where}" if where else ""
    key = text_of(group) if group else "''"
    streams = _stream_sizes(source, group, key, condition)
    skipped = 0
    if span is not None:
        sizes = source.connection.cursor().execute(streams).fetchall()
        skipped, some = _streams_in_span(sizes, windows.size, windows.step, span)
        if group:
            condition += f" {'AND' if where else 'WHERE'} {key} IN ({', '.join(map(literal, some))})"
    hashed = by_content and order is None
    content = free_name("row_name", [*source.names(), *names])
    table = source.cells.named(content) if hashed else source.relation
    rows = _rows_by_window(table, windows, group, order, condition, names)
    field_names = [column.name for column in fields.columns]
    number, ref = free_name("window_number", field_names), free_name("window_ref", field_names)
    called = name_sql(f"string_agg({content}, ',' ORDER BY {names.place})") if hashed else start
    window_ref = f"any_value({text_of(group)}) || '@' || {called}" if group else called
    relation = (
        f"(SELECT {number}, {ref}, {fields.renamed} FROM ("  # noqa: S608
        f"SELECT {names.rank} * {MOST_WINDOWS} + {names.window} AS {number}, {window_ref} AS {ref}, {fields.computed} "
        f"FROM ({rows}) GROUP BY {names.rank}, {names.window}))"
    )
    if hashed:
        turn = free_name("window_turn", [*field_names, number, ref])
        turned = f"SELECT *, row_number() OVER (PARTITION BY {ref} ORDER BY {number}) AS {turn} FROM {relation}"  # noqa: S608
        relation = f"(SELECT * EXCLUDE ({turn}) REPLACE ({numbered_name(ref, turn)} AS {ref}) FROM ({turned}))"  # noqa: S608
    return WindowRelation(relation, number, ref, fields, _window_count(streams, windows), skipped)


class _OwnNames(NamedTuple):
    """What the columns that are added to the source's are called."""

    row: str
    place: str
    stream_size: str
    window: str
    rank: str

    @classmethod
    def free_in(cls, names: Sequence[str]) -> _OwnNames:
        own = ("row_number", "row_place", "row_count", "row_window", "row_stream")
        return cls(*(free_name(name, names) for name in own))


def _stream_sizes(source: Source, group: Column | None, key: str, condition: str) -> str:
    """The SQL of each stream with the number of its rows, in the order of the streams."""
    by_group = f" GROUP BY {quoted(group.name)} ORDER BY {quoted(group.name)}" if group else ""
    return f"SELECT {key} AS stream, count(*) AS n FROM {source.relation}{condition}{by_group}"  # noqa: S608


def _window_count(streams: str, windows: Windows) -> str:
    """The SQL that counts the windows, and the streams that are too short for one."""
    size, step = windows.size, windows.step
    return (
        f"SELECT coalesce(sum((n - {size}) // {step} + 1) FILTER (n >= {size}), 0), count_if(n < {size}) "  # noqa: S608
        f"FROM ({streams})"
    )


def _rows_by_window(
    table: str, windows: Windows, group: Column | None, order: Column | None, condition: str, names: _OwnNames
) -> str:
    """The SQL that gives each row once for every whole window in which it lies."""
    row, place, count, window, rank = names
    size, step = windows.size, windows.step
    stream = f"PARTITION BY {quoted(group.name)}" if group else ""
    placed = (
        f"SELECT *, row_number() OVER ({stream} ORDER BY {f'{quoted(order.name)}, ' if order else ''}{row}) - 1 "  # noqa: S608
        f"AS {place}, count(*) OVER ({stream}) AS {count}, "
        f"{f'dense_rank() OVER (ORDER BY {quoted(group.name)})' if group else '0'} AS {rank} "
        f"FROM (SELECT row_number() OVER () AS {row}, * FROM {table}){condition}"
    )
    # A row lies in every window that begins at most `size` rows before it; the last one still ends inside the stream.
    first, last = f"greatest(0, ({place} - {size} + {step}) // {step})", f"{place} // {step}"
    return (
        f"SELECT *, unnest(range({first}, least({last}, ({count} - {size}) // {step}) + 1)) AS {window} "  # noqa: S608
        f"FROM ({placed}) WHERE {count} >= {size}"
    )


def _streams_in_span(
    stream_sizes: Sequence[tuple[str | None, int]], size: int, step: int, span: range
) -> tuple[int, list[str]]:
    """Which streams (with their rows, in order) have windows in the span, and how many windows come before those."""
    before, passed, some = 0, 0, []
    for name, rows in stream_sizes:
        windows = (rows - size) // step + 1 if rows >= size else 0
        if passed + windows <= span.start:
            before += windows
        elif passed < span.stop:
            if name is None:
                raise InvalidInputError(
                    "Rows without a value in the group column belong to no stream.",
                    "Choose another group column, or exclude those rows with a filter.",
                )
            some.append(name)
        passed += windows
    return before, some or [""]
