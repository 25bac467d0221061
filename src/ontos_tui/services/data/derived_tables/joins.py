"""A second table beside the first: by key or by the nearest time, with how the rows match before it is accepted."""

from __future__ import annotations

from dataclasses import dataclass

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import LOCAL, DataTable, Page, TableAddress, identifier_from
from ontos_tui.domain.records.derived import Direction, Join, JoinSuggestion, KeyPair, MatchCounts
from ontos_tui.platforms.ports import Catalog, Derivations
from ontos_tui.services.data.addresses import find_address
from ontos_tui.services.data.derived_tables.service import amount, check_free, local_table, team_table
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data

SCHEMA = "joined"
PREVIEWED = 5


@dataclass(frozen=True)
class JoinSpec:
    """What a person says about a join. Tables and columns by name; `within` such as 10min."""

    left: str
    right: str
    on: tuple[KeyPair, ...] = ()
    nearest: KeyPair | None = None
    direction: Direction | None = None
    within: str = ""
    columns: tuple[str, ...] = ()
    only_matched: bool = False
    doubled: bool = False
    name: str = ""


@dataclass(frozen=True)
class JoinReport:
    """How two tables match. Without columns to join by there are suggestions instead of counts.

    `page` has the first rows where the join can be accepted; `problem` says why it cannot.
    """

    address: str
    join: Join
    counts: MatchCounts | None
    suggestions: tuple[JoinSuggestion, ...] = ()
    page: Page | None = None
    problem: str = ""
    todo: str = ""


class JoinService:
    """Joins tables of this machine. What is added is logged under `actor`."""

    def __init__(self, store: Store, catalog: Catalog, derivations: Derivations, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._derivations = derivations
        self._actor = actor

    def report(self, spec: JoinSpec) -> JoinReport:
        """How the rows would match; nothing is changed. Raises InvalidInputError for what cannot be joined."""
        record = self._record(spec)
        join = record.joined
        assert join is not None
        if not join.on and join.nearest is None:
            return JoinReport(record.address, join, None, tuple(self._derivations.suggestions(join)))
        counts = self._derivations.matches(join)
        problem = _problem(counts, join)
        page = None if problem else self._derivations.preview(record, PREVIEWED)
        todo = "" if not problem else _todo(counts)
        return JoinReport(record.address, join, counts, page=page, problem=problem, todo=todo)

    def add(self, spec: JoinSpec) -> tuple[DataTable, MatchCounts]:
        """Add the joined table; returns it, and how the rows match.

        Raises InvalidInputError when it is not said by which columns, or rows have several matches and may not;
        ConflictError when its name is taken.
        """
        record = self._record(spec)
        join = record.joined
        assert join is not None
        if not join.on and join.nearest is None:
            best = next(iter(self._derivations.suggestions(join)), None)
            advice = f"--on {' --on '.join(map(str, best.on))}" if best is not None else "--on KEY or --on KEY=KEY"
            raise InvalidInputError("It is not decided which columns the tables are joined by.", f"Decide: {advice}")
        counts = self._derivations.matches(join)
        if problem := _problem(counts, join):
            raise InvalidInputError(problem, _todo(counts))
        page = self._derivations.preview(record, 0)
        record = record.model_copy(update={"columns": list(page.columns), "row_count": page.total})
        with self._store.write() as connection:
            check_free(connection, record.address)
            rows.add(connection, record)
            logged = record.model_dump(mode="json", exclude={"reading"})
            rows.log(connection, record, "join", self._actor, after=logged)
        return record, counts

    def remove(self, text: str) -> DataTable:
        """Take a joined table off the list; its sheets say that it is gone. Raises InvalidInputError for a file."""
        address = str(find_address(self._catalog, text))
        with self._store.write() as connection:
            table = local_table(self._catalog, connection, address)
            if table.joined is None:
                raise InvalidInputError(f"{table.address} is a file.", "Only joined tables are removed.")
            used = [one.name for one in data.sheets(connection) if one.source_table == table.address]
            used += [one.address for one in data.tables(connection) if table.address in one.inputs]
            if used:
                raise InvalidInputError(f"{table.address} is used by {', '.join(used)}.", "Delete these first.")
            rows.log(connection, table, "remove_join", self._actor, before=table.model_dump(mode="json"))
            data.remove_table(connection, table)
        return table

    def _record(self, spec: JoinSpec) -> DataTable:
        """The joined table, not stored yet. The path and the format are those of the first table's file."""
        statement = _statement(spec) if team_table(spec.left) and team_table(spec.right) else ""
        with self._store.read() as connection:
            left = local_table(self._catalog, connection, spec.left, statement)
            right = local_table(self._catalog, connection, spec.right, statement)
        join = Join(
            left=left.address,
            right=right.address,
            on=list(spec.on),
            nearest=spec.nearest,
            direction=spec.direction,
            within=amount(spec.within, "--within") or None if spec.within else None,
            columns=list(spec.columns),
            only_matched=spec.only_matched,
            doubled=spec.doubled,
        )
        if join.nearest is None and (join.direction or join.within):
            raise InvalidInputError(
                "--direction and --within go with --nearest.", "Name the columns of time: --nearest TIME"
            )
        names = [TableAddress.parse(one.address).table for one in (left, right)]
        name = identifier_from(spec.name or "_".join(names))
        return DataTable(
            address=str(TableAddress(LOCAL, SCHEMA, name)),
            path=left.path,
            format=left.format,
            bytes=left.bytes,
            added_by=self._actor,
            joined=join,
        )


def _problem(counts: MatchCounts, join: Join) -> str:
    if not counts.matched:
        return f"No row of {join.left} has a match in {join.right}."
    if counts.doubled and not join.doubled:
        return f"{counts.doubled:,} rows of {join.left} have several matches in {join.right}."
    return ""


def _todo(counts: MatchCounts) -> str:
    if not counts.matched:
        return "Choose other columns: without --on, those that have values in common are listed."
    return (
        f"With --doubled they become {counts.doubled_rows:,} rows, each with a name of its own. Or join by more "
        "columns (--on A --on B), or by the nearest time (--nearest TIME --direction before)."
    )


def _statement(spec: JoinSpec) -> str:
    """The join as SQL of the team's workspace."""
    catalog, schema, _ = TableAddress.parse(spec.left)
    keys = " AND ".join(f"l.`{one.left}` = r.`{one.right}`" for one in spec.on) or "l.`KEY` = r.`KEY`"
    return (
        f"CREATE VIEW {catalog}.{schema}.{identifier_from(spec.name or 'joined')} AS SELECT l.*, r.COLUMN FROM "  # noqa: S608
        f"{spec.left} AS l LEFT JOIN {spec.right} AS r ON {keys}"
    )
