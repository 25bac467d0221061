"""Very many changes of one transaction in batches: what is about one item stays together, and memory stays flat.

A first sharing changes everything at once. Things that items refer to come first, then the items in their order, then
all that is left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ontos_tui.domain.records.labeling import LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, Event, QAPair, TrainingSheet
from ontos_tui.domain.sharing.entries import Thing
from ontos_tui.domain.sharing.table_rules import ORDER
from ontos_tui.store.conditions import Condition, where
from ontos_tui.store.connection import Connection

MOST = 20_000
"""So many changes are one batch, whatever they are about."""
ITEMS, THINGS = 2_000, 5_000
"""Items of one batch, and changes of one where they are about no item."""
_WITH_ITEM = (QAPair.TABLE, CanonicalLabel.TABLE, TaskItem.TABLE)
_AFTER = frozenset({*_WITH_ITEM, CanonicalLabelVersion.TABLE})
_FIRST = tuple(
    table
    for table, place in ORDER.items()
    if table not in _AFTER and place < max(ORDER[one.TABLE] for one in (TrainingSheet, LabelingJob, LabelingTask)) + 1
)
Item = tuple[str, str]


def batches(connection: Connection) -> Iterator[list[Thing]]:
    """What was changed and not composed yet, each thing once; a batch is removed when the next one is asked for."""
    if int(connection.scalar("SELECT count(*) FROM shared_changes")) <= MOST:
        yield _ordered([Thing(*row) for row in connection.rows("SELECT entity, key FROM shared_changes")])
        connection.execute("DELETE FROM shared_changes")
        return
    yield from _left(connection, _FIRST)
    after: Item = ("", "")
    while (last := _last_item(connection, after)) is not None:
        things = _of_items(connection, after, last)
        if things:
            yield _ordered(things)
            _remove(connection, things)
        after = last
    yield from _left(connection, tuple(ORDER))


def _ordered(things: list[Thing]) -> list[Thing]:
    return sorted(things, key=lambda thing: ORDER[thing.table])


def _left(connection: Connection, tables: Sequence[str]) -> Iterator[list[Thing]]:
    sql = f"SELECT entity, key FROM shared_changes WHERE entity = ? LIMIT {THINGS}"  # noqa: S608
    for table in tables:
        while things := [Thing(*row) for row in connection.rows(sql, (table,))]:
            yield things
            _remove(connection, things)


def _last_item(connection: Connection, after: Item) -> Item | None:
    """The last item of the next batch; None where there is none behind `after`."""
    lasts: list[Item] = []
    whole: list[Item] = []
    for table in _WITH_ITEM:
        items = _items_of_pairs(connection, after) if table == QAPair.TABLE else _items(connection, table, after)
        if items:
            lasts.append(items[-1])
            if len(items) == ITEMS:
                whole.append(items[-1])
    return min(whole) if whole else max(lasts, default=None)


def _items(connection: Connection, table: str, after: Item) -> list[Item]:
    sql = (
        f"SELECT DISTINCT sheet_id, item_ref FROM {table} WHERE (sheet_id, item_ref) > (?, ?) "  # noqa: S608
        f"ORDER BY sheet_id, item_ref LIMIT {ITEMS}"
    )
    return [(str(sheet), str(ref)) for sheet, ref in connection.rows(sql, after)]


def _items_of_pairs(connection: Connection, after: Item) -> list[Item]:
    """The same of the pairs, by the index of each training sheet."""
    items: list[Item] = []
    sheets = "SELECT DISTINCT sheet_id FROM pair_sheets WHERE sheet_id >= ? ORDER BY 1"
    for sheet in connection.scalars(sheets, after[:1]):
        refs: set[str] = set()
        for condition in _pairs_of_sheet(connection, str(sheet), after, None):
            sql = f"SELECT t.item_ref FROM qa_pairs t WHERE {condition.sql} ORDER BY t.item_ref LIMIT {ITEMS}"  # noqa: S608
            refs.update(connection.scalars(sql, condition.values))
        items += [(str(sheet), ref) for ref in sorted(refs)]
        if len(items) >= ITEMS:
            return items[:ITEMS]
    return items


def _pairs_of_sheet(connection: Connection, sheet: str, after: Item, last: Item | None) -> Iterator[Condition]:
    """For each training sheet with pairs of a sheet the condition that one is behind an item, and up to another."""
    for one in connection.scalars("SELECT training_sheet_id FROM pair_sheets WHERE sheet_id = ?", (sheet,)):
        condition = where("t.training_sheet_id = ? AND t.sheet_id = ?", one, sheet)
        if sheet == after[0]:
            condition &= where("t.item_ref > ?", after[1])
        if last is not None and sheet == last[0]:
            condition &= where("t.item_ref <= ?", last[1])
        yield condition


def _of_items(connection: Connection, after: Item, last: Item) -> list[Thing]:
    things: list[Thing] = []
    keys: dict[str, list[str]] = {}
    for table in _WITH_ITEM:
        keys[table] = [
            str(key)
            for condition in _between(connection, table, after, last)
            for key in connection.scalars(
                f"SELECT c.key FROM {table} t JOIN shared_changes c ON c.entity = '{table}' AND c.key = t.id "  # noqa: S608
                f"WHERE {condition.sql}",
                condition.values,
            )
        ]
        things += [Thing(table, key) for key in keys[table]]
    sql = (
        "SELECT c.key FROM json_each(?) j CROSS JOIN canonical_label_versions t ON t.canonical_label_id = j.value "
        "JOIN shared_changes c ON c.entity = 'canonical_label_versions' AND c.key = t.id"
    )
    things += [
        Thing(CanonicalLabelVersion.TABLE, str(key))
        for key in connection.scalars(sql, (json.dumps(keys[CanonicalLabel.TABLE]),))
    ]
    sql = (
        "SELECT c.key FROM json_each(?) j CROSS JOIN events t ON t.entity_type = ? AND t.entity_id = j.value "
        "JOIN shared_changes c ON c.entity = 'events' AND c.key = t.id"
    )
    for table, of_table in keys.items():
        events = connection.scalars(sql, (json.dumps(of_table), table))
        things += [Thing(Event.TABLE, str(key)) for key in events]
    return things


def _between(connection: Connection, table: str, after: Item, last: Item) -> Iterator[Condition]:
    if table != QAPair.TABLE:
        item = "(t.sheet_id, t.item_ref)"
        yield where(f"{item} > (?, ?) AND {item} <= (?, ?)", *after, *last)
        return
    sheets = "SELECT DISTINCT sheet_id FROM pair_sheets WHERE sheet_id BETWEEN ? AND ? ORDER BY 1"
    for sheet in connection.scalars(sheets, (after[0], last[0])):
        yield from _pairs_of_sheet(connection, str(sheet), after, last)


def _remove(connection: Connection, things: Sequence[Thing]) -> None:
    connection.executemany("DELETE FROM shared_changes WHERE entity = ? AND key = ?", things)
