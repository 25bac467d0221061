"""DATA on this machine: files as tables local.<schema>.<name>, read by DuckDB.

An item is called by its id column, or by what its cells hold (tabular/row_names.py), so that neither a filter, a sample
nor the order of the rows changes its name. Rows that are only looked at have their number in the unfiltered file.
Samples are drawn by a hash of the item's reference and the seed: the same in every run, process and on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from ontos_tui.domain.catalog import StreamSteps
from ontos_tui.domain.errors import InvalidInputError, NoIdentityError, PlatformError
from ontos_tui.domain.records.data import (
    Block,
    Column,
    DataTable,
    Item,
    Page,
    Row,
    RowQuery,
    Sampling,
    TableAddress,
    Windows,
)
from ontos_tui.domain.records.reading import Reading
from ontos_tui.platforms.local.cell_values import text_sql, value_sql
from ontos_tui.platforms.local.opened_tables import OpenedTables
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, literal, quoted
from ontos_tui.tabular.duckdb_windows import make_windows, stream_steps
from ontos_tui.tabular.quality.duplicates import repeats_table
from ontos_tui.tabular.row_filter import filter_sql, find_column
from ontos_tui.tabular.row_names import NamedRows, named_rows
from ontos_tui.tabular.source import Source
from ontos_tui.tabular.window_fields import free_name, stream_notes

CHUNK = 2_000
"""Rows fetched at once while streaming."""


class LocalCatalog:
    """The files that were added to the workspace. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.opened = OpenedTables(store)

    def tables(self) -> list[TableAddress]:
        """Every table on offer, by name."""
        with self._store.read() as connection:
            records = rows.find(connection, DataTable)
        return sorted(TableAddress.parse(record.address) for record in records)

    def columns(self, address: TableAddress) -> tuple[Column, ...]:
        """The table's columns. Raises NotFoundError, or PlatformError with what is wrong with the file."""
        return self._source(address).columns

    def fingerprint(self, address: TableAddress) -> str:
        """Size and modification time of the file. Raises NotFoundError, or PlatformError when it is gone."""
        return self.opened.fingerprint(address)

    def reading(self, address: TableAddress) -> Reading:
        """What was understood of the table's file. Raises as `columns` does."""
        return self._source(address).reading

    def source(self, address: TableAddress) -> Source:
        """The table's rows for SQL of our own. Its connection is shared: use a cursor of it. Raises as `columns`."""
        return self._source(address)

    def page(self, address: TableAddress, query: RowQuery) -> Page:
        """Some items and how many the query reaches in all.

        Raises InvalidInputError for a filter that is none, a column that does not exist, or an item without identity.
        """
        return page_of(self._source(address), query)

    def items(self, address: TableAddress, query: RowQuery) -> Iterator[Item]:
        """Every item that the query reaches, in the file's order, streamed.

        Raises PlatformError when the file changes while it is read.
        """
        source = self._source(address)
        yield from _items(source, query, _plan(source, query))
        if self.fingerprint(address) != source.fingerprint:
            raise PlatformError(f"{source.path.name} changed while it was read.", "Try again.")

    def blocks(self, address: TableAddress, query: RowQuery, size: int) -> Iterator[Block]:
        """The same by the column, `size` items at a time."""
        source = self._source(address)
        plan = _plan(source, query)
        converters = dict(plan.converters)
        for chunk in _chunks(source, query, plan, size):
            refs, *values = zip(*chunk, strict=True)
            columns = {
                column.name: list(map(convert, one)) if (convert := converters.get(index)) else one
                for index, (column, one) in enumerate(zip(plan.columns, values, strict=True), 1)
            }
            yield Block(refs, columns)
        if self.fingerprint(address) != source.fingerprint:
            raise PlatformError(f"{source.path.name} changed while it was read.", "Try again.")

    def items_named(self, address: TableAddress, query: RowQuery, text: str, limit: int, *, exact: bool) -> list[Item]:
        """Items whose reference is `text`, or holds it in whatever case, in the file's order."""
        source = self._source(address)
        plan = _plan(source, query)
        name = free_name("item_ref", [*source.names(), *(column.name for column in plan.columns)])
        condition = f"{name} = {literal(text)}" if exact else f"contains(lower({name}), lower({literal(text)}))"
        sql = f"SELECT * FROM ({plan.sql}) AS items({name}) WHERE {condition} LIMIT {int(limit)}"  # noqa: S608
        return list(_items(source, query, plan._replace(sql=sql)))

    def stream_steps(self, address: TableAddress, query: RowQuery) -> StreamSteps | None:
        """How far the rows of a stream lie apart; None where no column orders them."""
        source = self._source(address)
        if query.windows is None:
            return None
        where = filter_sql(query.filter, source.names()) if query.filter.strip() else ""
        with explain_duckdb_errors(source.path, query.filter):
            return stream_steps(source, query.windows, where)

    def _source(self, address: TableAddress) -> Source:
        return self.opened.source(address)


def page_of(source: Source, query: RowQuery) -> Page:
    """Some items of an opened table. Raises as `LocalCatalog.page` does."""
    plan = _plan(source, query)
    with explain_duckdb_errors(source.path, query.filter):
        total, notes = _total(source, query, plan)
    items = tuple(_items(source, query, plan)) if query.limit != 0 else ()
    return Page(plan.columns, items, total, source.notes + notes)


class _Plan(NamedTuple):
    """A query, worked out: its columns, the condition, and the SQL with its converters."""

    columns: tuple[Column, ...]
    where: str
    sql: str
    converters: tuple[tuple[int, Callable[[Any], Any]], ...]
    counted: str = ""
    repeats: str = ""


def _plan(source: Source, query: RowQuery) -> _Plan:
    return _row_plan(source, query) if query.windows is None else _window_plan(source, query, query.windows)


def _row_plan(source: Source, query: RowQuery) -> _Plan:
    names = source.names()
    by_name = {column.name: column for column in source.columns}
    columns = tuple(by_name[find_column(name, names)] for name in query.columns or names)
    where = filter_sql(query.filter, names) if query.filter.strip() else ""
    rows = _rows(source, query, names)
    number, ref = rows.number, rows.ref
    repeats = _repeats(source, query, names, where)
    if query.item_id_column:
        ref = text_sql(by_name[find_column(query.item_id_column, names)])
    values = [value_sql(column) for column in columns]
    converters = [(index, convert) for index, (_, convert) in enumerate(values, 1) if convert]
    group = text_sql(by_name[find_column(query.sample_by, names)]) if query.sample_by else ""
    reached, order = _reached(query, _with_repeats(where, number, repeats), rows.relation, number, ref, group)
    order = order if rows.in_order else f" ORDER BY {number}"
    sql = (
        f"SELECT {', '.join([ref, *(sql for sql, _ in values)])} FROM {rows.relation}{reached}{order}"  # noqa: S608
        f"{_limit(query)}"
    )
    return _Plan(columns, where, sql, tuple(converters), repeats=repeats)


def _repeats(source: Source, query: RowQuery, names: list[str], where: str) -> str:
    """The SQL of the numbers of the rows that the query leaves out, since they repeat others; "" for none."""
    if not query.unique_by:
        return ""
    compared = [find_column(name, names) for name in query.unique_by]
    with explain_duckdb_errors(source.path, query.filter):
        return repeats_table(source.connection, source.relation, compared, source.rows, where)


def _with_repeats(where: str, number: str, repeats: str) -> str:
    """A condition that also leaves out these rows."""
    if not repeats:
        return where
    others = f"{number} NOT IN ({repeats})"
    return f"({where}) AND {others}" if where else others


def _rows(source: Source, query: RowQuery, names: list[str]) -> NamedRows:
    """The rows with their numbers and names."""
    if query.by_content and not query.item_id_column:
        with explain_duckdb_errors(source.path):
            return named_rows(source.connection, source.cells, source.reading, names)
    number = free_name("row_number", names)
    numbered = f"(SELECT row_number() OVER () AS {number}, * FROM {source.relation})"  # noqa: S608
    return NamedRows(numbered, number, f"CAST({number} AS VARCHAR)", in_order=True)


def _window_plan(source: Source, query: RowQuery, windows: Windows) -> _Plan:
    where = filter_sql(query.filter, source.names()) if query.filter.strip() else ""
    whole = query.limit is None or query.limit == 0 or query.sample_size is not None
    span = None if whole or query.limit is None else range(query.offset, query.offset + query.limit)
    with explain_duckdb_errors(source.path, query.filter):
        windowed = make_windows(source, windows, where, text_sql, span, by_content=query.by_content)
    columns, converter = windowed.fields.select(query.columns), windowed.fields.converter
    by_name = {column.name: column for column in windowed.fields.columns}
    group = text_sql(by_name[find_column(query.sample_by, list(by_name))]) if query.sample_by else ""
    reached, _ = _reached(query, "", windowed.relation, windowed.number, windowed.ref, group)
    values = [
        (quoted(column.name), converter(column)) if converter(column) else value_sql(column) for column in columns
    ]
    if span is not None:
        query = replace(query, offset=query.offset - windowed.skipped)
    sql = (
        f"SELECT {', '.join([windowed.ref, *(sql for sql, _ in values)])} FROM {windowed.relation}{reached} "  # noqa: S608
        f"ORDER BY {windowed.number}{_limit(query)}"
    )
    converters = tuple((index, convert) for index, (_, convert) in enumerate(values, 1) if convert)
    return _Plan(columns, where, sql, converters, windowed.counted)


def _reached(query: RowQuery, where: str, numbered: str, number: str, ref: str, group: str) -> tuple[str, str]:
    """The condition that an item of the query fulfils, and the order where it is not the file's own."""
    condition = f" WHERE {where}" if where else ""
    if query.sample_size is None or query.sampling in (Sampling.ALL, Sampling.FIRST):
        return condition, ""
    dice = f"md5(coalesce({ref}, '') || {literal(f'|{query.sample_seed}')})"
    if query.sampling == Sampling.RANDOM:
        drawn = f"SELECT {number} FROM {numbered}{condition} ORDER BY {dice}, {number}"  # noqa: S608
    else:
        if not group:
            raise InvalidInputError("A stratified sample needs a column whose proportions it preserves.", "Name one.")
        # Webster's method: the k-th of a group's n rows comes at (k - 0.5) / n, so that the first rows of this order
        # hold every group in proportion, whatever the sample's size.
        drawn = (
            f"SELECT {number} FROM (SELECT {number}, {dice} AS dice, "  # noqa: S608
            f"(row_number() OVER (PARTITION BY {group} ORDER BY {dice}, {number}) - 0.5) "
            f"/ count(*) OVER (PARTITION BY {group}) AS turn FROM {numbered}{condition}) "
            f"ORDER BY turn, dice, {number}"
        )
    return f" WHERE {number} IN ({drawn} LIMIT {query.sample_size})", f" ORDER BY {number}"


def _limit(query: RowQuery) -> str:
    limit = query.limit
    if query.sampling == Sampling.FIRST and query.sample_size is not None:
        left = max(0, query.sample_size - query.offset)
        limit = left if limit is None else min(limit, left)
    return (f" LIMIT {limit}" if limit is not None else "") + (f" OFFSET {query.offset}" if query.offset else "")


def _total(source: Source, query: RowQuery, plan: _Plan) -> tuple[int, tuple[str, ...]]:
    """How many items there are in all, and what an expert should know about that."""
    total = source.rows
    notes: tuple[str, ...] = ()
    if plan.counted:
        count, short, gaps = source.connection.cursor().execute(plan.counted).fetchall()[0]
        total = int(count)
        notes = stream_notes(int(short), int(gaps))
    elif plan.where:
        sql = f"SELECT count(*) FROM {source.relation} WHERE {plan.where}"  # noqa: S608
        total = int(source.connection.cursor().execute(sql).fetchall()[0][0])
    if plan.repeats:
        total -= int(source.connection.cursor().execute(f"SELECT count(*) FROM ({plan.repeats})").fetchall()[0][0])  # noqa: S608
    if query.sampling == Sampling.ALL or query.sample_size is None:
        return total, notes
    return min(total, query.sample_size), notes


def _items(source: Source, query: RowQuery, plan: _Plan) -> Iterator[Item]:
    names = [column.name for column in plan.columns]
    for chunk in _chunks(source, query, plan, CHUNK):
        for row in chunk:
            fields: Row = dict(zip(names, row[1:], strict=True))
            for index, convert in plan.converters:
                fields[names[index - 1]] = convert(row[index])
            yield Item(row[0], fields)


def _chunks(source: Source, query: RowQuery, plan: _Plan, size: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query, the reference of an item first. Raises NoIdentityError for one that has none."""
    cursor = source.connection.cursor()
    try:
        with explain_duckdb_errors(source.path, query.filter):
            cursor.execute(plan.sql)
            chunk = cursor.fetchmany(size)
        while chunk:
            unnamed = next((place for place, row in enumerate(chunk) if row[0] is None), None)
            if unnamed is not None:
                yield chunk[:unnamed]
                named = [query.item_id_column] if query.windows is None else [query.windows.group, query.windows.order]
                raise NoIdentityError(*named)
            yield chunk
            with explain_duckdb_errors(source.path, query.filter):
                chunk = cursor.fetchmany(size)
    finally:
        cursor.close()
