"""What the workspace has of the sample data."""

from __future__ import annotations

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.pairs import CanonicalLabel
from ontos_tui.domain.records.template import Example, Labelset, Template
from ontos_tui.domain.rules.states import SheetStatus, TemplateStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal, where
from ontos_tui.store.connection import Connection


def sheet_of_use_case(connection: Connection, use_case: str, address: str) -> Sheet | None:
    """The sheet of a use case on the table with this address; None when there is none, or it is deleted."""
    condition = equal(use_case=use_case, source_table=address) & where("status <> ?", SheetStatus.DELETED)
    return rows.find_one(connection, Sheet, condition)


def published_template(connection: Connection, name: str) -> Template | None:
    """A published template with this name, or None."""
    return rows.find_one(connection, Template, equal(name=name, status=TemplateStatus.PUBLISHED))


def labelset(connection: Connection, name: str) -> Labelset | None:
    """The labelset with this name, or None."""
    return rows.find_one(connection, Labelset, equal(name=name))


def example_names(connection: Connection, label_type: str) -> list[str]:
    """The names of the examples of a label type."""
    return connection.scalars("SELECT name FROM example_store WHERE label_type = ?", (label_type,))


def labeled_items(connection: Connection, sheet_id: str) -> list[str]:
    """The items of a sheet with a canonical label, one for each label."""
    return connection.scalars("SELECT item_ref FROM canonical_labels WHERE sheet_id = ?", (sheet_id,))


def counts(connection: Connection, label_type: str, sheet_id: str) -> tuple[int, int]:
    """How many examples the label type and how many canonical labels the sheet has."""
    examples = rows.count(connection, Example, equal(label_type=label_type))
    return examples, rows.count(connection, CanonicalLabel, equal(sheet_id=sheet_id))


def labels_by(connection: Connection, sheet_id: str, actor: str) -> int:
    """How many canonical labels of the sheet one person gave."""
    return rows.count(connection, CanonicalLabel, equal(sheet_id=sheet_id, created_by=actor))
