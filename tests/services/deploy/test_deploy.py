"""DEPLOY: endpoints, swaps and roll-backs, and that every request is kept whatever came of it."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.defects import DEFECT_SCHEMA, DEPTH_SCHEMA, add_pairs, change_pair, find_pair, labeled_sheet, part
from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, PlatformError
from ontos_tui.domain.learning import EndpointAnswer, Interval, NoProgress, Outside, Prediction
from ontos_tui.domain.records.pairs import Event, TrainingSheet
from ontos_tui.domain.records.serving import Deployment, Endpoint, InferenceRecord, Origin
from ontos_tui.domain.records.training import ModelVersion, Role
from ontos_tui.domain.rules.states import EndpointStatus, JobStatus
from ontos_tui.services.deploy.service import _NAME, dns_name
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace


def train(workspace: Workspace, sheet: TrainingSheet, job_id: str, **params: object) -> ModelVersion:
    return workspace.train.models.run(
        {"training_sheet_id": sheet.id, "base_model": "nearest", **params}, job_id, NoProgress()
    )


@pytest.fixture
def sheet(workspace: Workspace) -> TrainingSheet:
    return labeled_sheet(workspace.store, 60)


@pytest.fixture
def model(workspace: Workspace, sheet: TrainingSheet) -> ModelVersion:
    return train(workspace, sheet, "j1")


def logged(workspace: Workspace) -> list[InferenceRecord]:
    with workspace.store.read() as connection:
        return rows.find(connection, InferenceRecord, order_by=("requested_at",))


def test_a_model_is_deployed_under_a_name_made_from_its_own(workspace: Workspace, model: ModelVersion) -> None:
    endpoint = workspace.deploy.endpoints.deploy("defects")
    assert (endpoint.name, endpoint.model_id, endpoint.previous_model_id) == ("defects", model.id, None)
    assert endpoint.created_by == "ana"
    (view,) = workspace.deploy.endpoints.endpoints()
    assert view == workspace.deploy.endpoints.endpoint("defects")
    assert (view.endpoint, view.model.label()) == (endpoint, "defects v1")
    assert workspace.deploy.endpoints.input_fields("defects") == ("voltage", "line")
    assert workspace.deploy.endpoints.output_schema("defects") == DEFECT_SCHEMA


def test_a_new_version_swaps_and_rolls_back_and_every_change_is_kept(
    workspace: Workspace, sheet: TrainingSheet, model: ModelVersion
) -> None:
    service = workspace.deploy.endpoints
    second = train(workspace, sheet, "j2")
    service.deploy("defects:1", "live")
    with pytest.raises(ConflictError, match="no earlier version"):
        service.roll_back("live")
    swapped = service.deploy("defects:2", "live")
    assert (swapped.model_id, swapped.previous_model_id) == (second.id, model.id)
    assert service.deploy("defects:2", "live") == swapped, "the same again changes nothing"
    back = service.roll_back("live")
    assert (back.model_id, back.previous_model_id) == (model.id, second.id)
    assert service.query("live", [service.sample_input("live")], origin=Origin.CLI)[0].model_version == 1
    assert service.roll_back("live").model_id == second.id
    assert service.stop("live").status is EndpointStatus.STOPPED
    service.stop("live")
    assert service.start("live").status is EndpointStatus.READY
    with workspace.store.read() as connection:
        changes = rows.find(connection, Deployment, order_by=("at",))
        events = rows.find(connection, Event, equal(entity_type=Endpoint.TABLE), order_by=("at",))
    actions = ["deploy", "deploy", "roll_back", "roll_back", "stop", "start"]
    assert [change.action for change in changes] == [event.action for event in events] == actions
    assert [change.model_id for change in changes][:4] == [model.id, second.id, model.id, second.id]
    assert events[1].before == {"model_id": model.id, "status": "ready", "previous_model_id": None}
    assert {change.by for change in changes} == {"ana"}


def test_deploying_to_a_stopped_endpoint_lets_it_answer(workspace: Workspace, model: ModelVersion) -> None:
    workspace.deploy.endpoints.deploy("defects")
    workspace.deploy.endpoints.stop("defects")
    again = workspace.deploy.endpoints.deploy("defects")
    assert (again.status, again.previous_model_id) == (EndpointStatus.READY, None)


@pytest.mark.parametrize("name", ["Live", "a b", "", "-a", "a-", "a/b", "ü", "x" * 64, "a\n", "\x1b[2J"])
def test_names_that_cannot_stand_in_an_address_are_refused(
    workspace: Workspace, model: ModelVersion, name: str
) -> None:
    with pytest.raises(InvalidInputError):
        workspace.deploy.endpoints.deploy("defects", name)
    assert workspace.deploy.endpoints.endpoints() == []


@given(st.text(max_size=200))
def test_any_text_makes_a_name_that_is_one(text: str) -> None:
    assert _NAME.fullmatch(dns_name(text))


def test_an_altered_model_is_not_deployed(workspace: Workspace, model: ModelVersion, home: Path) -> None:
    for file in (home / model.artifact).iterdir():
        file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(PlatformError):
        workspace.deploy.endpoints.deploy("defects")
    assert workspace.deploy.endpoints.endpoints() == []


def test_an_answer_is_given_and_kept(workspace: Workspace, model: ModelVersion) -> None:
    workspace.deploy.endpoints.deploy("defects")
    sent = [{"voltage": 0.1, "line": "north"}, {"voltage": 20.2, "line": "south", "extra": "ignored"}]
    records = workspace.deploy.endpoints.query("defects", sent, origin=Origin.PLAYGROUND, client_request_id="mine")
    assert [record.output["defect"] for record in records if record.output] == ["crack", "none"]
    assert [record.input for record in records] == sent
    for record in records:
        assert (record.endpoint, record.model_id, record.model_version) == ("defects", model.id, 1)
        assert (record.status_code, record.error, record.client_request_id) == (200, "", "mine")
        assert record.origin is Origin.PLAYGROUND
        assert record.latency_ms > 0
        assert (record.confidence, record.certainty["defect"]) == ({}, "likely"), "60 labels state no percentage"
    assert workspace.monitor.traffic.summary("defects").by_version == {"defects v1": 2}
    assert sorted(logged(workspace), key=lambda one: one.request_id) == sorted(records, key=lambda one: one.request_id)


def test_a_row_that_does_not_fit_is_kept_beside_those_that_do(workspace: Workspace, model: ModelVersion) -> None:
    workspace.deploy.endpoints.deploy("defects")
    sent = [{"voltage": 10, "line": "north"}, {"line": "north"}, {"voltage": [1], "line": {}}]
    good, missing, odd = workspace.deploy.endpoints.query("defects", sent, origin=Origin.CLI)
    assert (good.status_code, good.error) == (200, "")
    assert (missing.status_code, missing.output, missing.confidence) == (400, None, {})
    assert "voltage" in missing.error
    assert odd.status_code == 400
    assert len(logged(workspace)) == 3


HOSTILE = [
    {"voltage": float("nan"), "line": "\x1b]52;c;AAAA\x07"},
    {"voltage": 10**400, "line": "a\x00b"},
    {"voltage": "1.5", "line": "\ud800"},
    {"voltage": None, "line": None, "\udfff key": {"deep": ["\ud800", {"\udc00": 1}]}},
    {"voltage": float("inf"), "line": "x" * 1_000_000},
    {},
]


def test_hostile_rows_neither_crash_nor_get_lost(workspace: Workspace, model: ModelVersion) -> None:
    workspace.deploy.endpoints.deploy("defects")
    records = workspace.deploy.endpoints.query("defects", HOSTILE, origin=Origin.HTTP, client_request_id="\ud800")
    assert len(records) == len(logged(workspace)) == len(HOSTILE)
    assert {record.status_code for record in records} <= {200, 400}
    assert records[1].input["line"] == "a\x00b"
    assert records[2].input["line"] == "\\ud800"


def test_a_stopped_endpoint_refuses_and_keeps_that_too(workspace: Workspace, model: ModelVersion) -> None:
    workspace.deploy.endpoints.deploy("defects")
    workspace.deploy.endpoints.stop("defects")
    with pytest.raises(ConflictError, match="stopped"):
        workspace.deploy.endpoints.query("defects", [{"voltage": 1}, {"voltage": 2}], origin=Origin.CLI)
    assert [record.status_code for record in logged(workspace)] == [503, 503]
    workspace.deploy.endpoints.start("defects")
    assert (
        workspace.deploy.endpoints.query("defects", [{"voltage": 1, "line": "x"}], origin=Origin.CLI)[0].status_code
        == 200
    )


def test_a_model_that_went_missing_answers_with_its_error(
    workspace: Workspace, model: ModelVersion, home: Path
) -> None:
    workspace.deploy.endpoints.deploy("defects")
    for file in (home / model.artifact).iterdir():
        file.unlink()
    row = {"voltage": 1, "line": "x"}
    assert workspace.deploy.endpoints.query("defects", [row], origin=Origin.CLI)[0].status_code == 200, (
        "it is in memory"
    )
    with Workspace(home) as fresh:
        (record,) = fresh.deploy.endpoints.query("defects", [row], origin=Origin.CLI)
    assert record.status_code == 500
    assert "cannot be read" in record.error
    assert len(logged(workspace)) == 2


def test_what_is_unknown_or_empty_is_refused(workspace: Workspace, model: ModelVersion) -> None:
    service = workspace.deploy.endpoints
    with pytest.raises(NotFoundError):
        service.query("nothing", [{}], origin=Origin.CLI)
    service.deploy("defects")
    with pytest.raises(InvalidInputError):
        service.query("defects", [], origin=Origin.CLI)
    for unknown in (service.endpoint, service.roll_back, service.stop, service.start, service.sample_input):
        with pytest.raises(NotFoundError):
            unknown("nothing")
    with pytest.raises(NotFoundError):
        service.deploy("nothing")
    assert logged(workspace) == []


def test_the_sample_is_a_real_row_that_is_not_held_out_restricted_to_what_the_model_reads(
    workspace: Workspace, sheet: TrainingSheet, model: ModelVersion
) -> None:
    workspace.deploy.endpoints.deploy("defects")
    held_out = {pair.pair_id for pair in workspace.train.models.lineage(model.id) if pair.role is Role.HELD_OUT}
    sample = workspace.deploy.endpoints.sample_input("defects")
    assert list(sample) == ["voltage", "line"]
    numbers = [number for number in range(60) if find_pair(workspace.store, sheet, f"P{number:04d}").id in held_out]
    assert sample in [{name: part(number)[name] for name in sample} for number in range(60)]
    assert sample not in [{name: part(number)[name] for name in sample} for number in numbers]
    assert workspace.deploy.endpoints.sample_input("defects", skip=1) != sample
    assert workspace.deploy.endpoints.sample_input("defects", "P0007") == {
        "voltage": part(7)["voltage"],
        "line": part(7)["line"],
    }
    with pytest.raises(NotFoundError, match="P9999"):
        workspace.deploy.endpoints.sample_input("defects", "P9999")


def test_a_model_is_loaded_once_also_by_several_threads(
    workspace: Workspace, model: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.deploy.endpoints.deploy("defects")
    with Workspace(workspace.home) as fresh:
        loads = []
        load = fresh.engines.trainer.load
        monkeypatch.setattr(fresh.engines.trainer, "load", lambda *given: (loads.append(given), load(*given))[1])
        service = fresh.deploy.endpoints
        with ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(
                    lambda number: service.query(
                        "defects", [{"voltage": number % 3 * 10, "line": "north"}], origin=Origin.HTTP
                    ),
                    range(24),
                )
            )
    assert len(loads) == 1
    assert [answer[0].output["defect"] for answer in answers if answer[0].output] == ["crack", "scratch", "none"] * 8
    assert len(logged(workspace)) == 24


def test_a_model_that_answers_in_numbers_is_served_too(workspace: Workspace) -> None:
    sheet = labeled_sheet(workspace.store, 0, name="Depths", output_schema=DEPTH_SCHEMA)
    for number in range(30):
        add_pairs(workspace.store, sheet, range(number, number + 1), answer={"depth": float(number % 3)})
    change_pair(workspace.store, sheet, "P0001", answer={"depth": 1.0})
    train(workspace, sheet, "j")
    workspace.deploy.endpoints.deploy("depths")
    (record,) = workspace.deploy.endpoints.query("depths", [{"voltage": 20.0, "line": "north"}], origin=Origin.CLI)
    assert record.output is not None
    assert record.output["depth"] == pytest.approx(2.0, abs=0.5)


def test_the_server_runs_once_and_stops(workspace: Workspace, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.listen()
        monkeypatch.setenv("ONTOS_SERVE_PORT", str(port))
        with Workspace(home) as workspace, pytest.raises(ConflictError, match=f"Port {port}.*ONTOS_SERVE_PORT"):
            workspace.deploy.endpoints.server.start()
    with Workspace(home) as workspace:
        service = workspace.deploy.endpoints
        assert (service.server.state().running, service.server.state().url) == (False, f"http://127.0.0.1:{port}")
        assert service.server.stop() is None
        job = service.server.start()
        try:
            assert service.server.start().id == job.id
            while not service.server.state().running:
                assert workspace.jobs.wait(job.id, timeout=0.2).status in (JobStatus.PENDING, JobStatus.RUNNING)
            import httpx

            assert httpx.get(f"{service.server.state().url}/health").json() == {"status": "ok"}
        finally:
            service.server.stop()
        assert workspace.jobs.wait(job.id, 60).status is JobStatus.CANCELLED
        assert not service.server.state().running


def test_what_a_model_says_of_its_answer_is_kept_within_limits(
    workspace: Workspace, model: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tuple(Outside(f"c{number}", "x\ud800" * 500) for number in range(30))
    said = Prediction({"defect": "crack"}, {}, {"defect": "likely"}, {"depth": Interval(1.0, 2.5, True)}, outside)
    workspace.deploy.endpoints.deploy("defects")
    monkeypatch.setattr(
        workspace.engines.serving, "invoke", lambda *_: [EndpointAnswer(said, 200, 1.0), EndpointAnswer(None, 400, 1.0)]
    )
    sent = [{"voltage": 0.1, "line": "north"}] * 2
    records = workspace.deploy.endpoints.query("defects", sent, origin=Origin.CLI)
    assert sorted(logged(workspace), key=lambda one: one.status_code) == records
    first, second = records
    assert (first.certainty, first.intervals) == ({"defect": "likely"}, {"depth": Interval(1.0, 2.5, True)})
    assert [one.column for one in first.outside] == [f"c{number}" for number in range(20)]
    assert all(len(str(one.value)) < 2_000 for one in first.outside)
    assert (second.certainty, second.intervals, second.outside) == ({}, {}, [])


def test_a_value_beyond_what_was_learned_is_named(workspace: Workspace, model: ModelVersion) -> None:
    workspace.deploy.endpoints.deploy("defects")
    sent = [{"voltage": 500.0, "line": "north"}]
    (record,) = workspace.deploy.endpoints.query("defects", sent, origin=Origin.CLI)
    (odd,) = record.outside
    assert (odd.column, odd.value) == ("voltage", 500.0)
    assert odd.high is not None
    assert odd.high < 30
