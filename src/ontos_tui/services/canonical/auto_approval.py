"""Pairs that a canonical label approves without a review."""

from __future__ import annotations

from typing import Any

from ontos_tui.domain.records.base import new_id, now
from ontos_tui.domain.records.pairs import CanonicalLabel, Event, LabelingMode, QAPair, TrainingSheet
from ontos_tui.domain.rules.governance import constraints_of
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store.bulk import RowMaker, stored
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import approve_pair, count_reuses
from ontos_tui.store.values import to_json

AUTO_APPROVE = "auto_approve"
"""The event of a pair that a canonical label approves."""


def approval_reason(label_type: str) -> str:
    """Why a pair is approved, for the log."""
    return f"the canonical label of {label_type} has this answer"


def approved_columns(label: CanonicalLabel) -> dict[str, Any]:
    """What becomes of a pair that the label approves."""
    return {
        "answer": label.label_data,
        "status": PairStatus.LABELED,
        "labeling_mode": LabelingMode.CANONICAL,
        "canonical_label_id": label.id,
        "was_auto_approved": True,
        "reviewed_by": label.updated_by or label.created_by,
        "reviewed_at": label.updated_at,
        **constraints_of(label).columns(),
    }


class AutoApprovals:
    """Pairs that a canonical label approves without a review: their columns, the event of each, and the reuse count."""

    def __init__(self, sheet: TrainingSheet, actor: str) -> None:
        self._actor = actor
        self._events = RowMaker(
            Event(
                id="",
                entity_type=QAPair.TABLE,
                entity_id="",
                scope_id=sheet.id,
                action=AUTO_APPROVE,
                actor=actor,
                reason=approval_reason(sheet.label_type),
            )
        )
        self._rows: list[tuple[Any, ...]] = []
        self._reused: list[str] = []

    def add(
        self, pair_id: str, label: CanonicalLabel, version: int, before: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Note the approval; returns the pair's columns as they are stored."""
        columns = approved_columns(label)
        after = {
            "status": PairStatus.LABELED.value,
            "answer": label.label_data,
            "canonical_label_id": label.id,
            "was_auto_approved": True,
            "version": version,
        }
        self._rows.append(
            self._events.row(
                id=new_id(),
                entity_id=pair_id,
                at=stored(Event, "at", now()),
                before=None if before is None else to_json(before),
                after=to_json(after),
            )
        )
        self._reused.append(label.id)
        return {name: stored(QAPair, name, value) for name, value in columns.items()}

    def approve(self, connection: Connection, pair: QAPair, label: CanonicalLabel) -> None:
        """Approve a stored, unlabeled pair."""
        before = {"status": pair.status.value, "answer": pair.answer, "version": pair.version}
        columns = self.add(pair.id, label, pair.version + 1, before)
        columns |= {
            "version": pair.version + 1,
            "updated_at": stored(QAPair, "updated_at", now()),
            "updated_by": self._actor,
        }
        approve_pair(connection, pair.id, columns)

    def write(self, connection: Connection) -> None:
        """Write the events and the reuse counts of what was noted."""
        if not self._rows:
            return
        self._events.insert(connection, self._rows)
        count_reuses(connection, self._reused)
        self._rows, self._reused = [], []
