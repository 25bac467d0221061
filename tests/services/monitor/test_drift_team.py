"""Drift of an endpoint on Databricks: from the tables of its monitor where there is one, else from samples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.defects import part
from builders.payload import START, Found, feedback, logged, monitored
from builders.traffic import deployed_model
from emulator.databricks.engine import SqlError, Statement
from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import AwayError, NotFoundError, NotReadyError, PlatformError
from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.records.monitor.drift import DriftReport, DriftSource, DriftState, FeatureDrift, Signal
from ontos_tui.platforms.databricks.monitoring.inference_samples import LONGEST, parse_logged_request
from ontos_tui.workspace import Workspace

NOW = START + timedelta(hours=4)
DAY_BEFORE = NOW - timedelta(days=2)
SHIFTED = Found("voltage", ks=(0.4, 1e-20), psi=0.45, means=(2.1, 3.4))
QUIET = Found("width", ks=(0.03, 0.6), psi=0.01, means=(5.0, 5.01))
ANSWERS = Found("defect", chi=(80.0, 1e-9), js=0.26)


@pytest.fixture
def team(scene: Scene, home: Path) -> Iterator[Workspace]:
    """A workspace whose settings name the emulated Databricks, with the endpoint `live`."""
    with Workspace(home) as opened:
        deployed_model(opened, 120)
        yield opened


def signal(report: DriftReport, label: str) -> FeatureDrift:
    return next(one for one in report.features if one.label == label)


# What a monitor found


def test_a_monitor_of_the_log_is_asked_first(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, START, [])
    monitored(scene, [SHIFTED, QUIET, ANSWERS])
    report = team.monitor.drift.check_team("live", now=NOW)
    assert (report.source, report.state, report.severity) == (DriftSource.MONITOR, DriftState.COMPARED, "critical")
    voltage, width, defect = (signal(report, name) for name in ("voltage", "width", "defect"))
    assert voltage.why == "voltage is 1.3 higher than before (mean 2.1 → 3.4)"
    assert (voltage.test, voltage.statistic, voltage.psi, voltage.score) == ("Kolmogorov-Smirnov", 0.4, 0.45, 0.45)
    assert (voltage.drifted, width.drifted, defect.drifted) == (True, False, True)
    assert (defect.signal, defect.test, defect.score, defect.severity) == (
        Signal.PREDICTION, "chi-squared", 0.26, Severity.HIGH,
    )  # fmt: skip
    assert (voltage.reference_count, voltage.recent_count, voltage.picture) == (400, 500, [])
    assert (report.recent_since, report.recent_until) == (START + timedelta(hours=2), START + timedelta(hours=3))
    assert report.reference_until == report.recent_since
    assert "team.ontos.live_payload_drift_metrics" in report.notes[0]


def test_with_a_baseline_table_everything_is_compared_with_it(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, START, [])
    monitored(scene, [SHIFTED], baseline=True)
    report = team.monitor.drift.check_team("live", now=NOW)
    assert (report.reference, report.reference_since) == ("baseline", None)
    assert "higher than in the baseline (mean 2.1 → 3.4)" in signal(report, "voltage").why


def test_without_drift_a_monitor_is_quiet(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, START, [])
    monitored(scene, [QUIET, Found("kind", chi=(0.2, 0.9), js=0.02)])
    report = team.monitor.drift.check_team("live", now=NOW)
    assert (report.severity, report.drifted) == (Severity.LOW, [])
    assert report.summary == "No drift in 2 signals over 500 requests."


def test_missing_values_few_values_and_slices(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, START, [])
    few = Found("rare", ks=(0.9, 1e-9), psi=0.9, rows=(10, 500))
    gone = Found("line", chi=(0.2, 0.9), js=0.01, nulls=(0, 250))
    monitored(scene, [few, gone, Found("voltage", ks=(0.9, 0.0), slice="line"), Found("stamp")])
    report = team.monitor.drift.check_team("live", now=NOW)
    assert signal(report, "rare").state is DriftState.NOT_ENOUGH
    assert not signal(report, "rare").drifted
    assert "missing in 50 % of requests (0 % before)" in signal(report, "line missing").why
    assert {one.name for one in report.features} == {"rare", "line"}
    assert "Not measured by the monitor: stamp." in report.notes


def test_a_measure_that_the_table_does_not_have_is_told(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, START, [])
    monitored(scene, [SHIFTED], without="population_stability_index")
    report = team.monitor.drift.check_team("live", now=NOW)
    assert (signal(report, "voltage").psi, signal(report, "voltage").score) == (None, None)
    assert "The table does not have: population_stability_index." in report.notes


def test_a_table_made_of_the_log_may_be_the_monitored_one(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, START, [])
    scene.engine.run("CREATE TABLE team.ontos.unpacked (voltage DOUBLE) USING DELTA")
    monitored(scene, [SHIFTED], table="unpacked")
    assert team.monitor.drift.check_team("live", table="team.ontos.unpacked", now=NOW).source is DriftSource.MONITOR
    with pytest.raises(NotReadyError, match="no data-quality monitor"):
        team.monitor.drift.check_team("live", table="team.ontos.live_payload", now=NOW)


def test_a_monitor_that_may_not_be_seen_is_told_and_samples_are_taken(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, NOW - timedelta(hours=1), [])
    scene.workspace.fault(
        path="data-quality", status=403, error_code="PERMISSION_DENIED", message="needs MANAGE", times=9
    )
    report = team.monitor.drift.check_team("live", now=NOW)
    assert report.source is DriftSource.TEAM
    assert any("could not be read" in note and "needs MANAGE" in note for note in report.notes)


def test_metrics_that_may_not_be_read_are_an_error(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, START, [])
    monitored(scene, [SHIFTED])

    def refuse(statement: Statement) -> None:
        if "drift_metrics" in statement.sql:
            raise SqlError("INSUFFICIENT_PERMISSIONS", "User does not have SELECT on the table.", "42501")

    scene.engine.before = refuse
    with pytest.raises(PlatformError, match="SELECT"):
        team.monitor.drift.check_team("live", table="team.ontos.live_payload", now=NOW)


# Samples


def records(count: int, shift: float = 0.0, answer: str = "crack") -> list[tuple[str, str]]:
    created = []
    for number in range(count):
        row = part(number)
        row["voltage"] += shift
        created.append((json.dumps({"dataframe_records": [row]}), json.dumps({"predictions": [{"defect": answer}]})))
    return created


def test_without_a_monitor_samples_are_compared_with_the_time_before(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, DAY_BEFORE, records(100))
    logged(scene.engine, NOW - timedelta(hours=2), records(100, shift=8.1, answer="none"))
    feedback(scene.engine, [(f"c{n}", 5, None) for n in range(40)])
    report = team.monitor.drift.check_team("live", now=NOW)
    assert (report.source, report.reference) == (DriftSource.TEAM, "window")
    assert (report.recent_rows, report.reference_rows) == (100, 100)
    assert "higher than earlier (median" in signal(report, "voltage").why
    assert {one.label for one in report.drifted} == {"voltage", "defect"}
    assert signal(report, "rating").recent_count == 40
    assert signal(report, "latency in ms").state is DriftState.COMPARED
    assert any("no data-quality monitor" in note for note in report.notes)


def test_the_same_traffic_is_quiet_and_a_large_log_is_drawn(
    scene: Scene, team: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ontos_tui.platforms.databricks.monitoring.inference_samples.MOST", 60)
    for at in (DAY_BEFORE, NOW - timedelta(hours=2)):
        logged(scene.engine, at, records(100))
    report = team.monitor.drift.check_team("live", now=NOW)
    assert report.drifted == []
    assert (report.recent_rows, signal(report, "voltage").recent_count) == (100, 60)
    assert "Of 100 requests, 60 were sampled by a hash of their ids." in report.notes
    again = team.monitor.drift.check_team("live", now=NOW)
    assert [one.statistic for one in again.features] == [one.statistic for one in report.features]


def test_conversations_are_compared_by_their_prompts_and_answers(scene: Scene, team: Workspace) -> None:
    def talk(text: str, answer: str) -> tuple[str, str]:
        requested = {"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": text}]}
        choice = {"message": {"content": [{"type": "text", "text": json.dumps({"defect": answer})}]}}
        return json.dumps(requested), json.dumps({"choices": [choice]})

    logged(scene.engine, DAY_BEFORE, [talk(f"Part {n}", "crack") for n in range(60)])
    longer = [talk(f"Part {n}. " + "It was dropped. " * 9, "none") for n in range(60)]
    logged(scene.engine, NOW - timedelta(hours=2), longer)
    report = team.monitor.drift.check_team("live", now=NOW)
    assert {one.label for one in report.drifted} == {"prompt (length)", "defect"}


def test_failed_requests_count_as_errors(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, DAY_BEFORE, records(100))
    logged(scene.engine, NOW - timedelta(hours=2), records(100), status=500)
    report = team.monitor.drift.check_team("live", now=NOW)
    assert "errors: failed" not in signal(report, "errors").why
    assert "100 % of requests (0 % earlier)" in signal(report, "errors").why
    assert signal(report, "defect").state is not DriftState.COMPARED


def test_reports_of_the_team_are_kept_apart_from_those_of_this_machine(scene: Scene, team: Workspace) -> None:
    logged(scene.engine, NOW - timedelta(hours=2), records(40))
    here, there = team.monitor.drift.check("live", now=NOW), team.monitor.drift.check_team("live", now=NOW)
    assert team.monitor.drift.last("live") == here
    assert team.monitor.drift.last("live", of_team=True) == there
    scene.workspace.tokens.clear()
    with pytest.raises(AwayError):
        team.monitor.drift.check_team("live", now=NOW)
    assert team.monitor.drift.last("live", of_team=True) == there


def test_what_is_not_there_says_what_to_do(scene: Scene, team: Workspace) -> None:
    with pytest.raises(NotReadyError, match="no inference table"):
        team.monitor.drift.check_team("live", now=NOW)
    with pytest.raises(NotFoundError):
        team.monitor.drift.check_team("ghost", now=NOW)


def test_without_a_workspace_nothing_can_be_asked(workspace: Workspace) -> None:
    deployed_model(workspace, 120)
    assert not workspace.monitor.drift.has_team
    with pytest.raises(NotReadyError, match="No Databricks workspace"):
        workspace.monitor.drift.check_team("live", now=NOW)


# Reading requests and answers

json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(["dataframe_records", "dataframe_split", "inputs", "messages", "predictions", "choices", "x"])
bodies = st.dictionaries(keys, json_values, max_size=3).map(json.dumps)


@given(st.none() | st.text() | bodies, st.none() | st.text() | bodies, st.integers(0, 599))
def test_whatever_stands_in_a_log_is_read(request: str | None, response: str | None, status: int) -> None:
    result = parse_logged_request(request, response, status, 1.0)
    assert len(result.inputs) == len(result.outputs)
    assert all(isinstance(row, dict) for row in result.inputs)
    assert all(row is None or isinstance(row, dict) for row in result.outputs)


@pytest.mark.parametrize(
    ("request_body", "inputs"),
    [
        ({"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}}, [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ({"inputs": [{"a": 1}, 7]}, [{"a": 1}]),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image_url"}]}]},
         [{"prompt": "hi"}]),
        ({"messages": [{"role": "system", "content": "x"}]}, []),
    ],
)  # fmt: skip
def test_the_shapes_of_requests(request_body: dict[str, Any], inputs: list[dict[str, Any]]) -> None:
    assert list(parse_logged_request(json.dumps(request_body), None, 200, 1.0).inputs) == inputs


def test_answers_that_are_no_json_or_do_not_match_their_requests() -> None:
    requested = json.dumps({"messages": [{"role": "user", "content": "?"}]})
    said = json.dumps({"choices": [{"message": {"content": "it is cracked"}}]})
    assert parse_logged_request(requested, said, 200, 1.0).outputs == ({"answer": "it is cracked"},)
    assert parse_logged_request(requested, json.dumps({"predictions": [1, 2]}), 200, 1.0).outputs == (None,)
    assert parse_logged_request(requested, said, 500, 1.0).outputs == (None,)


def test_into_very_long_requests_nobody_looks(scene: Scene, team: Workspace) -> None:
    body = json.dumps({"dataframe_records": [{"note": "x" * LONGEST}]})
    logged(scene.engine, NOW - timedelta(hours=2), [(body, "{}")] * 2)
    report = team.monitor.drift.check_team("live", now=NOW)
    assert report.recent_rows == 2
    assert all(one.name != "note" for one in report.features)
