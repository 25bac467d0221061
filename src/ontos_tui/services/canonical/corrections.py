"""Pairs follow their canonical label also where one of the two was not written by a decision of this workspace."""

from __future__ import annotations

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair
from ontos_tui.services.records.change_log import ChangeBatch
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import training_sheet_of_pairs


def correct_pairs_of(connection: Connection, record: type[Record], key: str, actor: str) -> None:
    """Give the pairs that are linked to a label its answer; `key` is the label's, or that of one of the pairs.

    A row of another table has no pairs, and nothing is done.
    """
    label_id: str | None = key if record is CanonicalLabel else None
    if record is QAPair:
        pair = rows.find_one(connection, QAPair, equal(id=key))
        label_id = None if pair is None else pair.canonical_label_id
    label = None if label_id is None else rows.find_one(connection, CanonicalLabel, equal(id=label_id))
    if label is not None:
        changes = ChangeBatch(connection, training_sheet_of_pairs(connection, label) or label.sheet_id, actor)
        changes.correct(label)
        changes.write()
