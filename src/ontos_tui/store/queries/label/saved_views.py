"""Saved views of training sheets."""

from __future__ import annotations

from ontos_tui.domain.records.labeling import SavedView
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection


def views(connection: Connection, training_sheet_id: str) -> list[SavedView]:
    """The views of a training sheet, in no order."""
    return rows.find(connection, SavedView, equal(training_sheet_id=training_sheet_id))


def view(connection: Connection, training_sheet_id: str, name: str) -> SavedView | None:
    """The view of a training sheet with this name, or None."""
    return rows.find_one(connection, SavedView, equal(training_sheet_id=training_sheet_id, name=name))


def remove(connection: Connection, view_id: str) -> None:
    """Remove a view."""
    connection.execute("DELETE FROM saved_views WHERE id = ?", (view_id,))
