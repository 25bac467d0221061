"""Tables that come of others: the rows of a join, and computed columns, stored in the workspace and opened again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.derived import (
    ComputedColumn,
    ComputedCounts,
    Join,
    JoinSuggestion,
    MatchCounts,
)
from ontos_tui.tabular.computed.column_sql import NUMBER, with_columns
from ontos_tui.tabular.duckdb_sql import explain_duckdb_errors, quoted
from ontos_tui.tabular.joins.join_sql import join_sql, plan_join
from ontos_tui.tabular.joins.match_counts import match_counts
from ontos_tui.tabular.joins.suggestion import candidates
from ontos_tui.tabular.source import Source
from ontos_tui.tabular.stored_rows import NAME, connect_to_all, store_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

FOLDER = "derived_tables"
"""Below the workspace: a file for each table, which is written anew when a table that it comes of has changed."""


def store_joined(left: Source, right: Source, join: Join, target: Path, spill: Path) -> list[str]:
    """Store the rows of two tables as one; what an expert should know about them.

    Raises InvalidInputError when rows match several that may not.
    """
    plan = plan_join(left, right, join)

    def query(connection: duckdb.DuckDBPyConnection) -> str:
        if join.nearest is None and not join.doubled:
            check_doubled(match_counts(connection, plan), join)
        return join_sql(plan, left)

    store_rows([left, right], query, spill, target)
    names = ", ".join(repr(name) for _, name in plan.taken)
    ahead = [f"{names} come from rows that may be later than the row itself."] if join.looks_ahead else []
    return [*left.notes, *ahead]


def check_doubled(counts: MatchCounts, join: Join) -> None:
    """Raise InvalidInputError when rows have several matches, and it is not decided what becomes of them."""
    if counts.doubled and not join.doubled:
        keys = ", ".join(map(str, join.on))
        raise InvalidInputError(
            f"{counts.doubled:,} rows of {join.left} have several matches in {join.right} by {keys}.",
            f"With --doubled they become {counts.doubled_rows:,} rows, each with a name of its own. Or join by more "
            "columns (--on A --on B), or by the nearest time (--nearest TIME --direction before).",
        )


def counted(left: Source, right: Source, join: Join, spill: Path) -> MatchCounts:
    """How the rows of two tables match."""
    plan = plan_join(left, right, join)
    with reaching([left, right], spill) as connection:
        return match_counts(connection, plan)


def suggested(left: Source, right: Source, join: Join, spill: Path) -> list[JoinSuggestion]:
    """By which columns two tables may be joined, with how they would match."""
    suggestions = []
    with reaching([left, right], spill) as connection:
        for one in candidates(connection, left, right):
            plan = plan_join(left, right, join.model_copy(update={"on": list(one.on), "nearest": None}))
            counts = match_counts(connection, plan)
            suggestions.append(
                JoinSuggestion(on=list(one.on), same_name=one.same_name, overlap=one.overlap, counts=counts)
            )
    return suggestions


def store_computed(
    base: Source, columns: Sequence[ComputedColumn], events: Mapping[str, Source], target: Path, spill: Path
) -> list[str]:
    """Store the rows of a table with computed columns; what an expert should know about them."""

    def query(connection: duckdb.DuckDBPyConnection) -> str:
        rows = with_columns(connection, _numbered(base), base.columns, columns, events)
        names = ", ".join(quoted(column.name) for column in rows.columns)
        return f"SELECT {names}, {NAME} FROM {rows.relation} ORDER BY {NUMBER}"  # noqa: S608

    store_rows([base, *events.values()], query, spill, target)
    ahead = [one.name for one in columns if one.looks_ahead]
    return [*base.notes, *(f"{name!r} is known only when its unit has ended: an answer, no feature." for name in ahead)]


def computed_counts(
    base: Source, columns: Sequence[ComputedColumn], events: Mapping[str, Source], spill: Path
) -> ComputedCounts:
    """What becomes of the last of the columns, over all rows."""
    with reaching([base, *events.values()], spill) as connection:
        rows = with_columns(connection, _numbered(base), base.columns, columns, events)
        name, needs = quoted(columns[-1].name), rows.parts[-1].needs
        lacking = " OR ".join(f"{quoted(need)} IS NULL" for need in needs) or "false"
        sql = f"SELECT count(*), count({name}), count(*) FILTER ({name} IS NULL AND ({lacking})) FROM {rows.relation}"  # noqa: S608
        with explain_duckdb_errors(base.path):
            total, there, missing = connection.execute(sql).fetchall()[0]
    left = total - there - missing
    reason = rows.parts[-1].reason if left else ""
    return ComputedCounts(rows=total, computed=there, missing_inputs=missing, not_computed=left, reason=reason)


def stored_file(folder: Path, address: str, key: str) -> Path:
    """Where the rows of a table are stored, by what they come of; files of what it came of before are removed."""
    table = hashlib.sha256(address.encode()).hexdigest()[:16]
    target = folder / f"{table}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.parquet"
    if not target.exists():
        for old in folder.glob(f"{table}-*.parquet"):
            old.unlink(missing_ok=True)
    return target


@contextmanager
def reaching(sources: Sequence[Source], spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reaches all of the sources. Raises errors in our words."""
    connection = connect_to_all(sources, spill, spill / "nothing")
    try:
        with explain_duckdb_errors(sources[0].path):
            yield connection
    finally:
        connection.close()


def _numbered(base: Source) -> str:
    return f"(SELECT row_number() OVER () AS {NUMBER}, * FROM {base.cells.named(NAME)})"  # noqa: S608
