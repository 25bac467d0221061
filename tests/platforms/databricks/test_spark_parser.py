"""Statements that sharing and the stages send, by their shapes, read by Spark's own parser (tests/spark_parser.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import spark_parser
from builders.severity import MAJOR, unlabeled_sheet
from builders.team import Member
from databricks_statements import statements as data_statements
from emulator.databricks.server import serve
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.domain.records.tables import RECORDS
from ontos_tui.services.label.service import Decision
from ontos_tui.store.delta import render
from spark_parser import Parse, RefusedBySparkError, refused


@pytest.fixture(scope="module")
def parse() -> Iterator[Parse]:
    if missing := spark_parser.what_is_missing():
        pytest.skip(f"Spark's parser is not here: {missing}")
    with spark_parser.parser() as created:
        yield created


def statements(tmp_path: Path) -> set[str]:
    """What two who share, disagree and claim send to the warehouse."""
    with serve() as served:
        ana, ben = (Member(tmp_path / name, name, served) for name in ("ana", "ben"))
        sheet = unlabeled_sheet(ana.store, 2)
        for member in (ana, ben):
            member.sharing.start()
            member.sharing.sync()
        row = next(iter(ana.label.queue.open(sheet.id)))
        ana.label.queue.decide([Decision(row.id, Verdict.EDIT, answer=MAJOR)])
        job = ana.label.jobs.create("together", training_sheet=sheet.id)
        ana.label.jobs.activate(job.id)
        ana.sharing.claim(ana.label.jobs, job.id)
        ben.sharing.sync()
        ana.close()
        ben.close()
        return {one.sql for one in served.engine.statements}


def test_spark_reads_what_sharing_sends(parse: Parse, tmp_path: Path) -> None:
    sent = statements(tmp_path)
    assert {one.split()[0] for one in sent} >= {"CREATE", "INSERT", "SELECT"}
    assert not refused([*sent, *(render(record).rstrip().rstrip(";") for record in RECORDS)], parse)


@pytest.mark.parametrize("name", data_statements())
def test_spark_reads_what_data_and_the_doctor_send(parse: Parse, name: str) -> None:
    parse(data_statements()[name])


def test_the_parser_refuses_what_spark_refuses(parse: Parse) -> None:
    with pytest.raises(RefusedBySparkError, match="COLUMN_ALIASES_NOT_ALLOWED"):
        parse("MERGE INTO t USING (VALUES (1)) AS s(id) ON t.id = s.id WHEN MATCHED THEN DELETE")
    assert len(refused(["SELEKT 1", "SELECT 1", "ALTER TABLE t SET TAGS ('a' = 'b')"], parse)) == 1


def test_a_run_fails_that_got_such_a_statement_through_the_emulator(
    parse: Parse, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(spark_parser.__file__).parent))
    pytester.makepyfile(
        """
        from emulator.databricks.engine import Engine

        def test_lenient():
            assert Engine().run("SELECT 1 AS a, 2 b").rows == [(1, 2)]
            assert Engine().run("SELECT [1, 2] AS a").rows == [([1, 2],)]
        """
    )
    done = pytester.runpytest_subprocess("-p", "spark_parser", "-n", "1")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["*PARSE_SYNTAX_ERROR*", "Spark's parser took 1 of the 2 statements that were sent"])
