"""Rows that repeat an earlier one in all of some columns, in DuckDB's SQL.

First the rows are grouped by a number of 64 bits that their values give; only rows that share theirs with another one
are compared value by value. So memory holds a number a row at most, and what does not fit goes to the disk.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ontos_tui.tabular.duckdb_sql import quoted
from ontos_tui.tabular.quality.table_rows import TableRows
from ontos_tui.tabular.window_fields import free_name

if TYPE_CHECKING:
    import duckdb

AT_ONCE = 20_000_000
"""Rows that are grouped at once; more are grouped in several scans."""
_writing = threading.Lock()


@dataclass(frozen=True)
class Duplicates:
    """How many rows repeat an earlier one, and the numbers, from 1, of rows that have a double: doubles in a row."""

    repeats: int
    numbers: tuple[int, ...]


def find_duplicates(table: TableRows, names: Sequence[str], rows: int, shown: int) -> Duplicates:
    """Rows that are equal in the columns `names`, counted; and the first `shown` of them."""
    if not names or rows < 2:
        return Duplicates(0, ())
    _write(table.rows, f"TEMP TABLE {(target := 'ontos_doubles')}", table.relation, names, rows)
    repeats = table.rows(f"SELECT count(*) FROM {target} WHERE n > first")[0][0]  # noqa: S608
    numbers = table.rows(f"SELECT n FROM {target} ORDER BY first, n LIMIT {shown}")  # noqa: S608
    table.rows(f"DROP TABLE {target}")
    return Duplicates(int(repeats), tuple(int(n) for (n,) in numbers))


def repeats_table(
    connection: duckdb.DuckDBPyConnection, relation: str, names: Sequence[str], rows: int, where: str = ""
) -> str:
    """The SQL of the numbers, from 1 in the whole file, of the rows that repeat an earlier one.

    Only rows that fulfil `where` count. They are found once for an opened file, and stay in the memory of its DuckDB.
    """
    digest = hashlib.sha256("|".join([where, *names]).encode()).hexdigest()[:16]
    target = f"ontos_doubles_{digest}"
    with _writing:
        cursor = connection.cursor()
        known = cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [target]).fetchone()
        if known is None:
            _write(lambda sql: cursor.execute(sql).fetchall(), f"TABLE {target}", relation, names, rows, where)
        cursor.close()
    return f"SELECT n FROM {target} WHERE n > first"  # noqa: S608


def _write(
    run: Callable[[str], list[tuple[Any, ...]]],
    target: str,
    relation: str,
    names: Sequence[str],
    rows: int,
    where: str = "",
) -> None:
    """Create a table of the rows that have a double: the number `n`, and that of the first one that is equal."""
    columns, condition = ", ".join(map(quoted, names)), f" WHERE {where}" if where else ""
    key = free_name("row_hash", names)
    shared = "ontos_shared_hashes"
    run(f"CREATE OR REPLACE TEMP TABLE {shared} (h UBIGINT)")
    parts = -(-rows // AT_ONCE) or 1
    for part in range(parts):
        of_part = f" WHERE h % {parts} = {part}" if parts > 1 else ""
        run(
            f"INSERT INTO {shared} SELECT h FROM (SELECT hash({columns}) AS h FROM {relation}{condition}){of_part} "  # noqa: S608
            "GROUP BY h HAVING count(*) > 1"
        )
    number = free_name("row_number", names)
    numbered = f"(SELECT row_number() OVER () AS {number}, * FROM {relation})"  # noqa: S608
    candidates = f"(SELECT {number}, {columns}, hash({columns}) AS {key} FROM {numbered}{condition})"  # noqa: S608
    run(
        f"CREATE OR REPLACE {target} AS SELECT n, first FROM ("  # noqa: S608
        f"SELECT {number} AS n, min({number}) OVER same AS first, count(*) OVER same AS doubles FROM {candidates} "
        f"WHERE {key} IN (SELECT h FROM {shared}) WINDOW same AS (PARTITION BY {columns})) WHERE doubles > 1"
    )
    run(f"DROP TABLE {shared}")
