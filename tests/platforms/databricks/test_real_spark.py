"""Every statement that reads runs on Spark itself, by the real connector, and gives what the emulator gives."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from builders.spark_thrift import spark_thrift, written_in
from emulator.databricks.engine import Engine
from ontos_tui.domain.records.data import Column, RowQuery, Sampling, WindowLabel, Windows
from ontos_tui.platforms.databricks.monitoring.inference_counts import hours_statement
from ontos_tui.platforms.databricks.monitoring.inference_samples import ratings_statement, sample_statement
from ontos_tui.platforms.databricks.select_sql import SelectStatements
from ontos_tui.platforms.databricks.windows import steps_statement, window_statements
from tiers import deep

pytestmark = deep
pytest.importorskip("pyspark", reason="Spark's Thrift server is in pyspark: pip install 'ontos-tui[spark]'")

CATALOG = "spark_catalog"
"""Spark's own catalog; the emulator's is called the same, so that both read one text."""
READINGS, NOTES, PAYLOAD, RATED = (f"{CATALOG}.plant.{name}" for name in ("readings", "notes", "payload", "rated"))
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
COLUMNS = (
    *(Column("id", "string"), Column("machine", "string"), Column("Torque [Nm]", "double")),
    *(Column("price", "decimal(10,2)"), Column("at", "timestamp"), Column("day", "date"), Column("ok", "boolean")),
    *(Column("parts", "array<string>"), Column("place", "struct<hall:string,row:bigint>"), Column("n", "bigint")),
)
NOTE_COLUMNS = (Column("patient", "string"), Column("note", "string"), Column("at", "timestamp"))
KEYED = RowQuery(item_id_column="id")
QUERIES: dict[str, RowQuery] = {
    "all": KEYED,
    "by content": RowQuery(),
    "some columns": RowQuery(item_id_column="id", columns=("machine", "Torque [Nm]")),
    "a page": RowQuery(item_id_column="id", limit=7, offset=3),
    "filter": RowQuery(item_id_column="id", filter="machine = 'press' AND `Torque [Nm]` > 33.5"),
    "filter of a list": RowQuery(item_id_column="id", filter="machine IN ('press', 'saw') AND n >= 3"),
    "filter of a pattern": RowQuery(item_id_column="id", filter="id LIKE 'r01%' OR machine IS NULL"),
    "first": RowQuery(item_id_column="id", sampling=Sampling.FIRST, sample_size=9),
    "random": RowQuery(item_id_column="id", sampling=Sampling.RANDOM, sample_size=9, sample_seed=3),
    "stratified": RowQuery(
        item_id_column="id", sampling=Sampling.STRATIFIED, sample_size=9, sample_seed=3, sample_by="machine"
    ),
}
WINDOWS: dict[str, Windows] = {
    "of a group": Windows(3, 2, "machine", "at"),
    "of all": Windows(5, 5, None, "n"),
    "with gaps": Windows(2, 1, "machine", "at", max_gap=200.0),
    "with labels": Windows(3, 3, "machine", "n", labels=(("ok", WindowLabel.MOST), ("n", WindowLabel.MAX))),
}


class Spark:
    """Statements by the real connector."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, sql: str) -> None:
        """A statement without a result, of which the connector expects a column all the same."""
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql)
        except IndexError:
            pass
        finally:
            cursor.close()

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        cursor = self._connection.cursor()
        cursor.execute(written_in(sql, parameters))
        names = [one[0] for one in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        cursor.close()
        return rows


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    if subprocess.run(["java", "-version"], capture_output=True, check=False).returncode:
        pytest.skip("Spark needs Java 17 or newer")
    with spark_thrift(tmp_path_factory.mktemp("spark")) as connection:
        spark = Spark(connection)
        spark.run("CREATE SCHEMA IF NOT EXISTS plant")
        for statement in tables():
            spark.run(statement.replace("USING DELTA", "USING PARQUET"))
        yield spark


@pytest.fixture(scope="module")
def emulated() -> Iterator[Engine]:
    engine = Engine(catalogs=(CATALOG,))
    engine.run(f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.plant")
    for statement in tables():
        engine.run(statement)
    yield engine
    engine.close()


def tables() -> Iterator[str]:
    """The tables, with every kind of value that is read."""
    yield (
        f"CREATE TABLE {READINGS} (id STRING, machine STRING, `Torque [Nm]` DOUBLE, price DECIMAL(10,2), at TIMESTAMP, "
        "day DATE, ok BOOLEAN, parts ARRAY<STRING>, place STRUCT<hall: STRING, row: BIGINT>, n BIGINT) USING DELTA"
    )
    values = []
    for n in range(40):
        machine = "NULL" if n == 11 else f"'{('press', 'lathe', 'saw')[n % 3]}'"
        torque = "NULL" if n == 7 else f"{30 + n / 4}D"
        at = (START + timedelta(seconds=37 * n + (600 if n > 25 else 0))).replace(tzinfo=None)
        values.append(
            f"('r{n:03}', {machine}, {torque}, 12.50, TIMESTAMP '{at}.{n:06}', DATE '2026-01-02', "
            f"{'true' if n % 5 else 'false'}, array('a', 'ä'), named_struct('hall', 'north', 'row', 3L), {n}L)"
        )
    yield f"INSERT INTO {READINGS} VALUES {', '.join(values)}"
    yield f"CREATE TABLE {NOTES} (patient STRING, note STRING, at TIMESTAMP) USING DELTA"
    moment = "TIMESTAMP '2026-11-02 08:00:00.123"
    yield (
        f"INSERT INTO {NOTES} VALUES ('p1', 'well', {moment}789'), ('p1', 'well', {moment}456'), "
        f"('p2', NULL, {moment}001'), ('p1', 'well', {moment}456')"
    )
    yield (
        f"CREATE TABLE {PAYLOAD} (databricks_request_id STRING, client_request_id STRING, request_time TIMESTAMP, "
        "status_code INT, execution_duration_ms BIGINT, request STRING, response STRING, served_entity_id STRING) "
        "USING DELTA"
    )
    requests = (
        f"('q{n}', 'c{n}', TIMESTAMP '{(START + timedelta(minutes=11 * n)).replace(tzinfo=None)}', "
        f"{500 if n % 4 == 3 else 200}, {10 * n}L, '{{}}', '{{}}', 'e{n % 2}')"
        for n in range(20)
    )
    yield f"INSERT INTO {PAYLOAD} VALUES {', '.join(requests)}"
    yield f"CREATE TABLE {RATED} (request_id STRING, rating BIGINT, correction STRING, log_removed BOOLEAN) USING DELTA"
    yield f"INSERT INTO {RATED} VALUES ('c1', 5L, NULL, false), ('c1', 3L, 'x', NULL), ('c2', 1L, NULL, true)"


def plain(value: Any) -> Any:
    """A value of either engine as both are compared: the connector gives what is nested as JSON."""
    if isinstance(value, str) and value[:1] in "[{":
        return plain(json.loads(value))
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return round(value, 9)
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def compared(spark: Spark, emulated: Engine, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of Spark, which are those of the emulator."""
    bound = {name: value for name, value in parameters.items() if f":{name}" in sql}
    ours = [{name: plain(value) for name, value in row.items()} for row in spark.rows(sql, bound)]
    result = emulated.run(sql, bound)
    names = [name for name, _ in result.columns]
    theirs = [{name: plain(value) for name, value in zip(names, row, strict=True)} for row in result.rows]
    assert ours == theirs
    return ours


def check(spark: Spark, emulated: Engine, statements: SelectStatements) -> None:
    for sql in (statements.rows, statements.count, statements.identities):
        assert compared(spark, emulated, sql, statements.parameters)


@pytest.mark.parametrize("name", [name for name in QUERIES if name != "by content"])
def test_readings(spark: Spark, emulated: Engine, name: str) -> None:
    check(spark, emulated, SelectStatements.of(READINGS, COLUMNS, QUERIES[name]))


@pytest.mark.parametrize("name", WINDOWS)
def test_windows(spark: Spark, emulated: Engine, name: str) -> None:
    check(spark, emulated, window_statements(READINGS, COLUMNS, RowQuery(), WINDOWS[name]))
    sampled = RowQuery(sampling=Sampling.RANDOM, sample_size=3, sample_seed=1)
    check(spark, emulated, window_statements(READINGS, COLUMNS, sampled, WINDOWS[name]))


@pytest.mark.parametrize("name", WINDOWS)
def test_steps_of_streams(spark: Spark, emulated: Engine, name: str) -> None:
    compared(spark, emulated, steps_statement(READINGS, COLUMNS, RowQuery(), WINDOWS[name]), {})


def test_rows_that_differ_in_microseconds_are_named_whatever_their_place(spark: Spark) -> None:
    def names(order: str) -> list[tuple[str, Any]]:
        table = f"(SELECT * FROM {NOTES} ORDER BY {order})"
        statements = SelectStatements.of(table, NOTE_COLUMNS, RowQuery())
        return sorted((row[statements.ref], row["at"]) for row in spark.rows(statements.rows, statements.parameters))

    named = names("at")
    assert named == names("at DESC")
    assert len({ref for ref, _ in named}) == 4


def test_hours_samples_and_ratings(spark: Spark, emulated: Engine) -> None:
    span = {"since": START, "until": START + timedelta(hours=5), "most": 7}
    for feedback in (None, RATED):
        ordered = f"SELECT * FROM ({hours_statement(PAYLOAD, feedback)}) ORDER BY 1, 2, 3"
        hours = compared(spark, emulated, ordered, span)
        assert sum(row["requests"] for row in hours) == 20
    assert len(compared(spark, emulated, sample_statement(PAYLOAD), span)) == 7
    ratings = compared(spark, emulated, f"SELECT * FROM ({ratings_statement(PAYLOAD, RATED)}) ORDER BY 1", span)
    assert [row["rating"] for row in ratings] == [3, 5], "the rating that is gone does not count"
