"""Data files as tables, and the sheets over them."""

from __future__ import annotations

from collections.abc import Sequence

from ontos_tui.domain.records.data import Column, DataTable, Sheet
from ontos_tui.domain.records.reading import Reading
from ontos_tui.domain.rules.states import SheetStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal, where
from ontos_tui.store.connection import Connection

_NOT_DELETED = where("status <> ?", SheetStatus.DELETED)


def tables(connection: Connection) -> list[DataTable]:
    """The files that were added."""
    return rows.find(connection, DataTable)


def table_at(connection: Connection, address: str) -> DataTable | None:
    """The file with this address, or None."""
    return rows.find_one(connection, DataTable, equal(address=address))


def table_of_file(connection: Connection, path: str) -> DataTable | None:
    """The table that a file was added as, or None."""
    return rows.find_one(connection, DataTable, equal(path=path), where("joined IS NULL"))


def remove_table(connection: Connection, record: DataTable) -> None:
    """Take a table off the list."""
    connection.execute("DELETE FROM data_tables WHERE address = ?", (record.address,))


def store_content(
    connection: Connection,
    record: DataTable,
    columns: Sequence[Column],
    row_count: int,
    fingerprint: str,
    reading: Reading | None = None,
) -> None:
    """Keep what was read of a table's file, unless the table has changed or gone meanwhile."""
    changes = {
        "columns": list(columns),
        "row_count": row_count,
        "fingerprint": fingerprint,
        "reading": reading,
    }
    if table_at(connection, record.address) == record:
        rows.change(connection, record, **changes)


def sheets(connection: Connection) -> list[Sheet]:
    """The sheets that are not deleted, the newest first."""
    return rows.find(connection, Sheet, _NOT_DELETED, order_by=("created_at DESC", "id"))


def sheet(connection: Connection, ref: str) -> Sheet:
    """The sheet that `ref` (id, name or the beginning of an id) means. Raises NotFoundError or ConflictError."""
    return rows.resolve(connection, Sheet, ref, _NOT_DELETED)


def sheet_with_id(connection: Connection, sheet_id: str) -> Sheet | None:
    """The sheet with this id, even a deleted one, or None."""
    return rows.find_one(connection, Sheet, equal(id=sheet_id))


def is_sheet_name_taken(connection: Connection, name: str, except_id: str) -> bool:
    """Whether another sheet has this name."""
    another = where("id <> ?", except_id)
    return rows.find_one(connection, Sheet, equal(name=name), another, _NOT_DELETED) is not None
