"""The SQL of a join of two opened tables. Rows come in the order of the first, under the names that they have there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column, TableAddress
from ontos_tui.domain.records.derived import Direction, Join, KeyPair
from ontos_tui.domain.rules.item_names import DIGITS
from ontos_tui.tabular.duckdb_sql import quoted
from ontos_tui.tabular.kinds_of_values import Kind, kind_of, moment_sql
from ontos_tui.tabular.row_filter import find_column
from ontos_tui.tabular.source import Source
from ontos_tui.tabular.stored_rows import NAME
from ontos_tui.tabular.window_fields import free_name


@dataclass(frozen=True)
class JoinPlan:
    """A join, checked against the columns of both tables.

    `left` and `right` are relations with `n`, `k0…` (the keys), `moment` where rows are joined by the nearest, the
    columns and the name. `taken` are the second table's columns with the names that they get.
    """

    left: str
    right: str
    equal: str
    keys: int
    taken: tuple[tuple[Column, str], ...]
    offset: str
    join: Join

    @property
    def keyed(self) -> str:
        """The condition that a row has all keys."""
        return " AND ".join(f"k{number} IS NOT NULL" for number in range(self.keys)) or "true"

    @property
    def key_list(self) -> str:
        """The keys, for GROUP BY and PARTITION BY."""
        return ", ".join(f"k{number}" for number in range(self.keys))


def plan_join(left: Source, right: Source, join: Join) -> JoinPlan:
    """Check a join. Raises InvalidInputError for columns that do not exist or cannot be compared."""
    nearest = join.nearest
    if not join.on and nearest is None:
        raise InvalidInputError("A join needs a column that both tables have.", "Name it: --on KEY or --on KEY=KEY.")
    if nearest is not None and join.direction is None:
        raise InvalidInputError(
            "It is not said on which side the nearest row is looked for.", "Add --direction before, after or nearest."
        )
    keys = [_pair(left, right, one) for one in join.on]
    lefts, rights = _keys(keys)
    if nearest is not None:
        first, second = _pair(left, right, nearest)
        _check_moments(first, second)
        lefts.append(f"{moment_sql(first)} AS moment")
        rights.append(f"{moment_sql(second)} AS moment")
    taken = _taken(left, right, join, keys)
    table = TableAddress.parse(join.right).table
    offset = free_name(f"{table}_offset", [*left.names(), *(name for _, name in taken)]) if nearest else ""
    return JoinPlan(
        f"(SELECT row_number() OVER () AS n, {_listed(lefts)}* FROM {left.cells.named(NAME)})",  # noqa: S608
        f"(SELECT row_number() OVER () AS n, {_listed(rights)}* FROM {right.cells.named(NAME)})",  # noqa: S608
        " AND ".join(f"l.k{number} = r.k{number}" for number in range(len(keys))),
        len(keys),
        taken,
        offset,
        join,
    )


def join_sql(plan: JoinPlan, left: Source) -> str:
    """The SELECT of the joined rows, with their names."""
    own = ", ".join(f"l.{quoted(name)}" for name in left.names())
    taken = ", ".join(f"r.{quoted(column.name)} AS {quoted(name)}" for column, name in plan.taken)
    if plan.join.nearest is None:
        outer = "INNER" if plan.join.only_matched else "LEFT"
        # Of a row with several matches each is called by both rows: by their order, a new match would shift the names.
        name = (
            f"CASE WHEN count(*) OVER (PARTITION BY l.n) > 1 "
            f"THEN substring(md5(l.{NAME} || '+' || r.{NAME}), 1, {DIGITS}) ELSE l.{NAME} END"
        )
        return (
            f"SELECT {own}{_also(taken)}, {name} AS {NAME} FROM {plan.left} AS l "  # noqa: S608
            f"{outer} JOIN {plan.right} AS r ON {plan.equal} ORDER BY l.n, r.{NAME}, r.n"
        )
    condition = " WHERE r.n IS NOT NULL" if plan.join.only_matched else ""
    return (
        f"SELECT {own}{_also(taken)}, r.moment - l.moment AS {quoted(plan.offset)}, l.{NAME} AS {NAME} "  # noqa: S608
        f"FROM {plan.left} AS l LEFT JOIN {nearest_pairs(plan)} AS p ON p.l = l.n "
        f"LEFT JOIN {plan.right} AS r ON r.n = p.r{condition} ORDER BY l.n"
    )


def nearest_pairs(plan: JoinPlan) -> str:
    """A relation of the rows of the first table that have a nearest one within reach: `l` and `r`, their numbers.

    Of several rows at the same moment the one whose name comes first is taken, wherever it stands in its file.
    """
    by = f"{plan.key_list}, " if plan.keys else ""
    right = (
        f"(SELECT * FROM {plan.right} WHERE moment IS NOT NULL "  # noqa: S608
        f"QUALIFY row_number() OVER (PARTITION BY {by}moment ORDER BY {NAME}, n) = 1)"
    )
    left = f"(SELECT * FROM {plan.left} WHERE moment IS NOT NULL)"  # noqa: S608
    equal = f"{plan.equal} AND " if plan.keys else ""
    sides = {Direction.BEFORE: ("<=",), Direction.AFTER: (">=",), Direction.NEAREST: ("<=", ">=")}
    assert plan.join.direction is not None
    sides_sql = " UNION ALL ".join(
        f"SELECT l.n AS l, r.n AS r, abs(r.moment - l.moment) AS distance, {turn} AS side FROM {left} AS l "  # noqa: S608
        f"ASOF JOIN {right} AS r ON {equal}r.moment {sign} l.moment"
        for turn, sign in enumerate(sides[plan.join.direction])
    )
    within = f" WHERE distance <= {plan.join.within!r}" if plan.join.within is not None else ""
    return (
        f"(SELECT l, r FROM ({sides_sql}){within} "  # noqa: S608
        f"QUALIFY row_number() OVER (PARTITION BY l ORDER BY distance, side) = 1)"
    )


def _pair(left: Source, right: Source, pair: KeyPair) -> tuple[Column, Column]:
    return _column(left, pair.left), _column(right, pair.right)


def _column(source: Source, name: str) -> Column:
    exact = find_column(name, source.names())
    return next(column for column in source.columns if column.name == exact)


def _keys(keys: Sequence[tuple[Column, Column]]) -> tuple[list[str], list[str]]:
    """The keys of both tables as `k0…`: of one kind as they are, of two kinds by their text."""
    lefts, rights = [], []
    for number, (first, second) in enumerate(keys):
        kinds = {kind_of(first), kind_of(second)}
        if Kind.OTHER in kinds:
            raise InvalidInputError(
                f"{first.name!r} ({first.type}) and {second.name!r} ({second.type}) cannot be compared.",
                "Choose columns of numbers, times or texts.",
            )
        form = "{}" if len(kinds) == 1 else "trim(CAST({} AS VARCHAR))"
        lefts.append(f"{form.format(quoted(first.name))} AS k{number}")
        rights.append(f"{form.format(quoted(second.name))} AS k{number}")
    return lefts, rights


def _check_moments(first: Column, second: Column) -> None:
    kinds = kind_of(first), kind_of(second)
    if kinds not in ((Kind.TIME, Kind.TIME), (Kind.NUMBER, Kind.NUMBER)):
        raise InvalidInputError(
            f"{first.name!r} is a {kinds[0]} and {second.name!r} is a {kinds[1]}: no row of one is near one of the "
            "other.",
            f"Choose two times or two numbers. A text is read as times with `ontos data add FILE --column "
            f"{first.name}:time`.",
        )


def _taken(
    left: Source, right: Source, join: Join, keys: Sequence[tuple[Column, Column]]
) -> tuple[tuple[Column, str], ...]:
    """The columns of the second table that are added, with names that the first does not have."""
    chosen = [_column(right, name) for name in join.columns]
    if not chosen:
        same = {second.name for _, second in keys}
        chosen = [column for column in right.columns if column.name not in same]
    table = TableAddress.parse(join.right).table
    names = left.names()
    taken = []
    for column in chosen:
        clashes = column.name.lower() in {name.lower() for name in names}
        name = free_name(f"{table}_{column.name}" if clashes else column.name, names)
        names.append(name)
        taken.append((column, name))
    return tuple(taken)


def _listed(expressions: Sequence[str]) -> str:
    return "".join(f"{one}, " for one in expressions)


def _also(columns: str) -> str:
    return f", {columns}" if columns else ""
