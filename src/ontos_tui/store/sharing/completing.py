"""Entries of other versions of the program: columns that came later have their defaults, unknown ones are left out.

A version that adds a column which must not get lost on the way through an earlier one raises the format of entries.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Any

from ontos_tui.domain.sharing.entries import Change, Entry, Group
from ontos_tui.store.connection import Connection
from ontos_tui.store.sharing.rows import COLUMNS

_NAMES = {table: frozenset(names) for table, names in COLUMNS.items()}


def complete(connection: Connection, entry: Entry) -> Entry:
    """The entry with rows of exactly the columns that this version knows."""
    if all(map(_is_whole, chain.from_iterable(group.changes for group in entry.groups))):
        return entry
    groups = [Group(tuple(_completed(connection, change) for change in group.changes)) for group in entry.groups]
    return replace(entry, groups=tuple(groups))


def _is_whole(change: Change) -> bool:
    names = _NAMES.get(change.thing.table)
    return change.values is None or names is None or change.values.keys() == names


def _completed(connection: Connection, change: Change) -> Change:
    if _is_whole(change) or change.values is None:
        return change
    defaults = defaults_of(connection, change.thing.table)
    names = COLUMNS[change.thing.table]
    return change._replace(values={name: change.values.get(name, defaults[name]) for name in names})


def defaults_of(connection: Connection, table: str) -> dict[str, Any]:
    """What stands in the shared columns of a table where nothing was said."""
    texts = connection.rows("SELECT name, dflt_value FROM pragma_table_info(?) WHERE dflt_value IS NOT NULL", (table,))
    known = {str(name): connection.scalar(f"SELECT {text}") for name, text in texts}  # of our own schema
    return {name: known.get(name) for name in COLUMNS[table]}
