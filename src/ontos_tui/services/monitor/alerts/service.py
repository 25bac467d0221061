"""Alerts: rules about an endpoint's figures, looked at from time to time, and what comes of them.

Every method that depends on the time takes it as a parameter. Looking at the rules is one transaction for each rule, so
two watchers at once never open an alert twice.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, delete

from ontos_tui.domain.errors import InvalidInputError, NotFoundError
from ontos_tui.domain.records.alerts import Alert, AlertMetric, AlertRule, Comparison, named, shown
from ontos_tui.domain.records.base import now as present
from ontos_tui.domain.records.drift import DriftReport, DriftState
from ontos_tui.domain.records.serving import Endpoint
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.rules.states import ALERT_TRANSITIONS, AlertStatus, EndpointStatus, check_transition
from ontos_tui.jobs.queue import JobQueue
from ontos_tui.services.monitor.alerts.command import tell_outside
from ontos_tui.services.monitor.drift.service import TRAINING, DriftService
from ontos_tui.services.monitor.service import MonitorService
from ontos_tui.settings import Settings
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

RULES = table(AlertRule).c
ALERTS = table(Alert).c
NEWEST = (ALERTS.opened_at.desc(), ALERTS.created_at.desc(), ALERTS.id)
OPEN = (AlertStatus.ACTIVE, AlertStatus.ACKNOWLEDGED)
FRESH = timedelta(minutes=15)
"""A comparison for drift that is younger is not made again for a rule."""
EVERY = 60.0
"""Seconds between two looks at the rules unless another number is asked for."""
FIELDS = frozenset(
    {"endpoint", "metric", "comparison", "threshold", "recover_threshold", "window_minutes", "minimum_sample",
     "for_minutes", "severity", "enabled"}
)  # fmt: skip
"""What of a rule its makers may set."""


class ChangeKind(StrEnum):
    """What looking at a rule led to."""

    OPENED = "opened"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Change:
    """An alert that was opened or resolved. `outside` tells what came of the settings' alert_command."""

    kind: ChangeKind
    alert: Alert
    outside: str = ""


@dataclass(frozen=True)
class Measured:
    """A metric now; None without a value. `why` says what is missing."""

    value: float | None
    sample: int
    why: str = ""

    def told(self, metric: AlertMetric) -> str:
        """The value with its unit, or why there is none."""
        return self.why if self.value is None else shown(metric, self.value)


class AlertService:
    """Rules and alerts of all endpoints, kept by `actor`."""

    def __init__(
        self,
        store: Store,
        monitor: MonitorService,
        drift: DriftService,
        jobs: JobQueue,
        settings: Settings,
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
        where = () if endpoint is None else (RULES.endpoint == endpoint,)
        with self._store.read() as connection:
            return rows.find(connection, AlertRule, *where, order_by=(RULES.endpoint, RULES.created_at))

    def rule(self, ref: str) -> AlertRule:
        """A rule by its id or the beginning of it. Raises NotFoundError."""
        with self._store.read() as connection:
            return rows.resolve(connection, AlertRule, ref)

    def add_rule(self, **fields: Any) -> AlertRule:
        """A rule. Raises NotFoundError for an endpoint that there is not, InvalidInputError for what makes no sense."""
        rule = _valid({**fields, "created_by": self._actor, "updated_by": self._actor})
        with self._store.write() as connection:
            _check_endpoint(connection, rule.endpoint)
            rows.add(connection, rule)
            rows.log(connection, rule, "add", self._actor, after=_set(rule), scope_id=rule.endpoint)
        return rule

    def edit_rule(self, ref: str, **fields: Any) -> AlertRule:
        """Change a rule, which starts afresh. An open alert stays, unless the rule no longer looks at its metric."""
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
            left = _open_alert(connection, rule) is not None
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
        """Take a rule away; its open alerts are resolved, and what it raised stays in the history."""
        with self._store.write() as connection:
            rule = rows.resolve(connection, AlertRule, ref)
            self._resolve_open(connection, rule, "the rule was removed")
            connection.execute(delete(table(AlertRule)).where(RULES.id == rule.id))
            rows.log(connection, rule, "remove", self._actor, before=_set(rule), scope_id=rule.endpoint)

    # Alerts

    def open(self, endpoint: str | None = None) -> list[Alert]:
        """Alerts that are not resolved, the newest first."""
        where = (ALERTS.status.in_(OPEN), *(() if endpoint is None else (ALERTS.endpoint == endpoint,)))
        with self._store.read() as connection:
            return rows.find(connection, Alert, *where, order_by=NEWEST)

    def history(self, endpoint: str | None = None, limit: int = 200) -> list[Alert]:
        """All alerts, the newest first."""
        where = () if endpoint is None else (ALERTS.endpoint == endpoint,)
        with self._store.read() as connection:
            return rows.find(connection, Alert, *where, order_by=NEWEST, limit=limit)

    def acknowledge(self, ref: str, now: datetime | None = None) -> Alert:
        """Say that somebody looks after an alert. Raises NotFoundError, and ConflictError unless it is active."""
        at = now or present()
        with self._store.write() as connection:
            alert = rows.resolve(connection, Alert, ref)
            told = {"acknowledged_at": at, "acknowledged_by": self._actor}
            return self._move(connection, alert, AlertStatus.ACKNOWLEDGED, self._actor, **told)

    def resolve(self, ref: str, reason: str = "", now: datetime | None = None) -> Alert:
        """Say that an alert is over. Its rule opens another one only after the metric was well in between.

        Raises NotFoundError, and ConflictError when it is resolved already.
        """
        at = now or present()
        with self._store.write() as connection:
            alert = rows.resolve(connection, Alert, ref)
            told = {"resolved_at": at, "resolved_by": self._actor, "resolution": reason or "resolved by hand"}
            return self._move(connection, alert, AlertStatus.RESOLVED, self._actor, **told)

    # Looking at the rules

    def evaluate(self, now: datetime | None = None, endpoint: str | None = None) -> list[Change]:
        """Look at every rule that is switched on; what was opened and resolved, after the outside world was told."""
        at = now or present()
        changes = []
        for rule in self.rules(endpoint):
            if rule.enabled and (change := self._look(rule.id, self.measure(rule, at), at)) is not None:
                changes.append(self._tell(change))
        return changes

    def measure(self, rule: AlertRule, now: datetime | None = None) -> Measured:
        """The metric of a rule over its window up to `now`; no value where there is not enough to make one from."""
        at = now or present()
        with self._store.read() as connection:
            endpoint = rows.find_one(connection, Endpoint, table(Endpoint).c.name == rule.endpoint)
        if endpoint is None or endpoint.status is EndpointStatus.STOPPED:
            return Measured(None, 0, "the endpoint does not answer: it is stopped or gone")
        if rule.metric is AlertMetric.DRIFT:
            return self._measure_drift(rule, endpoint, at)
        since = at - rule.window
        summary = self._monitor.summary(rule.endpoint, since, at)
        if rule.metric is AlertMetric.TRAFFIC:
            # Silence is a measurement, but not of a time in which the endpoint was not there yet.
            if rule.comparison is Comparison.BELOW and endpoint.created_at > since:
                return Measured(None, summary.requests, f"the endpoint is younger than {rule.window_minutes} min")
            return Measured(float(summary.requests), summary.requests)
        value, sample = {
            AlertMetric.LATENCY: (summary.p95_ms, summary.requests - summary.errors),
            AlertMetric.ERROR_RATE: (summary.error_rate, summary.requests),
            AlertMetric.RATING: (summary.mean_rating, summary.ratings),
        }[rule.metric]
        if not sample:
            return Measured(None, 0, "no data yet")
        if sample < rule.minimum_sample:
            return Measured(None, sample, f"not enough yet ({sample:,} of {rule.minimum_sample:,})")
        return Measured(value, sample)

    def _measure_drift(self, rule: AlertRule, endpoint: Endpoint, at: datetime) -> Measured:
        made = self._drift.history(rule.endpoint)
        last = next((report for report in made if _is_fresh(report, endpoint, rule, at)), None)
        if last is None:
            last = self._drift.check(rule.endpoint, recent=rule.window, now=at)
        if last.state is not DriftState.COMPARED:
            return Measured(None, last.recent_rows, last.summary)
        if last.recent_rows < rule.minimum_sample:
            return Measured(None, last.recent_rows, f"not enough yet ({last.recent_rows:,} of {rule.minimum_sample:,})")
        worst = [one.score or 0.0 for one in last.drifted if not one.improved]
        return Measured(max(worst, default=0.0), last.recent_rows)

    def _look(self, rule_id: str, measured: Measured, at: datetime) -> Change | None:
        """Take one rule one step on. What other watchers did since it was measured is seen here, under the lock."""
        with self._store.write() as connection:
            rule = rows.find_one(connection, AlertRule, RULES.id == rule_id)
            if rule is None or not rule.enabled:
                return None
            alert = _open_alert(connection, rule)
            value = measured.value
            if value is None:
                # Where nothing is known nothing is claimed: no alert opens, and an open one stays.
                _note(connection, rule, broken_since=None)
                return None
            if rule.is_whole(value):
                _note(connection, rule, broken_since=None, armed=True)
                return None if alert is None else self._recover(connection, rule, alert, value, at)
            if alert is not None:
                if rule.comparison.holds(value, alert.worst):
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

    def _open(self, connection: Connection, rule: AlertRule, measured: Measured, value: float, at: datetime) -> Change:
        sample = f" ({measured.sample:,} of them)" if rule.metric is AlertMetric.RATING else ""
        alert = Alert(
            rule_id=rule.id,
            endpoint=rule.endpoint,
            metric=rule.metric,
            severity=rule.severity,
            opened_at=at,
            threshold=rule.threshold,
            value=value,
            worst=value,
            message=f"{rule.endpoint}: {named(rule.metric)} is {shown(rule.metric, value)}{sample}; {rule.told()}",
            created_by=self._actor,
        )
        rows.add(connection, alert)
        rows.log(connection, alert, "open", self._actor, after={"value": value}, scope_id=rule.endpoint)
        return Change(ChangeKind.OPENED, alert)

    def _recover(self, connection: Connection, rule: AlertRule, alert: Alert, value: float, at: datetime) -> Change:
        told = f"{named(rule.metric)} is {shown(rule.metric, value)} again"
        return Change(
            ChangeKind.RESOLVED,
            self._move(connection, alert, AlertStatus.RESOLVED, self._actor, resolved_at=at, resolution=told),
        )

    def _resolve_open(self, connection: Connection, rule: AlertRule, why: str) -> None:
        alert = _open_alert(connection, rule)
        if alert is not None:
            told = {"resolved_at": present(), "resolved_by": self._actor, "resolution": why}
            self._move(connection, alert, AlertStatus.RESOLVED, self._actor, **told)

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

    # The outside world

    @property
    def command(self) -> tuple[str, ...]:
        """The words of the settings' alert_command. Raises InvalidInputError for a line that cannot be split."""
        given = self._settings.alert_command
        try:
            return tuple(shlex.split(given) if isinstance(given, str) else given)
        except ValueError as error:
            raise InvalidInputError(
                f"alert_command cannot be read: {error}.", "Correct it in settings.toml."
            ) from error

    def _tell(self, change: Change) -> Change:
        """Run the command, outside of any transaction, and note with the alert what came of it."""
        try:
            words = self.command
        except InvalidInputError as error:
            outside = f"failed: {error.what}"
        else:
            if not words:
                return change
            outside = tell_outside(words, {"event": change.kind.value, **change.alert.model_dump(mode="json")})
        with self._store.write() as connection:
            alert = rows.change(connection, rows.get(connection, Alert, change.alert.id), outside=outside)
        return replace(change, alert=alert, outside=outside)

    # Watching in the background

    def start_watch(self, every: float = EVERY) -> Job:
        """Look at the rules every so many seconds in a job of its own; the one that runs already, if one does."""
        job = self.watch()
        if job is not None and not job.cancel_requested:
            return job
        return self._jobs.submit(JobKind.WATCH, "Watch the alert rules", {"every": checked_seconds(every)})

    def stop_watch(self) -> Job | None:
        """Ask the watching job to stop; None when none runs."""
        job = self.watch()
        return None if job is None else self._jobs.cancel(job.id)

    def watch(self) -> Job | None:
        """The job that watches, if one does."""
        active = self._jobs.jobs(active_only=True, limit=1_000)
        return next((job for job in active if job.kind is JobKind.WATCH), None)


def checked_seconds(every: float) -> float:
    """Seconds between two looks. Raises InvalidInputError unless there are 1 to 86,400."""
    if not 1 <= every <= 86_400:
        raise InvalidInputError(f"Rules cannot be looked at every {every:g} s.", "Choose 1 to 86,400 seconds.")
    return every


def rule_problems(fields: dict[str, Any]) -> list[str]:
    """Why a rule of these fields makes no sense; empty when it does."""
    try:
        _valid(fields)
    except InvalidInputError as error:
        return [error.what]
    return []


def _valid(fields: dict[str, Any]) -> AlertRule:
    unknown = sorted(set(fields) - set(AlertRule.model_fields))
    if unknown:
        raise InvalidInputError(f"A rule has no {', '.join(unknown)}.", f"It has: {', '.join(sorted(FIELDS))}.")
    try:
        rule = AlertRule.model_validate(fields)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise InvalidInputError(f"This is no rule: {reasons}.", "Correct it.") from error
    if problems := rule.problems():
        raise InvalidInputError(" ".join(problems), "Choose another threshold.")
    return rule


def _is_fresh(report: DriftReport, endpoint: Endpoint, rule: AlertRule, at: datetime) -> bool:
    """Whether a report answers for the rule now: the same model, the same span, and made a short while ago."""
    if report.model_id != endpoint.model_id or report.reference != TRAINING:
        return False
    if report.recent_until - report.recent_since != rule.window:
        return False
    return timedelta() <= at - report.recent_until < FRESH


def _set(rule: AlertRule) -> dict[str, Any]:
    return {name: value for name, value in rule.model_dump(mode="json").items() if name in FIELDS}


def _check_endpoint(connection: Connection, name: str) -> None:
    if not rows.count(connection, Endpoint, table(Endpoint).c.name == name):
        raise NotFoundError(f"There is no endpoint {name!r}.", "List the endpoints (DEPLOY), or deploy a model.")


def _open_alert(connection: Connection, rule: AlertRule) -> Alert | None:
    return rows.find_one(connection, Alert, ALERTS.rule_id == rule.id, ALERTS.status.in_(OPEN))


def _note(connection: Connection, rule: AlertRule, **state: Any) -> None:
    """Keep how far a rule is, when that changed: a quiet look writes nothing."""
    if any(getattr(rule, name) != value for name, value in state.items()):
        rows.change(connection, rule, updated_at=rule.updated_at, **state)
