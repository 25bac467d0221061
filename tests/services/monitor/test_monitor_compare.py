"""Two versions side by side, and what a request was learned from: every figure against the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders.defects import labeled_sheet
from ontos_tui.domain.errors import InvalidInputError, NotFoundError, NotReadyError
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.pairs import QAPair, TrainingSheet
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.domain.records.training import ModelPair, ModelVersion, Role
from ontos_tui.services.monitor.nearest_pairs import nearest_training_pairs
from ontos_tui.services.monitor.version_comparison import SAMPLE, compare_versions, versions_with_traffic
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.workspace import Workspace

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def two_versions(workspace: Workspace) -> tuple[TrainingSheet, ModelVersion, ModelVersion]:
    """Two versions of one model, the second deployed under `live`."""
    sheet = labeled_sheet(workspace.store, 60)
    params = {"training_sheet_id": sheet.id, "base_model": "nearest", "name": "defects"}
    first, second = (workspace.train.models.run(params, job, NoProgress()) for job in ("j1", "j2"))
    workspace.deploy.endpoints.deploy(second.id, "live")
    return sheet, first, second


def log(workspace: Workspace, model: ModelVersion, *latencies: float, **columns: Any) -> list[InferenceRecord]:
    """Answered requests a minute apart."""
    records = [
        InferenceRecord(
            **{
                "endpoint": "live",
                "model_id": model.id,
                "model_version": model.version,
                "requested_at": NOON + timedelta(minutes=number),
                "origin": Origin.HTTP,
                "input": {"voltage": 1.0, "line": "north"},
                "output": {"defect": "crack"},
                "latency_ms": latency,
                **columns,
            }
        )
        for number, latency in enumerate(latencies)
    ]
    with workspace.store.write() as connection:
        rows.add_many(connection, records)
    return records


def test_two_versions_are_told_apart(workspace: Workspace) -> None:
    _, first, second = two_versions(workspace)
    requested = log(workspace, first, 10.0, 20.0, 30.0, 40.0)
    log(workspace, first, 9.0, status_code=500, output=None)
    log(workspace, second, 5.0, 5.0, output={"defect": "none", "severe": False})
    workspace.improve.feedback.add_feedback(requested[0].request_id, 5)
    workspace.improve.feedback.add_feedback(requested[1].request_id, 2, "", {"defect": "none"})

    compared = compare_versions(workspace.store, "1", "defects:2", "live")
    left, right = compared.left, compared.right
    assert compared.endpoints == ("live",)
    assert (left.name, left.requests, left.errors, left.error_rate) == ("defects v1", 5, 1, 0.2)
    assert (left.mean_latency_ms, left.ratings, left.mean_rating, left.corrections) == (25.0, 2, 3.5, 1)
    assert left.p50_ms == pytest.approx(20.0, rel=0.26)
    assert left.last_at == NOON + timedelta(minutes=3)
    assert (left.sampled, left.answers[0].field, left.answers[0].values) == (4, "defect", {"crack": 4})
    assert left.answers[1].n == 0, "no answer had a severity"
    assert (right.requests, right.error_rate, right.mean_rating, right.sampled) == (2, 0.0, None, 2)
    assert [share.values for share in right.answers] == [{"none": 2}, {"false": 2}]
    assert [model.version for model in versions_with_traffic(workspace.store, "live")] == [2, 1]


def test_on_one_endpoint_or_on_all_and_within_a_span(workspace: Workspace) -> None:
    _, first, second = two_versions(workspace)
    log(workspace, first, 1.0, 1.0)
    log(workspace, first, 1.0, endpoint="other")
    log(workspace, second, 1.0, endpoint="other")
    here = compare_versions(workspace.store, first.id, second.id, "live")
    everywhere = compare_versions(workspace.store, first.id, second.id)
    assert (here.left.requests, here.right.requests, here.right.mean_latency_ms) == (2, 0, None)
    assert everywhere.endpoints == ("live", "other")
    assert (everywhere.left.requests, everywhere.right.requests) == (3, 1)
    later = compare_versions(
        workspace.store, "1", "2", "live", NOON + timedelta(seconds=30), NOON + timedelta(minutes=5)
    )
    assert (later.left.requests, later.left.sampled) == (1, 1)


def test_numbers_have_a_median_and_rare_values_are_counted_together(workspace: Workspace) -> None:
    schema = {
        "type": "object",
        "properties": {"depth": {"type": "number"}, "note": {"type": "string"}},
        "required": ["depth"],
    }
    from builders.defects import add_pairs

    sheet = labeled_sheet(workspace.store, 0, name="Depths", output_schema=schema)
    add_pairs(workspace.store, sheet, range(40), answer={"depth": 1.5})
    params = {"training_sheet_id": sheet.id, "base_model": "nearest", "name": "depths"}
    first, second = (workspace.train.models.run(params, job, NoProgress()) for job in ("j1", "j2"))
    workspace.deploy.endpoints.deploy(first.id, "live", despite="all labels are equal")
    for number in range(25):
        log(workspace, first, 1.0, output={"depth": float(number), "note": f"n{number:02d}"})
    left = compare_versions(workspace.store, "1", "2", "live").left
    assert (left.answers[0].median, left.answers[0].values) == (12.0, {})
    assert (len(left.answers[1].values), left.answers[1].others, left.answers[1].n) == (20, 5, 25)
    assert second.version == 2


def test_the_answers_are_the_newest_ones(workspace: Workspace) -> None:
    _, first, _ = two_versions(workspace)
    log(workspace, first, *([1.0] * 10), output={"defect": "none"}, requested_at=NOON - timedelta(days=1))
    log(workspace, first, *([1.0] * SAMPLE), requested_at=NOON)
    left = compare_versions(workspace.store, "1", "2", "live").left
    assert (left.requests, left.sampled, left.answers[0].values) == (SAMPLE + 10, SAMPLE, {"crack": SAMPLE})


def test_what_cannot_be_compared_is_refused(workspace: Workspace) -> None:
    two_versions(workspace)
    with pytest.raises(InvalidInputError, match="Both versions are"):
        compare_versions(workspace.store, "2", "defects v2", "live")
    with pytest.raises(NotFoundError, match="no version 9"):
        compare_versions(workspace.store, "1", "9", "live")
    with pytest.raises(NotFoundError, match="endpoint"):
        compare_versions(workspace.store, "1", "2", "nowhere")
    assert versions_with_traffic(workspace.store, "live") == []


# What it was learned from


def test_the_nearest_pairs_are_those_that_the_model_learned_from(workspace: Workspace) -> None:
    _, _, second = two_versions(workspace)
    with workspace.store.read() as connection:
        learned = rows.find(connection, ModelPair, equal(model_id=second.id, role=Role.TRAIN))
        held_out = rows.find(connection, ModelPair, equal(model_id=second.id, role=Role.HELD_OUT))
        twin = rows.get(connection, QAPair, learned[3].pair_id)
        unseen = rows.find_one(connection, QAPair, equal(id=held_out[0].pair_id))
    row = {name: twin.source_data[name] for name in ("voltage", "line")}
    (requested,) = workspace.deploy.endpoints.query("live", [row], origin=Origin.CLI)
    near = nearest_training_pairs(workspace.store, requested.request_id, 4)
    assert (near.pairs[0].pair_id, near.pairs[0].ref, near.pairs[0].distance) == (twin.id, twin.item_ref, 0.0)
    assert near.pairs[0].answer == twin.answer
    distances = [one.distance for one in near.pairs]
    assert distances == sorted(distances)
    assert near.looked_at == near.learned == len(learned)
    assert unseen is not None
    row = {name: unseen.source_data[name] for name in ("voltage", "line")}
    (other,) = workspace.deploy.endpoints.query("live", [row], origin=Origin.CLI)
    result = nearest_training_pairs(workspace.store, other.request_id, len(learned)).pairs
    assert unseen.id not in {one.pair_id for one in result}, "it was held out"


def test_without_a_labeled_pair_nothing_is_near(workspace: Workspace) -> None:
    _, _, second = two_versions(workspace)
    (requested,) = log(workspace, second, 1.0)
    with workspace.store.write() as connection:
        connection.execute("UPDATE qa_pairs SET answer = NULL")
    with pytest.raises(NotReadyError, match="still labeled"):
        nearest_training_pairs(workspace.store, requested.request_id)
    with pytest.raises(NotFoundError):
        nearest_training_pairs(workspace.store, "nothing")
