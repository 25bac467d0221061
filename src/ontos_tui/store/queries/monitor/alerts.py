"""Alert rules, and the alerts that they open."""

from __future__ import annotations

from ontos_tui.domain.records.monitor.alerts import Alert, AlertRule
from ontos_tui.domain.rules.states import AlertStatus
from ontos_tui.store import rows
from ontos_tui.store.conditions import Condition, all_of, among, equal
from ontos_tui.store.connection import Connection

_NEWEST = ("opened_at DESC", "created_at DESC", "id")
_OPEN = among("status", (AlertStatus.ACTIVE, AlertStatus.ACKNOWLEDGED))


def rules(connection: Connection, endpoint: str | None = None) -> list[AlertRule]:
    """The rules of an endpoint or of all, by endpoint and age."""
    return rows.find(connection, AlertRule, _of(endpoint), order_by=("endpoint", "created_at"))


def rule(connection: Connection, rule_id: str) -> AlertRule | None:
    """The rule with this id, or None when it was removed."""
    return rows.find_one(connection, AlertRule, equal(id=rule_id))


def remove_rule(connection: Connection, rule_id: str) -> None:
    """Remove a rule; its alerts stay."""
    connection.execute("DELETE FROM alert_rules WHERE id = ?", (rule_id,))


def alerts(connection: Connection, endpoint: str | None = None, limit: int | None = None) -> list[Alert]:
    """The alerts of an endpoint or of all, the newest first."""
    return rows.find(connection, Alert, _of(endpoint), order_by=_NEWEST, limit=limit)


def open_alerts(connection: Connection, endpoint: str | None = None) -> list[Alert]:
    """The alerts that are not resolved, the newest first."""
    return rows.find(connection, Alert, _OPEN, _of(endpoint), order_by=_NEWEST)


def open_alert(connection: Connection, rule_id: str) -> Alert | None:
    """The alert of a rule that is not resolved, if there is one."""
    return rows.find_one(connection, Alert, equal(rule_id=rule_id), _OPEN)


def _of(endpoint: str | None) -> Condition:
    return all_of() if endpoint is None else equal(endpoint=endpoint)
