"""Endpoints of the workspace through the real SDK: made, swapped, rolled back, asked; and what is said when not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from emulator.chat import Reply, refuses, says
from emulator.databricks.scene import Scene
from emulator.databricks.serving_rest import Asked
from ontos_tui.domain.errors import ConflictError, InvalidTemplateError, JobCancelledError, PlatformError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.template import Message
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.platforms.databricks.models.registration import MODEL, VERSION
from ontos_tui.platforms.databricks.serving import DatabricksServing
from ontos_tui.platforms.databricks.workspace_client import Team

NAME = "team.ontos.welds"
SCHEMA = {"type": "object", "properties": {"verdict": {"enum": ["good", "bad"]}}, "required": ["verdict"]}


def model(version: int, **params: Any) -> ModelVersion:
    return ModelVersion(
        name="welds",
        version=version,
        training_sheet_id="t",
        template_id="t",
        template_version="1.0.0",
        sheet_id="s",
        job_id=f"j{version}",
        base_model="llama",
        engine="AI Runtime",
        params=params or {MODEL: NAME, VERSION: str(version)},
        features=["load"],
        template_snapshot={"output_schema": SCHEMA},
        evaluation={},
        train_count=1,
        held_out_count=1,
        artifact="models/welds",
        sha256="",
        seconds=1.0,
    )


def render(model: ModelVersion, row: Row) -> Sequence[Message]:
    if "load" not in row:
        raise InvalidTemplateError("The row has no column load.", "Send it.")
    return (Message("user", f"Load is {row['load']}."),)


class Told:
    """Progress that keeps what it hears, and stops when it should."""

    def __init__(self, stop_after: int = 100) -> None:
        self.words: list[str] = []
        self._left = stop_after

    def update(self, done: int, total: int, message: str = "") -> None:
        self.words.append(message)
        self._left -= 1
        if self._left < 0:
            raise JobCancelledError("stopped")


@pytest.fixture
def serving(databricks: Team) -> DatabricksServing:
    return DatabricksServing(databricks, render, patience=3, wait=lambda seconds: None)


def test_an_endpoint_is_made_and_waited_for_in_plain_words(scene: Scene, serving: DatabricksServing) -> None:
    scene.serving.polls = 3
    scene.serving.chunks[NAME] = 980
    text = Told()
    serving.deploy("welds", model(1), text)
    assert text.words == [
        "looking at the endpoint",
        "a version is starting (Creating resources for served entity)",
        "a version is starting (Creating resources for served entity)",
    ]
    created = scene.serving.endpoints["welds"]
    (entity,) = created["config"]["served_entities"]
    assert (entity["entity_name"], entity["entity_version"]) == (NAME, "1")
    assert (entity["min_provisioned_throughput"], entity["max_provisioned_throughput"]) == (0, 980)
    assert created["config"]["traffic_config"]["routes"] == [
        {"served_entity_name": entity["name"], "traffic_percentage": 100}
    ]
    table = created["ai_gateway"]["inference_table_config"]
    assert table == {"enabled": True, "catalog_name": "team", "schema_name": "ontos", "table_name_prefix": "welds"}
    assert serving.state("welds").message == "ready"


def test_a_model_that_takes_no_provisioned_throughput_gets_a_gpu_that_may_sleep(
    scene: Scene, serving: DatabricksServing
) -> None:
    serving.deploy("welds", model(1))
    (entity,) = scene.serving.endpoints["welds"]["config"]["served_entities"]
    assert (entity["workload_type"], entity["scale_to_zero_enabled"]) == ("GPU_MEDIUM", True)
    assert "min_provisioned_throughput" not in entity


def test_a_version_is_swapped_while_the_old_one_answers_and_rolled_back(
    scene: Scene, serving: DatabricksServing
) -> None:
    serving.deploy("welds", model(1))
    answered: list[str] = []

    class Asking(Told):
        def update(self, done: int, total: int, message: str = "") -> None:
            if message.startswith("a version"):
                serving.invoke("welds", model(1), [{"load": 1}])
                answered.append(scene.serving.asked[-1].version)

    scene.serving.polls = 3
    serving.deploy("welds", model(2), Asking())
    serving.invoke("welds", model(2), [{"load": 1}])
    assert set(answered) == {"1"}
    assert scene.serving.asked[-1].version == "2"
    serving.deploy("welds", model(1))
    assert serving.state("welds").version == "1"


def test_the_same_version_again_changes_nothing(scene: Scene, serving: DatabricksServing) -> None:
    serving.deploy("welds", model(1))
    before = [call for call in scene.workspace.calls if call[0] in ("PUT", "POST")]
    serving.deploy("welds", model(1))
    assert [call for call in scene.workspace.calls if call[0] in ("PUT", "POST")] == before


def test_a_version_that_does_not_come_up_leaves_the_old_one_answering(scene: Scene, serving: DatabricksServing) -> None:
    serving.deploy("welds", model(1))
    scene.serving.failing.add(f"{NAME}/2")
    with pytest.raises(PlatformError) as text:
        serving.deploy("welds", model(2))
    assert "ran out of memory" in text.value.what
    assert text.value.todo == "Version 1 still answers."
    assert serving.invoke("welds", model(1), [{"load": 1}])[0].status_code == 200
    assert scene.serving.asked[-1].version == "1"
    serving.deploy("welds", model(1))
    assert serving.state("welds").message == "ready"


def test_waiting_can_be_stopped_and_gone_on_with(scene: Scene, serving: DatabricksServing) -> None:
    scene.serving.polls = 9
    with pytest.raises(JobCancelledError):
        serving.deploy("welds", model(1), Told(stop_after=2))
    assert serving.state("welds").changing
    with pytest.raises(ConflictError, match="changing to another version"):
        serving.deploy("welds", model(2))
    serving.deploy("welds", model(1))
    assert serving.state("welds").ready


def test_endpoints_of_others_are_left_alone(scene: Scene, serving: DatabricksServing) -> None:
    serving.deploy("welds", model(1))
    scene.serving.endpoints["welds"]["tags"] = []
    with pytest.raises(ConflictError, match="not created here"):
        serving.deploy("welds", model(2))


def test_a_model_of_this_machine_is_not_deployed_there(serving: DatabricksServing) -> None:
    with pytest.raises(PlatformError, match="only on this machine"):
        serving.deploy("welds", model(1, depth=3))


def test_a_missing_right_is_told(scene: Scene, serving: DatabricksServing) -> None:
    scene.workspace.fault(path="serving-endpoints", status=403, error_code="PERMISSION_DENIED", message="no CREATE")
    with pytest.raises(PlatformError, match="does not allow it: no CREATE"):
        serving.deploy("welds", model(1))


def test_rows_are_asked_in_their_order_with_our_ids_and_kept_by_the_team(
    scene: Scene, serving: DatabricksServing
) -> None:
    def answer(requested: Asked) -> Reply:
        load = int(requested.body["messages"][0]["content"].removeprefix("Load is ").removesuffix("."))
        return says({"verdict": "bad" if load % 2 else "good"})

    scene.serving.answer = answer
    serving.deploy("welds", model(1))
    result = serving.invoke("welds", model(1), [{"load": n} for n in range(9)], [f"id-{n}" for n in range(9)])
    verdicts = [one.prediction.answer["verdict"] if one.prediction else one.error for one in result]
    assert verdicts == ["good", "bad"] * 4 + ["good"]
    assert all(one.latency_ms > 0 for one in result)
    stored = scene.engine.direct("SELECT client_request_id, status_code FROM team.ontos.welds_payload ORDER BY 1")
    assert stored == [(f"id-{n}", 200) for n in range(9)]


def test_an_endpoint_that_wakes_up_is_waited_for(scene: Scene, serving: DatabricksServing) -> None:
    serving.deploy("welds", model(1))
    scene.serving.asleep["welds"] = 1
    assert serving.invoke("welds", model(1), [{"load": 1}])[0].status_code == 200


@pytest.mark.parametrize(
    ("status", "said", "text"),
    [
        (503, "scaling", "endpoint is starting: scaling"),
        (429, "slow down", "busy: slow down"),
        (404, "gone", "does not exist"),
        (403, "CAN_QUERY", "does not allow it: CAN_QUERY"),
        (400, "too long", "does not accept the request: too long"),
    ],
)
def test_what_goes_wrong_is_the_rows_own_status_in_our_words(
    scene: Scene, databricks: Team, status: int, said: str, text: str
) -> None:
    serving = DatabricksServing(databricks, render, patience=1, wait=lambda seconds: None)
    serving.deploy("welds", model(1))
    scene.serving.answer = lambda requested: refuses(
        status, said, **({"Retry_After": "0"} if status in (429, 503) else {})
    )
    (one,) = serving.invoke("welds", model(1), [{"load": 1}])
    assert (one.prediction, one.status_code) == (None, status)
    assert text in one.error


def test_a_row_that_does_not_fit_and_an_answer_that_does_not(scene: Scene, serving: DatabricksServing) -> None:
    serving.deploy("welds", model(1))
    scene.serving.answer = lambda requested: says("I would rather not")
    result = serving.invoke("welds", model(1), [{"weight": 1}, {"load": 1}])
    assert [one.status_code for one in result] == [400, 502]
    assert "no column load" in result[0].error
    assert "no JSON object" in result[1].error
    scene.serving.answer = lambda requested: Reply(body={"choices": []})
    assert serving.invoke("welds", model(1), [{"load": 1}])[0].error == "The endpoint answered without a choice."
