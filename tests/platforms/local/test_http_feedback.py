"""Feedback by HTTP, with the real services behind the server: what fits is kept, what does not is told in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from builders.models import served_model
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.platforms.local.http_server.app import make_app
from ontos_tui.store import rollups, rows
from ontos_tui.worker.serving import WorkspaceBackend
from ontos_tui.workspace import Workspace

ROW = {"voltage": 0.2, "line": "north"}


@pytest.fixture
def served(home: Path) -> Iterator[Workspace]:
    """A workspace whose endpoints `defects` and `other` answer."""
    served_model(home, endpoint="defects")
    with Workspace(home) as workspace:
        workspace.deploy.endpoints.deploy("defects", "other")
        yield workspace


async def post(workspace: Workspace, what: str, body: Any, name: str = "defects") -> httpx.Response:
    transport = httpx.ASGITransport(app=make_app(WorkspaceBackend(workspace)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.post(f"/serving-endpoints/{name}/{what}", json=body)


async def asked(workspace: Workspace) -> str:
    """The id of a request that was answered."""
    answer = await post(workspace, "invocations", {"dataframe_records": [ROW]})
    assert answer.status_code == 200
    return str(answer.json()["databricks_output"]["databricks_request_id"])


def kept(workspace: Workspace) -> list[FeedbackItem]:
    with workspace.store.read() as connection:
        return rows.find(connection, FeedbackItem)


async def test_a_rating_with_a_correction_is_kept_and_counted(served: Workspace) -> None:
    request_id = await asked(served)
    body = {
        "databricks_request_id": request_id,
        "rating": 2,
        "comment": "wrong \x1b[31m",
        "correction": {"defect": "none", "severe": False},
    }
    answer = await post(served, "feedback", body)
    assert answer.status_code == 200
    (item,) = kept(served)
    assert answer.json() == {"feedback_id": item.id, "request_id": request_id, "status": "new"}
    assert (item.rating, item.correction) == (2, {"defect": "none", "severe": False})
    summary = served.monitor.traffic.summary("defects")
    assert (summary.ratings, summary.mean_rating, summary.corrections) == (1, 2.0, 1)
    with served.store.read() as connection:
        assert rollups.ratings_by_model(connection, "other") == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rating": 0}, ["whole number from 1 to 5"]),
        ({"rating": 6}, ["whole number from 1 to 5"]),
        ({"rating": 2.5}, ["whole number from 1 to 5"]),
        ({"rating": True}, ["whole number from 1 to 5"]),
        ({"rating": "5"}, ["whole number from 1 to 5"]),
        ({"rating": None}, ["whole number from 1 to 5"]),
        ({"comment": ["a"]}, ["comment is not a text"]),
        ({"correction": "none"}, ["correction is not an object"]),
        ({"correction": {"defect": "dent"}}, ["does not fit", "defect"]),
        ({"correction": {"severe": True}}, ["does not fit", "defect"]),
        ({"correction": {"defect": "none", "severe": "no"}}, ["does not fit", "severe"]),
        ({"correction": {}}, ["does not fit"]),
    ],
)
async def test_what_does_not_fit_is_refused_with_the_reason(
    served: Workspace, change: dict[str, Any], words: list[str]
) -> None:
    body = {"databricks_request_id": await asked(served), "rating": 1, **change}
    answer = await post(served, "feedback", body)
    told = answer.json()
    assert (answer.status_code, told["error_code"]) == (400, "BAD_REQUEST")
    assert all(word in told["message"] for word in words), told["message"]
    assert kept(served) == []


async def test_a_request_of_another_endpoint_or_of_none_is_not_found(served: Workspace) -> None:
    request_id = await asked(served)
    for name, id in (("other", request_id), ("defects", "nothing"), ("nowhere", request_id)):
        answer = await post(served, "feedback", {"databricks_request_id": id, "rating": 1}, name)
        assert answer.status_code == 404, (name, id)
    assert kept(served) == []
