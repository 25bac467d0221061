"""SELECT statements whose items are windows of streams over one table, computed in the warehouse.

A window is what it is over a file (tabular/window_fields.py), with the same name where the group and the order read
the same as text: times in ISO form, but without a zone, since the session is in UTC. A table of a warehouse has no
order of its own, so a column has to give it; rows that are equal in it come in the order of their other columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from ontos_tui.domain.catalog import TIMES_USUAL
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column, RowQuery, Sampling, Windows
from ontos_tui.platforms.databricks.cell_values import ORDERED, base_type, selected
from ontos_tui.platforms.databricks.select_sql import REF, SelectStatements, column_name, limit_clause, sampled_rows
from ontos_tui.tabular.row_filter import filter_sql
from ontos_tui.tabular.window_fields import LARGEST, WindowFields, WindowSql, free_name

MOST_WINDOWS = 1 << 40
"""More than one piece of a stream can have."""
_NUMBERS = frozenset({"tinyint", "smallint", "int", "bigint", "float", "double", "decimal"})
# Unlike elsewhere, max_by also gives the value of the last row when that is missing.
_LAST = "max_by({v}, CASE WHEN {v} IS NOT NULL THEN {place} END)"
_FIRST = "min_by({v}, CASE WHEN {v} IS NOT NULL THEN {place} END)"


def _number(column: Column) -> str:
    value = f"CAST({column_name(column.name)} AS DOUBLE)"
    return f"CASE WHEN abs({value}) < {LARGEST} THEN {value} END"


SQL = WindowSql(
    quoted=column_name,
    is_number=lambda column: base_type(column.type) in _NUMBERS,
    number=_number,
    last=_LAST,
    # collect_list leaves out what is missing, but no struct that holds it.
    series="transform(array_sort(collect_list(struct({place} AS p, {v} AS v))), x -> x.v)",
    text_type="string",
    float_type="double",
    list_type="array<double>",
)


def window_statements(table: str, columns: Sequence[Column], query: RowQuery, windows: Windows) -> SelectStatements:
    """Work a query out over windows of `table`, whose name is quoted. Raises InvalidInputError."""
    names = [column.name for column in columns]
    place, count, window = (free_name(name, names) for name in ("ontos_place", "ontos_count", "ontos_window"))
    fields = WindowFields(columns, windows, place, SQL)
    group, order = fields.group, fields.order
    if order is None:
        raise InvalidInputError(
            "A table of the workspace has no order.",
            "Name the column that orders a stream, such as its time.",
        )
    stream = column_name(group.name) if group else ""
    moment = {"v": _text(order), "place": column_name(place)}
    start = _FIRST.format(**moment)
    fields.add_all(stream, start, _LAST.format(**moment))

    condition = f" WHERE {filter_sql(query.filter, names, 'databricks')}" if query.filter.strip() else ""
    spread = _spread(table, columns, windows, condition, fields, (place, count, window))
    field_names = [column.name for column in fields.columns]
    ref, by_stream, by_window = (free_name(name, field_names) for name in (REF, "ontos_stream", "ontos_window"))
    named = f"concat({_text(group)}, '@', {start})" if group else start
    relation = (
        f"(SELECT `{ref}`, `{by_stream}`, `{by_window}`, {fields.renamed} FROM ("  # noqa: S608
        f"SELECT {named} AS `{ref}`, {stream or '0'} AS `{by_stream}`, `{window}` AS `{by_window}`, {fields.computed} "
        f"FROM {spread} GROUP BY {f'{stream}, ' if group else ''}`{window}`))"
    )
    source, parameters = sampled_rows(relation, field_names, query, ref)
    chosen = fields.select(query.columns)
    values = ", ".join(f"{selected(column_name(one.name), one.type)} AS {column_name(one.name)}" for one in chosen)
    ordered = f"ORDER BY `{by_stream}` NULLS LAST, `{by_window}`"
    limit, bound = limit_clause(query)
    streams = _streams(table, columns, windows, condition, fields, stream)
    size = windows.size
    return SelectStatements(
        columns=chosen,
        ref=ref,
        rows=f"SELECT `{ref}`, {values} FROM {source} {ordered}{limit}",  # noqa: S608
        count=(
            f"SELECT coalesce(sum(CASE WHEN `rows` >= {size} THEN (`rows` - {size}) div {windows.step} + 1 END), 0) "  # noqa: S608
            f"AS `n`, count_if(`rows` < {size}) AS `short`, count_if(`piece` > 0) AS `gaps` FROM {streams}"
        ),
        identities=(
            f"SELECT count(*) AS `n`, count(`{ref}`) AS `named`, count(DISTINCT `{ref}`) AS `names` "  # noqa: S608
            f"FROM (SELECT `{ref}` FROM {source} {ordered}{limit})"
        ),
        parameters={**parameters, **bound},
        sampled=query.sample_size if query.sampling is not Sampling.ALL else None,
        convert={one.name: convert for one in chosen if (convert := fields.converter(one)) is not None},
    )


def steps_statement(table: str, columns: Sequence[Column], query: RowQuery, windows: Windows) -> str:
    """The SQL of how far the rows of a stream lie apart; "" where no number or time orders them."""
    fields = WindowFields(columns, windows, "ontos_place", SQL)
    moment = _moment(fields.order) if fields.order is not None else ""
    if not moment:
        return ""
    names = [column.name for column in columns]
    condition = f" WHERE {filter_sql(query.filter, names, 'databricks')}" if query.filter.strip() else ""
    stream = f"PARTITION BY {column_name(fields.group.name)} " if fields.group else ""
    steps = f"SELECT {moment} - lag({moment}) OVER ({stream}ORDER BY {moment}) AS `step` FROM {table}{condition}"  # noqa: S608
    return (
        f"WITH `steps` AS ({steps}), `usual` AS (SELECT median(`step`) AS `usual` FROM `steps` WHERE `step` > 0) "  # noqa: S608
        f"SELECT `usual`, max(`step`) AS `largest`, count_if(`step` > {TIMES_USUAL} * `usual`) AS `gaps` "
        "FROM `steps` CROSS JOIN `usual` GROUP BY `usual`"
    )


def _pieces(
    table: str, columns: Sequence[Column], windows: Windows, condition: str, fields: WindowFields
) -> tuple[str, str, str]:
    """The rows with the piece of their stream that they lie in, what a piece is of, and the order of its rows."""
    group, order = fields.group, fields.order
    assert order is not None
    rest = [one for one in columns if one not in (group, order) and base_type(one.type) in ORDERED]
    turn = ", ".join(f"{column_name(one.name)} ASC NULLS LAST" for one in (order, *rest))
    stream = column_name(group.name) if group else ""
    moment = _moment(order)
    if windows.max_gap is None or not moment:
        return f"(SELECT * FROM {table}{condition})", stream, turn  # noqa: S608
    names = [column.name for column in columns]
    step, piece = column_name(free_name("ontos_step", names)), column_name(free_name("ontos_piece", names))
    by = f"{f'PARTITION BY {stream} ' if stream else ''}ORDER BY {turn}"
    stepped = f"(SELECT *, {moment} - lag({moment}) OVER ({by}) AS {step} FROM {table}{condition})"  # noqa: S608
    pieces = (
        f"(SELECT *, CAST(sum(CASE WHEN {step} > {windows.max_gap!r}D THEN 1 ELSE 0 END) "  # noqa: S608
        f"OVER ({by} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS {piece} FROM {stepped})"
    )
    return pieces, f"{f'{stream}, ' if stream else ''}{piece}", turn


def _streams(
    table: str, columns: Sequence[Column], windows: Windows, condition: str, fields: WindowFields, stream: str
) -> str:
    """The pieces of the streams: `rows`, and the number of the `piece` in its stream."""
    pieces, by, _ = _pieces(table, columns, windows, condition, fields)
    piece = by.removeprefix(stream).removeprefix(", ") or "0"
    grouped = f" GROUP BY {by}" if by else ""
    return f"(SELECT {piece} AS `piece`, count(*) AS `rows` FROM {pieces}{grouped})"  # noqa: S608


def _spread(
    table: str, columns: Sequence[Column], windows: Windows, condition: str, fields: WindowFields, own: Sequence[str]
) -> str:
    """Each row once for every whole window that it lies in: those that begin at most `size` rows before it."""
    place, count, window = own
    size, step = windows.size, windows.step
    pieces, by, turn = _pieces(table, columns, windows, condition, fields)
    stream = f"PARTITION BY {by}" if by else ""
    # The windows of a piece are numbered behind those of the pieces before it, so that their numbers tell them apart.
    piece = "" if windows.max_gap is None else by.rpartition(", ")[2]
    behind = f"{piece} * {MOST_WINDOWS} + " if piece and _moment_of(fields) else ""
    placed = (
        f"(SELECT *, row_number() OVER ({stream} ORDER BY {turn}) - 1 AS `{place}`, "  # noqa: S608
        f"count(*) OVER ({stream}) AS `{count}` FROM {pieces})"
    )
    first = f"greatest(0, (`{place}` - {size} + {step}) div {step})"
    last = f"least(`{place}` div {step}, (`{count}` - {size}) div {step})"
    # sequence counts down where it ends before it begins.
    return (
        f"(SELECT *, explode(sequence({behind}{first}, {behind}{last})) AS `{window}` FROM {placed} "  # noqa: S608
        f"WHERE `{count}` >= {size} AND {first} <= {last})"
    )


def _moment_of(fields: WindowFields) -> str:
    return _moment(fields.order) if fields.order is not None else ""


def _moment(order: Column) -> str:
    """The SQL of an order as numbers that can be subtracted: of times, seconds; "" for what is neither."""
    name, base = column_name(order.name), base_type(order.type)
    if base in _NUMBERS:
        return f"CAST({name} AS DOUBLE)"
    if base.startswith("timestamp") or base == "date":
        return f"(unix_micros(CAST({name} AS TIMESTAMP)) / 1000000)"
    return ""


def _text(column: Column) -> str:
    """The SQL of a column's values as text: times in ISO form, bytes in base64."""
    name, base = column_name(column.name), base_type(column.type)
    if base.startswith("timestamp"):
        return f"replace(CAST({name} AS STRING), ' ', 'T')"
    return f"base64({name})" if base == "binary" else f"CAST({name} AS STRING)"
