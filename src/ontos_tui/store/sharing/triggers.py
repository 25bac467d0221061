"""What notes each change of a shared row, in the transaction that makes it, while this workspace shares.

Columns that only count or tell when something was used last are nobody's decision: a change of them alone is not
shared, and each workspace has its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.sync import OWN_COLUMNS
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.table_rules import HISTORY
from ontos_tui.store.connection import Connection
from ontos_tui.store.tables import storage_type


def shared_columns(record: type[Record]) -> tuple[str, ...]:
    """The columns of a row that everybody has alike."""
    return tuple(name for name in record.model_fields if name not in OWN_COLUMNS)


def row_as_json(record: type[Record], row: str) -> str:
    """SQL for the shared columns of `row` as a JSON array, each float in all its digits: json_array keeps 15."""

    def column(name: str) -> str:
        value = f"{row}.{name}"
        if storage_type(record.model_fields[name].annotation)[0] is not float:
            return value
        return f"iif(abs({value}) <= {sys.float_info.max!r}, json(printf('%!.20g', {value})), {value})"

    return f"json_array({', '.join(map(column, shared_columns(record)))})"


def create_triggers(connection: Connection) -> None:
    """Begin to note changes."""
    for record in SHARED:
        for statement in _triggers(record):
            connection.execute(statement)


def drop_triggers(connection: Connection) -> None:
    """Note changes no longer."""
    for record in SHARED:
        for verb in ("insert", "update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS {record.TABLE}_logged_{verb}")


def is_on(connection: Connection) -> bool:
    """Whether changes are noted."""
    name = f"{SHARED[0].TABLE}_logged_insert"
    return connection.one("SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = ?", (name,)) is not None


def _triggers(record: type[Record]) -> Iterator[str]:
    table, key = record.TABLE, record.KEY
    changed = " OR ".join(f"new.{name} IS NOT old.{name}" for name in shared_columns(record))
    for verb, row, condition in (("INSERT", "new", ""), ("UPDATE", "new", f" AND ({changed})"), ("DELETE", "old", "")):
        if record.TABLE in HISTORY and verb != "INSERT":
            continue  # such rows are written once
        note = f"INSERT OR IGNORE INTO shared_changes VALUES ('{table}', {row}.{key});"  # noqa: S608
        before = "" if record.TABLE in HISTORY else _keep_base(record, "" if verb == "INSERT" else "old")
        name = f"{table}_logged_{verb.lower()}"
        when = f"WHEN NOT EXISTS (SELECT 1 FROM sync_applying){condition}"  # noqa: S608
        yield f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {verb} ON {table} {when} BEGIN {before}{note} END"


def _keep_base(record: type[Record], row: str) -> str:
    """Keep the row as the log has it, the first time that it is changed here since."""
    table, key = record.TABLE, f"{row or 'new'}.{record.KEY}"
    entry = ", ".join(
        f"(SELECT {name} FROM shared_rows WHERE entity = '{table}' AND key = {key})"  # noqa: S608
        for name in ("writer", "seq", "at")
    )
    values = row_as_json(record, row) if row else "NULL"
    return f"INSERT OR IGNORE INTO shared_base VALUES ('{table}', {key}, {values}, {entry});"  # noqa: S608
