"""How the items of sheets are named in pairs, labels, labeling items and must-pass cases; and other names for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ontos_tui.domain.records.data import ItemIdentity, Row, Sheet
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.conditions import Condition, among, equal
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import pairs_of_sheet

_WITH_FIELDS = ("qa_pairs", "labeling_items", "must_pass_cases")
_NAMED = (*_WITH_FIELDS, "canonical_labels")
_BY_POSITION = re.compile(r"(?:.*@)?[0-9]{1,12}", re.DOTALL)
"""A row's number, with a window's group before it. Names by content have sixteen digits."""
RENAMED = "name_by_content"
"""The event of a sheet whose items got names by content."""


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item as something of a sheet has it: its name, and the fields of its row; None where those are not kept."""

    ref: str
    fields: Row | None


def sheets_by_position(connection: Connection) -> list[Sheet]:
    """The sheets of which some items are named by the place of their row."""
    return rows.find(connection, Sheet, equal(identity=ItemIdentity.POSITION), order_by=("name", "id"))


def old_names(connection: Connection) -> list[tuple[Sheet, int]]:
    """Those sheets that have such items, with their number."""
    counted = ((sheet, len(names_by_position(connection, sheet.id))) for sheet in sheets_by_position(connection))
    return [(sheet, number) for sheet, number in counted if number]


def names_by_position(connection: Connection, sheet_id: str) -> set[str]:
    """The names of a sheet's items that are places of rows."""
    names: set[str] = set()
    for table in _NAMED:
        of_sheet = _of_sheet(table, sheet_id)
        names.update(connection.scalars(f"SELECT item_ref FROM {table} WHERE {of_sheet.sql}", of_sheet.values))  # noqa: S608
    return {name for name in names if _BY_POSITION.fullmatch(name)}


def _of_sheet(table: str, sheet_id: str) -> Condition:
    return pairs_of_sheet(sheet_id) if table == QAPair.TABLE else equal(sheet_id=sheet_id)


def stored_items(connection: Connection, sheet_id: str, refs: Sequence[str]) -> list[StoredItem]:
    """Everything that a sheet has under these names."""
    items = []
    for table in _NAMED:
        fields = "source_data" if table in _WITH_FIELDS else "NULL"
        for some in chunks(refs):
            condition = _of_sheet(table, sheet_id) & among("item_ref", some)
            sql = f"SELECT item_ref, {fields} FROM {table} WHERE {condition.sql}"  # noqa: S608
            for ref, text in connection.rows(sql, condition.values):
                items.append(StoredItem(ref, None if text is None else connection.fields.row(text)))
    return items


def rename_items(connection: Connection, sheet_id: str, names: Iterable[tuple[str, str]]) -> None:
    """Give a sheet's items other names, from the old to the new. Events stay as they are: they name what changed by id.

    No version is raised: nobody has decided anything.
    """
    connection.execute("CREATE TEMP TABLE renamed (old TEXT PRIMARY KEY, new TEXT NOT NULL) WITHOUT ROWID")
    connection.executemany("INSERT INTO renamed VALUES (?, ?)", names)
    for table in _NAMED:
        of_sheet = _of_sheet(table, sheet_id)
        connection.execute(
            f"UPDATE {table} SET item_ref = (SELECT new FROM renamed WHERE old = item_ref) "  # noqa: S608
            f"WHERE {of_sheet.sql} AND item_ref IN (SELECT old FROM renamed)",
            of_sheet.values,
        )
    connection.execute("DROP TABLE renamed")


def was_tried(connection: Connection, sheet_id: str, fingerprint: str) -> bool:
    """Whether a sheet's items were given other names by the source as it is now."""
    sql = (
        "SELECT 1 FROM events WHERE entity_type = 'sheets' AND entity_id = ? AND action = ? "
        "AND json_extract(after, '$.source_fingerprint') = ?"
    )
    return connection.one(sql, (sheet_id, RENAMED, fingerprint)) is not None
