"""Alerts of an endpoint and the rules that raise them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.records.monitor.alerts import AlertMetric, Comparison, format_value
from ontos_tui.domain.rules.states import AlertStatus
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.choose import ConfirmDialog
from ontos_tui.tui.dialogs.forms.answer_form import read_integer, read_number
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField, Values
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, Span, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.monitor.alerts import Alert, AlertRule
    from ontos_tui.domain.records.training import Job
    from ontos_tui.services.monitor.alerts.service import Change, Measurement
    from ontos_tui.workspace import Workspace

STATES: dict[AlertStatus, tuple[str, str]] = {
    AlertStatus.ACTIVE: ("⚠ active", "bad"),
    AlertStatus.ACKNOWLEDGED: ("◉ seen", "warn"),
    AlertStatus.RESOLVED: ("✓ resolved", "good"),
}
REFRESH_SECONDS = 5.0
SHOWN = 100
"""Alerts that are listed."""


@dataclass(frozen=True)
class AlertsState:
    """All that the dialog shows: alerts, open ones first; rules with what their figures are now; and who watches."""

    alerts: tuple[Alert, ...]
    rules: tuple[tuple[AlertRule, Measurement], ...]
    watch: Job | None


class AlertsDialog(Dialog[None], BackgroundMixin):
    """What was raised, and by which rules."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("monitor.alerts.acknowledge", "a", "Seen", "Acknowledge this alert: you are working on it"),
        Command("monitor.alerts.resolve", "x", "Resolve", "Close this alert"),
        Command("monitor.alerts.add", "n", "New rule", "Add a rule"),
        Command("monitor.alerts.edit", "e", "Edit", "Change the rule under the cursor"),
        Command("monitor.alerts.switch", "o", "On/off", "Switch the rule on or off"),
        Command("monitor.alerts.remove", "d", "Delete", "Delete the rule"),
        Command("monitor.alerts.look", "l", "Check now", "Check all rules now"),
        Command("monitor.alerts.watch", "w", "Watch", "Check the rules every minute in the background, or stop that"),
        Command("monitor.alerts.leave", "escape,q", "Back", "Leave"),
    )
    DEFAULT_CSS = """
    AlertsDialog > #box { width: 96%; max-width: 140; height: 96%; }
    AlertsDialog #alerts { height: 1fr; }
    AlertsDialog #rules { height: 1fr; }
    AlertsDialog #about { height: 3; }
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"Alerts of {endpoint}")
        self._endpoint = endpoint
        self._watching: Job | None = None

    def compose_body(self) -> ComposeResult:
        columns = [ColumnSpec("state", 10), ColumnSpec("opened", 11), ColumnSpec("severity", 8), ColumnSpec("alert", 0)]
        yield Table["Alert"](columns, _alert_cells, empty="Loading…", id="alerts")
        about = Panel(id="about")
        about.can_focus = False
        yield about
        columns = [ColumnSpec("", 1), ColumnSpec("rule", 0), ColumnSpec("severity", 8), ColumnSpec("now", 20)]
        yield Table["tuple[AlertRule, Measurement]"](columns, _rule_cells, empty="Loading…", id="rules")
        yield OneLine(self._watch_line, id="watching")

    @property
    def _alerts(self) -> Table[Alert]:
        table: Table[Alert] = self.query_one("#alerts", Table)
        return table

    @property
    def _rules(self) -> Table[tuple[AlertRule, Measurement]]:
        table: Table[tuple[AlertRule, Measurement]] = self.query_one("#rules", Table)
        return table

    def on_mount(self) -> None:
        self._alerts.focus()
        self._load()
        self.set_interval(REFRESH_SECONDS, self._load)

    def _load(self) -> None:
        self.run_in_background(lambda workspace: _read(workspace, self._endpoint), self._show)

    def _show(self, state: AlertsState) -> None:
        self._watching = state.watch
        self._alerts.set_empty_text("No alerts yet.")
        self._rules.set_empty_text("No rule yet. Press n to add one.")
        self._alerts.show(state.alerts)
        self._rules.show(state.rules)
        self.query_one("#watching", OneLine).repaint()
        self._tell()

    def on_table_moved(self) -> None:
        self._tell()

    def on_descendant_focus(self) -> None:
        self._tell()

    def _tell(self) -> None:
        """What is under the cursor, in full."""
        of_rule, alert, rule = self._rules.has_focus, self._alerts.current, self._rules.current

        def lines(width: int) -> list[Line]:
            if of_rule and rule is not None:
                return _about_rule(*rule, width)
            return _about_alert(alert, width) if alert is not None and not of_rule else []

        self.query_one("#about", Panel).show(lines)

    def _watch_line(self, width: int) -> Line:
        if self._watching is None:
            return line(
                span("● checked every minute while the app is open  ", "good"),
                span("w", "key"),
                span(": also when it is closed", "muted"),
            )
        return line(span("● checked in the background", "good"), span(f"  {self._watching.message}", "muted"))

    # Commands

    def _do(self, work: Callable[[Workspace], Any], message: str = "") -> None:
        def done(_: Any) -> None:
            if message:
                self.ontos.show_message(message)
            self._load()
            self.ontos.refresh_overview()

        self.run_in_background(work, done, group="do")

    def action_acknowledge(self) -> None:
        alert = self._alerts.current
        if alert is not None:
            self._do(lambda workspace: workspace.monitor.alerts.acknowledge(alert.id))

    def action_resolve(self) -> None:
        alert = self._alerts.current
        if alert is None:
            return

        def done(values: Values | None) -> None:
            if values is not None:
                self._do(lambda workspace: workspace.monitor.alerts.resolve(alert.id, values["reason"] or ""))

        form = FormDialog("Resolve this alert", [FormField("reason", "Resolution")], verb="Resolve")
        self.app.push_screen(form, done)

    def action_add(self) -> None:
        self._ask_rule("New rule", None, lambda workspace, values: workspace.monitor.alerts.add_rule(**values))

    def action_edit(self) -> None:
        if self._rules.current is not None:
            rule = self._rules.current[0]
            self._ask_rule(
                "Rule", rule, lambda workspace, values: workspace.monitor.alerts.edit_rule(rule.id, **values)
            )

    def _ask_rule(self, heading: str, rule: AlertRule | None, then: Callable[[Workspace, Values], Any]) -> None:
        def settings(values: Values) -> Values:
            optional = ("recover_threshold",)
            given = {name: value for name, value in values.items() if value is not None or name in optional}
            return {**given, "endpoint": self._endpoint}

        def check(values: Values) -> Sequence[str]:
            from ontos_tui.services.monitor.alerts.service import rule_problems

            return rule_problems(settings(values))

        def done(values: Values | None) -> None:
            if values is not None:
                self._do(lambda workspace: then(workspace, settings(values)))

        self.app.push_screen(FormDialog(heading, rule_fields(rule), check=check), done)

    def action_switch(self) -> None:
        if self._rules.current is not None:
            rule = self._rules.current[0]
            self._do(lambda workspace: workspace.monitor.alerts.edit_rule(rule.id, enabled=not rule.enabled))

    def action_remove(self) -> None:
        if self._rules.current is None:
            return
        rule = self._rules.current[0]

        def answered(sure: bool | None) -> None:
            if sure:
                self._do(lambda workspace: workspace.monitor.alerts.remove_rule(rule.id))

        question = f"{rule.describe()}: the rule is deleted, and its open alert is resolved."
        self.app.push_screen(ConfirmDialog("Delete this rule?", question), answered)

    def action_look(self) -> None:
        def looked(changes: list[Change]) -> None:
            failed = next((change.outside for change in changes if change.outside.startswith("failed")), "")
            message = f"{len(changes)} alerts opened or resolved." if changes else "No alert opened or resolved."
            self.ontos.show_message(f"{message} Alert command {failed}" if failed else message)
            self._load()
            self.ontos.refresh_overview()

        self.run_in_background(lambda workspace: workspace.monitor.alerts.evaluate(), looked, group="do")

    def action_watch(self) -> None:
        if self._watching is None:
            self._do(lambda workspace: workspace.monitor.alerts.start_watch())
        else:
            self._do(lambda workspace: workspace.monitor.alerts.stop_watch(), "Checking in the background stops.")


def rule_fields(rule: AlertRule | None) -> list[FormField]:
    """The form of a rule."""
    given: Callable[[str, Any], Any] = lambda name, default: default if rule is None else getattr(rule, name)  # noqa: E731
    return [
        FormField("metric", "Metric", given("metric", None), tuple(AlertMetric), required=True),
        FormField("comparison", "Alert when", given("comparison", None), tuple(Comparison), required=True),
        FormField("threshold", "Threshold", given("threshold", None), required=True, read=read_number,
                  hint="ms; fraction 0 to 1; rating 1 to 5; drift score 0 to 1; requests"),
        FormField("recover_threshold", "Clears at", given("recover_threshold", None), read=read_number,
                  hint="empty: the threshold"),
        FormField("window_minutes", "Window (min)", given("window_minutes", 60), read=read_integer,
                  hint="the metric is computed over this time"),
        FormField("for_minutes", "Delay (min)", given("for_minutes", 0), read=read_integer,
                  hint="how long it must last before an alert"),
        FormField("minimum_sample", "Minimum", given("minimum_sample", 20), read=read_integer,
                  hint="requests or ratings; with fewer, no alert (not for traffic)"),
        FormField("severity", "Severity", given("severity", Severity.MEDIUM), tuple(Severity), required=True),
    ]  # fmt: skip


def _read(workspace: Workspace, endpoint: str) -> AlertsState:
    service = workspace.monitor.alerts
    history = service.history(endpoint, SHOWN)
    alerts = sorted(history, key=lambda alert: alert.status is AlertStatus.RESOLVED)
    rules = tuple((rule, service.measure(rule)) for rule in service.rules(endpoint))
    return AlertsState(tuple(alerts), rules, service.watch())


def _state(alert: Alert) -> Span:
    return span(*STATES[alert.status])


def _alert_cells(alert: Alert) -> Sequence[object]:
    message = alert.message.removeprefix(f"{alert.endpoint}: ")
    return _state(alert), span(f"{alert.opened_at.astimezone():%m-%d %H:%M}", "muted"), alert.severity.value, message


def _rule_cells(row: tuple[AlertRule, Measurement]) -> Sequence[object]:
    rule, now = row
    value = span("off", "muted")
    mark = span("○", "muted")
    if rule.enabled:
        broken = now.value is not None and rule.is_broken(now.value)
        mark = span("⚠", "bad") if broken else span("●", "good" if now.value is not None else "muted")
        value = span(now.describe(rule.metric), "bad" if broken else "text" if now.value is not None else "muted")
    return mark, rule.describe(), rule.severity.value, value


def _about_alert(alert: Alert, width: int) -> list[Line]:
    lines = wrap(alert.message, width)
    parts = [f"worst value {format_value(alert.metric, alert.worst)}"]
    if alert.acknowledged_at is not None:
        parts.append(f"acknowledged by {alert.acknowledged_by} {alert.acknowledged_at.astimezone():%m-%d %H:%M}")
    if alert.resolved_at is not None:
        by = f" by {alert.resolved_by}" if alert.resolved_by else ""
        parts.append(f"resolved{by} {alert.resolved_at.astimezone():%m-%d %H:%M}: {alert.resolution}")
    if alert.outside:
        parts.append(f"alert command {alert.outside}")
    return lines + wrap("; ".join(parts), width, "muted")


def _about_rule(rule: AlertRule, now: Measurement, width: int) -> list[Line]:
    text = f"{rule.describe()}; clears at {format_value(rule.metric, rule.recovers_at)}"
    if rule.metric is not AlertMetric.TRAFFIC:
        text += f"; minimum sample {rule.minimum_sample:,}"
    lines = wrap(text, width)
    if not rule.armed:
        lines += wrap("The next alert opens only after this one has cleared.", width, "muted")
    if now.value is None:
        lines += wrap(now.why, width, "muted")
    return lines or [EMPTY]
