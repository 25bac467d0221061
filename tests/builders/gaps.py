"""Requests to a model and the gaps that an analysis of them reports."""

from __future__ import annotations

from typing import Any

from ontos_tui.domain.records.improve import Gap, GapType
from ontos_tui.domain.records.serving import Endpoint, InferenceRecord, Origin
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.services.improve.gaps.service import AnalysisReport
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace


def answered_request(
    workspace: Workspace, model: ModelVersion, fields: dict[str, Any], said: str = "crack", sure: float = 0.95
) -> InferenceRecord:
    """A request that the endpoint `live` has answered."""
    with workspace.store.write() as connection:
        if rows.find_one(connection, Endpoint, equal(name="live")) is None:
            rows.add(connection, Endpoint(name="live", model_id=model.id))
        record = InferenceRecord(
            endpoint="live",
            model_id=model.id,
            model_version=model.version,
            origin=Origin.HTTP,
            input=fields,
            output={"defect": said},
            confidence={"defect": sure},
            latency_ms=1.0,
        )
        rows.add(connection, record)
    return record


def gaps_of(report: AnalysisReport, kind: GapType) -> list[Gap]:
    """The new gaps of that kind."""
    return [gap for gap in report.new if gap.gap_type is kind]
