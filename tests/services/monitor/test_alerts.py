"""Alerts: opened once, kept while it lasts, resolved when it is over, and never in between."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders.traffic import NOON, deployed_model, log_ratings, log_requests
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.records.monitor.alerts import AlertMetric, AlertRule, Comparison, describe_minutes
from ontos_tui.domain.records.pairs import Event
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import AlertStatus
from ontos_tui.services.monitor.alerts import command
from ontos_tui.services.monitor.alerts.service import AlertService, Change, ChangeKind
from ontos_tui.settings import Settings
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

MINUTE = timedelta(minutes=1)
SLOW = {"endpoint": "live", "metric": "latency", "comparison": "above", "threshold": 250.0}
BROKEN = {"endpoint": "live", "metric": "error_rate", "comparison": "above", "threshold": 0.1}


@pytest.fixture
def model(workspace: Workspace) -> ModelVersion:
    return deployed_model(workspace, 12)


@pytest.fixture
def alerts(workspace: Workspace, model: ModelVersion) -> AlertService:
    return workspace.monitor.alerts


def kinds(changes: list[Change]) -> list[str]:
    return [change.kind.value for change in changes]


def told(alerts: AlertService, at: datetime) -> list[str]:
    return kinds(alerts.evaluate(at))


def test_a_slow_endpoint_opens_one_alert_which_ends_when_it_is_quick_again(
    workspace: Workspace, model: ModelVersion, alerts: AlertService
) -> None:
    rule = alerts.add_rule(**SLOW, severity="high")
    assert told(alerts, NOON) == [] and alerts.open_alerts() == [], "no data is no alert"
    log_requests(workspace.store, model, range(19), NOON, latency_ms=900.0)
    assert alerts.measure(rule, NOON).why == "not enough data yet (19 of 20)"
    assert told(alerts, NOON) == []
    log_requests(workspace.store, model, range(11), NOON, latency_ms=900.0)
    (change,) = alerts.evaluate(NOON)
    assert (change.kind, change.outside) == (ChangeKind.OPENED, "")
    assert change.alert.message == "live: latency is 900 ms; latency above 250 ms over 60 min"
    assert (change.alert.value, change.alert.severity, change.alert.opened_at) == (900.0, Severity.HIGH, NOON)
    assert told(alerts, NOON + MINUTE) == [], "it is told once"
    assert alerts.open_alerts("live") == alerts.open_alerts() == [change.alert]
    assert alerts.open_alerts("other") == []
    log_requests(workspace.store, model, range(100), NOON + 70 * MINUTE, latency_ms=20.0)
    (change,) = alerts.evaluate(NOON + 70 * MINUTE)
    assert change.kind is ChangeKind.RESOLVED
    assert (change.alert.status, change.alert.resolved_by) == (AlertStatus.RESOLVED, "")
    assert change.alert.resolution == "latency is 20 ms again"
    assert alerts.open_alerts() == [] and alerts.history() == [change.alert]


def test_every_metric_is_watched(workspace: Workspace, model: ModelVersion, alerts: AlertService) -> None:
    alerts.add_rule(**BROKEN)
    alerts.add_rule(endpoint="live", metric="rating", comparison="below", threshold=3, minimum_sample=5)
    alerts.add_rule(endpoint="live", metric="traffic", comparison="above", threshold=50)
    alerts.add_rule(endpoint="live", metric="traffic", comparison="below", threshold=10, window_minutes=5)
    assert kinds(alerts.evaluate(NOON)) == ["opened"], "silence is a measurement of traffic, and of nothing else"
    good = log_requests(workspace.store, model, range(50), NOON)
    log_requests(workspace.store, model, range(10), NOON, status_code=500, output=None)
    log_ratings(workspace.store, good[:5], 2, NOON - MINUTE)
    assert kinds(alerts.evaluate(NOON)) == ["opened", "opened", "opened", "resolved"]
    told = {alert.metric.value: alert.message for alert in alerts.open_alerts()}
    assert told["error_rate"] == "live: error rate is 16.7 %; error rate above 10 % over 60 min"
    assert told["rating"] == "live: rating is 2.00 (5 of them); rating below 3.00 over 60 min"
    assert told["traffic"] == "live: traffic is 60 requests; traffic above 50 requests over 60 min"


def test_drift_is_watched(workspace: Workspace) -> None:
    model, alerts = deployed_model(workspace, 120), workspace.monitor.alerts
    alerts.add_rule(endpoint="live", metric="drift", comparison="above", threshold=0.2, window_minutes=24 * 60)
    log_requests(workspace.store, model, range(100), NOON)
    assert told(alerts, NOON) == []
    assert workspace.monitor.drift.last("live") is not None
    log_requests(workspace.store, model, range(300), NOON + MINUTE, input={"voltage": 99.0, "line": "north"})
    assert told(alerts, NOON + MINUTE) == [], "a comparison is not made anew every minute"
    (change,) = alerts.evaluate(NOON + 20 * MINUTE)
    report = workspace.monitor.drift.last("live")
    assert report is not None and change.alert.value == report.score
    assert len(workspace.monitor.drift.history("live")) == 2


def test_it_must_last_and_hysteresis_keeps_it_from_flapping(
    workspace: Workspace, model: ModelVersion, alerts: AlertService
) -> None:
    alerts.add_rule(**BROKEN, recover_threshold=0.05, for_minutes=5, window_minutes=1, minimum_sample=1)

    def errors(minute: int, failed: int) -> list[str]:
        at = NOON + minute * MINUTE
        for status, count in ((200, 100 - failed), (500, failed)):
            answer: dict[str, Any] = {} if status == 200 else {"output": None}
            log_requests(workspace.store, model, range(count), at, seconds=0.1, status_code=status, **answer)
        return told(alerts, at)

    assert [errors(minute, 20) for minute in range(5)] == [[]] * 5
    assert errors(5, 8) == [], "it did not last"
    assert [errors(minute, 20) for minute in range(6, 11)] == [[]] * 5
    assert errors(11, 20) == ["opened"]
    assert [errors(minute, failed) for minute, failed in ((12, 8), (13, 30), (14, 6), (15, 20))] == [[]] * 4
    assert alerts.open_alerts()[0].worst == 0.3
    assert errors(16, 5) == ["resolved"]


def test_who_resolves_an_alert_by_hand_is_not_told_again_until_it_was_well(
    workspace: Workspace, model: ModelVersion, alerts: AlertService
) -> None:
    alerts.add_rule(**SLOW, window_minutes=10)
    log_requests(workspace.store, model, range(30), NOON, latency_ms=900.0)
    (opened,) = alerts.evaluate(NOON)
    seen = alerts.acknowledge(opened.alert.id[:8], NOON + MINUTE)
    assert (seen.status, seen.acknowledged_by, seen.acknowledged_at) == (AlertStatus.ACKNOWLEDGED, "ana", NOON + MINUTE)
    assert told(alerts, NOON + MINUTE) == [] and alerts.open_alerts() == [seen]
    over = alerts.resolve(seen.id, "the pump was off", NOON + 2 * MINUTE)
    assert (over.status, over.resolved_by, over.resolution) == (AlertStatus.RESOLVED, "ana", "the pump was off")
    assert told(alerts, NOON + 3 * MINUTE) == []
    log_requests(workspace.store, model, range(30), NOON + 20 * MINUTE, latency_ms=9.0)
    assert told(alerts, NOON + 20 * MINUTE) == []
    log_requests(workspace.store, model, range(30), NOON + 40 * MINUTE, latency_ms=900.0)
    assert told(alerts, NOON + 40 * MINUTE) == ["opened"]
    for again in (alerts.acknowledge, alerts.resolve):
        with pytest.raises(ConflictError, match="is resolved and cannot become"):
            again(over.id)
    with pytest.raises(NotFoundError):
        alerts.acknowledge("nothing")
    with workspace.store.read() as connection:
        events = rows.find(connection, Event, equal(entity_id=over.id))
    assert {(event.action, event.actor) for event in events} == {
        ("open", "ana"), ("acknowledged", "ana"), ("resolved", "ana")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"threshold": -1}, "from 0; -1 is not"),
        ({"threshold": float("nan")}, "nan is not"),
        ({"threshold": float("inf")}, "inf is not"),
        ({"threshold": 300, "recover_threshold": 400}, "recovery 400 is itself above"),
        ({"threshold": "fast"}, "threshold"),
        ({"threshold": 1, "window_minutes": 0}, "window_minutes"),
        ({"threshold": 1, "minimum_sample": 0}, "minimum_sample"),
        ({"threshold": 1, "for_minutes": -1}, "for_minutes"),
        ({"threshold": 1, "metric": "weather"}, "metric"),
        ({"threshold": 1, "color": "red"}, "no field color"),
        ({"threshold": 1.5, "metric": "error_rate"}, "from 0 to 1; 1.5 is not"),
        ({"threshold": 1.0, "metric": "error_rate"}, "never above 1"),
        ({"threshold": 0.5, "metric": "rating", "comparison": "below"}, "from 1 to 5"),
        ({"threshold": 1, "metric": "rating", "comparison": "below"}, "never below 1"),
        ({"threshold": 0, "metric": "traffic", "comparison": "below"}, "never below 0"),
    ],
)
def test_what_makes_no_sense_is_refused(alerts: AlertService, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason.replace("(", r"\(")):
        alerts.add_rule(**{**SLOW, **fields})
    assert alerts.rules() == []
    rule = alerts.add_rule(**SLOW)
    with pytest.raises(InvalidInputError):
        alerts.edit_rule(rule.id, **fields)
    assert alerts.rules() == [rule]


def test_a_rule_needs_an_endpoint_that_there_is(alerts: AlertService) -> None:
    with pytest.raises(NotFoundError, match="No endpoint 'ghost'"):
        alerts.add_rule(**{**SLOW, "endpoint": "ghost"})


def test_rules_are_changed_switched_off_and_removed(
    workspace: Workspace, model: ModelVersion, alerts: AlertService
) -> None:
    rule = alerts.add_rule(**SLOW)
    log_requests(workspace.store, model, range(30), NOON, latency_ms=900.0)
    assert told(alerts, NOON) == ["opened"]
    same = alerts.edit_rule(rule.id, threshold=250)
    assert same.threshold == 250 and alerts.open_alerts()
    alerts.edit_rule(rule.id, threshold=100.0)
    assert told(alerts, NOON) == [], "the alert that is open stays, and no second one is opened"
    alerts.edit_rule(rule.id, enabled=False)
    assert alerts.open_alerts() == [] and alerts.history()[0].resolution == "switched off"
    assert told(alerts, NOON) == []
    alerts.edit_rule(rule.id, enabled=True)
    assert told(alerts, NOON) == ["opened"]
    alerts.edit_rule(rule.id, metric="traffic", threshold=1_000)
    assert alerts.open_alerts() == []
    alerts.edit_rule(rule.id, metric="latency")
    alerts.edit_rule(rule.id, threshold=100.0)
    assert told(alerts, NOON) == ["opened"]
    alerts.remove_rule(rule.id[:8])
    assert alerts.rules() == [] == alerts.open_alerts()
    assert alerts.history()[0].resolution == "the rule was removed"
    with workspace.store.read() as connection:
        actions = [event.action for event in rows.find(connection, Event, equal(entity_id=rule.id))]
    assert sorted(set(actions)) == ["add", "edit", "remove"] and actions.count("edit") == 6


def test_of_a_stopped_or_new_endpoint_nothing_is_claimed(
    workspace: Workspace, model: ModelVersion, alerts: AlertService
) -> None:
    quiet = alerts.add_rule(endpoint="live", metric="traffic", comparison="below", threshold=1)
    workspace.deploy.endpoints.stop("live")
    assert "stopped" in alerts.measure(quiet, NOON).why and told(alerts, NOON) == []
    workspace.deploy.endpoints.start("live")
    assert "younger than 60 min" in alerts.measure(quiet, NOON - timedelta(days=30)).why
    assert told(alerts, NOON) == ["opened"]
    workspace.deploy.endpoints.stop("live")
    assert told(alerts, NOON) == [] and len(alerts.open_alerts()) == 1, "what is open stays until something is known"


def test_a_quiet_look_writes_nothing(workspace: Workspace, model: ModelVersion, alerts: AlertService) -> None:
    alerts.add_rule(**SLOW)
    log_requests(workspace.store, model, range(30), NOON)
    alerts.evaluate(NOON)
    with workspace.store.read() as connection:
        before = connection.scalar("PRAGMA data_version")
        alerts.evaluate(NOON + MINUTE)
        assert connection.scalar("PRAGMA data_version") == before


def test_two_watchers_open_an_alert_once(workspace: Workspace, model: ModelVersion, alerts: AlertService) -> None:
    from concurrent.futures import ThreadPoolExecutor

    alerts.add_rule(**SLOW)
    log_requests(workspace.store, model, range(30), NOON, latency_ms=900.0)
    with ThreadPoolExecutor(8) as pool:
        result = list(pool.map(lambda _: alerts.evaluate(NOON), range(8)))
    assert sorted(map(len, result)) == [0] * 7 + [1]
    assert len(alerts.history()) == 1


# The outside world


@pytest.fixture
def hook(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A command that writes what it is told beside itself; `home` is made with it in the settings."""
    script, heard = home / "hook.py", home / "heard; echo.json"
    home.mkdir()
    script.write_text("import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')", encoding="utf-8")
    words = json.dumps([sys.executable, str(script), str(heard)])
    (home / "settings.toml").write_text(f"alert_command = {words}\n", encoding="utf-8")
    yield heard


def test_the_outside_world_gets_json(hook: Path, workspace: Workspace) -> None:
    model, alerts = deployed_model(workspace, 12), workspace.monitor.alerts
    alerts.add_rule(**SLOW)
    log_requests(workspace.store, model, range(30), NOON, latency_ms=900.0)
    (change,) = alerts.evaluate(NOON)
    assert change.outside == f"sent to {sys.executable}" == alerts.open_alerts()[0].outside
    log_requests(workspace.store, model, range(30), NOON + 70 * MINUTE)
    alerts.evaluate(NOON + 70 * MINUTE)
    opened, resolved = map(json.loads, hook.read_text(encoding="utf-8").splitlines())
    assert (opened["event"], opened["value"], opened["status"]) == ("opened", 900.0, "active")
    assert (resolved["event"], resolved["id"], resolved["status"]) == ("resolved", opened["id"], "resolved")


@pytest.mark.parametrize(
    ("command", "failure"),
    [
        (["/nowhere/notify"], "/nowhere/notify cannot be run"),
        ([sys.executable, "-c", "import sys; sys.exit('no\\x1b[2J network')"], "ended with 1: no␛[2J network"),
        ("echo 'half", "No closing quotation"),
        (["nul\0"], "cannot be run"),
    ],
)
def test_a_command_that_fails_is_told_and_changes_nothing(
    workspace: Workspace, model: ModelVersion, command: Any, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(alert_command=command)
    alerts = AlertService(
        workspace.store, workspace.monitor.traffic, workspace.monitor.drift, workspace.jobs, lambda: settings, "ana"
    )
    alerts.add_rule(**SLOW)
    log_requests(workspace.store, model, range(30), NOON, latency_ms=900.0)
    (change,) = alerts.evaluate(NOON)
    assert change.outside.startswith("failed: ") and failure in change.outside
    (alert,) = alerts.open_alerts()
    assert alert.outside == change.outside and alert.status is AlertStatus.ACTIVE


def test_a_command_that_is_changed_while_the_app_is_open_counts(
    workspace: Workspace, model: ModelVersion, tmp_path: Path
) -> None:
    alerts = workspace.monitor.alerts
    alerts.add_rule(**SLOW)
    log_requests(workspace.store, model, range(30), NOON, latency_ms=900.0)
    assert alerts.command == ()
    marker = tmp_path / "told"
    words = [sys.executable, "-c", f"open({str(marker)!r}, 'w').close()"]
    workspace.settings_file.change("alert_command", json.dumps(words))
    (change,) = alerts.evaluate(NOON)
    assert marker.exists() and not change.outside.startswith("failed")
    workspace.settings_file.path.write_text("alert_command = [")
    with pytest.raises(InvalidInputError, match="settings cannot be read"):
        assert alerts.command


def test_a_line_is_split_into_words_and_no_shell_sees_it(workspace: Workspace) -> None:
    settings = Settings(alert_command="notify --to 'ana; rm -rf /' $HOME")
    alerts = AlertService(
        workspace.store, workspace.monitor.traffic, workspace.monitor.drift, workspace.jobs, lambda: settings, "ana"
    )
    assert alerts.command == ("notify", "--to", "ana; rm -rf /", "$HOME")


def test_a_command_that_hangs_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    waiting = [sys.executable, "-c", "import sys; sys.stdin.read(); import threading; threading.Event().wait()"]
    assert command.run_alert_command(waiting, {}, seconds=0.2).endswith("did not end within 0.2 s")
    assert "did not end" in caplog.text, "and it is in the log"


def test_a_job_watches_until_it_is_stopped(workspace: Workspace, model: ModelVersion, alerts: AlertService) -> None:
    for bad in (0, -1, float("nan"), 1e9):
        with pytest.raises(InvalidInputError):
            alerts.start_watch(bad)
    assert alerts.watch() is None and alerts.stop_watch() is None
    alerts.add_rule(endpoint="live", metric="traffic", comparison="below", threshold=1, window_minutes=1)
    job = alerts.start_watch(1)
    assert alerts.start_watch(1).id == job.id, "one is enough"

    class OpenedError(Exception):
        pass

    class UntilOpened:
        def update(self, done: int, total: int, message: str = "") -> None:
            if message.startswith("1 alert"):
                raise OpenedError

    with pytest.raises(OpenedError):
        workspace.jobs.wait(job.id, timeout=60, progress=UntilOpened())
    assert alerts.open_alerts()[0].metric is AlertMetric.TRAFFIC
    assert alerts.stop_watch() is not None
    assert workspace.jobs.wait(job.id, timeout=60).status.value == "cancelled"
    assert alerts.watch() is None


def test_a_rule_reads_like_a_sentence() -> None:
    rule = AlertRule(
        endpoint="live", metric=AlertMetric.TRAFFIC, comparison=Comparison.BELOW, threshold=1, for_minutes=10
    )
    assert rule.describe() == "traffic below 1 request over 60 min for 10 min"
    spans = {90: "90 min", 120: "2 h", 24 * 60: "24 h", 7 * 24 * 60: "7 days"}
    assert [describe_minutes(minutes) for minutes in spans] == list(spans.values())
