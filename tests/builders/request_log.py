"""Requests in the log of an endpoint: for MONITOR and what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.store import rows
from ontos_tui.workspace import Workspace


def log(workspace: Workspace, model: ModelVersion, ages: list[timedelta], **columns: object) -> list[InferenceRecord]:
    """Requests so long ago, all counted from one moment, so that equal ages are in the same minute and hour."""
    present = datetime.now(UTC)
    records = [
        InferenceRecord(
            **{
                "endpoint": "live",
                "model_id": model.id,
                "model_version": model.version,
                "requested_at": present - age,
                "origin": Origin.HTTP,
                "input": {"voltage": 1.5, "line": "north"},
                "output": {"defect": "crack"},
                "confidence": {"defect": 0.75},
                "latency_ms": 12.0,
                **columns,
            }
        )
        for age in ages
    ]
    with workspace.store.write() as connection:
        rows.add_many(connection, records)
    return records


def minutes(*ages: float) -> list[timedelta]:
    """So many minutes ago, each."""
    return [timedelta(minutes=age) for age in ages]
