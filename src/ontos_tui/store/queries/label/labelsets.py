"""Labelsets: by name, what works with one, and how often its classes stand in the labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.labeling import LabelingJob
from ontos_tui.domain.records.pairs import FROM_CHAT, FROM_FEEDBACK, FROM_REQUEST, TrainingSheet
from ontos_tui.domain.records.template import Labelset, Template
from ontos_tui.domain.rules.states import SheetStatus
from ontos_tui.store import rows
from ontos_tui.store.bulk import marks
from ontos_tui.store.conditions import among, equal, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import label_counts


def versions(connection: Connection, name: str) -> list[Labelset]:
    """All versions of the labelset with this name, in no order."""
    return rows.find(connection, Labelset, equal(name=name))


def remove(connection: Connection, labelset_id: str) -> None:
    """Remove a labelset."""
    connection.execute("DELETE FROM labelsets WHERE id = ?", (labelset_id,))


def templates(connection: Connection, label_type: str) -> list[Template]:
    """The templates of a label type."""
    return rows.find(connection, Template, equal(label_type=label_type))


def training_sheets(connection: Connection, label_type: str) -> list[TrainingSheet]:
    """The training sheets of a label type."""
    return rows.find(connection, TrainingSheet, equal(label_type=label_type))


def labeling_jobs(connection: Connection, labelset_id: str) -> list[LabelingJob]:
    """The labeling jobs that populate a labelset."""
    return rows.find(connection, LabelingJob, equal(labelset_id=labelset_id))


def sheets(connection: Connection, ids: Collection[str]) -> list[Sheet]:
    """Those of these sheets that are not deleted, by name."""
    not_deleted = where("status <> ?", SheetStatus.DELETED)
    return rows.find(connection, Sheet, among("id", ids), not_deleted, order_by=("name",))


_FROM_OUTSIDE = " OR ".join(
    f"item_ref BETWEEN '{prefix}' AND '{prefix}\U0010ffff'" for prefix in (FROM_FEEDBACK, FROM_REQUEST, FROM_CHAT)
)
"""The condition that a label is of a request to a model or of a chat from a file, which are no items of its sheet."""


def item_label_counts(connection: Connection, label_type: str) -> dict[str, int]:
    """How many of each sheet's own items have a canonical label of this type, by the sheet's id."""
    counts = label_counts(connection, label_type)
    sql = (
        "SELECT sheet_id, count(*) FROM canonical_labels "  # noqa: S608
        f"WHERE sheet_id IN ({marks(list(counts))}) AND ({_FROM_OUTSIDE}) AND label_type = ? GROUP BY sheet_id"
    )
    for sheet_id, outside in connection.execute(sql, (*counts, label_type)):
        counts[sheet_id] -= outside
    return counts


def class_counts(
    connection: Connection, label_type: str, field: str, sheet_ids: Sequence[str]
) -> dict[str, dict[Any, int]]:
    """How often each value of a field stands in the canonical labels of the sheets' own items, by sheet."""
    sql = (
        "SELECT canonical_labels.sheet_id, entry.value, count(*) "  # noqa: S608
        "FROM canonical_labels, json_each(canonical_labels.label_data) AS entry "
        f"WHERE label_type = ? AND sheet_id IN ({marks(sheet_ids)}) AND NOT ({_FROM_OUTSIDE}) "
        "AND json_valid(label_data) AND entry.key = ? "
        "GROUP BY canonical_labels.sheet_id, entry.value"
    )
    counts: dict[str, dict[Any, int]] = {}
    for sheet_id, value, count in connection.execute(sql, (label_type, *sheet_ids, field)):
        counts.setdefault(sheet_id, {})[value] = count
    return counts
