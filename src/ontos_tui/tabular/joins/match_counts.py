"""How many rows of two tables match, before they are joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ontos_tui.domain.records.derived import MatchCounts
from ontos_tui.tabular.joins.join_sql import JoinPlan, nearest_pairs

if TYPE_CHECKING:
    import duckdb


def match_counts(connection: duckdb.DuckDBPyConnection, plan: JoinPlan) -> MatchCounts:
    """Count over all rows. The connection reaches both tables."""
    return _by_key(connection, plan) if plan.join.nearest is None else _by_moment(connection, plan)


def _by_key(connection: duckdb.DuckDBPyConnection, plan: JoinPlan) -> MatchCounts:
    keys, keyed = plan.key_list, plan.keyed
    equal = " AND ".join(f"a.k{number} = b.k{number}" for number in range(plan.keys))
    left = f"(SELECT {keys}, count(*) AS n FROM {plan.left} GROUP BY ALL)"  # noqa: S608
    right = f"(SELECT {keys}, count(*) AS m FROM {plan.right} WHERE {keyed} GROUP BY ALL)"  # noqa: S608
    sql = (
        f"SELECT coalesce(sum(n), 0), coalesce(sum(n) FILTER (m IS NOT NULL), 0), "  # noqa: S608
        f"coalesce(sum(n) FILTER (NOT ({keyed.replace('k', 'a.k')})), 0), "
        f"coalesce(sum(n) FILTER (m > 1), 0), coalesce(sum(n * m) FILTER (m > 1), 0), coalesce(sum(m), 0) "
        f"FROM {left} AS a LEFT JOIN {right} AS b ON {equal}"
    )
    total, matched, without, doubled, doubled_rows, used = _numbers(connection, sql)
    (right_rows,) = _numbers(connection, f"SELECT count(*) FROM {plan.right}")  # noqa: S608
    # A key that the first table has several times stands for each of its rows, but its matches are used once.
    (used,) = _numbers(
        connection,
        f"SELECT coalesce(sum(m), 0) FROM {right} AS b WHERE EXISTS (SELECT 1 FROM {left} AS a WHERE {equal})",  # noqa: S608
    )
    return MatchCounts(
        left_rows=total,
        right_rows=right_rows,
        matched=matched,
        unmatched=total - matched,
        without_key=without,
        doubled=doubled,
        doubled_rows=doubled_rows,
        right_unused=right_rows - used,
        rows=(matched if plan.join.only_matched else total) - doubled + doubled_rows,
    )


def _by_moment(connection: duckdb.DuckDBPyConnection, plan: JoinPlan) -> MatchCounts:
    by = f"{plan.key_list}, " if plan.keys else ""
    (total, without) = _numbers(
        connection,
        f"SELECT count(*), count(*) FILTER (NOT ({plan.keyed} AND moment IS NOT NULL)) FROM {plan.left}",  # noqa: S608
    )
    (right_rows,) = _numbers(connection, f"SELECT count(*) FROM {plan.right}")  # noqa: S608
    same = f"SELECT count(*) AS m FROM {plan.right} WHERE moment IS NOT NULL GROUP BY {by}moment"  # noqa: S608
    (same_moment,) = _numbers(connection, f"SELECT coalesce(sum(m - 1), 0) FROM ({same})")  # noqa: S608
    matched, used = _numbers(connection, f"SELECT count(*), count(DISTINCT r) FROM {nearest_pairs(plan)}")  # noqa: S608
    return MatchCounts(
        left_rows=total,
        right_rows=right_rows,
        matched=matched,
        unmatched=total - matched,
        without_key=without,
        doubled=0,
        doubled_rows=0,
        right_unused=right_rows - used,
        same_moment=same_moment,
        rows=matched if plan.join.only_matched else total,
    )


def _numbers(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    return tuple(int(value) for value in connection.execute(sql).fetchall()[0])
