"""Computed columns of a table: checked, previewed, kept with the table, and removed."""

from __future__ import annotations

from dataclasses import dataclass, field

from ontos_tui.domain.errors import InvalidInputError, NotFoundError, PlatformError
from ontos_tui.domain.records.data import LOCAL, DataTable, Page, TableAddress
from ontos_tui.domain.records.derived import ComputedColumn, ComputedCounts, ComputedKind, EventTable
from ontos_tui.platforms.ports import Catalog, Derivations
from ontos_tui.services.data.addresses import find_address
from ontos_tui.services.data.derived_tables.service import amount, check_no_circle, local_table
from ontos_tui.store import rows
from ontos_tui.store.engine import Store

PREVIEWED = 8


@dataclass(frozen=True)
class ComputedSpec:
    """What a person says about a column: NAME = FORMULA, and the rows of a unit in their order where it needs them.

    `cap` is such as 125 or 10min.
    """

    table: str
    name: str
    formula: str
    group: str = ""
    order: str = ""
    cap: str = ""
    events: EventTable | None = None


@dataclass(frozen=True)
class ComputedReport:
    """A computed column: what became of it over all rows, and the first rows."""

    address: str
    column: ComputedColumn
    counts: ComputedCounts
    page: Page
    type: str
    warnings: tuple[str, ...] = field(default=())


class ComputedService:
    """Adds and removes computed columns. Every change is logged under `actor`."""

    def __init__(self, store: Store, catalog: Catalog, derivations: Derivations, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._derivations = derivations
        self._actor = actor

    def table(self, text: str) -> DataTable:
        """The table of this machine that a person means. Raises InvalidInputError for one of the team's."""
        with self._store.read() as connection:
            return local_table(self._catalog, connection, text)

    def report(self, spec: ComputedSpec) -> ComputedReport:
        """What the column would be; nothing is changed. Raises InvalidInputError saying what is not allowed."""
        return self._report(self._with_column(spec))

    def add(self, spec: ComputedSpec) -> ComputedReport:
        """Add the column to the table. Its sheets have it once they are checked again.

        Raises InvalidInputError saying what is not allowed, or that no row has a value.
        """
        table = self._with_column(spec)
        report = self._report(table)
        if report.counts.rows and not report.counts.computed:
            reason = report.counts.reason or "a value that it needs is missing everywhere"
            raise InvalidInputError(f"No row has a value for {report.column.name!r}: {reason}.", "Change the formula.")
        with self._store.write() as connection:
            stored = rows.get(connection, DataTable, table.address)
            check_no_circle(connection, table.address, table.inputs)
            computed = [*stored.computed, report.column]
            rows.change(connection, stored, computed=computed, columns=list(report.page.columns))
            after = report.column.model_dump(mode="json")
            rows.log(connection, stored, "compute_column", self._actor, after=after)
        return report

    def remove(self, text: str, name: str) -> DataTable:
        """Remove a computed column. Raises NotFoundError, and InvalidInputError when others are computed of it."""
        address = find_address(self._catalog, text)
        with self._store.write() as connection:
            table = local_table(self._catalog, connection, str(address))
            column = next((one for one in table.computed if one.name.lower() == name.strip().lower()), None)
            if column is None:
                listed = ", ".join(repr(one.name) for one in table.computed) or "it has none"
                raise NotFoundError(
                    f"{table.address} has no computed column {name!r}.", f"The computed columns: {listed}."
                )
            left = [one for one in table.computed if one is not column]
        changed = table.model_copy(update={"computed": left})
        self._check_rest(changed, column)
        with self._store.write() as connection:
            rows.log(connection, table, "remove_column", self._actor, before=column.model_dump(mode="json"))
            columns = [one for one in table.columns if one.name != column.name]
            return rows.change(connection, table, computed=left, columns=columns)

    def _check_rest(self, table: DataTable, removed: ComputedColumn) -> None:
        try:
            self._derivations.preview(table, 0)
        except (InvalidInputError, PlatformError) as error:
            others = ", ".join(repr(one.name) for one in table.computed)
            raise InvalidInputError(
                f"Another column is computed of {removed.name!r}, one of {others}.", "Remove that one first."
            ) from error

    def _with_column(self, spec: ComputedSpec) -> DataTable:
        """The table with the column behind the others, not stored."""
        from ontos_tui.tabular.computed.formulas import Units, computed_column

        events = spec.events
        address = find_address(self._catalog, spec.table)
        if address.catalog != LOCAL:
            self._refuse_team(spec, address)
        with self._store.read() as connection:
            table = local_table(self._catalog, connection, str(address))
            if events is not None:
                known = local_table(self._catalog, connection, events.table)
                events = events.model_copy(update={"table": known.address})
                check_no_circle(connection, table.address, [known.address])
        cap = _cap(spec.cap)
        units = Units(spec.group, spec.order, cap, events)
        column = computed_column(spec.name, spec.formula, self._catalog.columns(address), units)
        return table.model_copy(update={"computed": [*table.computed, column]})

    def _refuse_team(self, spec: ComputedSpec, address: TableAddress) -> None:
        """Say how the column is computed where the team's table is."""
        from ontos_tui.tabular.computed.formulas import statement_for_view

        statement = statement_for_view(spec.name, spec.formula, self._catalog.columns(address), str(address))
        with self._store.read() as connection:
            local_table(self._catalog, connection, str(address), statement)

    def _report(self, table: DataTable) -> ComputedReport:
        column = table.computed[-1]
        counts = self._derivations.counts(table)
        page = self._derivations.preview(table, PREVIEWED)
        kind = next(one.type for one in page.columns if one.name == column.name)
        return ComputedReport(table.address, column, counts, page, kind, tuple(_warnings(column)))


def _warnings(column: ComputedColumn) -> list[str]:
    if column.kind is ComputedKind.REMAINING:
        return [
            f"{column.name!r} looks ahead: it is known only when its unit has ended. Use it as the answer; it is no "
            "feature."
        ]
    return []


def _cap(text: str) -> float | None:
    return (amount(text, "--cap") or None) if text else None
