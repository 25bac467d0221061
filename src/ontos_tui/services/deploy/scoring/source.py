"""What is scored: a data file, a table of the catalog, or a sheet."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.data import Column, RowQuery, Sheet, TableAddress
from ontos_tui.platforms.ports import Catalog
from ontos_tui.services.data.addresses import find_address
from ontos_tui.services.data.files import FileService
from ontos_tui.services.data.sheets import SheetService

LISTED = 12
"""Columns of a source that an error names."""


@dataclass(frozen=True)
class Source:
    """Rows to be scored. `ref` finds them again: a sheet's id or a table's address. `total` counts the rows."""

    ref: str
    name: str
    address: TableAddress
    query: RowQuery
    columns: tuple[Column, ...]
    total: int
    fingerprint: str

    def with_columns(self, names: Sequence[str]) -> Source:
        """The same rows with these columns only. Raises InvalidInputError naming those that it lacks."""
        there = [column.name for column in self.columns]
        lacking = [name for name in names if name not in there]
        if lacking:
            more = "" if len(there) <= LISTED else f" and {len(there) - LISTED} more"
            raise InvalidInputError(
                f"{self.name} lacks {len(lacking)} of the {len(names)} columns that the model needs: "
                f"{', '.join(map(repr, lacking))}.",
                f"It has {', '.join(map(repr, there[:LISTED]))}{more}. Rename its columns, or name another source.",
            )
        return replace(self, query=replace(self.query, columns=tuple(names)))


def find_source(files: FileService, sheets: SheetService, catalog: Catalog, text: str) -> Source:
    """The source that a person means: a file that is there, else a sheet, else a table.

    A file becomes a table of the workspace, as `FileService.add_file` does. Raises NotFoundError, or InvalidInputError
    and PlatformError with what is wrong with the file.
    """
    file = Path(text).expanduser()
    if file.suffix and file.is_file():
        return _table(catalog, TableAddress.parse(_added(files, file)))
    try:
        return _sheet(catalog, sheets.sheet(text))
    except NotFoundError:
        pass
    try:
        return _table(catalog, find_address(catalog, text))
    except (NotFoundError, InvalidInputError) as error:
        raise NotFoundError(
            f"No file, sheet or table {text!r}.",
            "Name a data file, or one of `ontos sheets list` and `ontos data list`.",
        ) from error


def _added(files: FileService, file: Path) -> str:
    """The address of a file as a table. One whose name is taken by another file gets a name of its own."""
    try:
        return files.add_file(file).address
    except ConflictError:
        digest = hashlib.sha256(str(file.absolute()).encode("utf-8", "replace")).hexdigest()[:8]
        return files.add_file(file, f"{file.stem}_{digest}").address


def _table(catalog: Catalog, address: TableAddress) -> Source:
    return _source(catalog, str(address), str(address), address, RowQuery())


def _sheet(catalog: Catalog, sheet: Sheet) -> Source:
    return _source(catalog, sheet.id, sheet.name, TableAddress.parse(sheet.source_table), RowQuery.of(sheet))


def _source(catalog: Catalog, ref: str, name: str, address: TableAddress, query: RowQuery) -> Source:
    fingerprint = catalog.fingerprint(address)
    page = catalog.page(address, replace(query, limit=0))
    return Source(ref, name, address, query, tuple(page.columns), page.total, fingerprint)
