"""Every statement that sharing sends, read by Spark's own parser, which DuckDB and sqlglot do not replace.

It needs pyspark and Java, which are too large for every test run: `pip install pyspark==4.2.0` beside Java 17, and this
runs. The statements that only Databricks knows are named here, and nothing else is let through.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from databricks_statements import statements as data_statements
from emulator.databricks.server import serve
from labeling import MAJOR, a_training_sheet
from ontos_tui.domain.pairs import Verdict
from ontos_tui.domain.tables import RECORDS
from ontos_tui.services.label import Decision
from ontos_tui.store.delta import render
from team import Member

ONLY_DATABRICKS = (
    re.compile(r"^\s*ALTER\s+TABLE\s+\S+\s+SET\s+TAGS\b", re.IGNORECASE),
    re.compile(r"^\s*SHOW\s+GRANTS\b", re.IGNORECASE),
)
"""Statements that Spark's parser does not know and Databricks does, by its documentation."""


@pytest.fixture(scope="module")
def parse() -> Iterator[Any]:
    pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (pip install pyspark==4.2.0)")
    if shutil.which("java") is None:
        pytest.skip("Spark's parser needs Java 17, and there is none")
    spark = pyspark.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    parser = spark._jsparkSession.sessionState().sqlParser()
    yield parser.parsePlan
    spark.stop()


def statements(tmp_path: Path) -> set[str]:
    """What two who share, disagree and claim send to the warehouse."""
    with serve() as served:
        ana, ben = (Member(tmp_path / name, name, served) for name in ("ana", "ben"))
        sheet = a_training_sheet(ana.store, 2)
        for member in (ana, ben):
            member.sync.switch_on()
            member.sync.sync()
        row = next(iter(ana.label.queue(sheet.id)))
        ana.label.decide([Decision(row.id, Verdict.EDIT, answer=MAJOR)])
        job = ana.labeling.create("together", training_sheet=sheet.id)
        ana.labeling.activate(job.id)
        ana.sync.claim(ana.labeling, job.id)
        served.engine.direct("ALTER TABLE team.ontos.sheets DROP COLUMN description")
        ana.sync.switch_on()
        ben.sync.sync()
        ana.close()
        ben.close()
        return {one.sql for one in served.engine.statements}


def test_spark_reads_what_sharing_sends(parse: Any, tmp_path: Path) -> None:
    sent = statements(tmp_path)
    assert {one.split()[0] for one in sent} >= {"CREATE", "DESCRIBE", "ALTER", "MERGE", "SELECT"}
    for sql in [*sent, *(render(record).rstrip().rstrip(";") for record in RECORDS)]:
        if not any(known.match(sql) for known in ONLY_DATABRICKS):
            parse(sql)


@pytest.mark.parametrize("name", data_statements())
def test_spark_reads_what_data_and_the_doctor_send(parse: Any, name: str) -> None:
    parse(data_statements()[name])


def test_the_parser_refuses_what_spark_refuses(parse: Any) -> None:
    with pytest.raises(Exception, match=r"COLUMN_ALIASES_NOT_ALLOWED|aliases"):
        parse("MERGE INTO t USING (VALUES (1)) AS s(id) ON t.id = s.id WHEN MATCHED THEN DELETE")
