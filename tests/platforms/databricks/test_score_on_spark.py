"""The script of the Spark job on a real local Spark, with the model as MLflow loads it; and the job that runs it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from builders.environments import spark_python
from builders.models import trained_model
from emulator.databricks.jobs_rest import JobsRest, Submitted
from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import JobCancelledError, PlatformError
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Column, RowQuery
from ontos_tui.platforms.databricks.models import score
from ontos_tui.platforms.databricks.models.registration import RegisteredVersion
from ontos_tui.platforms.databricks.models.spark_scoring import ScoringOptions, SparkScoring
from ontos_tui.platforms.databricks.select_sql import SelectStatements
from ontos_tui.platforms.databricks.workspace_client import Team
from ontos_tui.platforms.local.pyfunc.package import Packed, pack
from ontos_tui.platforms.local.trainer import LocalTrainer
from tiers import deep

ROWS = 300
VERSION = RegisteredVersion("team.ontos.defects", "1")
COLUMNS = (Column("part", "STRING"), Column("voltage", "BIGINT"), Column("line", "STRING"))


def options(packed: Packed | None = None) -> ScoringOptions:
    reading = SelectStatements.of("parts", COLUMNS, RowQuery(item_id_column="part", filter="voltage >= 0"))
    inputs, columns = (packed.inputs, packed.columns) if packed is not None else ((), ())
    return ScoringOptions(VERSION, reading.rows, reading.parameters, reading.ref, "scored", inputs, columns)


class Words:
    def __init__(self, stop_at: str = "") -> None:
        self.lines: list[str] = []
        self._stop_at = stop_at

    def update(self, done: int, total: int, message: str = "") -> None:
        self.lines.append(message)
        if self._stop_at and self._stop_at in message:
            raise JobCancelledError("stopped")


def test_the_job_has_the_script_its_options_and_the_models_requirements(scene: Scene, databricks: Team) -> None:
    ran: list[Submitted] = []
    scene.jobs.work = lambda run, jobs: ran.append(run)
    words = Words()
    SparkScoring(databricks, wait=lambda seconds: None).run(options(), ["mlflow==3.17.2", "numpy==2.4.6"], words)
    (run,) = ran
    (task,) = run.wanted["tasks"]
    script, (given,) = task["spark_python_task"]["python_file"], task["spark_python_task"]["parameters"]
    assert scene.jobs.home[script] == Path(score.__file__).read_bytes()
    plain = json.loads(scene.jobs.home[given])
    assert (plain["model_uri"], plain["registry"]) == ("models:/team.ontos.defects/1", "databricks-uc")
    assert run.wanted["environments"][0]["spec"]["dependencies"] == ["mlflow==3.17.2", "numpy==2.4.6"]
    assert words.lines[0] == "sending the script"
    assert "a Spark job on Databricks: scoring" in words.lines


def test_a_job_that_fails_says_why_and_a_stopped_one_stops_there_too(scene: Scene, databricks: Team) -> None:
    def fail(run: Submitted, jobs: JobsRest) -> None:
        run.code, run.message = "RUN_EXECUTION_ERROR", "The table parts does not exist"

    scene.jobs.work = fail
    scoring = SparkScoring(databricks, wait=lambda seconds: None)
    with pytest.raises(PlatformError, match="its script failed: The table parts does not exist") as error:
        scoring.run(options(), [], Words())
    assert "/jobs/runs/101" in error.value.todo
    with pytest.raises(JobCancelledError):
        scoring.run(options(), [], Words("scoring"))
    assert scene.jobs.runs[102].code == "USER_CANCELED"


PROGRAM = """
import json, runpy, sys
from pyspark.sql import SparkSession
spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    .config("spark.sql.warehouse.dir", "warehouse").getOrCreate())
rows = [(f"P{n}", n % 40, "north" if n % 2 else None) for n in range(ROWS)]
spark.createDataFrame(rows, "part string, voltage bigint, line string").createOrReplaceTempView("parts")
score = runpy.run_path(sys.argv[1])["score"]
options = json.load(open(sys.argv[2]))
first = {**options, "rows": f"SELECT * FROM ({options['rows']}) LIMIT {ROWS // 2}"}
print(score(spark, first), score(spark, options), score(spark, options))
json.dump([row.asDict() for row in spark.table("scored").drop("scored_at").collect()], open("answers.json", "w"))
"""


@deep
@pytest.mark.timeout(1_200)
def test_the_script_scores_a_table_on_a_real_spark_and_goes_on_where_it_was(home: Path, tmp_path: Path) -> None:
    python = spark_python()
    _, model = trained_model(home)
    schema = model.template_snapshot["output_schema"]
    packed = pack(home / model.artifact, model.sha256, schema, tmp_path / "pack", {}, now())
    plain = options(packed).plain(str(packed.folder), registry="")
    (tmp_path / "options.json").write_text(json.dumps(plain))
    (tmp_path / "program.py").write_text(PROGRAM.replace("ROWS", str(ROWS)))
    command = [python, tmp_path / "program.py", score.__file__, tmp_path / "options.json"]
    environment = {**os.environ, "PYSPARK_PYTHON": python, "PYTHONPATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr[-3_000:]
    assert done.stdout.split()[-3:] == [str(ROWS // 2), str(ROWS), str(ROWS)]
    answers: list[dict[str, Any]] = json.loads((tmp_path / "answers.json").read_text())
    assert len({one["item_ref"] for one in answers}) == ROWS
    by_ref = {one["item_ref"]: one for one in answers}
    rows = [{"voltage": n % 40, "line": "north" if n % 2 else None} for n in range(ROWS)]
    here = LocalTrainer().load(home / model.artifact, model.sha256).predict(rows)
    for number, prediction in enumerate(here):
        there = by_ref[f"P{number}"]
        assert {name: there[name] for name in prediction.answer} == prediction.answer
        assert there["defect_certainty"] == prediction.certainty["defect"]
