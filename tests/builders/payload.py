"""What endpoints of a workspace write down, for tests: payload table, the team's feedback, and system tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.databricks.engine import Engine
from emulator.databricks.scene import Scene
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
        "(request_id STRING, rating BIGINT, correction STRING, log_removed BOOLEAN) USING DELTA"
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


def logged(
    engine: Engine, at: datetime, requests: Sequence[tuple[str, str]], *, endpoint: str = "live", status: int = 200
) -> None:
    """Requests with their answers, as JSON, a second after each other."""
    engine.run("CREATE SCHEMA IF NOT EXISTS team.ontos")
    engine.run(f"CREATE TABLE IF NOT EXISTS team.ontos.{endpoint}_payload ({PAYLOAD}) USING DELTA")
    for n, (request, response) in enumerate(requests):
        when = (at + timedelta(seconds=n)).replace(tzinfo=None)
        engine.direct(
            f"INSERT INTO team.ontos.{endpoint}_payload VALUES (?, ?, ?, ?, ?, 1.0, ?, ?, ?, 'e1', NULL, 'ben')",
            [f"{at:%d%H%M}-{n}", when.date(), f"c{n}", when, status, 20 + n % 7, request, response],
        )


DRIFT_COLUMNS = {
    "granularity": "STRING", "monitor_version": "BIGINT", "slice_key": "STRING", "slice_value": "STRING",
    "column_name": "STRING", "data_type": "STRING", "drift_type": "STRING", "count_delta": "BIGINT",
    "avg_delta": "DOUBLE", "percent_null_delta": "DOUBLE", "js_distance": "DOUBLE",
    "ks_test": "STRUCT<statistic: DOUBLE, pvalue: DOUBLE>", "wasserstein_distance": "DOUBLE",
    "population_stability_index": "DOUBLE", "chi_squared_test": "STRUCT<statistic: DOUBLE, pvalue: DOUBLE>",
    "tv_distance": "DOUBLE", "l_infinity_distance": "DOUBLE",
}  # fmt: skip
"""Of a drift metrics table, beside its windows."""


@dataclass(frozen=True)
class Found:
    """A row of a drift metrics table: a column of numbers with `ks`, or one of categories with `chi` and `js`."""

    name: str
    ks: tuple[float, float] | None = None
    chi: tuple[float, float] | None = None
    js: float | None = None
    psi: float | None = None
    means: tuple[float, float] | None = None
    rows: tuple[int, int] = (400, 500)
    nulls: tuple[int, int] = (0, 0)
    slice: str | None = None


def monitored(
    scene: Scene, found: Sequence[Found], *, table: str = "live_payload", baseline: bool = False, without: str = ""
) -> None:
    """A monitor of a table in the team's schema that compared the last hour, and its two tables of metrics."""
    run, full = scene.engine.run, f"team.ontos.{table}"
    columns = {name: kind for name, kind in DRIFT_COLUMNS.items() if name != without}
    window = "STRUCT<start: TIMESTAMP, end: TIMESTAMP>"
    told = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    run(f"CREATE TABLE {full}_drift_metrics (`window` {window}, window_cmp {window}, {told}) USING DELTA")
    run(
        f"CREATE TABLE {full}_profile_metrics (`window` {window}, log_type STRING, granularity STRING, "
        "slice_key STRING, column_name STRING, count BIGINT, num_nulls BIGINT, avg DOUBLE) USING DELTA"
    )
    hours = [START + timedelta(hours=hour) for hour in range(4)]
    for hour in (1, 2):
        for one in found:
            # The earlier window found nothing: only the newest one counts.
            _drift_row(scene, full, columns, one, hours[hour - 1 : hour + 2], baseline, newest=hour == 2)
    for one in found:
        for place, (since, until, kind) in enumerate(
            ((hours[1], hours[2], "BASELINE" if baseline else "INPUT"), (hours[2], hours[3], "INPUT"))
        ):
            mean = None if one.means is None else one.means[place]
            scene.engine.direct(
                f"INSERT INTO {full}_profile_metrics VALUES (?, ?, '1 hour', ?, ?, ?, ?, ?)",
                [_window(since, until), kind, one.slice, one.name, one.rows[place], one.nulls[place], mean],
            )
    scene.quality.monitors[f"id-team-ontos-{table}"] = {
        "output_schema_id": "s1",
        "monitored_table_name": full,
        "drift_metrics_table_name": f"{full}_drift_metrics",
        "profile_metrics_table_name": f"{full}_profile_metrics",
        "status": "DATA_PROFILING_STATUS_ACTIVE",
        "inference_log": {
            "problem_type": "INFERENCE_PROBLEM_TYPE_CLASSIFICATION", "timestamp_column": "request_time",
            "granularities": ["AGGREGATION_GRANULARITY_1_HOUR"], "prediction_column": "defect",
            "model_id_column": "served_entity_id",
        },
    }  # fmt: skip


def _drift_row(
    scene: Scene,
    full: str,
    columns: Mapping[str, str],
    one: Found,
    hours: Sequence[datetime],
    baseline: bool,
    newest: bool,
) -> None:
    values: dict[str, Any] = {
        "granularity": "1 hour", "monitor_version": 0, "slice_key": one.slice, "column_name": one.name,
        "drift_type": "BASELINE" if baseline else "CONSECUTIVE",
        "avg_delta": None if one.means is None or not newest else one.means[1] - one.means[0],
        "ks_test": _test(one.ks if newest or one.ks is None else (0.01, 0.9)),
        "chi_squared_test": _test(one.chi if newest or one.chi is None else (0.1, 0.9)),
        "js_distance": one.js if newest or one.js is None else 0.0,
        "population_stability_index": one.psi if newest or one.psi is None else 0.0,
    }  # fmt: skip
    compared = None if baseline else _window(hours[0], hours[1])
    row = [_window(hours[1], hours[2]), compared, *(values.get(name) for name in columns)]
    scene.engine.direct(f"INSERT INTO {full}_drift_metrics VALUES ({', '.join('?' * len(row))})", row)


def _window(since: datetime, until: datetime) -> dict[str, datetime]:
    return {"start": since.replace(tzinfo=None), "end": until.replace(tzinfo=None)}


def _test(found: tuple[float, float] | None) -> dict[str, float] | None:
    return None if found is None else {"statistic": found[0], "pvalue": found[1]}
