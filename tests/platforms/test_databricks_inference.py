"""What everybody asked an endpoint, counted in the warehouse and joined to the team's feedback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from emulator.databricks.scene import Scene
from emulator.databricks.serving_rest import PAYLOAD
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.traffic import Bucket
from ontos_tui.platforms.databricks.client import Team
from ontos_tui.platforms.databricks.inference import InferenceTable

START = datetime(2026, 11, 25, 8, tzinfo=UTC)
DAY = START, START + timedelta(days=1)


@pytest.fixture
def log(scene: Scene, databricks: Team) -> InferenceTable:
    """Twelve requests, every ten minutes; the fourth of each hour failed."""
    scene.engine.run("CREATE SCHEMA IF NOT EXISTS team.ontos")
    scene.engine.run(f"CREATE TABLE team.ontos.weld_check_payload ({PAYLOAD}) USING DELTA")
    for n in range(12):
        scene.engine.run(
            "INSERT INTO team.ontos.weld_check_payload VALUES (:id, :at, :client, :at, :status, 1.0, :ms, '{}', '{}', "
            "'e1', NULL, 'ana@example.com')",
            {
                "id": f"r{n}",
                "at": START + timedelta(minutes=10 * n),
                "client": f"c{n}",
                "status": 500 if n % 6 == 3 else 200,
                "ms": 9_000 if n % 6 == 3 else 10 + n,
            },
        )
    return InferenceTable(databricks, "weld-check")


def feedback(scene: Scene, *said: tuple[str, int]) -> None:
    scene.engine.run("CREATE TABLE team.ontos.feedback_items (request_id STRING, rating BIGINT) USING DELTA")
    for request, rating in said:
        scene.engine.run(
            "INSERT INTO team.ontos.feedback_items VALUES (:id, :rating)", {"id": request, "rating": rating}
        )


def test_the_buckets_add_up_to_the_rows(log: InferenceTable) -> None:
    first, second = log.series(Bucket.HOUR, *DAY)
    assert [(one.start, one.requests, one.errors) for one in (first, second)] == [
        (START, 6, 1),
        (START + timedelta(hours=1), 6, 1),
    ]
    assert first.mean_latency_ms == pytest.approx((10 + 11 + 12 + 14 + 15) / 5)
    assert first.p95_ms is not None
    assert first.p95_ms <= 15
    (whole,) = log.series(Bucket.DAY, *DAY)
    assert (whole.requests, whole.errors) == (12, 2)
    assert len(log.series(Bucket.MINUTE, *DAY)) == 12


def test_a_span_ends_before_its_end(log: InferenceTable) -> None:
    found = log.series(Bucket.MINUTE, START + timedelta(minutes=10), START + timedelta(minutes=30))
    assert [one.start for one in found] == [START + timedelta(minutes=10), START + timedelta(minutes=20)]


def test_feedback_joins_by_our_ids_and_multiplies_no_request(scene: Scene, log: InferenceTable) -> None:
    feedback(scene, ("c1", 5), ("c1", 1), ("c2", 3), ("somebody else's", 1))
    first, second = log.series(Bucket.HOUR, *DAY)
    assert (first.requests, first.ratings, first.mean_rating) == (6, 3, 3.0)
    assert (second.ratings, second.mean_rating) == (0, None)


def test_without_shared_feedback_there_is_none(log: InferenceTable) -> None:
    assert [(one.ratings, one.mean_rating) for one in log.series(Bucket.DAY, *DAY)] == [(0, None)]


def test_without_a_log_there_is_nothing(databricks: Team) -> None:
    assert InferenceTable(databricks, "other").series(Bucket.DAY, *DAY) == []


def test_only_names_of_endpoints_stand_in_the_statement(databricks: Team) -> None:
    with pytest.raises(InvalidInputError):
        InferenceTable(databricks, "x`; DROP TABLE y")
