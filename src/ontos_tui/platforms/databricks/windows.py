"""SELECT statements whose items are windows of streams over one table, computed in the warehouse.

A window is what it is over a file (tabular/window_fields.py), with the same name where the group and the order read
the same as text: times in ISO form, but without a zone, since the session is in UTC. A table of a warehouse has no
order of its own, so a column has to give it; rows that are equal in it come in the order of their other columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column, RowQuery, Sampling, Windows
from ontos_tui.platforms.databricks.cell_values import ORDERED, base_type, selected
from ontos_tui.platforms.databricks.select_sql import REF, SelectStatements, column_name, limit_clause, sampled_rows
from ontos_tui.tabular.row_filter import filter_sql
from ontos_tui.tabular.window_fields import LARGEST, WindowFields, WindowSql, free_name

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
    streams = f"(SELECT count(*) AS `rows` FROM {table}{condition}{f' GROUP BY {stream}' if group else ''})"  # noqa: S608
    size, step = windows.size, windows.step
    return SelectStatements(
        columns=chosen,
        ref=ref,
        rows=f"SELECT `{ref}`, {values} FROM {source} {ordered}{limit}",  # noqa: S608
        count=(
            f"SELECT coalesce(sum(CASE WHEN `rows` >= {size} THEN (`rows` - {size}) div {step} + 1 END), 0) AS `n`, "  # noqa: S608
            f"count_if(`rows` < {size}) AS `short` FROM {streams}"
        ),
        identities=(
            f"SELECT count(*) AS `n`, count(`{ref}`) AS `named`, count(DISTINCT `{ref}`) AS `names` "  # noqa: S608
            f"FROM (SELECT `{ref}` FROM {source} {ordered}{limit})"
        ),
        parameters={**parameters, **bound},
        sampled=query.sample_size if query.sampling is not Sampling.ALL else None,
        convert={one.name: convert for one in chosen if (convert := fields.converter(one)) is not None},
    )


def _spread(
    table: str, columns: Sequence[Column], windows: Windows, condition: str, fields: WindowFields, own: Sequence[str]
) -> str:
    """Each row once for every whole window that it lies in: those that begin at most `size` rows before it."""
    place, count, window = own
    size, step = windows.size, windows.step
    group, order = fields.group, fields.order
    assert order is not None
    rest = [one for one in columns if one not in (group, order) and base_type(one.type) in ORDERED]
    turn = ", ".join(f"{column_name(one.name)} ASC NULLS LAST" for one in (order, *rest))
    stream = f"PARTITION BY {column_name(group.name)}" if group else ""
    placed = (
        f"(SELECT *, row_number() OVER ({stream} ORDER BY {turn}) - 1 AS `{place}`, "  # noqa: S608
        f"count(*) OVER ({stream}) AS `{count}` FROM {table}{condition})"
    )
    first = f"greatest(0, (`{place}` - {size} + {step}) div {step})"
    last = f"least(`{place}` div {step}, (`{count}` - {size}) div {step})"
    # sequence counts down where it ends before it begins.
    return (
        f"(SELECT *, explode(sequence({first}, {last})) AS `{window}` FROM {placed} "  # noqa: S608
        f"WHERE `{count}` >= {size} AND {first} <= {last})"
    )


def _text(column: Column) -> str:
    """The SQL of a column's values as text: times in ISO form, bytes in base64."""
    name, base = column_name(column.name), base_type(column.type)
    if base.startswith("timestamp"):
        return f"replace(CAST({name} AS STRING), ' ', 'T')"
    return f"base64({name})" if base == "binary" else f"CAST({name} AS STRING)"
