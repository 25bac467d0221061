"""The SQL of computed columns, one after the other, over rows with a number that keeps their order.

Every column gets what it needs from the row itself and from rows before it in its unit; only `remaining` looks ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.records.derived import ComputedColumn, ComputedKind, EventTable
from ontos_tui.tabular.computed.expression import expression_sql
from ontos_tui.tabular.duckdb_sql import quoted
from ontos_tui.tabular.kinds_of_values import Kind, kind_of, moment_sql
from ontos_tui.tabular.row_filter import filter_sql, find_column
from ontos_tui.tabular.source import Source

if TYPE_CHECKING:
    import duckdb

NUMBER = "ontos_row_number"
"""The rows' numbers, by which they are put in their order again."""
PLACE = "ontos_row_place"
"""The rows' places in their unit, from 1."""


@dataclass(frozen=True)
class ColumnSql:
    """A column's SQL over rows called `t`, and the columns that have to have a value for it.

    `join` comes behind the rows, which have `place`, where that is given, as `PLACE`. `reason` says why it may be
    missing besides.
    """

    sql: str
    needs: tuple[str, ...]
    join: str = ""
    place: str = ""
    reason: str = ""


def column_sql(one: ComputedColumn, columns: Sequence[Column], events: Mapping[str, Source]) -> ColumnSql:
    """The SQL of a column over rows called `t`. Raises InvalidInputError for a column that is gone."""
    names = [column.name for column in columns]
    if one.kind is ComputedKind.EXPRESSION:
        expression = expression_sql(one.expression, columns)
        reason = "division by zero, a logarithm or root of a number that has none, or a number that is too large"
        return ColumnSql(expression.sql, expression.columns, reason=reason)
    by_name = {column.name: column for column in columns}
    order = by_name[find_column(one.order, names)]
    part = f"PARTITION BY {quoted(find_column(one.group, names))} " if one.group else ""
    group = (find_column(one.group, names),) if one.group else ()
    moment = moment_sql(order, f"t.{quoted(order.name)}")
    until_now = f"OVER ({part}ORDER BY t.{quoted(order.name)}, t.{NUMBER} ROWS UNBOUNDED PRECEDING)"
    if one.kind is ComputedKind.REMAINING:
        left = f"max({moment}) OVER ({part}) - {moment}"
        return ColumnSql(f"least({left}, {one.cap!r})" if one.cap is not None else left, (*group, order.name))
    if one.kind in (ComputedKind.FROM_FIRST, ComputedKind.ROLLING_MEAN):
        return _over_rows(one, part, order, until_now, (*group, order.name))
    if one.events is not None:
        return _from_events(one, one.events, by_name, events[one.events.table])
    condition = filter_sql(one.expression, names)
    since = f"{moment} - max(CASE WHEN {condition} THEN {moment} END) {until_now}"
    return ColumnSql(since, (*group, order.name), reason="it has not happened yet")


def _over_rows(one: ComputedColumn, part: str, order: Column, until_now: str, needs: tuple[str, ...]) -> ColumnSql:
    value, rows = f"CAST(t.{quoted(one.column)} AS DOUBLE)", one.rows or 1
    place = f"row_number() OVER ({part}ORDER BY {quoted(order.name)}, {NUMBER})"
    reason = f"fewer than {rows:,} rows of its unit until then"
    if one.kind is ComputedKind.ROLLING_MEAN:
        frame = f"OVER ({part}ORDER BY t.{quoted(order.name)}, t.{NUMBER} ROWS {rows - 1} PRECEDING)"
        mean = f"CASE WHEN t.{PLACE} >= {rows} THEN avg({value}) {frame} END"
        return ColumnSql(mean, needs, place=place, reason=reason)
    # The frame ends at the row itself, so that no row before the last of the first ones looks ahead.
    first = f"avg(CASE WHEN t.{PLACE} <= {rows} THEN {value} END) {until_now}"
    difference = f"CASE WHEN t.{PLACE} >= {rows} THEN {value} - {first} END"
    return ColumnSql(difference, (*needs, one.column), place=place, reason=reason)


def _from_events(one: ComputedColumn, given: EventTable, by_name: Mapping[str, Column], events: Source) -> ColumnSql:
    order = by_name[find_column(one.order, list(by_name))]
    columns = {column.name: column for column in events.columns}

    def event_column(name: str) -> Column:
        return columns[find_column(name, list(columns))]

    start = event_column(given.start)
    end = event_column(given.end) if given.end else None
    for column in (start, *([end] if end is not None else ())):
        if (kind_of(column) is Kind.TIME) != (kind_of(order) is Kind.TIME) or kind_of(column) is Kind.TEXT:
            raise InvalidInputError(
                f"{column.name!r} of the events is a {kind_of(column)}, and {order.name!r} is a {kind_of(order)}.",
                "Choose columns of the same kind: times, or numbers such as cycles.",
            )
    selected = [f"{moment_sql(start)} AS event_start", f"{moment_sql(end) if end else moment_sql(start)} AS event_end"]
    selected += [
        f"CAST({quoted(event_column(given.label).name)} AS VARCHAR) AS event_label"
        if given.label
        else "'' AS event_label"
    ]
    group = find_column(one.group, list(by_name)) if one.group else ""
    if given.group:
        selected.append(f"trim(CAST({quoted(event_column(given.group).name)} AS VARCHAR)) AS event_unit")
    table = f"(SELECT {', '.join(selected)} FROM {events.relation} WHERE {quoted(start.name)} IS NOT NULL)"  # noqa: S608
    return _event_join(one, order, group, table, grouped=bool(given.group))


def _event_join(one: ComputedColumn, order: Column, group: str, table: str, *, grouped: bool) -> ColumnSql:
    """A join to one row for each row: of the last event, or of the event that it lies in."""
    part = f"PARTITION BY {quoted(group)} " if group else ""
    unit = f"trim(CAST({quoted(group)} AS VARCHAR))" if grouped and group else "''"
    moment = moment_sql(order)
    rows = (
        f"(SELECT {NUMBER} AS n, {unit} AS event_unit, {moment} AS row_moment, "  # noqa: S608
        f"lag({moment}) OVER ({part}ORDER BY {quoted(order.name)}, {NUMBER}) AS moment_before FROM rows_before)"
    )
    equal = "e.event_unit = r.event_unit AND " if grouped and group else ""
    needs = (*((group,) if group else ()), order.name)
    if one.kind is ComputedKind.TIME_SINCE:
        sql = (
            f"SELECT r.n, r.row_moment - e.event_start AS v FROM {rows} AS r ASOF JOIN {table} AS e "  # noqa: S608
            f"ON {equal}e.event_start <= r.row_moment"
        )
        reason = "no event until then"
    else:
        sql = (
            f"SELECT r.n, arg_max(e.event_label, (e.event_start, e.event_label)) AS v FROM {rows} AS r "  # noqa: S608
            f"JOIN {table} AS e ON {equal}e.event_start <= r.row_moment "
            "AND (e.event_end >= r.row_moment OR e.event_start > r.moment_before) GROUP BY r.n"
        )
        reason = "no event"
    return ColumnSql("e.v", needs, f" LEFT JOIN ({sql}) AS e ON e.n = t.{NUMBER}", reason=reason)


@dataclass(frozen=True)
class WithColumns:
    """Rows with computed columns: the relation, all columns, and the parts of each computed one."""

    relation: str
    columns: tuple[Column, ...]
    parts: tuple[ColumnSql, ...]


def with_columns(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[Column],
    computed: Sequence[ComputedColumn],
    events: Mapping[str, Source],
) -> WithColumns:
    """The rows of a relation, which have `NUMBER`, with computed columns, each over those before it.

    Raises InvalidInputError when one of them does not fit the others.
    """
    parts: list[ColumnSql] = []
    for one in computed:
        of_column = column_sql(one, columns, events)
        name = quoted(one.name)
        place = f", {of_column.place} AS {PLACE}" if of_column.place else ""
        without = f" EXCLUDE ({PLACE})" if place else ""
        sql = of_column.sql
        if one.kind is not ComputedKind.EXPRESSION:
            known = " AND ".join(f"t.{quoted(need)} IS NOT NULL" for need in of_column.needs[: 1 + bool(one.group)])
            sql = f"CASE WHEN {known} THEN {sql} END"
        relation = (
            f"(WITH rows_before AS (SELECT *{place} FROM {relation}) "  # noqa: S608
            f"SELECT t.*{without}, {sql} AS {name} FROM rows_before AS t{of_column.join})"
        )
        kind = _type_of(connection, relation, one)
        if kind in ("DOUBLE", "FLOAT"):
            relation = f"(SELECT * REPLACE (CASE WHEN isfinite({name}) THEN {name} END AS {name}) FROM {relation})"  # noqa: S608
        columns = (*columns, Column(one.name, kind))
        parts.append(of_column)
    return WithColumns(relation, tuple(columns), tuple(parts))


def _type_of(connection: duckdb.DuckDBPyConnection, relation: str, one: ComputedColumn) -> str:
    import duckdb

    try:
        described = connection.execute(f"DESCRIBE SELECT {quoted(one.name)} FROM {relation}").fetchall()  # noqa: S608
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].partition("Error: ")[2] or str(error).splitlines()[0]
        raise InvalidInputError(
            f"{one.name} = {one.formula} does not fit the columns: {reason[:200]}",
            "Compute with numbers, and compare texts with quoted texts ('L').",
        ) from error
    return str(described[0][1])
