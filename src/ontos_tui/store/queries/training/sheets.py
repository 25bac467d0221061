"""Training sheets: listed, by what they were made from, and how many pairs they have numbered."""

from __future__ import annotations

from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.rules.states import TrainingSheetStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import all_of, equal, where
from ontos_tui.store.connection import Connection


def training_sheets(connection: Connection, *, archived: bool) -> list[TrainingSheet]:
    """The training sheets in no order; the archived ones too, where `archived`."""
    condition = all_of() if archived else where("status <> ?", TrainingSheetStatus.ARCHIVED)
    return rows.find(connection, TrainingSheet, condition)


def find_training_sheet(connection: Connection, sheet_id: str, template_id: str) -> TrainingSheet | None:
    """The one training sheet of this sheet and template, if there is one."""
    return rows.find_one(connection, TrainingSheet, equal(sheet_id=sheet_id, template_id=template_id))


def changed_at(connection: Connection, training_sheet_id: str) -> str:
    """When a training sheet was changed last, as stored; empty when it is not there. For comparing, cheaply."""
    return connection.scalar("SELECT updated_at FROM training_sheets WHERE id = ?", (training_sheet_id,)) or ""


def last_sequence_number(connection: Connection, training_sheet_id: str) -> int:
    """The highest number that a pair of the training sheet has; 0 without pairs."""
    sql = "SELECT max(sequence_number) FROM qa_pairs WHERE training_sheet_id = ?"
    return connection.scalar(sql, (training_sheet_id,)) or 0
