"""Gaps: by status, severity and model, and who changed what of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ontos_tui.domain.records.improve import Gap, GapType, GapUpdate, Severity
from ontos_tui.domain.rules.states import OPEN_GAPS, GapStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import among, equal
from ontos_tui.store.connection import Connection


def gaps(
    connection: Connection,
    *,
    status: GapStatus | None = None,
    severity: Severity | None = None,
    kind: GapType | None = None,
    model_name: str | None = None,
    open_only: bool = False,
) -> list[Gap]:
    """The gaps that have each of these, in no order."""
    values: dict[str, Any] = {"status": status, "severity": severity, "gap_type": kind, "model_name": model_name}
    condition = equal(**{column: value for column, value in values.items() if value is not None})
    if open_only:
        condition &= among("status", OPEN_GAPS)
    return rows.find(connection, Gap, condition)


def gaps_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, Gap]:
    """The gaps with these ids."""
    return {gap.id: gap for gap in rows.find(connection, Gap, among("id", ids))}


def updates(connection: Connection, gap: Gap) -> list[GapUpdate]:
    """Every change of a gap's status, severity and action, the oldest first."""
    return rows.find(connection, GapUpdate, equal(gap_id=gap.id), order_by=("at", "id"))


def fields_edited_by_people(connection: Connection, gap: Gap) -> set[str]:
    """The fields of a gap that a person has changed."""
    sql = "SELECT DISTINCT field FROM gap_updates WHERE gap_id = ? AND NOT by_analysis"
    return set(connection.scalars(sql, (gap.id,)))
