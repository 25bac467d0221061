"""Requests that no model saw are in the figures too; what a model takes to load is not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from builders.models import served_model
from ontos_tui.domain.records.serving import Origin
from ontos_tui.platforms.local.http_server.access import Access
from ontos_tui.platforms.local.http_server.app import make_app
from ontos_tui.services.deploy import refusals
from ontos_tui.services.deploy.refusals import RefusalLog
from ontos_tui.worker.serving import WorkspaceBackend
from ontos_tui.workspace import Workspace

PATH = "/serving-endpoints/live/invocations"
TOKEN = "0123456789abcdef"


async def test_refused_requests_are_counted_with_their_reasons(home: Path) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        backend = WorkspaceBackend(workspace)
        transport = httpx.ASGITransport(app=make_app(backend, Access(token=TOKEN)))
        right = {"authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for content, kind, headers in [
                (b"{", "application/json", right),
                (b"{}", "text/plain", right),
                (b'{"instances":[{}]}', "application/json", {}),
                (b'{"instances":[]}', "application/json", right),
            ]:
                response = await client.post(PATH, content=content, headers={"content-type": kind, **headers})
                assert response.status_code in (400, 401, 415)
            await client.post(PATH.replace("live", "ghost"), content=b"{", headers=right)
            # A row that does not fit is logged with the row, as before, and once.
            await client.post(PATH, json={"instances": [{"voltage": 1}]}, headers=right)
        with backend.syncing():
            pass
        summary = workspace.monitor.traffic.summary("live")
        assert (summary.requests, summary.errors, summary.p50_ms) == (5, 5, None)
        groups = {(group.status, group.count) for group in workspace.monitor.traffic.errors("live")}
        assert groups == {(400, 1), (401, 1), (415, 1)} or {status for status, _ in groups} == {400, 401, 415}


def test_a_flood_of_refusals_comes_into_the_log_in_pieces(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST_AT_ONCE", 10)
    monkeypatch.setattr(refusals, "MOST_REASONS", 3)
    served_model(home)
    with Workspace(home) as workspace:
        log = RefusalLog(workspace.store)
        for number in range(25):
            log.add("live", 429, f"reason {number}")
        assert log.is_due
        assert (log.write(), log.write(), log.write()) == (15, 5, 0)
        assert not log.waiting
        assert workspace.monitor.traffic.summary("live").errors == 25


def test_what_a_model_takes_to_load_is_no_latency(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served_model(home)
    with Workspace(home) as workspace:
        serving: Any = workspace.deploy.endpoints._serving
        local = getattr(serving, "_local", serving)
        load = local._trainer.load

        seconds = [0.0]

        def slow(*given: Any) -> Any:
            seconds[0] += 4
            return load(*given)

        monkeypatch.setattr(local._trainer, "load", slow)
        monkeypatch.setattr("ontos_tui.platforms.local.serving.time", SimpleNamespace(perf_counter=lambda: seconds[0]))
        row = workspace.deploy.endpoints.sample_input("live")
        (record,) = workspace.deploy.endpoints.query("live", [row], origin=Origin.CLI)
        assert (seconds, record.status_code, record.latency_ms) == ([4.0], 200, 0.0)
