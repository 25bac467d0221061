"""The rows that are looked at, and how they are: queries that can be interrupted, and a sample of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.records.data import Column
from ontos_tui.tabular.duckdb_sql import quoted
from ontos_tui.tabular.window_fields import free_name

if TYPE_CHECKING:
    import duckdb

    from ontos_tui.tabular.source import Source

SAMPLE_ROWS = 50_000
"""Rows of the sample that quartiles, leaks and near duplicates are looked for in."""
SAMPLE_VALUES = 2_000_000
"""Values that the sample holds at most: of wide tables it has fewer rows."""
_WHOLE = ("BIGINT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT")
_numbers = count(1)


class Cancelled(Exception):  # noqa: N818  # no error: the user ended it
    """The user ended the work."""


@dataclass
class TableRows:
    """Some rows of an opened file: all, or those of a sheet. `relation` is SQL over `connection`.

    Its queries run one after the other on a cursor of their own; `cancel` ends the running one from another thread, and
    every later one raises Cancelled.
    """

    connection: duckdb.DuckDBPyConnection
    relation: str
    columns: tuple[Column, ...]
    _cancelled: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, source: Source, where: str = "", names: Sequence[str] = ()) -> TableRows:
        """The rows of a file that fulfil a condition, with these columns; all without."""
        columns = tuple(column for column in source.columns if not names or column.name in names)
        relation = source.relation
        if where or len(columns) < len(source.columns):
            selected = ", ".join(quoted(column.name) for column in columns)
            relation = f"(SELECT {selected} FROM {relation}{f' WHERE {where}' if where else ''})"  # noqa: S608
        return cls(source.connection.cursor(), relation, columns)

    def names(self) -> list[str]:
        """The columns' names."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The result of a query. Raises Cancelled after `cancel`."""
        import duckdb

        if self._cancelled.is_set():
            raise Cancelled
        try:
            return self.connection.execute(sql).fetchall()
        except duckdb.InterruptException as error:
            raise Cancelled from error

    def aggregates(self, parts: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        """Aggregates over all rows in one scan: for each mapping of names to SQL, the same names with the results."""
        expressions = [sql for part in parts for sql in part.values()]
        if not expressions:
            return [{} for _ in parts]
        values = iter(self.rows(f"SELECT {', '.join(expressions)} FROM {self.relation}")[0])  # noqa: S608
        return [{key: next(values) for key in part} for part in parts]

    def sample(self, rows: int) -> TableRows:
        """A random sample, the same every time, as a table in memory; `rows` is how many rows there are in all."""
        name = f"ontos_sample_{next(_numbers)}"
        most = max(1_000, min(SAMPLE_ROWS, SAMPLE_VALUES // max(1, len(self.columns))))
        # Not every n-th row: a stream that cycles through its machines would show one machine only.
        chosen = f" WHERE hash({self.number}) % 1000000 < {int(1_050_000 * most / rows) + 1} LIMIT {most}"
        self.rows(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM {self.numbered}{chosen if rows > most else ''}"  # noqa: S608
        )
        return TableRows(self.connection, name, self.columns, self._cancelled)

    @property
    def number(self) -> str:
        """What the column of `numbered` and of samples is called that has the rows' numbers, from 1."""
        return free_name("row_number", self.names())

    @property
    def numbered(self) -> str:
        """The relation with the number of each row behind its columns."""
        return f"(SELECT *, row_number() OVER () AS {self.number} FROM {self.relation})"  # noqa: S608

    def texts(self, condition: str, limit: int) -> list[dict[str, str | None]]:
        """The first rows that fulfil a condition over the columns and the rows' numbers, as texts to look at."""
        names = self.names()
        values = ", ".join(f"left(CAST({quoted(name)} AS VARCHAR), 200)" for name in names)
        sql = f"SELECT {self.number}, {values} FROM {self.numbered} WHERE {condition} LIMIT {int(limit)}"  # noqa: S608
        return [{"row": f"{row[0]:,}", **dict(zip(names, row[1:], strict=True))} for row in self.rows(sql)]

    def values(self, limit: int) -> tuple[list[dict[str, Any]], list[int]]:
        """The first rows of a sample as values, and their numbers."""
        names = self.names()
        selected = ", ".join([self.number, *(_value(column) for column in self.columns)])
        stored = self.rows(f"SELECT {selected} FROM {self.relation} LIMIT {int(limit)}")  # noqa: S608
        return [dict(zip(names, row[1:], strict=True)) for row in stored], [int(row[0]) for row in stored]

    def progress(self) -> float | None:
        """The part of the running query that is done; None where DuckDB does not know it."""
        done = self.connection.query_progress()
        return None if done < 0 else min(1.0, done / 100)

    def cancel(self) -> None:
        """End the running query and all that would follow it."""
        self._cancelled.set()
        self.connection.interrupt()

    def close(self) -> None:
        """Drop what was kept in memory for it; the file stays open."""
        self.connection.close()


def _value(column: Column) -> str:
    """The SQL of a value that Python knows: numbers, texts and flags as they are, the rest as text."""
    name = quoted(column.name)
    if column.type.startswith("DECIMAL"):
        return f"CAST({name} AS DOUBLE)"
    return name if is_number(column) or column.type in ("VARCHAR", "BOOLEAN") else f"CAST({name} AS VARCHAR)"


def is_number(column: Column) -> bool:
    """Whether a column's values are numbers."""
    return is_whole(column) or column.type in ("DOUBLE", "FLOAT") or column.type.startswith("DECIMAL")


def is_whole(column: Column) -> bool:
    """Whether a column's values are integers."""
    return column.type in _WHOLE


def is_text(column: Column) -> bool:
    """Whether a column's values are texts, or yes and no."""
    return column.type in ("VARCHAR", "BOOLEAN") or column.type.startswith("ENUM")


def number_sql(column: Column) -> str:
    """The SQL of a column's number as DOUBLE; infinities and NaN are none."""
    name = f"CAST({quoted(column.name)} AS DOUBLE)"
    return f"CASE WHEN isfinite({name}) THEN {name} END" if column.type in ("DOUBLE", "FLOAT") else name
