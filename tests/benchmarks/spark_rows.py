"""A large table on a local Spark: divided and sampled, profiled, and scored with a packed model, by the very statements
and the script that go to Databricks; and a log of as many requests, rolled up by hour and compared for drift.

    ONTOS_SPARK_PYTHON=… python tests/benchmarks/spark_rows.py [--rows 10000000] [--family logistic] [--cores 2]

The Python that is named has pyspark, mlflow and a packed model's requirements; without it the benchmark says so and
ends. Spark has no Delta here: the sample and the scored table are Parquet. By the clock, with the load of the machine
beside it. What the profile counts is compared with what NumPy counts of the same formula.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ontos_tui.domain.learning import LabeledExample, NoProgress, TrainingSet
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Column, RowQuery
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.domain.schema import answer_fields
from ontos_tui.platforms.databricks.models import score
from ontos_tui.platforms.databricks.models.registration import RegisteredVersion
from ontos_tui.platforms.databricks.models.spark_scoring import ScoringOptions
from ontos_tui.platforms.databricks.monitoring.inference_bins import bins_statement, inputs_source, measure_statement
from ontos_tui.platforms.databricks.monitoring.inference_counts import hours_statement
from ontos_tui.platforms.databricks.select_sql import SelectStatements
from ontos_tui.platforms.databricks.table_training.profile import profile_statement
from ontos_tui.platforms.databricks.table_training.sample_sql import RowsToDivide, counts_statement, sample_statement
from ontos_tui.platforms.local.pyfunc.package import pack
from ontos_tui.platforms.local.trainer import LocalTrainer

SCHEMA = {"type": "object", "properties": {"defect": {"enum": ["crack", "none"]}}, "required": ["defect"]}
FEATURES = ("voltage", "current", "speed", "heat", "line")
COLUMNS = (
    Column("part", "STRING"),
    Column("lot", "STRING"),
    *(Column(name, "DOUBLE") for name in FEATURES[:-1]),
    Column("line", "STRING"),
    Column("defect", "STRING"),
)
DELTA = "USING DELTA TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"


def main() -> None:
    """Train a model, start Spark, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--family", default="logistic")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keeps the tables for the next time")
    options = parser.parse_args()
    python = os.environ.get("ONTOS_SPARK_PYTHON")
    if python is None or shutil.which("java") is None:
        sys.exit("Left out: ONTOS_SPARK_PYTHON names no Python with pyspark, or Java is not here.")
    with tempfile.TemporaryDirectory() as place:
        folder = options.folder or Path(place)
        folder.mkdir(exist_ok=True)
        for name in ("model", "pack", "warehouse", "spark-warehouse", "metastore_db"):
            shutil.rmtree(folder / name, ignore_errors=True)
        (folder / "work.json").write_text(json.dumps(_work(folder, options.rows, options.family)))
        program = folder / "program.py"
        program.write_text(PROGRAM)
        command = [python, program, folder / "work.json", score.__file__, str(options.cores)]
        environment = {**os.environ, "PYSPARK_PYTHON": python, "PYTHONPATH": ""}
        print(f"load {os.getloadavg()[0]:.0f}, {options.cores} cores of Spark, {options.rows:,} rows")
        subprocess.run(command, cwd=folder, env=environment, check=True)
        print(f"load {os.getloadavg()[0]:.0f} at the end")


def _work(folder: Path, rows: int, family: str) -> dict[str, Any]:
    """The statements, and a model that is packed."""
    reading = SelectStatements.of("parts", COLUMNS, RowQuery(item_id_column="part"))
    divided = RowsToDivide(reading, FEATURES, {"defect": "defect"}, "", SplitBy.VALUE, "lot", None, 1)
    examples = tuple(LabeledExample(f"P{n}", *_example(n)) for n in range(2_000))
    fields = answer_fields(SCHEMA)
    data = TrainingSet(fields, FEATURES, examples[400:], examples[:400], "the first 400", seed=1)
    trained = LocalTrainer().train(data, family, folder / "model", NoProgress())
    packed = pack(folder / "model", trained.sha256, SCHEMA, folder / "pack", {}, now())
    scoring = ScoringOptions(
        RegisteredVersion("team.ontos.defects", "1"),
        reading.rows,
        reading.parameters,
        reading.ref,
        "scored",
        packed.inputs,
        packed.columns,
    )
    return {
        "rows": rows,
        "counts": counts_statement(divided, None),
        "sample": sample_statement(divided, None, "sample", 400_000, 50_000).replace(DELTA, "USING PARQUET"),
        "profile": profile_statement(reading.rows, [one for one in COLUMNS if one.name != "part"]),
        "scoring": scoring.plain(str(packed.folder), registry=""),
        "hours": hours_statement("log", None),
        "measure": measure_statement(inputs_source("log", ["voltage", "line"]), 2),
        "bins": bins_statement(inputs_source("log", ["voltage", "line"]), [[1.0, 2.0, 3.0, 5.0, 7.0, 9.0], None]),
    }


def _example(n: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A row by the formula of the table."""
    fields = {
        "voltage": (n * 37 % 101) / 10.0,
        "current": (n * 53 % 211) / 7.0,
        "speed": (n * 11 % 997) / 3.0,
        "heat": (n * 71 % 409) / 9.0,
        "line": "north" if n % 3 == 0 else "south",
    }
    return fields, {"defect": "crack" if (n * 37 % 101) + (n % 7) > 60 else "none"}


PROGRAM = """
import json, runpy, sys, time
from pathlib import Path
from pyspark.sql import SparkSession
work, cores = json.load(open(sys.argv[1])), sys.argv[3]
spark = (SparkSession.builder.master(f"local[{cores}]").config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "4g").config("spark.sql.warehouse.dir", "warehouse")
    .config("spark.sql.session.timeZone", "UTC").config("spark.sql.shuffle.partitions", "16")
    .config("spark.log.level", "ERROR").config("spark.ui.showConsoleProgress", "false").getOrCreate())

def timed(name, action):
    begun = time.perf_counter()
    try:
        result = action()
    except Exception as error:
        print(f"| {name} | failed: {str(error)[:2000]} |", flush=True)
        return None
    seconds = time.perf_counter() - begun
    print(f"| {name} | {seconds:,.1f} s | {work['rows'] / seconds:,.0f} rows/s | {result} |", flush=True)
    return result

print("| what | time | pace | result |\\n| --- | --- | --- | --- |", flush=True)
table = spark.range(work["rows"]).selectExpr(
    "concat('P', id) AS part", "concat('L', id div 1000) AS lot", "(id * 37 % 101) / 10.0D AS voltage",
    "(id * 53 % 211) / 7.0D AS current", "(id * 11 % 997) / 3.0D AS speed", "(id * 71 % 409) / 9.0D AS heat",
    "CASE WHEN id % 3 = 0 THEN 'north' ELSE 'south' END AS line",
    "CASE WHEN (id * 37 % 101) + (id % 7) > 60 THEN 'crack' ELSE 'none' END AS defect")
if Path("parts").exists():
    print("the table was there before", flush=True)
else:
    timed("written as Parquet", lambda: table.write.parquet("parts"))
spark.read.parquet("parts").createOrReplaceTempView("parts")
profile = timed("profiled", lambda: {
    name: value for name, value in spark.sql(work["profile"]).collect()[0].asDict().items()
    if name in ("n", "c1_low", "c1_high", "c1_mean")})
assert profile is None or (profile["n"], profile["c1_low"], profile["c1_high"]) == (work["rows"], 0.0, 10.0), profile
score = runpy.run_path(sys.argv[2])["score"]
timed("scored", lambda: score(spark, work["scoring"]))
timed("divided by group and counted", lambda: {
    row["role"]: row["n"] for row in spark.sql(work["counts"]).collect()})
timed("sampled", lambda: (spark.sql(work["sample"]), spark.table("sample").count())[1])
log = spark.table("parts").selectExpr(
    "timestamp_seconds(1764547200 + hash(part) % 604800) AS request_time", "200 AS status_code",
    "CAST(10 + abs(hash(lot)) % 90 AS BIGINT) AS execution_duration_ms", "'e1' AS served_entity_id",
    "part AS client_request_id", "to_json(named_struct('dataframe_records', array(named_struct("
    "'voltage', voltage, 'line', line)))) AS request", "'{}' AS response")
if not Path("log").exists():
    timed("log of requests written as Parquet", lambda: log.write.parquet("log"))
spark.read.parquet("log").createOrReplaceTempView("log")
from datetime import datetime
span = {"since": datetime(2025, 11, 20), "until": datetime(2025, 12, 20)}
sides = {"since": datetime(2025, 12, 1), "until": datetime(2025, 12, 20), "earlier": datetime(2025, 11, 20),
    "earlier_until": datetime(2025, 12, 1)}
timed("log rolled up by hour", lambda: sum(row["requests"] for row in spark.sql(work["hours"], args=span).collect()))
timed("drift: deciles and means", lambda: len(spark.sql(work["measure"], args=sides).collect()))
timed("drift: counts", lambda: sum(row["n"] for row in spark.sql(work["bins"], args=sides).collect()))
"""


if __name__ == "__main__":
    main()
