"""Alerts: rules about an endpoint's figures, and what was raised when one of them was broken."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from ontos_tui.domain.records.base import Audited
from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.rules.states import AlertStatus


class AlertMetric(StrEnum):
    """The figure that a rule watches, over the window of the rule."""

    LATENCY = "latency"
    ERROR_RATE = "error_rate"
    RATING = "rating"
    DRIFT = "drift"
    TRAFFIC = "traffic"


class Comparison(StrEnum):
    """On which side of its threshold a figure breaks a rule."""

    ABOVE = "above"
    BELOW = "below"

    def is_met(self, value: float, threshold: float) -> bool:
        """Whether `value` lies on this side."""
        return value > threshold if self is Comparison.ABOVE else value < threshold


MEANING: dict[AlertMetric, str] = {
    AlertMetric.LATENCY: "ms within which 95 % of the answers came",
    AlertMetric.ERROR_RATE: "share of requests without an answer, 0 to 1",
    AlertMetric.RATING: "mean rating, 1 to 5",
    AlertMetric.DRIFT: "drift score, 0 to 1",
    AlertMetric.TRAFFIC: "requests",
}
LIMITS: dict[AlertMetric, tuple[float, float]] = {
    AlertMetric.LATENCY: (0, math.inf),
    AlertMetric.ERROR_RATE: (0, 1),
    AlertMetric.RATING: (1, 5),
    AlertMetric.DRIFT: (0, 1),
    AlertMetric.TRAFFIC: (0, math.inf),
}
"""Between which numbers a threshold makes sense."""
MOST_MINUTES = 30 * 24 * 60


class AlertRule(Audited):
    """When an endpoint raises an alert.

    It is broken when its metric over the last `window_minutes` lies beyond `threshold` for `for_minutes`, and whole
    again when the metric has come back to `recover_threshold`; in between nothing changes, so it does not flap.
    """

    TABLE: ClassVar[str] = "alert_rules"
    INDEXES: ClassVar = (("endpoint",),)

    endpoint: str
    metric: AlertMetric
    comparison: Comparison
    threshold: float
    recover_threshold: float | None = Field(None, description="where it counts as whole again; empty: the threshold")
    window_minutes: int = Field(60, ge=1, le=MOST_MINUTES, description="the time that the metric is made from")
    minimum_sample: int = Field(20, ge=1, description="requests (ratings) below which nothing is said; not for traffic")
    for_minutes: int = Field(
        0, ge=0, le=MOST_MINUTES, description="how long it must be broken before there is an alert"
    )
    severity: Severity = Severity.MEDIUM
    enabled: bool = True
    broken_since: datetime | None = Field(None, description="since when the metric has been beyond the threshold")
    armed: bool = Field(True, description="no alert was opened since the metric was well; one is opened only then")

    @property
    def window(self) -> timedelta:
        """The time that the metric is made from."""
        return timedelta(minutes=self.window_minutes)

    @property
    def recovers_at(self) -> float:
        """Where it counts as whole again."""
        return self.threshold if self.recover_threshold is None else self.recover_threshold

    def is_broken(self, value: float) -> bool:
        """Whether the metric lies beyond the threshold."""
        return self.comparison.is_met(value, self.threshold)

    def is_whole(self, value: float) -> bool:
        """Whether the metric has come back far enough."""
        return not self.comparison.is_met(value, self.recovers_at)

    def describe(self) -> str:
        """The rule in words, such as `latency above 250 ms over 60 min`."""
        lasting = f" for {describe_minutes(self.for_minutes)}" if self.for_minutes else ""
        return (
            f"{describe_metric(self.metric)} {self.comparison} {format_value(self.metric, self.threshold)} "
            f"over {describe_minutes(self.window_minutes)}{lasting}"
        )

    def problems(self) -> list[str]:
        """Why it makes no sense, each as a sentence; empty when it does."""
        low, high = LIMITS[self.metric]
        problems = []
        for name, value in (("threshold", self.threshold), ("recovery", self.recover_threshold)):
            if value is not None and not (math.isfinite(value) and low <= value <= high):
                ends = f"from {low:g}" + (f" to {high:g}" if math.isfinite(high) else "")
                problems.append(f"The {name} must be {MEANING[self.metric]}, {ends}; {value:g} is not.")
        if not problems and self.comparison.is_met(self.recovers_at, self.threshold):
            problems.append(f"The recovery {self.recovers_at:g} is itself {self.comparison} the threshold.")
        if not problems and self.threshold == (high if self.comparison is Comparison.ABOVE else low):
            problems.append(f"{describe_metric(self.metric)} is never {self.comparison} {self.threshold:g}.")
        return problems


def default_rule(endpoint: str, actor: str) -> AlertRule:
    """The rule that an endpoint begins with: one request of ten fails."""
    return AlertRule(
        endpoint=endpoint,
        metric=AlertMetric.ERROR_RATE,
        comparison=Comparison.ABOVE,
        threshold=0.1,
        recover_threshold=0.05,
        severity=Severity.HIGH,
        created_by=actor,
        updated_by=actor,
    )


class Alert(Audited):
    """A rule that was broken: active, then perhaps acknowledged, then resolved by itself or by a person."""

    TABLE: ClassVar[str] = "alerts"
    INDEXES: ClassVar = (("status",), ("endpoint", "opened_at"), ("rule_id", "status"))

    rule_id: str
    endpoint: str
    metric: AlertMetric
    severity: Severity
    status: AlertStatus = AlertStatus.ACTIVE
    opened_at: datetime
    threshold: float
    value: float = Field(description="the metric when it was opened")
    worst: float = Field(description="the metric at its worst since then")
    message: str
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    resolved_at: datetime | None = None
    resolved_by: str = Field("", description="who resolved it; empty when the metric came back by itself")
    resolution: str = Field("", description="why it is resolved, in words")
    outside: str = Field("", description="what came of telling the outside world by the settings' alert_command")


def describe_minutes(minutes: int) -> str:
    """So many minutes as people say it: 90 min, 24 h, 7 days."""
    if minutes > 1440 and minutes % 1440 == 0:
        return f"{minutes // 1440} days"
    return f"{minutes // 60} h" if minutes > 60 and minutes % 60 == 0 else f"{minutes} min"


def describe_metric(metric: AlertMetric) -> str:
    """The metric as people say it."""
    return metric.value.replace("_", " ")


def format_value(metric: AlertMetric, value: float) -> str:
    """A value of the metric with its unit."""
    if metric is AlertMetric.ERROR_RATE:
        return f"{100 * value:.3g} %"
    if metric is AlertMetric.LATENCY:
        return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"
    if metric is AlertMetric.TRAFFIC:
        return f"{value:,.0f} request{'' if value == 1 else 's'}"
    return f"{value:.2f}"
