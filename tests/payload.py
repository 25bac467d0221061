"""What endpoints of a workspace write down, for tests: payload table, the team's feedback, and system tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from emulator.databricks.engine import Engine
from emulator.databricks.serving_rest import PAYLOAD

START = datetime(2026, 11, 25, 8, tzinfo=UTC)
DAY = START, START + timedelta(days=1)


def payload(engine: Engine, endpoint: str = "weld_check", start: datetime = START, requests: int = 12) -> None:
    """Requests every ten minutes, the fourth of each hour failed; e1 answers the first six, e2 the others."""
    engine.run("CREATE SCHEMA IF NOT EXISTS team.ontos")
    engine.run(f"CREATE TABLE IF NOT EXISTS team.ontos.{endpoint}_payload ({PAYLOAD}) USING DELTA")
    for n in range(requests):
        engine.run(
            f"INSERT INTO team.ontos.{endpoint}_payload VALUES (:id, :at, :client, :at, :status, 1.0, :ms, '{{}}', "
            "'{}', :served, NULL, 'ana@example.com')",
            {
                "id": f"r{n}",
                "at": start + timedelta(minutes=10 * n),
                "client": f"c{n}",
                "status": 500 if n % 6 == 3 else 200,
                "ms": 9_000 if n % 6 == 3 else 10 + n,
                "served": "e1" if n < 6 else "e2",
            },
        )


def feedback(engine: Engine, said: Sequence[tuple[str, int, str | None]]) -> None:
    """The team's feedback: request, rating, correction."""
    engine.run(
        "CREATE TABLE team.ontos.feedback_items "
        "(request_id STRING, rating BIGINT, correction STRING, hub_deleted BOOLEAN) USING DELTA"
    )
    for request, rating, correction in said:
        engine.run(
            "INSERT INTO team.ontos.feedback_items VALUES (:id, :rating, :correction, NULL)",
            {"id": request, "rating": rating, "correction": correction},
        )


def system_tables(engine: Engine, start: datetime = START) -> None:
    """Which versions e1 and e2 are, and the tokens of e1's requests; also those of an endpoint of somebody else."""
    engine.run("CREATE SCHEMA system.serving")
    engine.run(
        "CREATE TABLE system.serving.served_entities "
        "(served_entity_id STRING, entity_name STRING, entity_version STRING, change_time TIMESTAMP) USING DELTA"
    )
    for served, version, days in (("e1", "1", 9), ("e2", "1", 9), ("e2", "2", 1), ("e3", "7", 1)):
        engine.run(
            "INSERT INTO system.serving.served_entities VALUES (:served, 'team.ontos.welds', :version, :at)",
            {"served": served, "version": version, "at": start - timedelta(days=days)},
        )
    engine.run(
        "CREATE TABLE system.serving.endpoint_usage (served_entity_id STRING, request_time TIMESTAMP, "
        "input_token_count BIGINT, output_token_count BIGINT) USING DELTA"
    )
    for served, minutes in (("e1", 0), ("e1", 30), ("e3", 0)):
        engine.run(
            "INSERT INTO system.serving.endpoint_usage VALUES (:served, :at, 100, 7)",
            {"served": served, "at": start + timedelta(minutes=minutes)},
        )
