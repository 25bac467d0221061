"""Real Delta tables, by engines that nobody here wrote: Sail for the statements, delta-rs for commits and changes."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.records.tables import SHARED
from ontos_tui.domain.sharing.entries import EntryId
from ontos_tui.platforms.databricks.retries import TRIES
from ontos_tui.platforms.databricks.team.delta_log import TABLE, DeltaLog
from ontos_tui.platforms.databricks.team.team_tables import PUBLISHED, TeamTables, _line
from ontos_tui.store.delta import delta_type, render
from tiers import deep

pytestmark = deep
deltalake = pytest.importorskip("deltalake", reason="real Delta needs deltalake: pip install deltalake pyarrow")
pa = pytest.importorskip("pyarrow", reason="real Delta needs pyarrow: pip install deltalake pyarrow")

WRITERS, EACH = 4, 25
PUBLISHED_TABLE = "CREATE TABLE IF NOT EXISTS {} (log STRING, version BIGINT, at TIMESTAMP) USING DELTA"
COLUMNS = (("log", "string"), ("writer", "string"), ("seq", "int64"), ("body", "string"))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A Spark Connect session with Sail behind it."""
    server = pytest.importorskip("pysail.spark", reason="Sail needs pysail: pip install pysail pyspark-client")
    connect = pytest.importorskip("pyspark.sql", reason="Sail's client needs pyspark: pip install pyspark-client")
    running = server.SparkConnectServer("127.0.0.1", 0)
    running.start(background=True)
    _, port = running.listening_address
    session = connect.SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    yield session
    session.stop()
    running.stop()


@pytest.fixture
def team(spark: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    from builders.sail import SailTeam

    return SailTeam(spark, tmp_path, f"s{abs(hash(request.node.name)) % 1_000_000}")


def an_empty_log(path: Path) -> str:
    schema = pa.schema([(name, getattr(pa, kind)()) for name, kind in COLUMNS])
    configuration = {"delta.appendOnly": "true", "delta.enableChangeDataFeed": "true"}
    deltalake.DeltaTable.create(str(path), deltalake.Schema.from_arrow(schema), configuration=configuration)
    return str(path)


def append_many(path: str, writer: str) -> None:
    """One process that appends its entries one by one, each sent again after a pause where it was refused."""
    for seq in range(1, EACH + 1):
        rows = pa.table({"log": ["L"], "writer": [writer], "seq": [seq], "body": ["{}"]})
        for attempt in range(TRIES):
            try:
                deltalake.write_deltalake(path, rows, mode="append")
                break
            except deltalake.exceptions.CommitFailedError:
                if attempt == TRIES - 1:
                    raise
                time.sleep(random.random() * 0.1)


def changes(path: str, since: int) -> list[tuple[int, str, int]]:
    feed = deltalake.DeltaTable(path).load_cdf(starting_version=since)
    rows = pa.table(feed.read_all()).to_pylist()
    assert {row["_change_type"] for row in rows} <= {"insert"}
    return sorted((row["_commit_version"], row["writer"], row["seq"]) for row in rows)


def test_processes_that_append_at_once_lose_nothing_and_make_one_order(tmp_path: Path) -> None:
    path = an_empty_log(tmp_path / "log")
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=append_many, args=(path, f"w{number}")) for number in range(WRITERS)]
    for one in running:
        one.start()
    for one in running:
        one.join(120)
    assert [one.exitcode for one in running] == [0] * WRITERS
    read = changes(path, 0)
    assert len({version for version, _, _ in read}) == len(read) == WRITERS * EACH
    for number in range(WRITERS):
        assert [seq for _, writer, seq in read if writer == f"w{number}"] == list(range(1, EACH + 1))


def test_the_changes_from_any_version_stay_the_same_after_maintenance(tmp_path: Path) -> None:
    path = an_empty_log(tmp_path / "log")
    append_many(path, "w")
    before = [changes(path, version) for version in (0, 7, EACH)]
    table = deltalake.DeltaTable(path)
    table.optimize.compact()
    assert table.history()[0]["operation"] == "OPTIMIZE"
    assert [changes(path, version) for version in (0, 7, EACH)] == before


def test_the_logs_own_statements_run_on_sail(team: Any) -> None:
    log = DeltaLog(team)
    log._create()
    log._append([json.dumps({"writer": "a", "seq": 1, "format": 1, "body": "{}"})], "L")
    body = '{"x":"ä 🔬 \\u0000 \' \\\\"}'
    lines = [
        json.dumps({"writer": id.writer, "seq": id.seq, "format": 1, "body": body})
        for id in (EntryId("a", 2), EntryId("b", 1))
    ]
    log._append(lines, "L")
    rows = team.rows(f"SELECT log, writer, seq, format, body FROM {team.place.table(TABLE)} ORDER BY writer, seq")
    read = [(row["writer"], row["seq"], row["body"]) for row in rows]
    assert read == [("a", 1, "{}"), ("a", 2, body), ("b", 1, body)]
    table = deltalake.DeltaTable(team.path(TABLE))
    assert table.version() == 2, "two appends are two versions"


def test_the_log_is_named_once_however_often_it_is_begun(team: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ontos_tui.platforms.databricks.team.delta_log.create_schema", lambda team: [])
    monkeypatch.setattr(DeltaLog, "_exists", lambda log: False)
    DeltaLog(team).prepare()
    DeltaLog(team).prepare()
    assert len(team.rows(f"SELECT log FROM {team.place.table(TABLE)} WHERE seq = 0")) == 1


def test_a_files_rows_become_entries_as_by_a_statement(team: Any, tmp_path: Path) -> None:
    log = DeltaLog(team)
    log._create()
    file = tmp_path / "entries.jsonl"
    body = '{"x":"ä 🔬 \\u0000 \'"}'
    lines = [json.dumps({"writer": "f", "seq": seq, "format": 1, "body": body}) for seq in range(1, 6)]
    file.write_text("\n".join(lines) + "\n")
    # The SELECT of COPY INTO; the statement itself is Databricks' own.
    team.change(
        f"INSERT INTO {team.place.table(TABLE)} SELECT 'L' AS log, writer, CAST(seq AS BIGINT) AS seq, "
        f"current_user() AS actor, CAST(format AS INT) AS format, body FROM json.`{file}`"
    )
    rows = team.rows(f"SELECT seq, body FROM {team.place.table(TABLE)} ORDER BY seq")
    assert rows == [{"seq": seq, "body": body} for seq in range(1, 6)]


def a_row(record: type[Any], key: str, version_of_row: int) -> dict[str, Any]:
    """A row of any record as SQLite keeps it."""
    samples = {
        "STRING": "text", "BIGINT": version_of_row, "DOUBLE": 0.5, "BOOLEAN": 1, "ARRAY<STRING>": '["a","b"]',
        "TIMESTAMP": "2026-11-02T08:00:00.123456Z", "DATE": "2026-11-02",
    }  # fmt: skip
    values = {name: samples[delta_type(field.annotation)] for name, field in record.model_fields.items()}
    return {**values, record.KEY: key}


def test_team_tables_are_merged_by_version(team: Any) -> None:
    tables = TeamTables(team)
    place = team.place
    team.change(PUBLISHED_TABLE.format(place.table(PUBLISHED)))
    team.change(render(QAPair, place.table(QAPair.TABLE), {"log_version": "BIGINT", "log_removed": "BOOLEAN"}))

    def merge(key: str, row: dict[str, Any] | None, version: int) -> None:
        tables._merge(QAPair, [_line(QAPair, key, row, version)], "L", version)

    def state() -> list[tuple[Any, ...]]:
        rows = team.rows(f"SELECT id, version, log_version, log_removed FROM {place.table(QAPair.TABLE)} ORDER BY id")
        return [tuple(row.values()) for row in rows]

    merge("1", a_row(QAPair, "1", 1), 1)
    merge("2", a_row(QAPair, "2", 1), 1)
    merge("1", a_row(QAPair, "1", 3), 3)
    merge("1", a_row(QAPair, "1", 2), 2)
    merge("2", None, 4)
    merge("2", a_row(QAPair, "2", 9), 3)
    merge("3", None, 4)
    assert state() == [("1", 3, 3, False), ("2", 1, 4, True)]
    at = team.rows(f"SELECT CAST(created_at AS STRING) AS at FROM {place.table(QAPair.TABLE)} WHERE id = '1'")
    assert "08:00:00.123456" in at[0]["at"]
    team.change(f"INSERT INTO {place.table(PUBLISHED)} VALUES ('L', 9, current_timestamp())")
    merge("4", a_row(QAPair, "4", 5), 5)
    assert [row[0] for row in state()] == ["1", "2"], "a later version was published"


@pytest.mark.parametrize("record", SHARED, ids=lambda record: record.TABLE)
def test_every_team_table_is_made_and_merged(team: Any, record: type[Any]) -> None:
    place = team.place
    team.change(PUBLISHED_TABLE.format(place.table(PUBLISHED)))
    team.change(render(record, place.table(record.TABLE), {"log_version": "BIGINT", "log_removed": "BOOLEAN"}))
    TeamTables(team)._merge(record, [_line(record, "k", a_row(record, "k", 1), 1)], "L", 1)
    (row,) = team.rows(f"SELECT * FROM {place.table(record.TABLE)}")
    assert row[record.KEY] == "k"
    assert set(row) == {*record.model_fields, "log_version", "log_removed"}
