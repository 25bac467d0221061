"""The log of decisions, and the pairs and canonical labels that a batch of them writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ontos_tui.domain.records.labeling import TaskItem
from ontos_tui.domain.records.pairs import CanonicalLabel, Decidable, Event, QAPair
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks, update_records
from ontos_tui.store.conditions import Condition, among, equal
from ontos_tui.store.connection import Connection

DECIDED = (
    *("status", "answer", "labeling_mode", "canonical_label_id", "was_auto_approved", "was_blind"),
    *("reject_reason", "notes"),
    *("allowed_uses", "prohibited_uses", "usage_reason", "data_classification", "reviewed_by", "reviewed_at"),
)
"""The columns of a pair that a decision may change; with them go version, updated_at and updated_by."""

LABEL_CONTENT = ("label_data", "confidence", "notes", "source", "training_sheet_id")
"""The columns of a canonical label that a decision may change; with them goes its version."""

_CHANGE = ("version", "updated_at", "updated_by")
_DECIDABLE = (QAPair.TABLE, TaskItem.TABLE)

D = TypeVar("D", bound=Decidable)


# What a batch writes -----------------------------------------------------------------------------------------------


def pairs_by_id(connection: Connection, record: type[D], ids: Sequence[str]) -> dict[str, D]:
    """The pairs or items that exist among these ids."""
    return {one.id: one for some in chunks(ids) for one in rows.find(connection, record, among("id", some))}


def update_pairs(connection: Connection, pairs: Sequence[Decidable]) -> None:
    """Write what is decided about these pairs, or items of a task; all of one type."""
    update_records(connection, pairs, (*DECIDED, *_CHANGE))


def update_labels(connection: Connection, labels: Sequence[CanonicalLabel]) -> None:
    """Write the content of these canonical labels."""
    update_records(connection, labels, (*LABEL_CONTENT, *_CHANGE))


def remove_labels(connection: Connection, labels: Sequence[CanonicalLabel]) -> None:
    """Remove these canonical labels."""
    connection.executemany("DELETE FROM canonical_labels WHERE id = ?", ((label.id,) for label in labels))


# Batches -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoggedBatch:
    """A batch of decisions in the log: what was done, and the batch that it takes back or brings back, if any."""

    id: str
    action: str
    undoes: str


def last_batch_id(connection: Connection, scope_id: str, actor: str) -> str:
    """The greatest id of this person's batches in a training sheet or task; empty without one."""
    sql = "SELECT max(batch_id) FROM events WHERE scope_id = ? AND actor = ?"
    return connection.scalar(sql, (scope_id, actor)) or ""


def newest_batch(connection: Connection, scope_id: str, actor: str, before: str | None = None) -> LoggedBatch | None:
    """This person's newest batch about pairs or items there, or the newest before another one; None without one."""
    earlier, limit = ("", ()) if before is None else ("AND batch_id < ?", (before,))
    row = connection.one(
        "SELECT batch_id, action, undoes FROM events WHERE scope_id = ? AND actor = ? AND batch_id > '' "  # noqa: S608
        f"{earlier} AND entity_type IN (?, ?) ORDER BY batch_id DESC LIMIT 1",
        (scope_id, actor, *limit, *_DECIDABLE),
    )
    return None if row is None else LoggedBatch(*row)


def batch_events(connection: Connection, scope_id: str, actor: str, batch_id: str) -> list[Event]:
    """Every event of a batch."""
    return rows.find(connection, Event, equal(scope_id=scope_id, actor=actor, batch_id=batch_id))


# History -----------------------------------------------------------------------------------------------------------


def pair_events(connection: Connection, pair_id: str) -> list[Event]:
    """Every event of a pair or item, the oldest first, in the order in which they were written."""
    return _events(connection, equal(entity_id=pair_id), among("entity_type", _DECIDABLE), order="rowid")


def label_events(connection: Connection, label_id: str) -> list[Event]:
    """Every event of a canonical label, the oldest first, in the order in which they were written."""
    return _events(connection, equal(entity_type=CanonicalLabel.TABLE, entity_id=label_id), order="rowid")


def _events(connection: Connection, *where: Condition, order: str) -> list[Event]:
    return rows.find(connection, Event, *where, order_by=(order,))
