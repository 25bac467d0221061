"""A table of the team's workspace is scored there: one statement at a time, resumed by row, failures tried again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.models import trained_model
from emulator.databricks.jobs_rest import JobsRest, Submitted
from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import ConflictError, InvalidInputError, JobCancelledError, NotReadyError
from ontos_tui.domain.learning import NoProgress
from ontos_tui.domain.records.serving import Platform
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.platforms.databricks.models import registry, table_scoring
from ontos_tui.workspace import Workspace

ROWS = 7
PARTS, SCORED = "team.plant.parts", "team.plant.scored"


@pytest.fixture
def model(home: Path) -> ModelVersion:
    return trained_model(home)[1]


@pytest.fixture
def team_workspace(
    scene: Scene, model: ModelVersion, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A workspace with a table of parts in the warehouse, of which one is unlike what the model knows."""
    from ontos_tui.platforms.databricks import serving

    monkeypatch.setattr(serving, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(registry, "PAUSE_SECONDS", 0.0)
    run = scene.engine.run
    run(f"CREATE TABLE {PARTS} (part STRING, voltage BIGINT, line STRING) USING DELTA")
    values = [f"('P{number}', {number * 3}, '{'north' if number % 2 else 'south'}')" for number in range(ROWS - 1)]
    run(f"INSERT INTO {PARTS} VALUES {', '.join(values)}, ('odd', 900, NULL)")
    with Workspace(home) as workspace:
        yield workspace


def deploy(workspace: Workspace, model: ModelVersion) -> None:
    workspace.deploy.endpoints.deploy(model.id, "live", NoProgress(), on=Platform.DATABRICKS)


def test_a_table_is_scored_where_it_is_as_it_would_be_here(
    scene: Scene, team_workspace: Workspace, model: ModelVersion
) -> None:
    deploy(team_workspace, model)
    service = team_workspace.deploy.warehouse_scoring
    plan = service.plan("live", PARTS, SCORED)
    report = service.run(plan)
    assert (report.rows, report.resumed, report.failed, report.outside, report.table) == (ROWS, 0, 0, 1, SCORED)
    stored = scene.engine.direct(f"SELECT defect, defect_certainty, outside, error, model FROM {SCORED}")
    assert {row[4] for row in stored} == {"team.ontos.defects/1"}
    assert all(row[3] is None for row in stored)
    rows = scene.engine.direct(f"SELECT voltage, line FROM {PARTS}")
    predictor = team_workspace.engines.trainer.load(team_workspace.home / model.artifact, model.sha256)
    here = predictor.predict([{"voltage": voltage, "line": line} for voltage, line in rows])
    assert sorted(row[0] for row in stored) == sorted(one.answer["defect"] for one in here)


def test_a_stopped_run_goes_on_and_only_what_failed_is_tried_again(
    scene: Scene, team_workspace: Workspace, model: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(team_workspace, model)
    monkeypatch.setattr(table_scoring.TableScoring.__init__, "__kwdefaults__", {"most_rows": 3})
    service = team_workspace.deploy.warehouse_scoring
    plan = service.plan("live", PARTS, SCORED)
    said: list[str] = []

    class Stopping:
        def update(self, done: int, total: int, message: str = "") -> None:
            said.append(message)
            if done >= 3:
                raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        service.run(plan, Stopping())
    assert said == ["0 of 7 rows scored in the warehouse", "3 of 7 rows scored in the warehouse"]
    scene.engine.run(
        f"UPDATE {SCORED} SET error = 'the endpoint was away' WHERE item_ref IS NOT NULL AND defect = 'crack'"
    )
    (failed,) = scene.engine.direct(f"SELECT count(error) FROM {SCORED}")[0]
    report = service.run(plan)
    assert (report.rows, report.resumed, report.failed) == (ROWS, 3 - failed, 0)
    assert len(scene.engine.direct(f"SELECT DISTINCT item_ref FROM {SCORED}")) == ROWS


def test_a_row_without_a_name_is_left_out_and_ends_nothing(
    scene: Scene, team_workspace: Workspace, model: ModelVersion
) -> None:
    deploy(team_workspace, model)
    sheet = team_workspace.data.sheets.create_sheet("Parts", PARTS, item_id_column="part")
    scene.engine.run(f"INSERT INTO {PARTS} VALUES (NULL, 1, 'north')")
    service = team_workspace.deploy.warehouse_scoring
    report = service.run(service.plan("live", sheet.name, SCORED))
    assert (report.rows, report.failed) == (ROWS, 0)


def test_a_spark_job_needs_no_endpoint_and_writes_the_same_table(
    scene: Scene, team_workspace: Workspace, model: ModelVersion
) -> None:
    """The script itself runs on a real Spark in tests/platforms/databricks/test_score_on_spark.py."""
    team_workspace.deploy.registering.registered(model, NoProgress())  # type: ignore[union-attr]
    service = team_workspace.deploy.warehouse_scoring
    plan = service.plan("defects", PARTS, SCORED, spark=True)
    assert plan.endpoint == ""

    def score(run: Submitted, jobs: JobsRest) -> None:
        given = json.loads(jobs.home[run.wanted["tasks"][0]["spark_python_task"]["parameters"][0]])
        assert given["columns"] == ["defect", "defect_certainty", "severe", "severe_certainty", "outside", "error"]
        assert run.wanted["environments"][0]["spec"]["dependencies"][0].startswith("mlflow==")
        scene.engine.run(
            f"INSERT INTO {given['target']} SELECT ontos_ref, 'crack', 'likely', true, 'likely', '', NULL, "
            f"'{given['version']}', current_timestamp() FROM ({given['rows']})"
        )

    scene.jobs.work, scene.jobs.way = score, ()
    report = service.run(plan)
    assert (report.rows, report.failed, report.resumed) == (ROWS, 0, 0)


def test_what_cannot_be_scored_there_is_said_before(team_workspace: Workspace, model: ModelVersion) -> None:
    service = team_workspace.deploy.warehouse_scoring
    with pytest.raises(NotReadyError, match="No endpoint on Databricks answers with defects v1"):
        service.plan("defects", PARTS, SCORED)
    deploy(team_workspace, model)
    with pytest.raises(InvalidInputError, match="would replace the rows"):
        service.plan("live", PARTS, PARTS)
    with pytest.raises(InvalidInputError, match="lacks 2 of the 2 columns"):
        service.plan("live", "team.plant.notes", SCORED)


def test_a_table_with_answers_of_another_version_is_left_alone(
    scene: Scene, team_workspace: Workspace, model: ModelVersion
) -> None:
    deploy(team_workspace, model)
    service = team_workspace.deploy.warehouse_scoring
    plan = service.plan("live", PARTS, SCORED)
    service.run(plan)
    scene.engine.run(f"UPDATE {SCORED} SET model = 'team.ontos.defects/9' WHERE item_ref IS NOT NULL")
    with pytest.raises(ConflictError, match=r"holds the answers of team\.ontos\.defects/9"):
        service.run(plan)


def test_an_estimate_says_from_what_it_was_made(team_workspace: Workspace, model: ModelVersion) -> None:
    deploy(team_workspace, model)
    service = team_workspace.deploy.warehouse_scoring
    estimate = service.estimate(service.plan("live", PARTS, SCORED))
    assert estimate.cost is not None
    assert estimate.cost > 0
    assert "7 rows at" in estimate.basis
    assert "list price of April 2026" in estimate.basis
