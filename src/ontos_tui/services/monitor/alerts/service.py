"""Alerts: rules about an endpoint's figures, evaluated from time to time, and the alerts that they open.

Every method that depends on the time takes it as a parameter. Evaluating the rules is one transaction for each rule,
so two watchers at once never open an alert twice.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.nouns import no_such
from ontos_tui.domain.records.base import now as present
from ontos_tui.domain.records.monitor.alerts import (
    Alert,
    AlertMetric,
    AlertRule,
    Comparison,
    describe_metric,
    format_value,
)
from ontos_tui.domain.records.monitor.drift import DriftReport, DriftState
from ontos_tui.domain.records.serving import Endpoint
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.rules.states import ALERT_TRANSITIONS, AlertStatus, EndpointStatus, check_transition
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.services.monitor.alerts.command import run_alert_command
from ontos_tui.services.monitor.drift.service import TRAINING, DriftService
from ontos_tui.services.monitor.service import MonitorService
from ontos_tui.settings import Settings
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints
from ontos_tui.store.queries.monitor import alerts

FRESH = timedelta(minutes=15)
"""A drift report that is younger is used again for a rule."""
EVERY = 60.0
"""Seconds between two evaluations of the rules, by default."""
FIELDS = frozenset(
    {"endpoint", "metric", "comparison", "threshold", "recover_threshold", "window_minutes", "minimum_sample",
     "for_minutes", "severity", "enabled"}
)  # fmt: skip
"""The fields of a rule that users may set."""


class ChangeKind(StrEnum):
    """The result of evaluating a rule."""

    OPENED = "opened"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Change:
    """An alert that was opened or resolved. `outside` is the result of the settings' alert_command."""

    kind: ChangeKind
    alert: Alert
    outside: str = ""


@dataclass(frozen=True)
class Measurement:
    """The value of a metric now; None if there is none, and then `why` says what is missing."""

    value: float | None
    sample: int
    why: str = ""

    def describe(self, metric: AlertMetric) -> str:
        """The value with its unit, or why there is none."""
        return self.why if self.value is None else format_value(metric, self.value)


class AlertService:
    """Rules and alerts of all endpoints. Changes are logged under `actor`.

    `settings` reads the settings as they are now: who changes alert_command need not restart what watches.
    """

    def __init__(
        self,
        store: Store,
        monitor: MonitorService,
        drift: DriftService,
        jobs: JobQueue,
        settings: Callable[[], Settings],
        actor: str,
    ) -> None:
        self._store = store
        self._monitor = monitor
        self._drift = drift
        self._jobs = jobs
        self._settings = settings
        self._actor = actor

    # Rules

    def rules(self, endpoint: str | None = None) -> list[AlertRule]:
        """The rules, by endpoint and age."""
        with self._store.read() as connection:
            return alerts.rules(connection, endpoint)

    def rule(self, ref: str) -> AlertRule:
        """A rule by its id or the beginning of it. Raises NotFoundError."""
        with self._store.read() as connection:
            return rows.resolve(connection, AlertRule, ref)

    def add_rule(self, **fields: Any) -> AlertRule:
        """Add a rule. Raises NotFoundError for an unknown endpoint, InvalidInputError for invalid fields."""
        rule = _valid({**fields, "created_by": self._actor, "updated_by": self._actor})
        with self._store.write() as connection:
            _check_endpoint(connection, rule.endpoint)
            rows.add(connection, rule)
            rows.log(connection, rule, "add", self._actor, after=_set(rule), scope_id=rule.endpoint)
        return rule

    def edit_rule(self, ref: str, **fields: Any) -> AlertRule:
        """Change a rule, which starts again. An open alert stays, unless the rule no longer watches its metric."""
        with self._store.write() as connection:
            rule = rows.resolve(connection, AlertRule, ref)
            changed = _valid({**rule.model_dump(), **fields})
            _check_endpoint(connection, changed.endpoint)
            before, after = _set(rule), _set(changed)
            if before == after:
                return rule
            moved = changed.endpoint != rule.endpoint or changed.metric is not rule.metric
            if moved or not changed.enabled:
                self._resolve_open(connection, rule, "the rule watches something else" if moved else "switched off")
            left = alerts.open_alert(connection, rule.id) is not None
            changed = rows.change(
                connection,
                rule,
                **{name: getattr(changed, name) for name in FIELDS},
                broken_since=None,
                armed=not left,
                updated_by=self._actor,
            )
            rows.log(connection, rule, "edit", self._actor, before=before, after=after, scope_id=rule.endpoint)
            return changed

    def remove_rule(self, ref: str) -> None:
        """Remove a rule; its open alerts are resolved, and its alerts stay in the history."""
        with self._store.write() as connection:
            rule = rows.resolve(connection, AlertRule, ref)
            self._resolve_open(connection, rule, "the rule was removed")
            alerts.remove_rule(connection, rule.id)
            rows.log(connection, rule, "remove", self._actor, before=_set(rule), scope_id=rule.endpoint)

    # Alerts

    def open_alerts(self, endpoint: str | None = None) -> list[Alert]:
        """Alerts that are not resolved, the newest first."""
        with self._store.read() as connection:
            return alerts.open_alerts(connection, endpoint)

    def history(self, endpoint: str | None = None, limit: int = 200) -> list[Alert]:
        """All alerts, the newest first."""
        with self._store.read() as connection:
            return alerts.alerts(connection, endpoint, limit)

    def acknowledge(self, ref: str, now: datetime | None = None) -> Alert:
        """Acknowledge an alert. Raises NotFoundError, and ConflictError unless it is active."""
        at = now or present()
        with self._store.write() as connection:
            alert = rows.resolve(connection, Alert, ref)
            fields = {"acknowledged_at": at, "acknowledged_by": self._actor}
            return self._move(connection, alert, AlertStatus.ACKNOWLEDGED, self._actor, **fields)

    def resolve(self, ref: str, reason: str = "", now: datetime | None = None) -> Alert:
        """Resolve an alert. Its rule opens another one only after the metric was back to normal in between.

        Raises NotFoundError, and ConflictError when it is resolved already.
        """
        at = now or present()
        with self._store.write() as connection:
            alert = rows.resolve(connection, Alert, ref)
            fields = {"resolved_at": at, "resolved_by": self._actor, "resolution": reason or "resolved by hand"}
            return self._move(connection, alert, AlertStatus.RESOLVED, self._actor, **fields)

    # Evaluation

    def evaluate(self, now: datetime | None = None, endpoint: str | None = None) -> list[Change]:
        """Evaluate every enabled rule; returns the opened and resolved alerts, after the alert command has run."""
        at = now or present()
        changes = []
        for rule in self.rules(endpoint):
            if rule.enabled and (change := self._evaluate_rule(rule.id, self.measure(rule, at), at)) is not None:
                changes.append(self._run_command(change))
        return changes

    def measure(self, rule: AlertRule, now: datetime | None = None) -> Measurement:
        """The metric of a rule over its window up to `now`; no value without enough data."""
        at = now or present()
        with self._store.read() as connection:
            endpoint = endpoints.endpoint(connection, rule.endpoint)
        if endpoint is None or endpoint.status is EndpointStatus.STOPPED:
            return Measurement(None, 0, "the endpoint is stopped or gone")
        if rule.metric is AlertMetric.DRIFT:
            return self._measure_drift(rule, endpoint, at)
        since = at - rule.window
        summary = self._monitor.summary(rule.endpoint, since, at)
        if rule.metric is AlertMetric.TRAFFIC:
            # No traffic is a measurement, but not of a time in which the endpoint did not exist yet.
            if rule.comparison is Comparison.BELOW and endpoint.created_at > since:
                return Measurement(None, summary.requests, f"the endpoint is younger than {rule.window_minutes} min")
            return Measurement(float(summary.requests), summary.requests)
        value, sample = {
            AlertMetric.LATENCY: (summary.p95_ms, summary.requests - summary.errors),
            AlertMetric.ERROR_RATE: (summary.error_rate, summary.requests),
            AlertMetric.RATING: (summary.mean_rating, summary.ratings),
        }[rule.metric]
        if not sample:
            return Measurement(None, 0, "no data yet")
        if sample < rule.minimum_sample:
            return Measurement(None, sample, f"not enough data yet ({sample:,} of {rule.minimum_sample:,})")
        return Measurement(value, sample)

    def _measure_drift(self, rule: AlertRule, endpoint: Endpoint, at: datetime) -> Measurement:
        reports = self._drift.history(rule.endpoint)
        last = next((report for report in reports if _is_fresh(report, endpoint, rule, at)), None)
        if last is None:
            last = self._drift.check(rule.endpoint, recent=rule.window, now=at)
        if last.state is not DriftState.COMPARED:
            return Measurement(None, last.recent_rows, last.summary)
        if last.recent_rows < rule.minimum_sample:
            return Measurement(
                None, last.recent_rows, f"not enough data yet ({last.recent_rows:,} of {rule.minimum_sample:,})"
            )
        worst = [one.score or 0.0 for one in last.drifted if not one.improved]
        return Measurement(max(worst, default=0.0), last.recent_rows)

    def _evaluate_rule(self, rule_id: str, measured: Measurement, at: datetime) -> Change | None:
        """Update one rule and its alert. Earlier changes of other watchers are seen here, under the lock."""
        with self._store.write() as connection:
            rule = alerts.rule(connection, rule_id)
            if rule is None or not rule.enabled:
                return None
            alert = alerts.open_alert(connection, rule.id)
            value = measured.value
            if value is None:
                # Without a value no alert opens, and an open one stays.
                _note(connection, rule, broken_since=None)
                return None
            if rule.is_whole(value):
                _note(connection, rule, broken_since=None, armed=True)
                return None if alert is None else self._recover(connection, rule, alert, value, at)
            if alert is not None:
                if rule.comparison.is_met(value, alert.worst):
                    rows.change(connection, alert, worst=value)
                return None
            if not rule.is_broken(value) or not rule.armed:
                _note(connection, rule, broken_since=None)
                return None
            since = min(rule.broken_since or at, at)
            if at - since < timedelta(minutes=rule.for_minutes):
                _note(connection, rule, broken_since=since)
                return None
            _note(connection, rule, broken_since=since, armed=False)
            return self._open(connection, rule, measured, value, at)

    def _open(
        self, connection: Connection, rule: AlertRule, measured: Measurement, value: float, at: datetime
    ) -> Change:
        sample = f" ({measured.sample:,} of them)" if rule.metric is AlertMetric.RATING else ""
        now = f"{describe_metric(rule.metric)} is {format_value(rule.metric, value)}{sample}"
        alert = Alert(
            rule_id=rule.id,
            endpoint=rule.endpoint,
            metric=rule.metric,
            severity=rule.severity,
            opened_at=at,
            threshold=rule.threshold,
            value=value,
            worst=value,
            message=f"{rule.endpoint}: {now}; {rule.describe()}",
            created_by=self._actor,
        )
        rows.add(connection, alert)
        rows.log(connection, alert, "open", self._actor, after={"value": value}, scope_id=rule.endpoint)
        return Change(ChangeKind.OPENED, alert)

    def _recover(self, connection: Connection, rule: AlertRule, alert: Alert, value: float, at: datetime) -> Change:
        resolution = f"{describe_metric(rule.metric)} is {format_value(rule.metric, value)} again"
        return Change(
            ChangeKind.RESOLVED,
            self._move(connection, alert, AlertStatus.RESOLVED, self._actor, resolved_at=at, resolution=resolution),
        )

    def _resolve_open(self, connection: Connection, rule: AlertRule, why: str) -> None:
        alert = alerts.open_alert(connection, rule.id)
        if alert is not None:
            fields = {"resolved_at": present(), "resolved_by": self._actor, "resolution": why}
            self._move(connection, alert, AlertStatus.RESOLVED, self._actor, **fields)

    def _move(self, connection: Connection, alert: Alert, status: AlertStatus, actor: str, **changes: Any) -> Alert:
        check_transition(ALERT_TRANSITIONS, alert.status, status, f"The alert {alert.id[:8]}")
        moved = rows.change(connection, alert, status=status, updated_by=actor, **changes)
        rows.log(
            connection,
            alert,
            status.value,
            actor,
            before={"status": alert.status.value},
            after={"status": status.value},
            reason=str(changes.get("resolution", "")),
            scope_id=alert.endpoint,
        )
        return moved

    # The alert command

    @property
    def command(self) -> tuple[str, ...]:
        """The arguments of the settings' alert_command, as it is now. Raises InvalidInputError if they are none."""
        given = self._settings().alert_command
        try:
            return tuple(shlex.split(given) if isinstance(given, str) else given)
        except ValueError as error:
            raise InvalidInputError(
                f"alert_command cannot be read: {error}.", "Correct it in settings.toml."
            ) from error

    def _run_command(self, change: Change) -> Change:
        """Run the command, outside of any transaction, and store its result with the alert."""
        try:
            words = self.command
        except InvalidInputError as error:
            outside = f"failed: {error.what}"
        else:
            if not words:
                return change
            outside = run_alert_command(words, {"event": change.kind.value, **change.alert.model_dump(mode="json")})
        with self._store.write() as connection:
            alert = rows.change(connection, rows.get(connection, Alert, change.alert.id), outside=outside)
        return replace(change, alert=alert, outside=outside)

    # Watching in the background

    def start_watch(self, every: float = EVERY) -> Job:
        """Evaluate the rules every `every` seconds in a job; returns the job that runs already, if there is one."""
        job = self.watch()
        if job is not None and not job.cancel_requested:
            return job
        return self._jobs.submit(JobKind.WATCH, "Watch the alert rules", {"every": check_interval(every)})

    def stop_watch(self) -> Job | None:
        """Ask the watching job to stop; None when none runs."""
        job = self.watch()
        return None if job is None else self._jobs.cancel(job.id)

    def watch(self) -> Job | None:
        """The job that evaluates the rules, if it runs."""
        active = self._jobs.jobs(active_only=True, limit=1_000)
        return next((job for job in active if job.kind is JobKind.WATCH), None)


def check_interval(every: float) -> float:
    """Seconds between two evaluations. Raises InvalidInputError unless they are 1 to 86,400."""
    if not 1 <= every <= 86_400:
        raise InvalidInputError(f"Rules cannot be checked every {every:g} s.", "Choose 1 to 86,400 seconds.")
    return every


def rule_problems(fields: dict[str, Any]) -> list[str]:
    """The problems of a rule with these fields; empty when it is valid."""
    try:
        _valid(fields)
    except InvalidInputError as error:
        return [error.what]
    return []


def _valid(fields: dict[str, Any]) -> AlertRule:
    unknown = sorted(set(fields) - set(AlertRule.model_fields))
    if unknown:
        raise InvalidInputError(
            f"A rule has no field {', '.join(unknown)}.", f"The fields are {', '.join(sorted(FIELDS))}."
        )
    try:
        rule = AlertRule.model_validate(fields)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise InvalidInputError(f"The rule is not valid: {reasons}.", "Correct these fields.") from error
    if problems := rule.problems():
        raise InvalidInputError(" ".join(problems), "Choose another threshold.")
    return rule


def _is_fresh(report: DriftReport, endpoint: Endpoint, rule: AlertRule, at: datetime) -> bool:
    """Whether a report can be used for the rule now: the same model, the same span, and recent."""
    if report.model_id != endpoint.model_id or report.reference != TRAINING:
        return False
    if report.recent_until - report.recent_since != rule.window:
        return False
    return timedelta() <= at - report.recent_until < FRESH


def _set(rule: AlertRule) -> dict[str, Any]:
    return {name: value for name, value in rule.model_dump(mode="json").items() if name in FIELDS}


def _check_endpoint(connection: Connection, name: str) -> None:
    if endpoints.endpoint(connection, name) is None:
        raise no_such(Endpoint, name)


def _note(connection: Connection, rule: AlertRule, **state: Any) -> None:
    """Store the state of a rule if it changed: an evaluation without a change writes nothing."""
    if any(getattr(rule, name) != value for name, value in state.items()):
        rows.change(connection, rule, updated_at=rule.updated_at, **state)
