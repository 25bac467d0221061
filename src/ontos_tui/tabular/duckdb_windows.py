"""Windows of streams in files: DuckDB computes them; what does not fit into memory goes to the disk.

A window is made of rows of one group, in order, a number at a time. Its fields stand in tabular/window_fields.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ontos_tui.domain.catalog import TIMES_USUAL, StreamSteps
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column, Windows
from ontos_tui.tabular.duckdb_sql import literal, quoted
from ontos_tui.tabular.kinds_of_values import Kind, kind_of, moment_sql
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
    key = text_of(group) if group else "''"
    streams = _streams(_pieces(source.relation, windows, group, order, where, names), windows, group, key, names)
    skipped, condition = 0, where
    if span is not None:
        counted = source.connection.cursor().execute(streams).fetchall()
        skipped, some = _streams_in_span([(name, int(count)) for name, count, *_ in counted], span)
        if group:
            condition = f"{f'({where}) AND ' if where else ''}{key} IN ({', '.join(map(literal, some))})"
    hashed = by_content and order is None
    content = free_name("row_name", [*source.names(), *names])
    table = source.cells.named(content) if hashed else source.relation
    rows = _rows_by_window(_pieces(table, windows, group, order, condition, names), windows, group, order, names)
    relation, number, ref = _named_windows(rows, fields, names, text_of, content if hashed else "", start)
    return WindowRelation(relation, number, ref, fields, _window_count(streams), skipped)


def _named_windows(
    rows: str, fields: WindowFields, names: _OwnNames, text_of: Callable[[Column], str], content: str, start: str
) -> tuple[str, str, str]:
    """The relation of the windows, and the names of the columns that number and name them.

    Windows are called by what their rows hold where `content` names that column, else by their start.
    """
    field_names = [column.name for column in fields.columns]
    number, ref = free_name("window_number", field_names), free_name("window_ref", field_names)
    called = name_sql(f"string_agg({content}, ',' ORDER BY {names.place})") if content else start
    window_ref = f"any_value({text_of(fields.group)}) || '@' || {called}" if fields.group else called
    relation = (
        f"(SELECT {number}, {ref}, {fields.renamed} FROM ("  # noqa: S608
        f"SELECT {names.rank} * {MOST_WINDOWS} + {names.window} AS {number}, {window_ref} AS {ref}, {fields.computed} "
        f"FROM ({rows}) GROUP BY {names.rank}, {names.window}))"
    )
    if content:
        turn = free_name("window_turn", [*field_names, number, ref])
        turned = f"SELECT *, row_number() OVER (PARTITION BY {ref} ORDER BY {number}) AS {turn} FROM {relation}"  # noqa: S608
        relation = f"(SELECT * EXCLUDE ({turn}) REPLACE ({numbered_name(ref, turn)} AS {ref}) FROM ({turned}))"  # noqa: S608
    return relation, number, ref


class _OwnNames(NamedTuple):
    """What the columns that are added to the source's are called."""

    row: str
    place: str
    stream_size: str
    window: str
    rank: str
    piece: str

    @classmethod
    def free_in(cls, names: Sequence[str]) -> _OwnNames:
        own = ("row_number", "row_place", "row_count", "row_window", "row_stream", "row_piece")
        return cls(*(free_name(name, names) for name in own))


def _pieces(
    table: str, windows: Windows, group: Column | None, order: Column | None, where: str, names: _OwnNames
) -> str:
    """The SQL of the rows with their number and the piece of their stream, which a gap in its order ends."""
    condition = f" WHERE {where}" if where else ""
    numbered = f"SELECT row_number() OVER () AS {names.row}, * FROM {table}"  # noqa: S608
    if order is None or windows.max_gap is None:
        return f"SELECT *, 0 AS {names.piece} FROM ({numbered}){condition}"  # noqa: S608
    stream = f"PARTITION BY {quoted(group.name)} " if group else ""
    moment, by = moment_sql(order), f"({stream}ORDER BY {quoted(order.name)}, {names.row}"
    stepped = f"SELECT *, {moment} - lag({moment}) OVER {by}) AS {names.place} FROM ({numbered}){condition}"  # noqa: S608
    return (
        f"SELECT * EXCLUDE ({names.place}), count(*) FILTER ({names.place} > {windows.max_gap!r}) "  # noqa: S608
        f"OVER {by} ROWS UNBOUNDED PRECEDING) AS {names.piece} FROM ({stepped})"
    )


def _streams(pieces: str, windows: Windows, group: Column | None, key: str, names: _OwnNames) -> str:
    """The SQL of each stream with its windows, its pieces that are too short for one, and its gaps, in their order."""
    size, step = windows.size, windows.step
    by_group = f"{quoted(group.name)}, " if group else ""
    sized = f"SELECT {by_group}{names.piece}, count(*) AS n FROM ({pieces}) GROUP BY {by_group}{names.piece}"  # noqa: S608
    grouped = f" GROUP BY {quoted(group.name)} ORDER BY {quoted(group.name)}" if group else ""
    return (
        f"SELECT {key} AS stream, coalesce(sum((n - {size}) // {step} + 1) FILTER (n >= {size}), 0) AS windows, "  # noqa: S608
        f"count_if(n < {size}) AS short, count(*) - 1 AS gaps FROM ({sized}){grouped}"
    )


def _window_count(streams: str) -> str:
    """The SQL that counts the windows, the pieces of streams that are too short for one, and the gaps."""
    return (
        "SELECT coalesce(sum(windows), 0), coalesce(sum(short), 0), "  # noqa: S608
        f"coalesce(sum(greatest(gaps, 0)), 0) FROM ({streams})"
    )


def _rows_by_window(pieces: str, windows: Windows, group: Column | None, order: Column | None, names: _OwnNames) -> str:
    """The SQL that gives each row once for every whole window in which it lies."""
    row, place, count, window, rank, piece = names
    size, step = windows.size, windows.step
    by = f"{quoted(group.name)}, {piece}" if group else piece
    placed = (
        f"SELECT *, row_number() OVER (PARTITION BY {by} ORDER BY "  # noqa: S608
        f"{f'{quoted(order.name)}, ' if order else ''}{row}) - 1 AS {place}, "
        f"count(*) OVER (PARTITION BY {by}) AS {count}, dense_rank() OVER (ORDER BY {by}) AS {rank} FROM ({pieces})"
    )
    # A row lies in every window that begins at most `size` rows before it; the last one still ends inside the stream.
    first, last = f"greatest(0, ({place} - {size} + {step}) // {step})", f"{place} // {step}"
    return (
        f"SELECT *, unnest(range({first}, least({last}, ({count} - {size}) // {step}) + 1)) AS {window} "  # noqa: S608
        f"FROM ({placed}) WHERE {count} >= {size}"
    )


def _streams_in_span(streams: Sequence[tuple[str | None, int]], span: range) -> tuple[int, list[str]]:
    """Which streams (with their windows, in order) have windows in the span, and how many windows come before those."""
    before, passed, some = 0, 0, []
    for name, windows in streams:
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


def stream_steps(source: Source, windows: Windows, where: str) -> StreamSteps | None:
    """How far the rows of a stream lie apart in their order; None where that is not known."""
    fields = WindowFields(source.columns, windows, "row_place", SQL)
    if fields.order is None or kind_of(fields.order) not in (Kind.NUMBER, Kind.TIME):
        return None
    stream = f"PARTITION BY {quoted(fields.group.name)} " if fields.group else ""
    moment, condition = moment_sql(fields.order), f" WHERE {where}" if where else ""
    steps = (
        f"SELECT {moment} - lag({moment}) OVER ({stream}ORDER BY {moment}) AS step FROM {source.relation}{condition}"  # noqa: S608
    )
    sql = (
        f"WITH steps AS ({steps}), usual AS (SELECT median(step) AS usual FROM steps WHERE step > 0) "  # noqa: S608
        f"SELECT usual, max(step), count_if(step > {TIMES_USUAL} * usual) FROM steps, usual GROUP BY usual"
    )
    rows = source.connection.cursor().execute(sql).fetchall()
    if not rows or rows[0][0] is None:
        return None
    usual, largest, gaps = rows[0]
    return StreamSteps(float(usual), float(largest), int(gaps))
