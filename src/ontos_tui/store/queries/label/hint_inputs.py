"""What hints of a training sheet are computed from: its pairs, those with near-duplicates, and its newest model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import Condition, equal
from ontos_tui.store.connection import Connection


@dataclass(frozen=True, slots=True)
class PairFields:
    """The fields of a pair, and the confidence of its proposal, or what stands for it."""

    id: str
    item_ref: str
    fields: Row
    confidence: float | None
    certainty: str


def all_pairs(connection: Connection, training_sheet_id: str) -> Iterator[PairFields]:
    """The pairs of a training sheet in its order, as they are read."""
    return _pairs(connection, equal(training_sheet_id=training_sheet_id))


def unlabeled_pairs(connection: Connection, training_sheet_id: str) -> Iterator[PairFields]:
    """The undecided pairs of a training sheet in its order, as they are read."""
    return _pairs(connection, equal(training_sheet_id=training_sheet_id, status=PairStatus.UNLABELED))


def _pairs(connection: Connection, which: Condition) -> Iterator[PairFields]:
    sql = (
        "SELECT id, item_ref, source_data, confidence, certainty FROM qa_pairs "  # noqa: S608
        f"WHERE {which.sql} ORDER BY sequence_number"
    )
    for pair_id, item_ref, fields, confidence, certainty in connection.execute(sql, which.values):
        yield PairFields(pair_id, item_ref, connection.fields.row(fields), confidence, certainty)


def labeled_count(connection: Connection, training_sheet_id: str) -> int:
    """How many pairs of a training sheet are labeled."""
    labeled = equal(training_sheet_id=training_sheet_id, status=PairStatus.LABELED)
    return rows.count(connection, QAPair, labeled)


def newest_model(connection: Connection, training_sheet_id: str) -> ModelVersion | None:
    """The version that was trained last from this training sheet, or None."""
    of_sheet = equal(training_sheet_id=training_sheet_id)
    order = ("created_at DESC", "version DESC")
    return next(iter(rows.find(connection, ModelVersion, of_sheet, order_by=order, limit=1)), None)
