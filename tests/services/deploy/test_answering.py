"""Requests that are answered together: each has its own answer or error, and all are in the log, also after a kill."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.models import served_model
from faults.server import serving
from ontos_tui.domain.errors import NotFoundError
from ontos_tui.domain.learning import EndpointRequest
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.domain.records.training import Job, JobKind
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.jobs.loopback import listen, url
from ontos_tui.jobs.server_access import ServerAccess
from ontos_tui.platforms.local.http_server import json_body
from ontos_tui.platforms.local.http_server.batches import Answered, Batches
from ontos_tui.platforms.local.http_server.replies import RefusedError
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.worker.serving import WorkspaceBackend
from ontos_tui.workspace import Workspace
from tiers import deep

GOOD, BAD = {"voltage": 0.2, "line": "north"}, {"line": "north"}


def asked(rows: list[dict[str, Any]], client_request_id: str = "", endpoint: str = "live") -> EndpointRequest:
    """A request over HTTP."""
    return EndpointRequest(endpoint, rows, Origin.HTTP, client_request_id)


@pytest.fixture
def workspace(home: Path) -> Workspace:
    served_model(home)
    return Workspace(home)


def test_each_request_has_its_own_answers_or_error(workspace: Workspace) -> None:
    requests = [
        asked([GOOD], "first"),
        asked([GOOD], endpoint="nothing"),
        asked([GOOD, BAD, *[GOOD] * 5]),
        asked([{**GOOD, "voltage": "high"}]),
    ]
    with workspace:
        first, missing, several, odd = workspace.deploy.endpoints.query_many(requests, on_disk=False)
        alone = workspace.deploy.endpoints.query("live", [GOOD], origin=Origin.HTTP)
        with workspace.store.read() as connection:
            logged = {one.request_id: one for one in rows.find(connection, InferenceRecord, equal(endpoint="live"))}
    assert isinstance(missing, NotFoundError)
    assert isinstance(first, list) and isinstance(several, list) and isinstance(odd, list)
    assert (first[0].client_request_id, first[0].output) == ("first", alone[0].output)
    assert [one.status_code for one in several] == [200, 400, 200, 200, 200, 200, 200]
    assert [one.status_code for one in odd] == [400] and "'voltage'" in odd[0].error
    assert "lacks 'voltage'" in several[1].error
    answered = [*first, *several, *odd, *alone]
    assert len(logged) == len(answered)
    assert [logged[one.request_id] for one in answered] == answered


def test_a_stopped_endpoint_refuses_each_and_all_are_logged(workspace: Workspace) -> None:
    with workspace:
        workspace.deploy.endpoints.stop("live")
        answers = workspace.deploy.endpoints.query_many([asked([GOOD])] * 2)
        with workspace.store.read() as connection:
            logged = rows.find(connection, InferenceRecord)
    assert ["is stopped" in str(one) for one in answers] == [True, True]
    assert [one.status_code for one in logged] == [503, 503]


class Slow:
    """Answers when it is let; remembers what it was asked together."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked: list[list[str]] = []

    def answer(self, requests: Sequence[EndpointRequest]) -> list[Answered]:
        self.asked.append([one.client_request_id for one in requests])
        self.go.wait(30)
        return [ValueError(one.client_request_id) if one.client_request_id == "b" else [] for one in requests]


async def test_what_comes_meanwhile_is_answered_together() -> None:
    slow = Slow()
    batches = Batches(slow.answer, 2, 30)
    tasks = [asyncio.create_task(batches.ask(asked([GOOD], "a", "one")))]
    while not slow.asked:
        await asyncio.sleep(0)
    tasks += [asyncio.create_task(batches.ask(asked([GOOD], name, "one"))) for name in "bc"]
    tasks.append(asyncio.create_task(batches.ask(asked([GOOD], "d", "two"))))
    while len(slow.asked) < 2:  # another endpoint does not wait for the first
        await asyncio.sleep(0)
    slow.go.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert slow.asked == [["a"], ["d"], ["b", "c"]]
    assert [isinstance(one, ValueError) for one in answers] == [False, True, False, False]
    assert not batches._waiting


async def test_who_waits_too_long_is_refused_and_not_asked_for() -> None:
    slow = Slow()
    batches = Batches(slow.answer, 1, 0.01)
    first = asyncio.create_task(batches.ask(asked([GOOD], "a", "one")))
    while not slow.asked:
        await asyncio.sleep(0)
    with pytest.raises(RefusedError, match="busy"):
        await batches.ask(asked([GOOD], "b", "one"))
    slow.go.set()
    assert await first == []
    assert slow.asked == [["a"]]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=3), below, max_size=3),
    max_leaves=8,
)


@given(json_values, st.booleans())
def test_the_fast_reader_of_bodies_says_what_the_slow_one_says(value: object, in_ascii: bool) -> None:
    content = json.dumps(value, ensure_ascii=in_ascii).encode("utf-8", "surrogatepass")

    def parsed(fast: bool) -> object:
        with pytest.MonkeyPatch.context() as patch:
            if not fast:
                patch.setattr(json_body, "_fast", lambda _: None)
            try:
                return json_body.parse_json(content)
            except RefusedError as refusal:
                return refusal.status, refusal.message

    assert repr(parsed(True)) == repr(parsed(False))


@pytest.mark.parametrize("content", [b'{"a":1,"a":2}', b'{"a:b":1,"c":{"d":[{"e":1},{"e":2}]}}', b'{"a":NaN}', b"[1,"])
def test_what_the_fast_reader_cannot_say_is_left_to_the_slow_one(content: bytes) -> None:
    assert json_body._fast(content) is None


@deep
def test_a_killed_server_has_logged_every_answer(home: Path) -> None:
    served_model(home)
    with listen(0) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "ONTOS_SERVE_PORT": str(port), "ONTOS_HOME": str(home)}
    ontos = [sys.executable, "-m", "ontos_tui"]
    for kill_after in (20, 90, 200):
        subprocess.run([*ontos, "serve"], env=environment, check=True, capture_output=True)
        with Workspace(home) as workspace:
            (job,) = workspace.jobs.jobs(active_only=True)
            while not workspace.deploy.endpoints.server.state().running:
                time.sleep(0.05)
            pid = workspace.jobs.job(job.id).pid
        assert pid is not None
        ids: list[str] = []
        threads = [threading.Thread(target=ask_until_it_dies, args=(port, ids)) for _ in range(8)]
        for thread in threads:
            thread.start()
        while len(ids) < kill_after:
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
        with sqlite3.connect(home / "ontos.db") as connection:
            logged = {one for (one,) in connection.execute("SELECT request_id FROM inference_log")}
            sums = connection.execute("SELECT sum(requests) FROM request_rollups WHERE width = 'day'").fetchone()[0]
        connection.close()
        assert set(ids) <= logged
        assert sums == len(logged)
        with Workspace(home) as workspace:
            workspace.jobs.jobs(active_only=True)  # which notices that the server is gone


def ask_until_it_dies(port: int, ids: list[str]) -> None:
    """Ask again and again; the ids of what was answered."""
    url = f"http://127.0.0.1:{port}/serving-endpoints/live/invocations"
    with httpx.Client() as client:
        while True:
            try:
                answer = client.post(url, json={"instances": [GOOD]})
            except httpx.TransportError:
                return
            ids += answer.json()["databricks_output"]["request_ids"]


@pytest.mark.parametrize("row", [GOOD, BAD])
def test_one_row_is_asked_of_the_server_that_runs(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, row: dict[str, Any]
) -> None:
    with workspace, serving(WorkspaceBackend(workspace)) as port:
        service = workspace.deploy.endpoints
        alone = service.query_where_it_is_loaded("live", row, origin=Origin.CLI)
        params = ServerAccess().params()
        job = Job(kind=JobKind.SERVE, title="", params=params, status=JobStatus.RUNNING, result={"url": url(port)})
        monkeypatch.setattr(service.server, "_job", lambda: job)
        monkeypatch.setattr(service, "query", None)
        answered = service.query_where_it_is_loaded("live", row, origin=Origin.CLI)
        assert (answered.origin, answered.input) == (Origin.CLI, row)
        assert (answered.output, answered.status_code) == (alone.output, alone.status_code)
        monkeypatch.undo()
        job.result["url"] = url(1)  # where nobody answers
        monkeypatch.setattr(service.server, "_job", lambda: job)
        assert service.query_where_it_is_loaded("live", row, origin=Origin.CLI).output == alone.output
        with workspace.store.read() as connection:
            assert rows.count(connection, InferenceRecord) == 3
