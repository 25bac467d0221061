"""What the lines of imported files meet here: pairs, templates, label types and records with the same id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.conditions import among, equal
from ontos_tui.store.connection import Connection

BATCH = 2_000
"""Items fetched at once."""


class DecidedPair(NamedTuple):
    """What a line with a decision is compared with; answer and proposal are the JSON that is stored."""

    id: str
    status: PairStatus
    answer: str | None
    proposal: str | None
    reject_reason: str
    notes: str
    version: int
    reviewed_by: str
    reviewed_at: datetime | None
    fields: Row


def pairs_by_item(
    connection: Connection, training_sheet_id: str, item_refs: Sequence[str], *, with_fields: bool
) -> dict[str, DecidedPair]:
    """The pairs of these items in a training sheet, by item; without the items' fields unless `with_fields`."""
    source = "source_data" if with_fields else "NULL"
    pairs: dict[str, DecidedPair] = {}
    for some in chunks(item_refs):
        condition = equal(training_sheet_id=training_sheet_id) & among("item_ref", some)
        sql = (
            f"SELECT item_ref, id, status, answer, proposal, reject_reason, notes, version, "  # noqa: S608
            f"reviewed_by, reviewed_at, {source} FROM qa_pairs "
            f"WHERE {condition.sql}"
        )
        for ref, pair_id, status, *columns, by, at, fields in connection.execute(sql, condition.values):
            item = {} if fields is None else connection.fields.row(fields)
            decided = None if at is None else datetime.fromisoformat(at)
            answer, proposal, reason, notes, version = columns
            pairs[ref] = DecidedPair(
                pair_id, PairStatus(status), answer, proposal, reason, notes, version, by, decided, item
            )
    return pairs


def items(connection: Connection, training_sheet_id: str) -> Iterator[tuple[str, Row]]:
    """Every item of a training sheet with its fields, as they are read."""
    sql = "SELECT item_ref, source_data FROM qa_pairs WHERE training_sheet_id = ?"
    for block in connection.blocks(sql, (training_sheet_id,), BATCH):
        for ref, fields in block:
            yield ref, connection.fields.row(fields)


def items_with_pair(connection: Connection, training_sheet_id: str, item_refs: Sequence[str]) -> set[str]:
    """Those of these items that have a pair in a training sheet."""
    items: set[str] = set()
    for some in chunks(item_refs):
        condition = equal(training_sheet_id=training_sheet_id) & among("item_ref", some)
        items.update(connection.scalars(f"SELECT item_ref FROM qa_pairs WHERE {condition.sql}", condition.values))  # noqa: S608
    return items


def label_types(connection: Connection, sheet_id: str) -> set[str]:
    """The label types of the training sheets of a sheet."""
    return set(connection.scalars("SELECT label_type FROM training_sheets WHERE sheet_id = ?", (sheet_id,)))


def template(connection: Connection, name: str, label_type: str) -> Template | None:
    """A template with this name and label type, or None."""
    return rows.find_one(connection, Template, equal(name=name, label_type=label_type))


def is_stored(connection: Connection, record: type[Record], key: str) -> bool:
    """Whether there is a record of this type with this key."""
    return rows.count(connection, record, equal(**{record.KEY: key})) > 0
