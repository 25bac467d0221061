"""The loopback server: Databricks' own client works with it, and nothing but a program on this machine does."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service.serving import DataframeSplitInput, EndpointStateReady

from builders.defects import DEFECT_SCHEMA
from builders.models import served_model
from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.learning import EndpointRequest
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.platforms.local.http_server.admission import Limits
from ontos_tui.platforms.local.http_server.app import make_app
from ontos_tui.services.deploy.answering import Answered
from ontos_tui.services.deploy.service import EndpointView
from ontos_tui.services.monitor.service import MonitorService
from ontos_tui.workspace import Workspace

ROW = {"voltage": 0.2, "line": "north"}


class Answers:
    """The services of one workspace; feedback is kept in a list."""

    def __init__(self, workspace: Workspace) -> None:
        from ontos_tui.domain.records.serving import Origin

        self.origin = Origin.HTTP
        self.deploy = workspace.deploy.endpoints
        self.given: list[FeedbackItem] = []
        self.monitor = MonitorService(workspace.store)

    def endpoints(self) -> list[EndpointView]:
        return self.deploy.endpoints()

    def answer(self, requests: Sequence[EndpointRequest]) -> list[Answered]:
        return self.deploy.query_many(requests)

    def feedback(self, name: str, request_id: str, rating: int, comment: str, correction: Any) -> FeedbackItem:
        record = self.monitor.request(request_id).record
        if record.endpoint != name:
            raise NotFoundError("Not here.")
        item = FeedbackItem(
            endpoint=name,
            request_id=request_id,
            model_id=record.model_id,
            rating=rating,
            comment=comment,
            correction=correction,
            input=record.input,
        )
        self.given.append(item)
        return item


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    """A workspace whose endpoint `defects` answers."""
    served_model(home, endpoint="defects")
    with Workspace(home) as opened:
        yield opened


@pytest.fixture
def answers(workspace: Workspace) -> Answers:
    return Answers(workspace)


@pytest.fixture
def url(answers: Answers) -> Iterator[str]:
    """The server on a free port, in a thread."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(make_app(answers), log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(url: str) -> WorkspaceClient:
    return WorkspaceClient(host=url, token="t", auth_type="pat", config_file="/dev/null")


def logged(workspace: Workspace) -> list[InferenceRecord]:
    return [view.record for view in workspace.monitor.traffic.requests(limit=1000)]


def post(url: str, body: Any, path: str = "/serving-endpoints/defects/invocations", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(url + path, content=content, headers={"content-type": "application/json", **headers})


def test_databricks_client_asks_and_is_answered(client: WorkspaceClient, workspace: Workspace) -> None:
    answer = client.serving_endpoints.query(
        "defects", dataframe_records=[ROW, {"voltage": 10.1, "line": "south"}], client_request_id="mine"
    )
    assert answer.predictions is not None
    assert [one["defect"] for one in answer.predictions] == ["crack", "scratch"]
    assert {record.client_request_id for record in logged(workspace)} == {"mine"}
    assert {record.origin.value for record in logged(workspace)} == {"http"}


def test_databricks_client_sees_the_endpoints(client: WorkspaceClient, workspace: Workspace) -> None:
    (listed,) = client.serving_endpoints.list()
    found = client.serving_endpoints.get("defects")
    for one in (listed, found):
        assert (one.name, one.creator) == ("defects", "ana")
        assert one.state is not None
        assert one.state.ready is EndpointStateReady.READY
        assert one.config is not None
    assert found.config is not None
    assert found.config.served_entities is not None
    entity = found.config.served_entities[0]
    assert (entity.entity_name, entity.entity_version, entity.name) == ("defects", "1", "defects-1")
    workspace.deploy.endpoints.stop("defects")
    stopped = client.serving_endpoints.get("defects")
    assert stopped.state is not None
    assert stopped.state.ready is EndpointStateReady.NOT_READY


def test_all_forms_of_rows_give_the_same_answer(client: WorkspaceClient) -> None:
    query = client.serving_endpoints.query
    split = DataframeSplitInput(columns=["voltage", "line"], data=[[0.2, "north"]])
    answers = [
        query("defects", dataframe_records=[ROW]),
        query("defects", dataframe_split=split),
        query("defects", instances=[ROW]),
        query("defects", inputs=[ROW]),
        query("defects", inputs={"voltage": [0.2], "line": ["north"]}),
        query("defects", inputs=ROW),
    ]
    assert len({json.dumps(answer.predictions) for answer in answers}) == 1


def test_databricks_client_gets_its_own_errors(client: WorkspaceClient, workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="nothing"):
        client.serving_endpoints.query("nothing", dataframe_records=[ROW])
    with pytest.raises(NotFound, match="nothing"):
        client.serving_endpoints.get("nothing")
    with pytest.raises(BadRequest, match=r"Row 1.*voltage"):
        client.serving_endpoints.query("defects", dataframe_records=[ROW, {"line": "north"}])
    assert sorted(record.status_code for record in logged(workspace)) == [200, 400]


def test_an_answer_carries_the_ids_for_feedback(url: str, workspace: Workspace, answers: Answers) -> None:
    body = post(url, {"dataframe_records": [ROW, ROW]}).json()
    ids = body["databricks_output"]["request_ids"]
    assert body["databricks_output"]["databricks_request_id"] == ids[0]
    assert set(ids) == {record.request_id for record in logged(workspace)}
    assert all(one["defect"] in ("likely", "unsure") for one in body["certainty"])
    path = "/serving-endpoints/defects/feedback"
    said = {"rating": 1, "comment": "no", "correction": {"defect": "none"}}
    first = post(url, {**said, "databricks_request_id": ids[0]}, path)
    second = post(url, {"request_id": ids[1], "rating": 5}, path)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == {"feedback_id": answers.given[0].id, "request_id": ids[0], "status": "new"}
    assert [(one.rating, one.comment, one.correction) for one in answers.given] == [
        (1, "no", {"defect": "none"}),
        (5, "", None),
    ]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"rating": 5}, "databricks_request_id"),
        ({"request_id": 7, "rating": 5}, "databricks_request_id"),
        ({"request_id": "x"}, "rating"),
        ({"request_id": "x", "rating": True}, "rating"),
        ({"request_id": "x", "rating": 6}, "rating"),
        ({"request_id": "x", "rating": "5"}, "rating"),
        ({"request_id": "x", "rating": 5, "comment": 7}, "comment"),
        ({"request_id": "x", "rating": 5, "correction": "none"}, "correction"),
    ],
)
def test_feedback_that_is_none_is_refused(url: str, body: dict[str, Any], word: str) -> None:
    refused = post(url, body, "/serving-endpoints/defects/feedback")
    assert refused.status_code == 400
    assert word in refused.json()["message"]


def test_feedback_on_an_unknown_request_is_not_found(url: str, workspace: Workspace) -> None:
    path = "/serving-endpoints/{}/feedback"
    assert post(url, {"request_id": "nothing", "rating": 5}, path.format("defects")).status_code == 404
    request_id = post(url, {"instances": [ROW]}).json()["databricks_output"]["databricks_request_id"]
    assert post(url, {"request_id": request_id, "rating": 5}, path.format("other")).status_code == 404


def test_a_stopped_endpoint_is_unavailable(url: str, workspace: Workspace) -> None:
    workspace.deploy.endpoints.stop("defects")
    refused = post(url, {"instances": [ROW]})
    assert refused.status_code == 503
    assert refused.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
    assert "stopped" in refused.json()["message"]
    assert [record.status_code for record in logged(workspace)] == [503]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\xff",
        b"[" * 100_000,
        b"9" * 100_000,
        b"null",
        b"[1]",
        b"{}",
        {"dataframe_records": []},
        {"dataframe_records": {}},
        {"dataframe_records": [1]},
        {"dataframe_records": [[1, 2]]},
        {"dataframe_records": [ROW], "instances": [ROW]},
        {"dataframe_split": []},
        {"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}},
        {"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}},
        {"dataframe_split": {"columns": [1], "data": [[1]]}},
        {"inputs": {"a": [1, 2], "b": [1]}},
        {"inputs": {"a": [1, 2], "b": 1}},
        {"inputs": {}},
        {"inputs": 1},
        {"instances": "text"},
        {"instances": [ROW], "client_request_id": 7},
        b'{"instances": [{"voltage": NaN}]}',
        b'{"instances": [{"voltage": -Infinity}]}',
        b'{"instances": [{"voltage": 1e999}]}',
        b'{"instances": [{"voltage": 123456789012345678901234567890}]}',
        b'{"instances": [{"voltage": 1, "voltage": 2}]}',
        rb'{"instances": [{"voltage": "\ud800"}]}',
        rb'{"instances": [{"\udfff": 1}]}',
        '{"instances": []}'.encode("utf-16"),
        b'{"instances": [{"voltage": ' + b"[" * 40 + b"]" * 40 + b"}]}",
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_body_that_does_not_fit_is_refused_and_nothing_is_logged(url: str, workspace: Workspace, body: Any) -> None:
    refused = post(url, body)
    assert refused.status_code == 400
    assert refused.json()["error_code"] == "BAD_REQUEST"
    assert refused.json()["message"]
    assert logged(workspace) == []


def test_odd_values_are_stored_and_answered(url: str, workspace: Workspace) -> None:
    odd = rb'{"instances": [{"voltage": 1, "line": "\u0000\u001b]52;c;A\u0007", "more": [1, {"a": null}]}]}'
    assert post(url, odd).status_code == 200
    assert [record.input["more"] for record in logged(workspace)] == [[1, {"a": None}]]


def test_only_json_is_read(url: str) -> None:
    for declared in ("text/plain", "application/x-www-form-urlencoded", "", "application/json-patch"):
        refused = post(url, {"instances": [ROW]}, **{"content-type": declared})
        assert refused.status_code == 415
        assert refused.json()["error_code"] == "UNSUPPORTED_MEDIA_TYPE"
    assert post(url, {"instances": [ROW]}, **{"content-type": "Application/JSON; charset=utf-8"}).status_code == 200


def test_a_body_that_is_too_big_is_refused_whether_it_says_so_or_not(url: str) -> None:
    refused = post(url, b" " * (Limits().body + 1))
    assert refused.status_code == 413
    assert "16 MB" in refused.json()["message"]

    def drip() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * 1024 * 1024

    headers = {"content-type": "application/json"}
    streamed = httpx.post(f"{url}/serving-endpoints/defects/invocations", content=drip(), headers=headers)
    assert streamed.status_code == 413


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[", "10.0.0.1"])
def test_a_foreign_host_is_refused(url: str, host: str) -> None:
    refused = httpx.get(f"{url}/api/2.0/serving-endpoints", headers={"host": host})
    assert refused.status_code in (400, 403)
    assert post(url, {"instances": [ROW]}, host=host).status_code in (400, 403)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost.evil.example", "", "file://"])
def test_a_foreign_origin_is_refused(url: str, workspace: Workspace, origin: str) -> None:
    refused = post(url, {"instances": [ROW]}, origin=origin)
    assert refused.status_code == 403
    assert refused.json()["error_code"] == "PERMISSION_DENIED"
    assert logged(workspace) == []


@pytest.mark.parametrize("host", ["localhost", "localhost:9", "127.0.0.1", "[::1]:8765"])
def test_names_of_this_machine_are_let_in(url: str, host: str) -> None:
    assert httpx.get(f"{url}/health", headers={"host": host, "origin": f"http://{host}"}).status_code == 200


def test_other_paths_and_methods_are_refused_in_the_same_words(url: str) -> None:
    missing = httpx.get(f"{url}/nothing")
    assert (missing.status_code, missing.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    wrong = httpx.get(f"{url}/serving-endpoints/defects/invocations")
    assert (wrong.status_code, wrong.json()["error_code"]) == (405, "METHOD_NOT_ALLOWED")
    assert httpx.options(f"{url}/serving-endpoints/defects/invocations").status_code == 405


def test_an_unforeseen_error_is_told_without_its_inside(
    url: str, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[InferenceRecord]:
        raise RuntimeError("inside")

    monkeypatch.setattr(answers, "answer", broken)
    failed = post(url, {"instances": [ROW]})
    assert (failed.status_code, failed.json()["error_code"]) == (500, "INTERNAL_ERROR")
    assert "inside" not in failed.text


def test_an_answer_fits_the_schema(url: str) -> None:
    from ontos_tui.domain.schema import answer_problems

    (answer,) = post(url, {"instances": [ROW]}).json()["predictions"]
    assert answer_problems(DEFECT_SCHEMA, answer) == ()


def test_beside_each_answer_stands_what_the_model_says_of_it(url: str, workspace: Workspace) -> None:
    body = post(url, {"dataframe_records": [ROW, {"voltage": 500.0, "line": "north"}]}).json()
    records = list(reversed(logged(workspace)))
    by_id = {record.request_id: record for record in records}
    in_order = [by_id[one] for one in body["databricks_output"]["request_ids"]]
    assert body["predictions"] == [record.output for record in in_order]
    assert body["confidence"] == [record.confidence for record in in_order]
    assert body["certainty"] == [record.certainty for record in in_order]
    assert body["intervals"] == [{}, {}]
    assert body["outside"][0] == []
    (odd,) = body["outside"][1]
    assert (odd["column"], odd["value"]) == ("voltage", 500.0)
    assert set(odd) == {"column", "value", "low", "high"}
