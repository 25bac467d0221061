"""`ontos alerts`: rules about an endpoint's figures, and the alerts that they raise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ontos_tui.cli.core.groups import noun_group
from ontos_tui.cli.core.output import count, facts, moment, print_error, table
from ontos_tui.cli.core.session import Limit, Session
from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.records.monitor.alerts import AlertMetric, Comparison
from ontos_tui.domain.text.terminal_text import safe_line

if TYPE_CHECKING:
    from ontos_tui.domain.records.monitor.alerts import Alert, AlertRule
    from ontos_tui.services.monitor.alerts.service import Change

alerts = noun_group("Alerts: rules about latency, errors, ratings, drift and traffic, and the alerts that they raise.")

RuleRef = Annotated[str, typer.Argument(metavar="RULE", help="id of the rule, or its beginning")]
AlertRef = Annotated[str, typer.Argument(metavar="ALERT", help="id of the alert, or its beginning")]
Every = Annotated[float, typer.Option("--every", min=1, max=86_400, help="seconds between two checks")]
Once = Annotated[bool, typer.Option("--once", help="check once and end")]
Recover = Annotated[float | None, typer.Option("--recover", help="the value at which it clears")]
Window = Annotated[int | None, typer.Option("--window", min=1, help="minutes of traffic that the figure covers")]
Sample = Annotated[int | None, typer.Option("--minimum", min=1, help="requests below which the rule is not checked")]
Lasting = Annotated[int | None, typer.Option("--for", min=0, help="minutes that it must last")]
HowSevere = Annotated[Severity | None, typer.Option("--severity", help="severity of its alerts")]


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(alerts, name="alerts")


@alerts.command("list")
def list_alerts(
    context: typer.Context,
    endpoint: Annotated[str | None, typer.Argument(help="only of this endpoint")] = None,
    everything: Annotated[bool, typer.Option("--all", help="resolved ones too")] = False,
    limit: Limit = 50,
) -> None:
    """The alerts, the newest first."""
    session = Session.of(context)
    service = session.workspace.monitor.alerts
    listed = service.history(endpoint, limit) if everything else service.open_alerts(endpoint)[:limit]
    session.show(listed, lambda: _alert_lines(listed, "No alerts." if everything else "No open alerts."))


@alerts.command("rules")
def rules(
    context: typer.Context, endpoint: Annotated[str | None, typer.Argument(help="only of this endpoint")] = None
) -> None:
    """The rules, and their figures now."""
    session = Session.of(context)
    service = session.workspace.monitor.alerts
    measured = [(rule, service.measure(rule)) for rule in service.rules(endpoint)]
    session.show(
        [{"rule": rule, "value": now.value, "sample": now.sample, "why": now.why} for rule, now in measured],
        lambda: table(
            ("id", "endpoint", "rule", "severity", "on", "now"),
            [
                (rule.id[:8], rule.endpoint, rule.describe(), rule.severity, rule.enabled, now.describe(rule.metric))
                for rule, now in measured
            ],
            "No rules. Add one: `ontos alerts add ENDPOINT latency above 250`",
        ),
    )


@alerts.command("add")
def add(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(help="name of the endpoint")],
    metric: Annotated[AlertMetric, typer.Argument(help="the figure to check")],
    comparison: Annotated[Comparison, typer.Argument(help="which side of the threshold is bad")],
    threshold: Annotated[float, typer.Argument(help="ms, 0 to 1, a rating, a drift score, or requests")],
    recover: Recover = None,
    window: Window = None,
    minimum: Sample = None,
    lasting: Lasting = None,
    severity: HowSevere = None,
) -> None:
    """Add a rule, such as: `ontos alerts add parts error_rate above 0.05 --for 10`"""
    session = Session.of(context)
    rule = session.workspace.monitor.alerts.add_rule(
        endpoint=endpoint,
        metric=metric,
        comparison=comparison,
        threshold=threshold,
        **_given(recover, window, minimum, lasting, severity),
    )
    session.show(rule, lambda: _rule_lines(rule))


@alerts.command("edit")
def edit(
    context: typer.Context,
    rule: RuleRef,
    threshold: Annotated[float | None, typer.Option("--threshold", help="the new threshold")] = None,
    recover: Recover = None,
    window: Window = None,
    minimum: Sample = None,
    lasting: Lasting = None,
    severity: HowSevere = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="whether it is checked")] = None,
) -> None:
    """Change a rule."""
    session = Session.of(context)
    given = {"threshold": threshold, "enabled": enabled, **_given(recover, window, minimum, lasting, severity)}
    changes = {name: value for name, value in given.items() if value is not None}
    changed = session.workspace.monitor.alerts.edit_rule(rule, **changes)
    session.show(changed, lambda: _rule_lines(changed))


@alerts.command("remove")
def remove(context: typer.Context, rule: RuleRef) -> None:
    """Remove a rule; its open alerts are resolved."""
    session = Session.of(context)
    removed = session.workspace.monitor.alerts.rule(rule)
    session.workspace.monitor.alerts.remove_rule(removed.id)
    session.show({"removed": removed.id}, lambda: [safe_line(f"removed: {removed.endpoint}: {removed.describe()}")])


@alerts.command("acknowledge")
def acknowledge(context: typer.Context, alert: AlertRef) -> None:
    """Acknowledge an alert: you take care of it."""
    session = Session.of(context)
    changed = session.workspace.monitor.alerts.acknowledge(alert)
    session.show(changed, lambda: _alert_lines([changed]))


@alerts.command("resolve")
def resolve(
    context: typer.Context,
    alert: AlertRef,
    reason: Annotated[str, typer.Option("--reason", help="how it was resolved")] = "",
) -> None:
    """Resolve an alert. Its rule opens another one only after its figure has cleared."""
    session = Session.of(context)
    changed = session.workspace.monitor.alerts.resolve(alert, reason)
    session.show(changed, lambda: _alert_lines([changed]))


@alerts.command("watch")
def watch(
    context: typer.Context,
    endpoint: Annotated[str | None, typer.Argument(help="only the rules of this endpoint")] = None,
    every: Every = 60.0,
    once: Once = False,
    job: Annotated[bool, typer.Option("--job", help="in the background, until `ontos jobs cancel JOB`")] = False,
) -> None:
    """Check the rules from time to time, and print what was opened and resolved."""
    session = Session.of(context)
    if job:
        session.show_job(session.workspace.monitor.alerts.start_watch(every))
    else:
        watch_rules(session, endpoint, every, once=once)


def watch_rules(
    session: Session,
    endpoint: str | None,
    every: float,
    *,
    once: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Check the rules every `every` seconds, for ever unless `once`. A failed check is printed; the next one comes."""
    service = session.workspace.monitor.alerts
    if not once and not session.as_json:
        rules = count(len(service.rules(endpoint)), "rule")
        session.show(None, lambda: [f"Checking {rules} every {every:g} s. Ctrl+C ends it."])
    while True:
        try:
            changes = service.evaluate(endpoint=endpoint)
        except OntosError as error:
            if once:
                raise
            print_error(error)
        else:
            _show_changes(session, changes, once=once)
        if once:
            return
        sleep(every)


def _show_changes(session: Session, changes: Sequence[Change], *, once: bool) -> None:
    if changes or once:
        session.show(changes, lambda: _change_lines(changes) if changes else ["No alert was opened or resolved."])


def _change_lines(changes: Sequence[Change]) -> Iterator[str]:
    from ontos_tui.services.monitor.alerts.service import ChangeKind

    for change in changes:
        alert = change.alert
        at = moment(alert.opened_at if change.kind is ChangeKind.OPENED else alert.resolved_at)
        text = alert.message if change.kind is ChangeKind.OPENED else f"{alert.endpoint}: {alert.resolution}"
        yield safe_line(f"{at}  {change.kind:<8}  {alert.severity:<8}  {text}")
        if change.outside:
            yield safe_line(f"  alert command: {change.outside}")


def _given(
    recover: float | None, window: int | None, minimum: int | None, lasting: int | None, severity: Severity | None
) -> dict[str, Any]:
    given = {
        "recover_threshold": recover,
        "window_minutes": window,
        "minimum_sample": minimum,
        "for_minutes": lasting,
        "severity": severity,
    }
    return {name: value for name, value in given.items() if value is not None}


def _rule_lines(rule: AlertRule) -> list[str]:
    recovers = rule.recover_threshold
    return facts(
        [
            ("rule", rule.id),
            ("endpoint", rule.endpoint),
            ("when", rule.describe()),
            ("clears", "" if recovers is None else f"at {recovers:g}"),
            ("minimum", f"{rule.minimum_sample:,}" if rule.metric is not AlertMetric.TRAFFIC else ""),
            ("severity", rule.severity.value),
            ("on", rule.enabled),
        ]
    )


def _alert_lines(alerts_shown: Sequence[Alert], empty: str = "") -> list[str]:
    rows = [
        (one.id[:8], one.opened_at, one.status, one.severity, one.endpoint, one.metric, one.resolution or one.outside)
        for one in alerts_shown
    ]
    lines = table(("id", "opened", "status", "severity", "endpoint", "metric", "resolution"), rows, empty)
    return [*lines, *(safe_line(f"{one.id[:8]}  {one.message}") for one in alerts_shown)]
