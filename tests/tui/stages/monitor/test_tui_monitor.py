"""MONITOR through real keys: what stands on the screen is what is in the log, and nothing stands there without data."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.defects import DEPTH_SCHEMA, add_pairs, labeled_sheet
from builders.evaluations import measured, weak_evaluation
from builders.models import served_model, train_next
from builders.request_log import log, minutes
from harness import SIZES, open_app
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.serving import Origin
from ontos_tui.domain.rules.monitor.traffic import LEAST_REQUESTS
from ontos_tui.tui.widgets.sparkline import BLOCKS, NOTHING, sparkline
from ontos_tui.workspace import Workspace

SERIES = re.compile(r"(requests|errors|mean ms|rating) +[▁-█·]{8,} +(.*)")


async def test_without_an_endpoint_the_stage_says_what_comes_first(home: Path) -> None:
    async with open_app(home) as user:
        await user.press("6", "r")
        await user.sees("No endpoint yet", "Press 5")


@SIZES
async def test_without_traffic_there_is_no_number_and_nothing_is_drawn(home: Path, size: tuple[int, int]) -> None:
    served_model(home)
    async with open_app(home, size) as user:
        await user.press("6", "r")
        await user.sees("live", "no data yet", "nothing")
        text = user.text()
        assert not any(block in text for block in BLOCKS if block != "█")
        assert "%" not in text.replace("95 %", "") and "0 ms" not in text


@SIZES
async def test_the_figures_are_those_of_the_log(home: Path, size: tuple[int, int]) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        good = log(workspace, model, minutes(2, 5, 70, 200))
        log(workspace, model, minutes(3), status_code=400, output=None, error="the field 'voltage' holds 'hot'.")
        log(workspace, model, [timedelta(days=3)], latency_ms=999.0)
        workspace.improve.feedback.add_feedback(good[0].request_id, 4)
        workspace.improve.feedback.add_feedback(good[1].request_id, 1, "no", {"defect": "none"})
    async with open_app(home, size) as user:
        await user.press("6", "r")
        await user.sees(
            "last 24 h", "requests  5", "✗ 1  20.0% of 5", "12 ms  median", "2.5 of 5  n=2", "corrected 1",
            "5 requests, the newest first", "▲ 4", "▼ 1✎", "400 voltage: 'hot'", "crack",
        )  # fmt: skip
        assert "999" not in user.text(), "what is older than the span does not count"
        await user.press("t")
        await user.sees("last 7 days", "requests  6", "by day (UTC)", "6 requests")
        await user.press("t", "t")
        await user.sees("last hour", "requests  3", "by minute", "3 requests")


@SIZES
async def test_the_buckets_that_are_drawn_add_up_to_the_rows(home: Path, size: tuple[int, int]) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        log(workspace, model, minutes(*(7 * number for number in range(150))))
        log(workspace, model, minutes(*(11 * number for number in range(20))), status_code=500, output=None)
    async with open_app(home, size) as user:
        await user.press("6", "r")
        await user.sees("170 requests", "by hour", "min–max")
        drawn = {name: told.split() for name, told in SERIES.findall(user.text())}
        assert drawn["requests"][-1] == "170"
        assert drawn["errors"][-1] == "20"
        assert drawn["mean ms"] == ["12.0–12.0"]
        assert drawn["rating"] == ["no", "data"]


async def test_a_span_without_requests_tells_when_the_last_one_was(home: Path) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        (record,) = log(workspace, model, [timedelta(days=3)])
    async with open_app(home) as user:
        await user.press("6", "r")
        when = record.requested_at.astimezone()
        await user.sees("no data in this time range", f"last request {when:%Y-%m-%d %H:%M}", "longer time range")
        await user.press("t")
        await user.sees("1 request, the newest first")


@SIZES
async def test_a_request_is_inspected_and_judged(home: Path, size: tuple[int, int]) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        row = workspace.deploy.endpoints.sample_input("live")
        (record,) = workspace.deploy.endpoints.query("live", [row], origin=Origin.CLI, client_request_id="cli-7")
    async with open_app(home, size) as user:
        await user.press("6", "r", "enter")
        await user.sees("Request to live", "from cli", "client's id cli-7", "version 1", "likely", "none yet")
        await user.press("f", "2", "tab")
        await user.type("hardly")
        await user.press("ctrl+s")
        await user.sees("▼ 2", "“hardly”", "not converted yet")
        (item,) = user.app.workspace.improve.feedback.feedback()
        assert (item.request_id, item.rating, item.correction) == (record.request_id, 2, None)
        user.app.workspace.improve.feedback.convert(item.id)
        await user.press("escape", "enter")
        await user.sees("converted to a training pair (unlabeled")
        await user.press("end")
        await user.sees(str(row["voltage"]))


async def test_a_request_without_an_answer_shows_why_and_cannot_be_judged(home: Path) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        workspace.deploy.endpoints.query("live", [{"voltage": "hot", "line": "north"}], origin=Origin.HTTP)
    async with open_app(home) as user:
        await user.press("6", "r")
        await user.sees("✗", "400")
        await user.press("f")
        assert "Rating" not in user.text()
        await user.press("i")
        await user.sees("status 400", "✗ the field 'voltage' holds 'hot'", "none: the request failed")
        await user.press("f")
        assert "Rating" not in user.text()


async def test_feedback_goes_by_the_schema_of_the_model_that_answered(home: Path) -> None:
    """The endpoint may answer with another model by now, one that answers another question."""
    served_model(home)
    with Workspace(home) as workspace:
        workspace.deploy.endpoints.query("live", [workspace.deploy.endpoints.sample_input("live")], origin=Origin.CLI)
        depths = labeled_sheet(workspace.store, 0, name="Depths", output_schema=DEPTH_SCHEMA)
        add_pairs(workspace.store, depths, range(40), answer={"depth": 1.5})
        params = {"training_sheet_id": depths.id, "base_model": "nearest", "name": "depths"}
        model = workspace.train.models.run(params, "j9", NoProgress())
        workspace.deploy.endpoints.deploy(model.id, "live", despite="another question")
    async with open_app(home) as user:
        await user.press("6", "r", "f")
        await user.sees("Rating", "defect")
        assert "depth" not in user.text().replace("depths", "")


@SIZES
async def test_several_versions_are_counted_apart(home: Path, size: tuple[int, int]) -> None:
    sheet, model = served_model(home)
    with Workspace(home) as workspace:
        second = train_next(workspace, sheet, "j2")
        log(workspace, model, minutes(60, 61, 62))
        (last,) = log(workspace, second, minutes(1))
        log(workspace, second, minutes(2), status_code=500, output=None)
        workspace.improve.feedback.add_feedback(last.request_id, 5)
    async with open_app(home, size) as user:
        await user.press("6", "r")
        await user.sees("version", "asked", "requests  5")
        found = dict(re.findall(r" v(\d) +(\d+ +\d+ +[\d.–]+)", user.text()))
        assert {version: told.split() for version, told in found.items()} == {
            "2": ["2", "1", "5.0"],
            "1": ["3", "0", "–"],
        }


async def test_the_cursor_stays_on_its_request_while_newer_ones_come_in(home: Path) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        log(workspace, model, minutes(1, 2, 3))
    async with open_app(home, watch=False) as user:
        await user.press("6", "r", "down")
        view = user.app.stage_view
        assert view is not None
        table = view.query_one("#requests")
        before = table.current.record.request_id  # type: ignore[attr-defined]
        log(user.app.workspace, model, minutes(0, 0))
        view.reload()
        await user.settle()
        await user.sees("5 requests")
        assert (table.current.record.request_id, table.cursor) == (before, 3)  # type: ignore[attr-defined]


async def test_a_long_log_comes_in_pieces(home: Path) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        log(workspace, model, minutes(*(number / 10 for number in range(450))))
    async with open_app(home) as user:
        await user.press("6", "r")
        await user.sees("the newest 200 of 450 requests")
        await user.press("end")
        await user.sees("the newest 400 of 450 requests")
        view = user.app.stage_view
        assert view is not None
        assert view.query_one("#requests").cursor == 199, "the cursor stays where it was"  # type: ignore[attr-defined]
        await user.press("end")
        await user.sees("450 requests, the newest first")


async def test_the_screen_follows_the_endpoint_and_counts_again(home: Path) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        workspace.deploy.endpoints.deploy(model.id, "other")
        log(workspace, model, minutes(1, 2))
        log(workspace, model, minutes(3), endpoint="other")
    async with open_app(home) as user:
        await user.press("6", "r")
        await user.sees("2 requests, the newest first")
        await user.press("n")
        await user.sees("1 request, the newest first")
        log(user.app.workspace, model, minutes(0), endpoint="other")
        await user.sees("2 requests, the newest first")
        assert user.app.session.endpoint == "other"


# Cards


@SIZES
async def test_health_is_told_with_its_bands_and_only_from_enough_requests(home: Path, size: tuple[int, int]) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        log(workspace, model, minutes(*(number / 2 for number in range(LEAST_REQUESTS - 1))))
    async with open_app(home, size) as user:
        await user.press("6", "r")
        await user.sees("health    no data, 19 of 20/h", "✓≥90 ◐≥70 ▲≥50 ✗<50", "drift     no data yet", "none open")
        log(user.app.workspace, model, minutes(0, 0, 0, 0, 0), status_code=500, output=None)
        await user.sees("health    ◐ degraded 79 of 100")
        log(user.app.workspace, model, minutes(*[0.0] * 76), status_code=500, output=None)
        await user.sees("health    ✗ critical 19 of 100")
        assert "▌ ✗ live" in user.text(), "the list of endpoints has the glyph too"


async def test_very_many_requests_are_marked_as_read_from_bins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ontos_tui.services.monitor.service.EXACT_UP_TO", 10)
    _, model = served_model(home)
    with Workspace(home) as workspace:
        log(workspace, model, minutes(*range(1, 11)), latency_ms=40.0)
    async with open_app(home) as user:
        await user.press("6", "r")
        await user.sees("latency   40 ms")
        log(user.app.workspace, model, minutes(0), latency_ms=40.0)
        await user.sees("latency   ≈ 4", "median")


# Spans and the chart


@SIZES
async def test_a_span_of_ones_own_in_other_steps(home: Path, size: tuple[int, int]) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        log(workspace, model, minutes(90, 100, 110))
        log(workspace, model, minutes(5))
    async with open_app(home, size) as user:
        await user.press("6", "r", "d")
        await user.sees("Time range")
        await user.press(*["backspace"] * 16)
        await user.type("2h")
        await user.press("tab", *["backspace"] * 3)
        await user.type("5 h")
        await user.press("ctrl+s")
        await user.sees("From is not before To")
        await user.press(*["backspace"] * 3)
        await user.type("1h")
        await user.press("ctrl+s")
        await user.sees("requests  3", "by minute", "3 requests, the newest first")
        assert "as of" not in user.text(), "it does not move on"
        await user.press("b")
        await user.sees("by hour", "requests  3")
        await user.press("t")
        await user.sees("last hour", "requests  1")


@SIZES
async def test_the_chart_shows_each_figure_and_follows_the_log(home: Path, size: tuple[int, int]) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        good = log(workspace, model, minutes(*range(1, 40)), latency_ms=12.0)
        log(workspace, model, minutes(7, 7, 7), status_code=500, output=None)  # one hour has all 3, whatever the time
    async with open_app(home, size, watch=False) as user:
        await user.press("6", "c")
        await user.sees("last 24 h, by hour", "[requests]", "42 in all", "┤")
        await user.press("right")
        await user.sees("[errors]", "3 in all", "3┤")
        await user.press("right")
        await user.sees("[latency]", "median", "≈26%")
        await user.press("right")
        await user.sees("[rating]", "No data about rating in the last 24 h")
        user.app.workspace.improve.feedback.add_feedback(good[0].request_id, 4)
        view = user.app.stage_view
        assert view is not None
        view.reload()
        await user.sees("1 in all, mean by hour", "4┤", "•")
        await user.press("left", "left", "left", "t", "t", "t")
        await user.sees("[requests]", "last hour, by minute", "42 in all")
        await user.press("f")
        assert "Rating" not in user.text(), "there is no request under a cursor"
        await user.press("escape")
        await user.sees("why 3 failed", "r Requests")


async def test_the_chart_without_traffic_says_so(home: Path) -> None:
    served_model(home)
    async with open_app(home) as user:
        await user.press("6", "c")
        await user.sees("No data about requests in the last 24 h, nothing to draw")
        await user.press("1", "6")
        await user.sees("nothing to draw")


# Two versions, and what a request was learned from


@SIZES
async def test_two_versions_side_by_side_here_and_everywhere(home: Path, size: tuple[int, int]) -> None:
    sheet, model = served_model(home)
    with Workspace(home) as workspace:
        second = train_next(workspace, sheet, "j2")
        log(workspace, model, minutes(1, 2, 3), latency_ms=10.0)
    async with open_app(home, size) as user:
        await user.press("6", "v")
        await user.sees("has used only one version")
        log(user.app.workspace, second, minutes(1), output={"defect": "none"}, latency_ms=20.0)
        log(user.app.workspace, second, minutes(1, 2), endpoint="other", status_code=500, output=None)
        await user.press("v")
        await user.sees("defects v1 and defects v2", "live, last 24 h", "crack", "100.0%", "no data")
        assert re.search(r"requests +3 +1\b", user.text())
        await user.press("e")
        await user.sees("all 2 endpoints")
        assert re.search(r"requests +3 +3\b", user.text())
        assert re.search(r"errors +0 \(0\.0%\) +2 \(66\.7%\)", user.text())
        await user.press("escape")
        await user.sees("by hour")


async def test_of_three_versions_two_are_chosen(home: Path) -> None:
    sheet, model = served_model(home)
    with Workspace(home) as workspace:
        others = [train_next(workspace, sheet, job) for job in ("j2", "j3")]
        for one in (model, *others):
            log(workspace, one, minutes(1))
    async with open_app(home) as user:
        await user.press("6", "v")
        await user.sees("Compare which version?", "defects v3")
        await user.press("enter")
        await user.sees("With which version?")
        await user.press("down", "enter")
        await user.sees("defects v1 and defects v3")


@SIZES
async def test_the_training_pairs_nearest_to_a_request(home: Path, size: tuple[int, int]) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        row = workspace.deploy.endpoints.sample_input("live")
        workspace.deploy.endpoints.query("live", [row], origin=Origin.CLI)
    async with open_app(home, size) as user:
        await user.press("6", "enter", "enter", "n")
        await user.sees("earest training pairs", "this request", "distance", "voltage", "pairs used to train version 1")
        await user.press("escape")
        await user.sees("Request to live")


@SIZES
async def test_hostile_data_reaches_no_terminal(home: Path, size: tuple[int, int]) -> None:
    evil = "\x1b]52;c;aGFja2Vk\x07[/]\u202e\x9b2J"
    sheet, model = served_model(home)
    with Workspace(home) as workspace:
        second = train_next(workspace, sheet, "j2")
        for one in (model, second):
            log(workspace, one, minutes(1, 2), output={"defect": evil, evil: evil}, input={evil: evil, "line": evil})
        log(workspace, model, minutes(3), output=None, status_code=500, error=evil)
        (view, *_) = workspace.monitor.traffic.requests("live")
        workspace.improve.feedback.add_feedback(view.record.request_id, 1, evil)
    async with open_app(home, size) as user:
        await user.press("6", "r")
        await user.sees("requests  5")
        for keys in (("v",), ("escape", "c"), ("escape", "i"), ("n",), ("escape", "end")):
            await user.press(*keys)
            text = user.text()
            assert all(character == "\n" or character.isprintable() for character in text), keys
            assert "\u202e" not in text


# The sparkline

numbers = st.one_of(st.none(), st.floats(), st.integers(-5, 1_000_000).map(float))


@given(st.lists(numbers, max_size=200), st.integers(-1, 120))
def test_a_sparkline_keeps_to_its_room_whatever_the_values(values: list[float | None], width: int) -> None:
    drawn = sparkline(values, width)
    assert len(drawn) <= max(0, width)
    assert set(drawn) <= {*BLOCKS, NOTHING}
    assert bool(drawn) == (bool(values) and width > 0)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=200), st.integers(1, 60))
def test_the_highest_value_is_never_hidden(values: list[float], width: int) -> None:
    assert (BLOCKS[-1] in sparkline(values, width)) == (max(values) > 0)


def test_a_sparkline_can_be_read() -> None:
    assert sparkline([0, 1, 2, 4, 7], 5) == "▁▂▃▅█"
    assert sparkline([0, 0, 0], 3) == "▁▁▁"
    assert sparkline([1, None, math.nan, math.inf, 1], 5) == "█···█"
    assert sparkline([0.001, 1000], 2) == "▂█", "little is not nothing"
    assert sparkline([1, 5], 8) == "▂▂▂▂████"
    assert sparkline([0, 9, 0, 0, 0, 1], 3) == "█▁▂"
    assert sparkline([1.0, 3.0, 5.0], 3, bottom=1, top=5) == "▁▅█"


@SIZES
async def test_a_card_says_what_the_score_of_its_model_means(home: Path, size: tuple[int, int]) -> None:
    _, model = served_model(home)
    with Workspace(home) as workspace:
        measured(workspace, model, weak_evaluation())
    async with open_app(home, size) as user:
        await user.press("6", "r")
        await user.sees("live  ✗ right 24 of 100" if size[0] == 80 else "✗ Not usable yet: right 24 of 100;")
