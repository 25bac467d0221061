"""SELECT statements over one table: which rows, what they are called, and in which order they come.

With an item id column an item is called by its value, as text. A table of the warehouse has no order of its own, so
without one an item is called by a hash of its whole content, and rows that are alike get #2, #3 and so on: the name
stays as long as the content does. Samples are drawn by a hash of that name and the seed: the same in every run, and
for the same ids the same as on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column, RowQuery, Sampling
from ontos_tui.domain.rules.item_names import DIGITS, MARK
from ontos_tui.platforms.databricks.cell_values import selected
from ontos_tui.tabular.row_filter import filter_sql, find_column
from ontos_tui.tabular.window_fields import free_name

REF = "ontos_ref"
"""The name of the column that holds an item's name."""


def column_name(name: str) -> str:
    """A column in SQL: any name is one, within backquotes."""
    return "`" + name.replace("`", "``") + "`"


@dataclass(frozen=True)
class SelectStatements:
    """The columns of a query, and the SQL: for the rows, their number, and the number of their names.

    `parameters` are bound by `rows` and `identities`; `count` binds none. `convert` is what Python does to the values
    of some columns.
    """

    columns: tuple[Column, ...]
    ref: str
    rows: str
    count: str
    identities: str
    parameters: dict[str, Any]
    sampled: int | None
    convert: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, table: str, columns: Sequence[Column], query: RowQuery) -> SelectStatements:
        """Work a query for rows out over `table`, whose name is quoted. Raises InvalidInputError."""
        names = [column.name for column in columns]
        by_name = {column.name: column for column in columns}
        chosen = tuple(by_name[find_column(name, names)] for name in query.columns or names)
        condition = f" WHERE {filter_sql(query.filter, names, 'databricks')}" if query.filter.strip() else ""
        ref = free_name(REF, names)
        source, order = _named(table, columns, query, condition, ref)
        sample, parameters = sampled_rows(source, names, query, ref)
        values = ", ".join(
            f"{selected(column_name(column.name), column.type)} AS {column_name(column.name)}" for column in chosen
        )
        limit, bound = limit_clause(query)
        sampled = query.sampling is not Sampling.ALL and query.sample_size is not None
        return cls(
            chosen,
            ref,
            f"SELECT `{ref}`, {values} FROM {sample} ORDER BY {order}{limit}",  # noqa: S608
            f"SELECT count(*) AS `n` FROM {table}{condition}",  # noqa: S608
            f"SELECT count(*) AS `n`, count(`{ref}`) AS `named`, count(DISTINCT `{ref}`) AS `names` "  # noqa: S608
            f"FROM (SELECT `{ref}` FROM {sample} ORDER BY {order}{limit})",
            {**parameters, **bound},
            query.sample_size if sampled else None,
        )


def _named(table: str, columns: Sequence[Column], query: RowQuery, condition: str, ref: str) -> tuple[str, str]:
    """The rows that pass the filter, each with its name, and the order in which they come."""
    names = [column.name for column in columns]
    if query.item_id_column:
        key = column_name(find_column(query.item_id_column, names))
        return f"(SELECT *, CAST({key} AS STRING) AS `{ref}` FROM {table}{condition})", key  # noqa: S608
    content, turn = free_name("ontos_content", names), free_name("ontos_turn", names)
    whole = ", ".join(_hashable(column) for column in columns)
    hashed = (
        f"(SELECT *, substring(md5(to_json(struct({whole}))), 1, {DIGITS}) AS `{content}` "  # noqa: S608
        f"FROM {table}{condition})"
    )
    turned = (
        f"(SELECT *, row_number() OVER (PARTITION BY `{content}` ORDER BY {_exact(columns, content)}) AS `{turn}` "  # noqa: S608
        f"FROM {hashed})"
    )
    named = (
        f"(SELECT *, CASE WHEN `{turn}` = 1 THEN `{content}` "  # noqa: S608
        f"ELSE concat(`{content}`, '{MARK}', CAST(`{turn}` AS STRING)) END AS `{ref}` FROM {turned})"
    )
    return named, f"`{ref}`"


def _exact(columns: Sequence[Column], content: str) -> str:
    """The order of rows with one hash. to_json cuts times to milliseconds; rows that differ below take turns by them.

    So names from before stay, and none hangs on where the table's maintenance has put a row.
    """
    times = [f"CAST({column_name(one.name)} AS STRING)" for one in columns if "timestamp" in one.type.lower()]
    return ", ".join(times) or f"`{content}`"


def _hashable(column: Column) -> str:
    """A column within the content's hash; to_json takes no intervals and the like, so these become text."""
    name = column_name(column.name)
    value = selected(name, column.type)
    return name if value == name else f"{value} AS {name}"


def sampled_rows(source: str, names: Sequence[str], query: RowQuery, ref: str) -> tuple[str, dict[str, Any]]:
    """The rows of the sample, where one is drawn by a hash, and what is bound."""
    if query.sample_size is None or query.sampling in (Sampling.ALL, Sampling.FIRST):
        return source, {}
    parameters = {"seed": f"|{query.sample_seed}", "size": query.sample_size}
    dice = f"md5(concat(coalesce(`{ref}`, ''), :seed))"
    if query.sampling is Sampling.RANDOM:
        return f"(SELECT * FROM {source} ORDER BY {dice}, `{ref}` LIMIT :size)", parameters  # noqa: S608
    if not query.sample_by:
        raise InvalidInputError("A stratified sample needs a column whose proportions it preserves.", "Name one.")
    group = column_name(find_column(query.sample_by, names))
    thrown, turn = free_name("ontos_dice", names), free_name("ontos_place", names)
    # Webster's method, as in the local catalog: the k-th of a group's n rows comes at (k - 0.5) / n.
    placed = (
        f"(SELECT *, (row_number() OVER (PARTITION BY {group} ORDER BY `{thrown}`, `{ref}`) - 0.5) "  # noqa: S608
        f"/ count(*) OVER (PARTITION BY {group}) AS `{turn}` FROM (SELECT *, {dice} AS `{thrown}` FROM {source}))"
    )
    return f"(SELECT * FROM {placed} ORDER BY `{turn}`, `{thrown}`, `{ref}` LIMIT :size)", parameters  # noqa: S608


def limit_clause(query: RowQuery) -> tuple[str, dict[str, Any]]:
    """LIMIT and OFFSET of a query, and what is bound."""
    limit = query.limit
    if query.sampling is Sampling.FIRST and query.sample_size is not None:
        left = max(0, query.sample_size - query.offset)
        limit = left if limit is None else min(limit, left)
    bound: dict[str, Any] = {}
    if limit is not None:
        bound["limit"] = limit
    if query.offset:
        bound["skip"] = query.offset
    return (" LIMIT :limit" if limit is not None else "") + (" OFFSET :skip" if query.offset else ""), bound
