"""What must hold of a sheet before it is stored: its windows, order, sample, and what names its items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ontos_tui.domain.catalog import Identities
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NoIdentityError
from ontos_tui.domain.records.data import (
    LOCAL,
    UNNAMED,
    Column,
    ItemIdentity,
    RowQuery,
    Sampling,
    Sheet,
    TableAddress,
)
from ontos_tui.platforms.ports import Catalog, TeamCatalog
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries import data


def identity_of(sheet: Sheet) -> ItemIdentity:
    """What names its items. One with pairs that are still named by position says so until they have other names."""
    if sheet.identity is ItemIdentity.POSITION:
        return sheet.identity
    return ItemIdentity.ID if sheet.item_id_column or sheet.window_order else ItemIdentity.CONTENT


def check_repeats(sheet: Sheet) -> None:
    """Raise InvalidInputError where rows that repeat others cannot be left out."""
    if not sheet.unique_by:
        return
    if sheet.windows is not None:
        raise InvalidInputError("Windows need all rows of their stream.", "Keep repeated rows, or make no windows.")
    if TableAddress.parse(sheet.source_table).catalog != LOCAL:
        raise InvalidInputError(
            "Repeated rows are left out of tables on this machine only.", "Leave them out in the team's table."
        )


def count_items(catalog: Catalog, address: TableAddress, sheet: Sheet) -> int:
    """How many items the sheet has. Raises InvalidInputError when two have one identity, or no window is whole."""
    query = RowQuery.of(sheet)
    if sheet.windows is not None and not catalog.page(address, replace(query, limit=0)).total:
        raise InvalidInputError(
            f"No stream is as long as one window ({sheet.window_size} rows).", "Make the windows shorter."
        )
    column = sheet.item_id_column or sheet.window_order
    if column is None:
        return catalog.page(address, replace(query, limit=0)).total
    if isinstance(catalog, TeamCatalog):
        identities = catalog.identities(address, query)
        if identities is not None:
            return _checked_count(identities, sheet, column)
    seen: set[str] = set()
    count = 0
    for item in catalog.items(address, replace(query, columns=(column,))):
        count += 1
        seen.add(item.ref)
        if len(seen) < count:
            raise InvalidInputError(
                f"The values of {column!r} are not unique: {item.ref!r} repeats in item {count:,} of the sheet.",
                _apart(sheet),
            )
    return count


def _checked_count(identities: Identities, sheet: Sheet, column: str) -> int:
    """The number of items. Raises InvalidInputError when two have one identity, or one has none."""
    if identities.named < identities.items:
        raise NoIdentityError(*((column,) if sheet.windows is None else (sheet.window_group, column)))
    if identities.distinct < identities.items:
        raise InvalidInputError(
            f"The values of {column!r} are not unique: {identities.items:,} items, {identities.distinct:,} values.",
            _apart(sheet),
        )
    return identities.items


def _apart(sheet: Sheet) -> str:
    """What to do when the items of a sheet cannot be distinguished."""
    if sheet.windows is None:
        return f"Choose a column that identifies every item, or none: then {UNNAMED} does."
    or_none = ", or no order" if TableAddress.parse(sheet.source_table).catalog == LOCAL else ""
    return f"Choose columns for group and order that identify each window{or_none}."


def check_windows(sheet: Sheet) -> None:
    """Raise InvalidInputError for windows without a size, or of too few rows."""
    if sheet.window_size is None:
        if sheet.window_step or sheet.window_group or sheet.window_order or sheet.window_labels:
            raise InvalidInputError(
                "The windows have no size.", "Set how many rows a window has, or clear all window settings."
            )
    elif sheet.window_size < 2:
        raise InvalidInputError("A window needs 2 rows or more.", "Set a size of 2 or more, or none for single rows.")
    elif sheet.item_id_column:
        raise InvalidInputError(
            f"A window has no {sheet.item_id_column!r} of its own: its id is its group and its start.",
            "Leave the item id column empty.",
        )


def check_order(sheet: Sheet, columns: Sequence[Column]) -> None:
    """Raise InvalidInputError when a stream would be ordered by texts: 10 comes before 9 there, and May before June."""
    kind = next((column.type for column in columns if column.name == sheet.window_order), "")
    if kind.upper() in ("VARCHAR", "STRING", "JSON"):
        raise InvalidInputError(
            f"{sheet.window_order!r} is text, and text does not order a stream: '10' comes before '9'.",
            f"Read it as times or numbers: `ontos data add FILE --column {sheet.window_order}:time`. Or name another "
            "column, or none where the rows stand in order.",
        )


def check_sample(sheet: Sheet) -> None:
    """Raise InvalidInputError for a sample whose size or column is missing."""
    if sheet.sampling is Sampling.ALL:
        if sheet.sample_size is not None:
            raise InvalidInputError(
                "A sample size is set, but all rows are used.",
                "Set the sampling to first, random or stratified.",
            )
    elif sheet.sample_size is None:
        raise InvalidInputError(f"A {sheet.sampling} sample needs a size.", "Set how many rows.")
    if sheet.sampling is Sampling.STRATIFIED and sheet.sample_by is None:
        raise InvalidInputError("A stratified sample needs the column whose proportions it keeps.", "Name that column.")


def check_name(connection: Connection, sheet: Sheet) -> None:
    """Raise ConflictError when another sheet has the name."""
    if data.is_sheet_name_taken(connection, sheet.name, except_id=sheet.id):
        raise ConflictError(f"A sheet {sheet.name!r} exists already.", "Choose another name.")
