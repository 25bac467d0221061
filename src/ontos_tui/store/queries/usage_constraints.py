"""What pairs, labels and items of tasks may be used for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ontos_tui.domain.records.labeling import TaskItem
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, QAPair
from ontos_tui.domain.rules.governance import Constraints
from ontos_tui.store import rows
from ontos_tui.store.bulk import update_records
from ontos_tui.store.conditions import among, equal
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import pairs_of_sheet

R = TypeVar("R", QAPair, CanonicalLabel, TaskItem)


def of_sheet(connection: Connection, record: type[R], sheet_id: str) -> list[R]:
    """The records of this type that were made from a sheet."""
    return rows.find(connection, record, pairs_of_sheet(sheet_id) if record is QAPair else equal(sheet_id=sheet_id))


def pairs_linked_to(connection: Connection, label_id: str) -> list[QAPair]:
    """The pairs that are linked to a canonical label."""
    return rows.find(connection, QAPair, equal(canonical_label_id=label_id))


def update_constraints(connection: Connection, records: Sequence[R]) -> None:
    """Write the constraints of these records, and by whom and when they were changed."""
    update_records(connection, records, (*Constraints().columns(), "updated_at", "updated_by"))


def events(connection: Connection, entity_id: str, actions: Sequence[str]) -> list[Event]:
    """The events of something with one of these actions, the oldest first."""
    return rows.find(connection, Event, equal(entity_id=entity_id), among("action", actions), order_by=("rowid",))
