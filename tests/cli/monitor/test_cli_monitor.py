"""`ontos monitor`: spans, steps, two versions side by side, and what a request was learned from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders.defects import labeled_sheet
from command_result import Ontos
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def log(workspace: Workspace, model: ModelVersion, count: int, start: datetime, **columns: Any) -> None:
    """So many requests, a minute apart."""
    records = [
        InferenceRecord(
            **{
                "endpoint": "live",
                "model_id": model.id,
                "model_version": model.version,
                "requested_at": start + timedelta(minutes=number),
                "origin": Origin.HTTP,
                "input": {"voltage": 1.0, "line": "\x1b[31mnorth"},
                "output": {"defect": "crack"},
                "latency_ms": 12.0,
                **columns,
            }
        )
        for number in range(count)
    ]
    with workspace.store.write() as connection:
        rows.add_many(connection, records)


@pytest.fixture
def busy(home: Path) -> None:
    """`live` was asked 30 times of version 1 from a fixed noon on, then 10 times of version 2, half of them in vain."""
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 60)
        params = {"training_sheet_id": sheet.id, "base_model": "nearest", "name": "defects"}
        first, second = (workspace.train.models.run(params, job, NoProgress()) for job in ("j1", "j2"))
        workspace.deploy.endpoints.deploy(second.id, "live")
        log(workspace, first, 30, NOON)
        log(workspace, second, 5, NOON + timedelta(hours=1), output={"defect": "none"})
        log(workspace, second, 5, NOON + timedelta(hours=2), status_code=500, output=None, error="\x1b]52;c;x\x07")


@pytest.mark.usefixtures("busy")
def test_a_span_in_steps(ontos: Ontos) -> None:
    span = ("--since", "2026-11-20T12:10Z", "--until", "2026-11-20T13:03Z")
    seen = ontos("monitor", "live", "--bucket", "hour", *span, "--requests", "99", as_json=True).json
    assert [(point["requests"], point["errors"]) for point in seen["points"]] == [(20, 0), (3, 0)]
    assert seen["points"][0]["start"] == "2026-11-20T12:00:00.000000Z"
    assert (seen["summary"]["requests"], seen["summary"]["p50_ms"], seen["summary"]["exact"]) == (23, 12.0, True)
    assert len(seen["requests"]) == 23
    assert (seen["health"]["state"], seen["health"]["points"]) == ("no data", None), "nothing in the last hour"
    assert (seen["drift"], seen["alerts"]) == (None, [])
    message = ontos("monitor", "live", "--bucket", "hour", *span).out
    assert "p95 ms" in message
    assert "no data (0 requests in the last hour)" in message
    ago = ontos("monitor", "live", "--bucket", "day", "--since", "1000w", as_json=True, fails=0).json
    assert sum(point["requests"] for point in ago["points"]) == 40


@pytest.mark.usefixtures("busy")
def test_two_versions_side_by_side(ontos: Ontos) -> None:
    compared = ontos("monitor", "live", "--compare", "1", "defects:2", as_json=True).json
    assert (compared["left"]["requests"], compared["right"]["requests"]) == (30, 10)
    assert (compared["left"]["error_rate"], compared["right"]["error_rate"]) == (0.0, 0.5)
    assert compared["right"]["answers"][0]["values"] == {"none": 5}
    message = ontos("monitor", "live", "--compare", "1", "2").out
    assert "defects v1" in message
    assert "5 (50.0 %)" in message
    assert "defect: crack 100.0%" in message
    everywhere = ontos("monitor", "live", "--compare", "1", "2", "--everywhere", as_json=True, fails=1)
    assert "No" in everywhere.err or "no" in everywhere.err, "without an endpoint a number alone names nothing"
    ontos("monitor", "live", "--compare", "defects:1", "defects:2", "--everywhere")
    assert "Both versions are" in ontos("monitor", "live", "--compare", "2", "2", fails=1).err


@pytest.mark.usefixtures("busy")
def test_what_a_request_was_learned_from(ontos: Ontos) -> None:
    seen = ontos("monitor", "live", "--requests", "1", as_json=True).json
    near = ontos("monitor", "live", "--near", seen["requests"][0]["record"]["request_id"][:12], as_json=True).json
    assert len(near["pairs"]) == 5
    assert near["pairs"][0]["distance"] <= near["pairs"][-1]["distance"]
    message = ontos("monitor", "live", "--near", seen["requests"][0]["record"]["request_id"]).out
    assert near["pairs"][0]["ref"] in message


@pytest.mark.usefixtures("busy")
def test_hostile_data_and_wrong_usage(ontos: Ontos) -> None:
    message = ontos("monitor", "live", "--bucket", "day", "--since", "2026-11-19", "--requests", "50").out
    assert all(character == "\n" or character.isprintable() for character in message)
    assert "is not a valid date" in ontos("monitor", "live", "--since", "soon", fails=2).err
    assert "one of them" in ontos("monitor", "live", "--since", "1d", "--last", "3", fails=2).err
    assert "Choose wider" in ontos("monitor", "live", "--bucket", "minute", "--since", "2000-01-01", fails=1).err
