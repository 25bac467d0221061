"""Two catalogs as one: files of this machine, and the team's tables where the settings name a workspace.

What is here works while the team's workspace is away; only what the workspace has to answer fails, and says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ontos_tui.domain.catalog import CatalogNode, Identities, StreamSteps, TablePreview
from ontos_tui.domain.records.data import LOCAL, Block, Column, Item, Page, RowQuery, TableAddress
from ontos_tui.domain.records.reading import Reading
from ontos_tui.platforms.ports import Catalog, TeamCatalog
from ontos_tui.tabular.source import Source


class CompositeCatalog:
    """Addresses in the catalog `local` are of this machine, all others of the team."""

    def __init__(self, local: Catalog, team: TeamCatalog) -> None:
        self._local = local
        self._team = team

    def tables(self) -> list[TableAddress]:
        """The tables of this machine. The team's are too many to be listed: `children` browses them."""
        return self._local.tables()

    def columns(self, address: TableAddress) -> tuple[Column, ...]:
        """The table's columns. Raises NotFoundError, PlatformError, and AwayError for one of the team's."""
        return self._of(address).columns(address)

    def reading(self, address: TableAddress) -> Reading | None:
        """What was understood of the table's file; None for one of the team's tables."""
        return self._of(address).reading(address)

    def source(self, address: TableAddress) -> Source | None:
        """The table's rows for SQL of our own; None for one of the team's tables."""
        return self._of(address).source(address)

    def page(self, address: TableAddress, query: RowQuery) -> Page:
        """Some items and how many the query reaches in all."""
        return self._of(address).page(address, query)

    def items(self, address: TableAddress, query: RowQuery) -> Iterator[Item]:
        """Every item that the query reaches, in a stable order, streamed."""
        return self._of(address).items(address, query)

    def fingerprint(self, address: TableAddress) -> str:
        """Something that changes when the source does."""
        return self._of(address).fingerprint(address)

    def stream_steps(self, address: TableAddress, query: RowQuery) -> StreamSteps | None:
        """How far the rows of a stream lie apart."""
        return self._of(address).stream_steps(address, query)

    def blocks(self, address: TableAddress, query: RowQuery, size: int) -> Iterator[Block]:
        """Every item that the query reaches, by the column."""
        return self._of(address).blocks(address, query, size)

    def items_named(self, address: TableAddress, query: RowQuery, text: str, limit: int, *, exact: bool) -> list[Item]:
        """Items whose reference is `text`, or holds it."""
        return self._of(address).items_named(address, query, text, limit, exact=exact)

    def children(self, prefix: str = "") -> Iterator[CatalogNode]:
        """What the team's workspace has below `prefix`, as it comes."""
        return self._team.children(prefix)

    def look(self, address: TableAddress, limit: int) -> TablePreview:
        """Some rows, quickly."""
        if address.catalog != LOCAL:
            return self._team.look(address, limit)
        page = self._local.page(address, RowQuery(limit=limit))
        return TablePreview(page.columns, tuple(item.fields for item in page.items))

    def identities(self, address: TableAddress, query: RowQuery) -> Identities | None:
        """How many items have a name of their own, counted where the team's table is; None for files."""
        return None if address.catalog == LOCAL else self._team.identities(address, query)

    def tags(self, address: TableAddress) -> tuple[str, ...]:
        """What the team says that the table holds; files have no tags."""
        return () if address.catalog == LOCAL else self._team.tags(address)

    def fetch(self, path: str, folder: Path) -> Path:
        """Copy a file of a volume below `folder`; returns where it is now."""
        return self._team.fetch(path, folder)

    def _of(self, address: TableAddress) -> Catalog:
        return self._local if address.catalog == LOCAL else self._team
