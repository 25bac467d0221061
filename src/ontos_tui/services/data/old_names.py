"""Sheets of releases that named a row by its place: their pairs and labels get names by content, where that is sure."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.data import Item, ItemIdentity, Row, RowQuery, Sampling, Sheet, TableAddress
from ontos_tui.platforms.ports import Catalog
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import item_names

BATCH = 2_000


class OldNames:
    """Gives items other names, under `actor`. A sheet whose file has changed since stays as it is, and says so."""

    def __init__(self, store: Store, catalog: Catalog, actor: str) -> None:
        self._store = store
        self._catalog = catalog
        self._actor = actor

    def replace_all(self) -> None:
        """Give names by content to the items of all sheets whose files are what they were. A problem stops nothing."""
        with self._store.read() as connection:
            sheets = item_names.sheets_by_position(connection)
        for sheet in sheets:
            try:
                self.replace(sheet)
            except OntosError as error:
                logging.getLogger(__name__).info("%s keeps its items' names: %s", sheet.id, error.what)

    def replace(self, sheet: Sheet) -> Sheet:
        """The sheet after its items got names by content, as far as their rows are still what was stored of them.

        Raises PlatformError, InvalidInputError when the file cannot be read.
        """
        with self._store.read() as connection:
            old = item_names.names_by_position(connection, sheet.id)
        if not old:
            return self._finish(sheet, [], 0, sheet.source_fingerprint)
        fingerprint = self._catalog.fingerprint(TableAddress.parse(sheet.source_table))
        if not _same_file(fingerprint, sheet.source_fingerprint):
            return sheet
        with self._store.read() as connection:
            if item_names.was_tried(connection, sheet.id, fingerprint):
                return sheet
        names = self._names(sheet, old)
        return self._finish(sheet, names, len(old) - len(names), fingerprint)

    def _names(self, sheet: Sheet, old: set[str]) -> list[tuple[str, str]]:
        """Old and new name of each item whose row is what was stored of it.

        Of an item that only has a label no row was stored. It counts if no other item of the sheet contradicts, and
        some agree, or the source has as many rows as it had.
        """
        alike: list[tuple[str, str]] = []
        unseen: list[tuple[str, str]] = []
        unlike = 0
        for ref, name, verdict in self._compared(sheet, old):
            unlike += verdict is False
            if verdict is not False:
                (unseen if verdict is None else alike).append((ref, name))
        return alike if unlike or not (alike or self._as_long_as_it_was(sheet)) else alike + unseen

    def _as_long_as_it_was(self, sheet: Sheet) -> bool:
        if sheet.filter_expression or sheet.sampling is not Sampling.ALL:
            return False
        return (
            self._catalog.page(TableAddress.parse(sheet.source_table), RowQuery.of(sheet, 0)).total == sheet.item_count
        )

    def _compared(self, sheet: Sheet, old: set[str]) -> Iterator[tuple[str, str, bool | None]]:
        """Old and new name of each item, and whether its row is what was stored of it; None where nothing was."""
        address = TableAddress.parse(sheet.source_table)
        query = RowQuery(windows=sheet.windows)
        if sheet.windows is not None:  # they were made of the rows that passed the filter; single rows were not
            query = RowQuery(windows=sheet.windows, filter=sheet.filter_expression)
        content = RowQuery(windows=query.windows, filter=query.filter, by_content=True)
        types = {column.name: column.type for column in self._catalog.page(address, query).columns}
        both = zip(self._catalog.items(address, query), self._catalog.items(address, content), strict=True)
        while batch := list(islice(both, BATCH)):
            some = {item.ref: (item, named.ref) for item, named in batch if item.ref in old}
            with self._store.read() as connection:
                stored = item_names.stored_items(connection, sheet.id, list(some))
            fields_of = defaultdict(list)
            for one in stored:
                fields_of[one.ref].append(one.fields)
            for ref, (item, name) in some.items():
                fields = [one for one in fields_of[ref] if one is not None]
                yield ref, name, all(_is_row(one, item, types) for one in fields) if fields else None

    def _finish(self, sheet: Sheet, names: list[tuple[str, str]], left: int, fingerprint: str) -> Sheet:
        identity = ItemIdentity.POSITION if left else ItemIdentity.CONTENT
        if not left and (sheet.item_id_column or sheet.window_order):
            identity = ItemIdentity.ID
        with self._store.write() as connection:
            current = rows.get(connection, Sheet, sheet.id)
            if current.identity is not ItemIdentity.POSITION:
                return current
            item_names.rename_items(connection, sheet.id, names)
            after = {"identity": identity, "renamed": len(names), "left": left, "source_fingerprint": fingerprint}
            before = {"identity": current.identity}
            rows.log(connection, current, item_names.RENAMED, self._actor, before=before, after=after)
            return rows.change(connection, current, identity=identity)


def _same_file(one: str, other: str) -> bool:
    """Whether two fingerprints are of one file, however it is read: size and modification time come first in them."""
    return one.split("-")[:2] == other.split("-")[:2] and bool(other)


def _is_row(stored: Row, item: Item, types: dict[str, str]) -> bool:
    """Whether what was stored of an item is its row. A value that is read otherwise today says neither yes nor no."""
    agreeing = 0
    for name, value in stored.items():
        now = item.fields.get(name)
        if _equal(value, now):
            agreeing += value is not None
        elif _comparable(value, now, types.get(name, "")):
            return False
    return agreeing > 0 or all(value is None for value in stored.values())


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.strip() == other.strip()
    return bool(one == other) and (type(one) is type(other) or (_is_number(one) and _is_number(other)))


def _comparable(one: Any, other: Any, kind: str) -> bool:
    """Whether different values mean different cells: both are numbers, or both are texts of a column of texts."""
    return (_is_number(one) and _is_number(other)) or (
        isinstance(one, str) and isinstance(other, str) and kind == "VARCHAR"
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
