"""Sharing with a team: the rows of any shared table as the hub has them, and the conflicts about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.sync import ConflictState, SyncConflict
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection

# Rows of any shared table ------------------------------------------------------------------------------------------


def insert_row(connection: Connection, record: type[Record], values: Mapping[str, Any]) -> None:
    """Insert a row; the values are as SQLite stores them. Raises IntegrityError."""
    names = _columns(record, values)
    marks = ", ".join("?" * len(names))
    sql = f"INSERT INTO {record.TABLE} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
    connection.execute(sql, tuple(values.values()))


def update_row(connection: Connection, record: type[Record], key: str, values: Mapping[str, Any]) -> None:
    """Change a row; the values are as SQLite stores them. Raises IntegrityError."""
    changes = ", ".join(f"{name} = ?" for name in _columns(record, values))
    sql = f"UPDATE {record.TABLE} SET {changes} WHERE {record.KEY} = ?"  # noqa: S608
    connection.execute(sql, (*values.values(), key))


def delete_row(connection: Connection, record: type[Record], key: str) -> None:
    """Delete a row."""
    connection.execute(f"DELETE FROM {record.TABLE} WHERE {record.KEY} = ?", (key,))  # noqa: S608


def twin_key(connection: Connection, record: type[Record], values: Mapping[str, Any]) -> str | None:
    """The key of the row here that has what is unique in common with these values, if there is one."""
    for names in record.UNIQUE:
        where = " AND ".join(f"{name} = ?" for name in names)
        sql = f"SELECT {record.KEY} FROM {record.TABLE} WHERE {where}"  # noqa: S608
        key = connection.scalar(sql, tuple(values[name] for name in names))
        if key is not None:
            return str(key)
    return None


def replace_canonical_label(connection: Connection, old: str, new: str) -> None:
    """Link the pairs of one canonical label to another one."""
    connection.execute("UPDATE qa_pairs SET canonical_label_id = ? WHERE canonical_label_id = ?", (new, old))


def _columns(record: type[Record], values: Mapping[str, Any]) -> list[str]:
    """The names of the values. Raises ValueError for one that is no column: names from a hub are data."""
    if unknown := values.keys() - record.model_fields.keys():
        raise ValueError(f"{record.TABLE} has no column {', '.join(map(repr, sorted(unknown)))}.")
    return list(values)


# Conflicts ---------------------------------------------------------------------------------------------------------


def conflicts(connection: Connection, *, resolved: bool) -> list[SyncConflict]:
    """The open conflicts, or with `resolved` all, the newest first."""
    conditions = () if resolved else (equal(state=ConflictState.OPEN),)
    return rows.find(connection, SyncConflict, *conditions, order_by=("created_at DESC",))


def open_conflict_count(connection: Connection) -> int:
    """How many conflicts are open."""
    return rows.count(connection, SyncConflict, equal(state=ConflictState.OPEN))


def open_conflict(connection: Connection, record: type[Record], key: str) -> SyncConflict | None:
    """The open conflict about a row, if there is one."""
    condition = equal(entity=record.TABLE, entity_id=key, state=ConflictState.OPEN)
    return rows.find_one(connection, SyncConflict, condition)
