"""DATA: the tables of this machine and of the team, and their first rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ontos_tui.domain.catalog import CatalogNode, TablePreview
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.data import Column, DataTable, Page, RowQuery, TableAddress
from ontos_tui.platforms.ports import Catalog, TeamCatalog
from ontos_tui.services.data.addresses import check_span, find_address, team_of
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import data


@dataclass(frozen=True)
class TableInfo:
    """A table of the catalog. If it cannot be read, `problem` says why, `columns` is empty and `rows` means nothing."""

    address: TableAddress
    columns: tuple[Column, ...]
    rows: int
    path: str
    problem: str = ""


class CatalogService:
    """Lists, browses and previews tables."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog

    def tables(self) -> list[TableInfo]:
        """Every table, by name; one that cannot be read stays in the list with the problem.

        A file is opened only when it has changed since it was read last.
        """
        with self._store.read() as connection:
            records = {record.address: record for record in data.tables(connection)}
        return [self._info(address, records.get(str(address))) for address in self._catalog.tables()]

    def _info(self, address: TableAddress, record: DataTable | None) -> TableInfo:
        path = "" if record is None else record.path
        try:
            fingerprint = self._catalog.fingerprint(address)
            if record is not None and record.fingerprint == fingerprint:
                return TableInfo(address, tuple(record.columns), record.row_count, path)
            page = self._catalog.page(address, RowQuery(limit=0))
            reading = self._catalog.reading(address)
        except OntosError as error:
            return TableInfo(address, (), 0, path, str(error))
        if record is not None:
            with self._store.write() as connection:
                data.store_content(connection, record, page.columns, page.total, fingerprint, reading)
        return TableInfo(address, page.columns, page.total, path)

    def browse(self, prefix: str = "") -> Iterator[CatalogNode]:
        """What the team's workspace has below: catalogs, a catalog's schemas, a schema's tables; as they come.

        Raises NoTeamError where no workspace is set up, and PlatformError when it is away or does not allow it.
        """
        return team_of(self._catalog).children(prefix)

    def look(self, address: str, limit: int = 20) -> TablePreview:
        """Some rows of one of the team's tables, quickly: nothing is counted or ordered. Raises as `browse` does."""
        return team_of(self._catalog).look(TableAddress.parse(address), limit)

    @property
    def has_team(self) -> bool:
        """Whether a team's workspace is set up."""
        return isinstance(self._catalog, TeamCatalog)

    def preview(self, address: str, *, filter: str = "", limit: int = 50, offset: int = 0) -> Page:
        """Some rows of a table, as they are. `address` may be the table's name alone where only one is called so."""
        check_span(limit, offset)
        return self._catalog.page(
            find_address(self._catalog, address), RowQuery(filter=filter, limit=limit, offset=offset)
        )

    def address(self, text: str) -> TableAddress:
        """The address that a person means; a table's name alone will do where only one is called so.

        Raises NotFoundError, ConflictError, and InvalidInputError for what is none.
        """
        return find_address(self._catalog, text)
