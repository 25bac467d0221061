"""Templates, their versions, and what was made by them."""

from __future__ import annotations

from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection


def versions(connection: Connection, name: str) -> list[Template]:
    """All versions of the template with this name, in no order."""
    return rows.find(connection, Template, equal(name=name))


def template_with_id(connection: Connection, template_id: str) -> Template | None:
    """The template with this id, or None when it is gone."""
    return rows.find_one(connection, Template, equal(id=template_id))


def training_sheet_count(connection: Connection, template_id: str) -> int:
    """How many training sheets were made by a template."""
    return rows.count(connection, TrainingSheet, equal(template_id=template_id))


def has_pairs(connection: Connection, template_id: str) -> bool:
    """Whether a training sheet that was made by a template has a pair."""
    sql = (
        "SELECT 1 FROM training_sheets JOIN qa_pairs ON qa_pairs.training_sheet_id = training_sheets.id "
        "WHERE training_sheets.template_id = ? LIMIT 1"
    )
    return connection.one(sql, (template_id,)) is not None


def remove(connection: Connection, template_id: str) -> None:
    """Remove a template."""
    connection.execute("DELETE FROM templates WHERE id = ?", (template_id,))
