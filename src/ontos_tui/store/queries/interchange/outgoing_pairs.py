"""The pairs of a training sheet as exports write them: a snapshot in the sheet's order, as it is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ontos_tui.domain.records.pairs import Event
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks, marks
from ontos_tui.store.connection import Connection

BATCH = 500
"""Pairs fetched, and fields read, at once: of more, the values fall out of the processor's caches."""


class StoredPair(NamedTuple):
    """A pair as it is stored: structures are JSON, times ISO text."""

    item_ref: str
    source_data: str
    proposal: str | None
    answer: str | None
    status: str
    confidence: float | None
    proposed_by: str
    reviewed_by: str
    reviewed_at: str | None
    allowed_uses: str
    prohibited_uses: str
    data_classification: str
    reject_reason: str
    notes: str


def pairs(connection: Connection, training_sheet_id: str) -> Iterator[list[StoredPair]]:
    """All pairs in the order of the training sheet, some at a time; read as they are used."""
    sql = f"SELECT {', '.join(StoredPair._fields)} FROM qa_pairs WHERE training_sheet_id = ? ORDER BY sequence_number"  # noqa: S608
    for block in connection.blocks(sql, (training_sheet_id,), BATCH):
        yield list(map(StoredPair._make, block))


class UsageCount(NamedTuple):
    """How many pairs have this status and these uses, as they are stored."""

    status: str
    allowed_uses: str
    prohibited_uses: str
    n: int


def usage_counts(connection: Connection, training_sheet_id: str) -> list[UsageCount]:
    """The pairs of a training sheet by what decides whether they may be used."""
    sql = (
        "SELECT status, allowed_uses, prohibited_uses, count(*) FROM qa_pairs WHERE training_sheet_id = ? "
        "GROUP BY status, allowed_uses, prohibited_uses"
    )
    return [UsageCount._make(row) for row in connection.execute(sql, (training_sheet_id,))]


def field_names(connection: Connection, training_sheet_id: str) -> list[str]:
    """The names of all fields that the items of a training sheet have, in the order in which they first appear."""
    # Items of one sheet have the same fields, apart from those of feedback and imports: the first item gives the order.
    of_sheet = (training_sheet_id,)
    first = connection.scalar(
        "SELECT source_data FROM qa_pairs WHERE training_sheet_id = ? ORDER BY sequence_number LIMIT 1", of_sheet
    )
    names = dict.fromkeys(connection.fields.row(first)) if first else {}
    lists = (
        "SELECT DISTINCT substr(source_data, 2, instr(source_data, ',') - 2) FROM qa_pairs "
        "WHERE training_sheet_id = ? AND substr(source_data, 1, 1) = '['"
    )
    others = {name for number in connection.scalars(lists, of_sheet) for name in connection.fields.names(int(number))}
    objects = "SELECT source_data FROM qa_pairs WHERE training_sheet_id = ? AND substr(source_data, 1, 1) <> '['"
    others.update(name for (text,) in connection.execute(objects, of_sheet) for name in connection.fields.row(text))
    return list(names | dict.fromkeys(sorted(others - names.keys())))


def history(connection: Connection, scope_id: str) -> Iterator[dict[str, Any]]:
    """Every event of a training sheet, its pairs and the labels from there, in chronological order, ready for JSON."""
    columns = tuple(Event.model_fields)
    # Writers queue, so that row numbers are in the order of the changes, whatever the clocks do.
    numbers = connection.scalars("SELECT rowid FROM events WHERE scope_id = ?", (scope_id,))
    for some in chunks(sorted(numbers)):
        sql = f"SELECT {rows.names(Event)} FROM events WHERE rowid IN ({marks(some)}) ORDER BY rowid"  # noqa: S608
        for row in connection.rows(sql, some):
            event = dict(zip(columns, row, strict=True))
            for name in ("before", "after"):
                event[name] = None if event[name] is None else json.loads(event[name])
            yield event
