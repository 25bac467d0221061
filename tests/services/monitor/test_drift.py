"""Drift of an endpoint: found where it is, not where it is not, and said with the numbers that show it."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from builders.defects import part
from builders.traffic import NOON, deployed_model, log_ratings, log_requests
from ontos_tui.domain.errors import InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.records.monitor.drift import MINIMUM, DriftReport, DriftState, FeatureDrift, Signal
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.services.monitor.drift import samples
from ontos_tui.services.monitor.drift.service import MOST_REPORTS, find_feature
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace

DAY = timedelta(days=1)


@pytest.fixture
def model(workspace: Workspace) -> ModelVersion:
    return deployed_model(workspace)


def shifted(number: int, **changes: Any) -> dict[str, Any]:
    return {**part(number), **changes}


def check(workspace: Workspace, **options: Any) -> DriftReport:
    return workspace.monitor.drift.check("live", **{"now": NOON, **options})


def feature(report: DriftReport, name: str) -> FeatureDrift:
    return find_feature(report, name)


def test_without_requests_there_is_no_data_and_no_number(workspace: Workspace, model: ModelVersion) -> None:
    assert workspace.monitor.drift.last("live") is None
    report = check(workspace)
    assert (report.state, report.severity, report.score) == (DriftState.NO_DATA, Severity.LOW, None)
    assert report.summary.startswith("No data yet")
    assert report.features == []
    with pytest.raises(NotFoundError, match="No endpoint 'other'"):
        workspace.monitor.drift.check("other", now=NOON)


def test_few_requests_are_not_enough_yet(workspace: Workspace, model: ModelVersion) -> None:
    log_requests(workspace.store, model, range(MINIMUM - 1), NOON, input={"voltage": 1e6, "line": "west"})
    report = check(workspace)
    assert (report.state, report.severity, report.score) == (DriftState.NOT_ENOUGH, Severity.LOW, None)
    assert f"29 of {MINIMUM}" in report.summary
    assert feature(report, "voltage").why == f"not enough data yet (29 of {MINIMUM} now)"
    log_requests(workspace.store, model, range(1), NOON, input={"voltage": 1e6, "line": "west"})
    assert check(workspace).state is DriftState.COMPARED


def test_the_same_traffic_as_in_training_is_quiet(workspace: Workspace, model: ModelVersion) -> None:
    log_requests(workspace.store, model, range(120, 420), NOON)
    log_requests(workspace.store, model, range(500, 800), NOON - 2 * DAY)
    report = check(workspace)
    assert report.state is DriftState.COMPARED
    assert report.severity is Severity.LOW
    assert report.drifted == []
    assert "No drift in" in report.summary
    assert " in training" in feature(report, "severe").why
    assert {one.signal for one in report.features if one.p_value is not None} >= {
        Signal.INPUT, Signal.PREDICTION, Signal.CONFIDENCE, Signal.LATENCY, Signal.ERRORS
    }  # fmt: skip
    assert {one.name for one in report.features if one.signal is Signal.INPUT} == {"voltage", "line"}
    assert any("does not use it: part, batch" in note for note in report.notes)


def test_a_shift_is_found_with_its_direction_and_its_numbers(workspace: Workspace, model: ModelVersion) -> None:
    for number in range(200):
        log_requests(
            workspace.store, model, [number], NOON, input=shifted(number, voltage=part(number)["voltage"] + 8.1)
        )
    report = check(workspace)
    assert report.severity is Severity.CRITICAL
    voltage = feature(report, "voltage")
    assert report.features[0] is voltage
    assert (voltage.direction, voltage.test) == ("higher", "Kolmogorov-Smirnov")
    assert voltage.why.startswith("voltage is ") and " higher than in training (median " in voltage.why
    assert voltage.why in report.summary
    assert report.score == voltage.score
    assert feature(report, "line").drifted is False, "what did not change is not blamed"
    assert sum(bar.reference for bar in voltage.picture) == voltage.reference_count == model.train_count
    assert sum(bar.recent for bar in voltage.picture) == 200
    assert workspace.monitor.drift.picture("live", "voltage") == voltage.picture
    with pytest.raises(NotFoundError, match="no signal 'width'"):
        workspace.monitor.drift.picture("live", "width")


def test_what_was_found_is_kept(workspace: Workspace, model: ModelVersion) -> None:
    with pytest.raises(NotReadyError):
        workspace.monitor.drift.picture("live", "voltage")
    log_requests(workspace.store, model, range(100), NOON, input=shifted(1, line="west"))
    report = check(workspace)
    assert workspace.monitor.drift.last("live") == report
    with workspace.store.write() as connection:
        older = [
            report.model_copy(update={"id": f"old{n}", "compared_at": NOON - n * DAY})
            for n in range(1, MOST_REPORTS + 20)
        ]
        rows.add_many(connection, older)
    check(workspace, now=NOON + timedelta(seconds=1))
    assert len(workspace.monitor.drift.history("live", 1_000)) == MOST_REPORTS
    assert workspace.monitor.drift.history("live", 2)[1] == report


def test_new_values_are_named(workspace: Workspace, model: ModelVersion) -> None:
    log_requests(workspace.store, model, range(100), NOON)
    for number in range(60):
        log_requests(workspace.store, model, [number], NOON, input=shifted(number, line="west\x1b[2J"))
    line = feature(check(workspace), "line")
    assert line.drifted and line.new_values == ["west\x1b[2J"]
    assert line.why == "line: 38 % are west␛[2J, which did not occur in training"


@pytest.mark.parametrize("gone", [None, "", "n/a"])
def test_missing_values_are_a_signal_of_their_own(workspace: Workspace, model: ModelVersion, gone: object) -> None:
    log_requests(workspace.store, model, range(200), NOON)
    for number in range(100):
        log_requests(workspace.store, model, [number], NOON, input=shifted(number, voltage=gone))
    report = check(workspace)
    missing = feature(report, "voltage missing")
    assert missing.drifted and missing.direction == "higher"
    assert missing.why == "voltage is missing in 33 % of requests (0 % in training)"
    assert feature(report, "voltage").drifted is False, "the values that are there are as they were"


def test_predictions_are_compared_with_labels_of_this_version_only(workspace: Workspace, model: ModelVersion) -> None:
    log_requests(workspace.store, model, range(200), NOON)
    log_requests(
        workspace.store, model, range(200), NOON, model_id="another", output={"defect": "none", "severe": False}
    )
    assert feature(check(workspace), "defect").drifted is False
    log_requests(workspace.store, model, range(200), NOON, output={"defect": "none", "severe": False})
    defect = feature(check(workspace), "defect")
    assert (defect.signal, defect.drifted, defect.recent_count) == (Signal.PREDICTION, True, 400)
    assert re.fullmatch(r"defect: none rises from [23]\d % in training to 66 %", defect.why)


def test_an_answer_that_people_may_leave_out_is_no_drift(workspace: Workspace) -> None:
    model = deployed_model(workspace, 120)
    with workspace.store.write() as connection:
        for pair in rows.find(connection, QAPair)[::2]:
            rows.change(connection, pair, answer={"defect": (pair.answer or {})["defect"]})
    log_requests(workspace.store, model, range(200), NOON)
    report = check(workspace)
    assert report.drifted == []
    assert "severe missing" not in {one.label for one in report.features}
    log_requests(workspace.store, model, range(200), NOON - 2 * DAY)
    log_requests(workspace.store, model, range(100), NOON, output={"defect": "none"})
    then = (NOON - 3 * DAY, NOON - DAY)
    assert feature(check(workspace, reference=then), "severe missing").drifted


def test_latency_errors_and_ratings_are_compared_with_the_time_before(
    workspace: Workspace, model: ModelVersion
) -> None:
    before = log_requests(workspace.store, model, range(200), NOON - 2 * DAY)
    log_ratings(workspace.store, before, 5, NOON - 2 * DAY)
    now = log_requests(workspace.store, model, range(160), NOON, latency_ms=90.0)
    log_requests(workspace.store, model, range(40), NOON, status_code=500, output=None, confidence={}, error="broken")
    log_ratings(workspace.store, now[:100], 2, NOON - DAY / 2)
    report = check(workspace)
    assert {one.name for one in report.drifted} == {"latency in ms", "errors", "rating"}
    assert feature(report, "errors").why == "errors: 20 % of requests (0 % before)"
    assert feature(report, "rating").why == "rating is 3 lower than before (mean 5 → 2)"
    assert report.severity is Severity.CRITICAL


def test_what_got_better_is_told_but_raises_nothing(workspace: Workspace, model: ModelVersion) -> None:
    log_requests(workspace.store, model, range(200), NOON - 2 * DAY, latency_ms=90.0)
    log_requests(workspace.store, model, range(200), NOON)
    report = check(workspace)
    latency = feature(report, "latency in ms")
    assert latency.drifted and latency.improved and latency.severity is Severity.LOW
    assert report.severity is Severity.LOW
    assert f"the strongest: {latency.why}" in report.summary


def test_against_an_earlier_time_everything_is_traffic(workspace: Workspace, model: ModelVersion) -> None:
    log_requests(workspace.store, model, range(100), NOON - 3 * DAY, input=shifted(0, voltage=100.0), seconds=1)
    log_requests(workspace.store, model, range(100), NOON, input=shifted(0, voltage=100.0))
    then = (NOON - 4 * DAY, NOON - 3 * DAY)
    report = check(workspace, reference=then)
    assert (report.reference, report.reference_since, report.reference_until) == ("window", *then)
    assert report.reference_rows == 100
    assert feature(report, "voltage").drifted is False
    assert feature(check(workspace), "voltage").drifted is True, "in training there was nothing like it"
    window = (NOON - 3 * DAY - timedelta(hours=1), NOON - 3 * DAY)
    assert check(workspace, recent=window).recent_rows == 100
    for bad in ({"reference": (NOON, NOON - DAY)}, {"recent": timedelta()}, {"reference": "yesterday"}):
        with pytest.raises(InvalidInputError):
            check(workspace, **bad)


def test_of_a_large_log_a_sample_is_read_and_the_report_says_so(
    workspace: Workspace, model: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "MOST", 100)
    log_requests(workspace.store, model, range(500), NOON)
    first, second = check(workspace), check(workspace)
    assert first.recent_rows == 500
    assert feature(first, "voltage").recent_count == 100
    assert any("Of 500 requests, 100 were sampled at random (seed 0)" in note for note in first.notes)
    assert [one.score for one in first.features] == [one.score for one in second.features]


def test_random_traffic_raises_no_alarm(workspace: Workspace, model: ModelVersion) -> None:
    draw = random.Random(7)
    alarms = 0
    for day in range(20):
        at = NOON - day * DAY
        log_requests(workspace.store, model, [draw.randrange(10_000) for _ in range(60)], at)
    for day in range(20):
        alarms += bool(check(workspace, now=NOON - day * DAY).drifted)
    assert alarms <= 1


def hostile(record: Mapping[str, Any]) -> dict[str, Any]:
    return {"input": dict(record), "output": {"defect": ["a", {"b": None}], "severe": 10**400}}


@pytest.mark.parametrize(
    "record",
    [
        {"voltage": float("inf"), "line": "\ud800"},
        {"voltage": "1e999", "line": {"deep": [1, 2]}},
        {"voltage": [1, 2], "line": None},
        {},
        {"voltage": True, "line": "x" * 100_000},
    ],
)
def test_odd_requests_are_compared_too(workspace: Workspace, model: ModelVersion, record: dict[str, Any]) -> None:
    columns = hostile(record)
    if "\ud800" in str(record.get("line")):
        columns["input"]["line"] = "\ufffd"
    log_requests(workspace.store, model, range(40), NOON, **columns)
    report = check(workspace)
    assert report.state is DriftState.COMPARED
    assert workspace.monitor.drift.last("live") == report
    assert all(one.score is None or 0 <= one.score <= 1 for one in report.features)


def test_a_request_may_belong_to_the_moment_but_not_to_both_sides(workspace: Workspace, model: ModelVersion) -> None:
    (edge,) = log_requests(workspace.store, model, [1], NOON, seconds=86_400)
    assert isinstance(edge, InferenceRecord) and edge.requested_at == NOON - DAY
    assert check(workspace).recent_rows == 1
    assert check(workspace, recent=(NOON - 2 * DAY, NOON - DAY)).recent_rows == 0
