"""An endpoint's card: its figures over a span, its drift and alerts, and the health that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ontos_tui.domain.records.monitor.alerts import Alert
from ontos_tui.domain.records.monitor.drift import DriftReadiness, DriftReport, DriftState
from ontos_tui.domain.rules.model_verdict import Verdict, verdict_of
from ontos_tui.domain.rules.monitor.traffic import Health
from ontos_tui.services.monitor.alerts.service import AlertService
from ontos_tui.services.monitor.drift.service import DriftService
from ontos_tui.services.monitor.service import EndpointSummary, MonitorService


@dataclass(frozen=True)
class Card:
    """The overview of an endpoint. `drift` is the last report, None before the first; `verdict` is on its model.

    `readiness` says when drift can be seen, where no comparison was possible yet.
    """

    summary: EndpointSummary
    health: Health
    drift: DriftReport | None
    alerts: Sequence[Alert]
    verdict: Verdict | None = None
    readiness: DriftReadiness | None = None


def make_card(
    monitor: MonitorService,
    drift: DriftService,
    alerts: AlertService,
    endpoint: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Card:
    """The card of an endpoint. A drift report without a comparison does not lower its health."""
    report, open_alerts = drift.last(endpoint), alerts.open_alerts(endpoint)
    compared = report is not None and report.state is DriftState.COMPARED
    severity = report.severity if report is not None and compared else None
    model = monitor.model(endpoint)
    return Card(
        monitor.summary(endpoint, since, until),
        monitor.health(endpoint, severity, len(open_alerts)),
        report,
        open_alerts,
        None if model is None else verdict_of(model),
        None if compared or model is None else drift.readiness(endpoint),
    )
