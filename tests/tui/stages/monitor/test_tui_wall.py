"""The wall: one screen with the charts and facts of every endpoint, in the first picture at every size."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App

from builders.models import served_model
from builders.request_log import log, minutes
from harness import open_app
from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.records.monitor.alerts import AlertMetric, Comparison
from ontos_tui.tui.stages.monitor.wall.view import Wall
from ontos_tui.tui.widgets.chart import Chart
from ontos_tui.workspace import Workspace

BOTH = pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)], ids=str)
LACKS = "the input lacks 'voltage' (a number). Give every field, or null for an unknown value."
HOT = "the field 'voltage' holds 'hot'. A number is expected there, or null for an unknown value."


def charts(app: App[None]) -> list[Chart]:
    return [chart for chart in app.query_one(Wall).query(Chart) if chart.display]


@BOTH
async def test_the_first_picture_has_charts_drawn_by_plotext(home: Path, size: tuple[int, int]) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        log(workspace, model, minutes(*range(1, 60)))
    async with open_app(home, size, watch=False) as user:
        await user.press("6")
        await user.sees("requests and errors", "59", "┤", "└")
        text = user.text()
        assert len(charts(user.app)) == {60: 1, 80: 2, 200: 3}[size[0]]
        assert any(block in text for block in "█▌▐▄▀"), "bars for counts"
        assert all(chart.size.height >= 6 for chart in charts(user.app))
        if size[0] >= 80:
            assert "latency ms" in text and "p95 12 ms" in text and "•" in text


@BOTH
async def test_what_matters_stands_there_for_every_endpoint(home: Path, size: tuple[int, int]) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        workspace.deploy.endpoints.deploy(model.id, "quiet")
        good = log(workspace, model, minutes(*range(1, 31)))
        log(workspace, model, minutes(*[1.0] * 12), status_code=400, output=None, error=LACKS)
        log(workspace, model, minutes(2), status_code=400, output=None, error=HOT)
        workspace.improve.feedback.add_feedback(good[0].request_id, 4)
        workspace.monitor.alerts.evaluate()
    async with open_app(home, size, watch=False) as user:
        await user.press("6")
        await user.sees(
            "43", "30.2%", "12 ms", "4.0", "✗ 1", "quiet", "no data", "error rate is 30.2 %", "why 13 failed",
            "12 × 400 the input lacks 'voltage'",
        )  # fmt: skip
        if size[0] >= 80:
            await user.sees("rating  4.0 of 5 (1 rated)", "drift", "alerts  ✗ 1 open, 1 rule on")
        await user.press("e")
        await user.sees("13 failed requests, the newest first", "400 lacks 'voltage'")
        await user.press("e")
        await user.sees("43 requests, the newest first")
        await user.press("escape")
        await user.sees("why 13 failed")


async def test_n_turns_to_the_next_endpoint_and_enter_lists_its_requests(home: Path) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        workspace.deploy.endpoints.deploy(model.id, "other")
        log(workspace, model, minutes(1, 2, 3))
        log(workspace, model, minutes(1), endpoint="other")
    async with open_app(home, (80, 24), watch=False) as user:
        await user.press("6", "n")
        assert user.app.session.endpoint == "other"
        await user.press("n")
        assert user.app.session.endpoint == "live"
        await user.press("N", "enter")
        await user.sees("1 request, the newest first")
        await user.press("escape", "m")
        await user.sees("rating", "No data about rating")


async def test_drift_that_cannot_be_seen_yet_says_from_when_on_it_can(home: Path) -> None:
    _, model = served_model(home, pairs=20)
    with Workspace(home) as workspace:
        log(workspace, model, minutes(1, 2))
        card_says = workspace.monitor.drift.readiness("live").describe()
        assert workspace.monitor.drift.readiness("live").training < 30
    assert "label" in card_says and "train again" in card_says
    async with open_app(home, (200, 60), watch=False) as user:
        await user.press("6")
        await user.sees("from 30 training pairs on", "and train again", "/30 labels")


async def test_a_grave_alert_stands_in_the_header_of_every_stage(home: Path) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        log(workspace, model, minutes(*[1.0] * 30), status_code=500, output=None, error="The model failed.")
        (change,) = workspace.monitor.alerts.evaluate()
        assert change.alert.severity is Severity.HIGH
    async with open_app(home, (80, 24)) as user:
        for stage in "17":
            await user.press(stage)
            await user.sees("✗ live: error rate is 100 %")


def test_an_endpoint_comes_with_a_rule_that_can_be_changed_and_removed(home: Path) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        (rule,) = workspace.monitor.alerts.rules("live")
        assert (rule.metric, rule.comparison, rule.threshold) == (AlertMetric.ERROR_RATE, Comparison.ABOVE, 0.1)
        assert workspace.monitor.alerts.edit_rule(rule.id, threshold=0.2).threshold == 0.2
        workspace.monitor.alerts.remove_rule(rule.id)
        model = workspace.deploy.endpoints.endpoint("live").model
        workspace.deploy.endpoints.stop("live")
        workspace.deploy.endpoints.deploy(model.id, "live")
        assert workspace.monitor.alerts.rules("live") == [], "what was removed does not come back"


async def test_within_an_hour_nothing_is_drawn_again_without_requests(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, model = served_model(home)
    drawn: list[int] = []
    draw = Chart._draw_lines
    monkeypatch.setattr(Chart, "_draw_lines", lambda self, *given: (drawn.append(1), draw(self, *given))[1])
    with Workspace(home) as workspace:
        log(workspace, model, minutes(1, 2))
    async with open_app(home, (80, 24), watch=False) as user:
        await user.press("6")
        before = len(drawn)
        view = user.app.stage_view
        assert view is not None
        for _ in range(3):
            view._reader.read()  # type: ignore[attr-defined]  # what the timer of a minute does
            await user.settle()
        assert len(drawn) == before


async def test_what_stays_open_compares_for_drift_by_itself_once_an_hour(home: Path) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        log(workspace, model, minutes(*range(1, 41)))
    async with open_app(home, (80, 24), watch=False) as user:
        await user.press("6")
        await user.sees("not compared")
        view = user.app.stage_view
        for _ in range(2):
            view._minute_passed()  # type: ignore[union-attr]
            await user.settle()
        assert len(user.app.workspace.monitor.drift.history("live")) == 1
        assert "not compared" not in user.text()
