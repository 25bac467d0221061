"""The pairs of training sheets as what is decided about."""

from __future__ import annotations

from collections.abc import Sequence

from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.services.label.decision_context import DecisionContext
from ontos_tui.services.label.decisions import Decision
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.training import sheets as training_sheets


class SheetSource:
    """The pairs of training sheets. What is approved becomes the canonical label of its item."""

    record = QAPair

    def __init__(self) -> None:
        self._contexts: dict[str, tuple[str, DecisionContext]] = {}

    def context(self, connection: Connection, container_id: str, actor: str) -> DecisionContext:
        """As the training sheet is now. Its template is read again only when it has changed: it may be long."""
        changed_at = training_sheets.changed_at(connection, container_id)
        known = self._contexts.get(container_id)
        if known is None or known[0] != changed_at:
            known = (changed_at, DecisionContext.of_sheet(rows.get(connection, TrainingSheet, container_id)))
            self._contexts[container_id] = known
        return known[1]

    def check(self, decisions: Sequence[Decision]) -> None:
        """Every decision makes sense here."""
