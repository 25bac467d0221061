"""Drift and alerts by commands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders.traffic import deployed_model, log_requests
from command_result import Ontos
from ontos_tui.cli.core.session import Session
from ontos_tui.cli.monitor.alerts import watch_rules
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.workspace import Workspace

EVIL = "\x1b[31m\u202e"


@pytest.fixture
def model(home: Path) -> ModelVersion:
    with Workspace(home) as workspace:
        return deployed_model(workspace, 120)


def log_traffic(home: Path, model: ModelVersion, **columns: object) -> None:
    with Workspace(home) as workspace:
        log_requests(workspace.store, model, range(100), datetime.now(UTC), **columns)


def test_drift_is_shown_with_its_reasons(ontos: Ontos, home: Path, model: ModelVersion) -> None:
    output = ontos("drift", "live").out
    assert "not compared" in output and "No data yet" in output
    assert "has not been compared" not in ontos("drift", "live", "--last").out
    log_traffic(home, model, input={"voltage": 99.0, "line": f"west {EVIL}"})
    output = ontos("drift", "live").out
    assert "critical" in output and "96 training pairs" in output and "adjusted p" in output
    assert "! voltage is" in output and "higher than in training (median" in output
    assert "rating: no data yet (0 of 30 before, 0 of 30 now)" in output
    assert "west ␛[31m⟨202E⟩" in output and "\x1b" not in output
    report = ontos("drift", "live", "--last", as_json=True).json
    assert (report["severity"], report["state"], report["recent_rows"]) == ("critical", "compared", 100)
    assert {one["name"] for one in report["features"] if one["drifted"]} == {"voltage", "line"}
    one = ontos("drift", "live", "--last", "--feature", "voltage").out
    assert "Kolmogorov-Smirnov" in one and "━━━━" in one
    one = ontos("drift", "live", "--last", "--feature", "voltage", as_json=True).json
    assert sum(bar["recent"] for bar in one["picture"]) == 100
    assert "no signal 'width'" in ontos("drift", "live", "--last", "--feature", "width", fails=1).err


def test_drift_against_another_time(ontos: Ontos, home: Path, model: ModelVersion) -> None:
    log_traffic(home, model)
    with Workspace(home) as workspace:
        log_requests(workspace.store, model, range(50), datetime.now(UTC) - timedelta(days=3))
    report = ontos("drift", "live", "--since", "2h", "--reference", "4d..2d", as_json=True).json
    assert (report["reference"], report["reference_rows"], report["recent_rows"]) == ("window", 50, 100)
    assert "no drift" in ontos("drift", "live", "--since", "1d", "--reference", "4d..2d", "--feature", "voltage").out
    for bad in (("--since", "soon"), ("--reference", "2d..4d"), ("--reference", "before")):
        assert "Error" in ontos("drift", "live", *bad, fails=1).err
    assert "No endpoint 'ghost'" in ontos("drift", "ghost", fails=1).err


def test_rules_and_alerts(ontos: Ontos, home: Path, model: ModelVersion) -> None:
    assert "No rules" in ontos("alerts", "rules").out and "No open alerts" in ontos("alerts", "list").out
    assert "No alert was opened" in ontos("alerts", "watch", "--once").out
    rule = ontos("alerts", "add", "live", "latency", "above", 250, "--severity", "high", as_json=True).json
    assert "is itself above" in ontos("alerts", "add", "live", "latency", "above", 9, "--recover", 10, fails=1).err
    assert "No endpoint" in ontos("alerts", "add", "ghost", "latency", "above", 9, fails=1).err
    ontos("alerts", "add", "live", "weather", "above", 9, fails=2)
    log_traffic(home, model, latency_ms=900.0)
    assert "900 ms" in ontos("alerts", "rules").out
    assert "opened" in ontos("monitor", "--watch", "--once").out
    (alert,) = ontos("alerts", "list", as_json=True).json
    assert (alert["rule_id"], alert["severity"], alert["status"]) == (rule["id"], "high", "active")
    assert "acknowledged" in ontos("alerts", "acknowledge", alert["id"][:8]).out
    assert "the pump" in ontos("alerts", "resolve", alert["id"], "--reason", "the pump").out
    assert "cannot become" in ontos("alerts", "resolve", alert["id"], fails=1).err
    assert ontos("alerts", "list", as_json=True).json == []
    assert "the pump" in ontos("alerts", "list", "--all").out
    changed = ontos("alerts", "edit", rule["id"], "--threshold", 1_000, "--for", 5, "--off", as_json=True).json
    assert (changed["threshold"], changed["for_minutes"], changed["enabled"]) == (1_000, 5, False)
    assert ontos("alerts", "watch", "--once", as_json=True).json == []
    assert "removed: live: latency above 1,000 ms" in ontos("alerts", "remove", rule["id"][:8]).out
    assert "No rules" in ontos("alerts", "rules").out
    assert "Name an endpoint" in ontos("monitor", fails=2).err


def test_the_watch_goes_on_until_it_is_ended(
    home: Path, model: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session(home, as_json=False)
    session.workspace.monitor.alerts.add_rule(endpoint="live", metric="latency", comparison="above", threshold=100)
    looks = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 1:
            log_traffic(home, model, latency_ms=900.0)
        if len(looks) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch_rules(session, None, 7.0, once=False, sleep=sleep)
    session.close()
    assert looks == [7.0] * 3
    out = capsys.readouterr().out
    assert out.startswith("Checking 1 rule every 7 s.") and out.count("opened") == 1
