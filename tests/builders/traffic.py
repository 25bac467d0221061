"""An endpoint with requests put straight into its log, for what looks at traffic."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from builders.defects import labeled_sheet, part, truth
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import Endpoint, InferenceRecord, Origin
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.workspace import Workspace

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def deployed_model(workspace: Workspace, pairs: int = 120, endpoint: str = "live", **template: Any) -> ModelVersion:
    """A model of made-up parts that answers as `endpoint`, which is a month old and has no alert rule yet."""
    sheet = labeled_sheet(workspace.store, pairs, **template)
    params = {"training_sheet_id": sheet.id, "base_model": "nearest", "name": "defects"}
    model = workspace.train.models.run(params, "j1", NoProgress())
    there = workspace.deploy.endpoints.deploy(model.id, endpoint)
    for rule in workspace.monitor.alerts.rules(endpoint):
        workspace.monitor.alerts.remove_rule(rule.id)
    with workspace.store.write() as connection:
        rows.change(connection, rows.get(connection, Endpoint, there.id), created_at=NOON - timedelta(days=30))
    return model


def log_requests(
    store: Store, model: ModelVersion, numbers: Iterable[int], at: datetime, seconds: float = 1.0, **columns: Any
) -> list[InferenceRecord]:
    """Requests about the parts with these numbers, one every so many seconds before `at`, answered rightly."""
    records = [
        InferenceRecord(
            **{
                "endpoint": "live",
                "model_id": model.id,
                "model_version": model.version,
                "requested_at": at - timedelta(seconds=seconds * (place + 1)),
                "origin": Origin.HTTP,
                "input": part(number),
                "output": truth(number),
                "confidence": {"defect": 0.5 + (number % 37) / 74},
                "latency_ms": 10.0 + number % 17,
                **columns,
            }
        )
        for place, number in enumerate(numbers)
    ]
    with store.write() as connection:
        rows.add_many(connection, records)
    return records


def log_ratings(store: Store, records: Iterable[InferenceRecord], rating: int, at: datetime) -> None:
    """The same rating for each of these requests."""
    said = [
        FeedbackItem(
            endpoint=record.endpoint,
            request_id=record.request_id,
            model_id=record.model_id,
            rating=rating,
            input=record.input,
            created_at=at,
        )
        for record in records
    ]
    with store.write() as connection:
        rows.add_many(connection, said)


def rated_answer(
    workspace: Workspace, rating: int, *, corrected: bool = False, comment: str = "", row: int = 0
) -> FeedbackItem:
    """Send a real row to the endpoint `live` and rate its answer."""
    fields = workspace.deploy.endpoints.sample_input("live", skip=row)
    (record,) = workspace.deploy.endpoints.query("live", [fields], origin=Origin.CLI)
    said = record.output or {}
    other = "scratch" if said["defect"] != "scratch" else "none"
    return workspace.improve.feedback.add_feedback(
        record.request_id, rating, comment, {**said, "defect": other} if corrected else None
    )
