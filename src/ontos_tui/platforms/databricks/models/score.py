"""Score the rows of a statement on Spark with a packed model: `score.py OPTIONS`, as a job's task or by spark-submit.

It is sent to the workspace as it is and imports nothing of this program: the model brings its own code. Rows that the
target has an answer for are left out, so that the same run once more goes on where it was stopped. OPTIONS is a JSON
file (see spark_scoring.py).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def score(spark: Any, options: dict[str, Any]) -> int:
    """Append the answers to the rows that the target lacks; how many rows it has then."""
    import mlflow
    from pyspark.sql import functions

    target, inputs = options["target"], options["inputs"]
    answer_of = mlflow.pyfunc.spark_udf(
        spark, options["model_uri"], result_type=options["result_type"], env_manager=options["env_manager"]
    )
    rows = spark.sql(options["rows"], args=options["parameters"]).select(
        functions.col(_quoted(options["ref"])).cast("string").alias("item_ref"),
        *(functions.col(_quoted(one["name"])).cast(one["type"]).alias(one["name"]) for one in inputs),
    )
    rows = rows.where("item_ref IS NOT NULL")
    if spark.catalog.tableExists(target):
        rows = rows.join(spark.table(target).select("item_ref"), "item_ref", "left_anti")
    row = functions.struct(*(functions.col(_quoted(one["name"])) for one in inputs))
    answered = rows.select("item_ref", answer_of(row).alias("answer")).select(
        "item_ref",
        *(functions.col(f"answer.{_quoted(name)}").alias(name) for name in options["columns"]),
        functions.lit(options["version"]).alias("model"),
        functions.current_timestamp().alias("scored_at"),
    )
    answered.write.mode("append").saveAsTable(target)
    return int(spark.table(target).count())


def _quoted(name: str) -> str:
    """A column's name, whatever stands in it."""
    return "`" + name.replace("`", "``") + "`"


def main() -> None:
    """Run with the options of the file that is named."""
    import mlflow
    from pyspark.sql import SparkSession

    options = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if options["registry"]:
        mlflow.set_registry_uri(options["registry"])
    print(f"{score(SparkSession.builder.getOrCreate(), options)} rows scored")


if __name__ == "__main__":
    main()
