"""Pairs follow their canonical label also where one of the two was not written by a decision of this workspace."""

from __future__ import annotations

from collections.abc import Collection

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair
from ontos_tui.services.records.change_log import ChangeBatch
from ontos_tui.store import outbox, rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import labeled_pairs, labels_by_id, training_sheet_of_pairs


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


def correct_pairs_of_pulled(connection: Connection, label_ids: Collection[str], actor: str) -> None:
    """Give the pairs of labels that another workspace has changed their answers, as far as these are the newer ones.

    Whoever changed a label moved the pairs that were there, and these have been pulled before it; this moves those that
    are only here. A pair of others that was decided later waits for its label. Undo goes by this person's own
    decisions, so these changes stand in the log of the label's sheet.
    """
    for label in labels_by_id(connection, list(label_ids)):
        later = [
            pair.id
            for pair in labeled_pairs(connection, [label])
            if pair.reviewed_at is not None
            and pair.reviewed_at > label.updated_at
            and outbox.known(connection, QAPair, pair.id)
        ]
        changes = ChangeBatch(connection, label.sheet_id, actor)
        changes.correct(label, later)
        changes.write()
