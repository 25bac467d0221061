"""Drift and alerts through real keys: what was found is seen and understood, rules are made, alerts looked after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from builders.defects import part
from builders.payload import START, Found, logged, monitored
from builders.traffic import deployed_model, log_requests
from emulator.databricks.scene import Scene
from emulator.databricks.server import TOKEN
from harness import SIZES, open_app
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import AlertStatus
from ontos_tui.tui.stages.monitor.drift import DriftDialog
from ontos_tui.workspace import Workspace

EVIL = "\x1b]52;c;aGFja2Vk\x07[/]\u202e"


def busy(home: Path, count: int = 200, shift: float = 0.0, line: str = "", **columns: object) -> ModelVersion:
    """An endpoint with so many requests in the last minutes."""
    with Workspace(home) as workspace:
        model = deployed_model(workspace, 120)
        for number in range(count):
            row = part(number)
            row["voltage"] += shift
            row["line"] = line if line and number % 2 else row["line"]
            log_requests(workspace.store, model, [number], datetime.now(UTC), input=row, **columns)
        return model


@SIZES
async def test_without_traffic_there_is_no_data_yet(home: Path, size: tuple[int, int]) -> None:
    busy(home, 0)
    async with open_app(home, size) as user:
        await user.press("6", "D")
        await user.sees("Drift of live", "◌ no data yet", "longer range")
        assert "0.0" not in user.text()


@SIZES
async def test_a_shift_is_seen_with_its_sentence_and_both_distributions(home: Path, size: tuple[int, int]) -> None:
    busy(home, shift=8.1, line=f"west {EVIL}")
    async with open_app(home, size) as user:
        await user.press("6", "D")
        await user.sees(
            "✗ critical  2 of ", "signals drifted", "200 requests, against 96 training pairs", "✗ voltage",
            "training 96", "now 200", "━━━━", "50%", "north falls from 50 %", "west ␛]52",
        )  # fmt: skip
        text = user.text()
        await user.press("down")
        await user.sees("higher than in", "(median", "━━━━")
        assert user.text() != text
        await user.press("tab", "end")
        await user.sees("Kolmogorov-Smirnov", "PSI")
        await user.press("shift+tab")
        assert "\x1b]52" not in user.text() and "\u202e" not in user.text()
        await user.press("n")
        await user.sees("Method", "Jensen-Shannon", "for the better" if size[1] > 24 else "medium")
        await user.press("escape")
        report = user.app.workspace.monitor.drift.last("live")
        assert report is not None and report.severity.value == "critical"
        await user.press("D")
        await user.sees("✗ critical")
        assert len(user.app.workspace.monitor.drift.history("live")) == 1, "what was found is shown, not computed again"
        await user.press("c")
        await user.until(lambda: len(user.app.workspace.monitor.drift.history("live")) == 2, "it is compared again")
        await user.press("t")
        await user.settle()
        latest = user.app.workspace.monitor.drift.last("live")
        assert latest is not None and latest.recent_until - latest.recent_since == timedelta(days=7)
        await user.press("r")
        await user.sees("against 0 before", "Nothing to compare with yet")


@SIZES
async def test_what_a_monitor_on_databricks_found_is_shown_beside_what_was_asked_here(
    scene: Scene, home: Path, size: tuple[int, int]
) -> None:
    busy(home)
    logged(scene.engine, START, [])
    evil = Found(f"kind {EVIL}", chi=(80.0, 1e-9), js=0.26)
    monitored(scene, [Found("voltage", ks=(0.4, 1e-20), psi=0.45, means=(2.1, 3.4)), evil])
    async with open_app(home, size) as user:
        await user.press("6", "D")
        await user.sees("w Workspace" if size[0] > 80 else "r Reference", "against 96 training pairs")
        await user.press("w")
        await user.sees(
            "its monitor: 11-25 ",
            "against 400 before",
            "✗ critical  2 of 2 signals drifted",
            "kind ␛]52",
        )
        await user.sees("→ 3.4)", "400 values before, 500 now", "Kolmogorov-Smirnov 0.4")
        assert "\x1b]52" not in user.text() and "\u202e" not in user.text()
        assert "r Reference" not in user.text()
        await user.press("n")
        await user.sees("Method", "data-quality monitoring")
        await user.press("w")
        await user.sees("against 96 training pairs")
        sent = len(scene.engine.statements)
        await user.press("w")
        await user.sees("its monitor: ")
        assert len(scene.engine.statements) == sent, "what was found is kept"


async def test_while_databricks_is_away_drift_says_what_to_do(scene: Scene, home: Path) -> None:
    busy(home)
    scene.workspace.tokens.clear()
    async with open_app(home) as user:
        await user.press("6", "D")
        await user.sees("against 96 training pairs")
        await user.press("w")
        await user.sees("databricks auth login")
        scene.workspace.tokens.add(TOKEN)
        await user.press("c")
        await user.sees("no inference table", "DEPLOY")


async def test_little_traffic_is_not_enough_yet(home: Path) -> None:
    busy(home, 12)
    async with open_app(home) as user:
        await user.press("6", "D")
        await user.sees("◌ not enough yet", "12 of 30")
        assert "no drift" not in user.text()


async def test_a_quiet_endpoint_has_no_drift(home: Path) -> None:
    busy(home)
    async with open_app(home) as user:
        await user.press("6", "D")
        await user.sees("✓ no drift", "No drift in")
        assert isinstance(user.app.screen, DriftDialog)
        await user.press("q")
        assert not isinstance(user.app.screen, DriftDialog)


@SIZES
async def test_a_rule_is_made_raises_an_alert_and_the_alert_is_looked_after(home: Path, size: tuple[int, int]) -> None:
    busy(home, 40, latency_ms=900.0)
    async with open_app(home, size) as user:
        assert "alert" not in user.text()
        await user.press("6", "A")
        await user.sees("No alerts yet", "No rule yet", "while the app is open")
        await user.press("n")
        await user.sees("New rule", "Threshold")
        await user.press("1", "tab", "1", "tab")
        await user.type("-5")
        await user.press("ctrl+s")
        await user.sees("from 0; -5 is not")
        await user.press("backspace", "backspace")
        await user.type("250")
        await user.press("ctrl+s")
        await user.sees("latency above 250 ms", "⚠", "900 ms")
        (rule,) = user.app.workspace.monitor.alerts.rules("live")
        assert (rule.threshold, rule.window_minutes, rule.created_by) == (250, 60, "ana")
        await user.press("l")
        await user.sees("⚠ active", "latency is 900 ms", "⚠ 1 alert ")
        await user.press("a")
        await user.sees("◉ seen", "acknowledged by ana")
        await user.press("x")
        await user.type("pump was off")
        await user.press("ctrl+s")
        await user.sees("✓ resolved", "pump was off")
        (alert,) = user.app.workspace.monitor.alerts.history()
        assert (alert.status, alert.resolution) == (AlertStatus.RESOLVED, "pump was off")
        assert "⚠ 1 alert " not in user.text()
        await user.press("tab")
        await user.sees("next alert opens only after")
        await user.press("e", "tab", "tab")
        await user.press(*["backspace"] * 5)
        await user.type("1000")
        await user.press("ctrl+s")
        await user.sees("latency above 1,000 ms")
        await user.press("o")
        await user.sees("○")
        assert user.app.workspace.monitor.alerts.rules()[0].enabled is False
        await user.press("d", "y")
        await user.sees("No rule yet")
        assert user.app.workspace.monitor.alerts.rules() == []


async def test_the_watch_is_started_and_stopped_here(home: Path) -> None:
    busy(home, 1)
    async with open_app(home) as user:
        await user.press("6", "A", "w")
        await user.sees("● checked in the background")
        job = user.app.workspace.monitor.alerts.watch()
        assert job is not None
        await user.press("w")
        assert user.app.workspace.jobs.wait(job.id, timeout=60).status.value == "cancelled"
        await user.sees("while the app is open")


async def test_a_resolved_alert_cannot_be_acknowledged(home: Path) -> None:
    model = busy(home, 30, latency_ms=900.0)
    with Workspace(home) as workspace:
        workspace.monitor.alerts.add_rule(endpoint="live", metric="latency", comparison="above", threshold=100)
        (change,) = workspace.monitor.alerts.evaluate()
        workspace.monitor.alerts.resolve(change.alert.id)
        assert model.id
    async with open_app(home) as user:
        await user.press("6", "A", "a")
        await user.sees("is resolved and cannot become")
