"""The emulated warehouse by the real connector: what it answers, and that it refuses what Databricks refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from databricks import sql

from emulator.databricks.server import TOKEN, Workspace, serve
from ontos_tui.domain.records.tables import RECORDS
from ontos_tui.store.delta import render

ITEMS = (
    "CREATE TABLE IF NOT EXISTS team.wb.items (id STRING NOT NULL COMMENT 'random', tags ARRAY<STRING>, "
    "v BIGINT NOT NULL, at TIMESTAMP, CONSTRAINT items_pk PRIMARY KEY (id) RELY) USING DELTA CLUSTER BY (id)"
)
MERGE = (
    "MERGE INTO team.wb.items AS t USING (SELECT r.* FROM (SELECT explode(from_json(:rows, "
    "'ARRAY<STRUCT<id:STRING,v:BIGINT,tags:ARRAY<STRING>,at:TIMESTAMP>>')) AS r)) AS s ON t.id = s.id "
    "WHEN MATCHED AND t.v < s.v THEN UPDATE SET t.v = s.v "
    "WHEN NOT MATCHED THEN INSERT (id, v, tags, at) VALUES (s.id, s.v, s.tags, s.at)"
)


@pytest.fixture(scope="module")
def served() -> Iterator[Workspace]:
    with serve() as workspace:
        yield workspace


@pytest.fixture
def cursor(served: Workspace) -> Iterator[Any]:
    connection = sql.connect(
        server_hostname="127.0.0.1",
        http_path="/sql/1.0/warehouses/w1",
        access_token=TOKEN,
        _connection_uri=f"{served.url}/sql/1.0/warehouses/w1",
        enable_telemetry=False,
        _retry_delay_max=5,
    )
    with connection, connection.cursor() as created:
        created.execute("DROP SCHEMA IF EXISTS team.wb CASCADE")
        created.execute("CREATE SCHEMA IF NOT EXISTS team.wb")
        created.execute(ITEMS)
        yield created


def test_rows_go_in_by_one_merge_and_come_out_typed(cursor: Any) -> None:
    rows = '[{"id":"a","v":1,"tags":["x"],"at":"2026-01-01T10:00:00Z"},{"id":"b","v":2}]'
    cursor.execute(MERGE, {"rows": rows})
    assert cursor.fetchall() == [(2,)]
    cursor.execute(MERGE, {"rows": '[{"id":"a","v":1},{"id":"b","v":3}]'})
    assert cursor.fetchall() == [(1,)], "what is not newer is left alone"
    cursor.execute(
        "SELECT *, CAST(1.5 AS DECIMAL(10,2)) AS d FROM IDENTIFIER(:t) WHERE v >= :v ORDER BY id",
        {"t": "team.wb.items", "v": 1},
    )
    first, second = cursor.fetchall()
    assert first.asDict() == {"id": "a", "tags": '["x"]', "v": 1, "at": datetime(2026, 1, 1, 10), "d": Decimal("1.50")}
    assert (second.id, second.tags, second.v, second.at) == ("b", None, 3, None)


@pytest.mark.parametrize(
    ("statement", "parameters", "error"),
    [
        ("SELEC 1", {}, "PARSE_SYNTAX_ERROR"),
        ("SELECT * FROM team.wb.none", {}, "TABLE_OR_VIEW_NOT_FOUND"),
        ("SELECT nothing FROM team.wb.items", {}, "UNRESOLVED_COLUMN"),
        ("SELECT :x", {}, "UNBOUND_SQL_PARAMETER"),
        (f"SELECT {' + '.join(f':p{n}' for n in range(256))}", {f"p{n}": n for n in range(256)}, "TOO_MANY"),
        ("SELECT :x", {"x": "y" * 1_100_000}, "PARAMETERS_TOO_LARGE"),
        ("INSERT INTO team.wb.items (id) VALUES ('a')", {}, "NOT_NULL_CONSTRAINT"),
        ("CREATE TABLE team.wb.t (a STRING DEFAULT 'x')", {}, "WRONG_COLUMN_DEFAULTS"),
        ("CREATE TABLE team.wb.t (a STRING UNIQUE)", {}, "PARSE_SYNTAX_ERROR"),
        (MERGE, {"rows": '[{"id":"a","v":5},{"id":"a","v":6}]'}, "MULTIPLE_SOURCE_ROW"),
        (
            "MERGE INTO team.wb.items AS t USING (VALUES ('a', 1)) AS s(id, v) ON t.id = s.id "
            "WHEN MATCHED THEN UPDATE SET t.v = s.v",
            {},
            "COLUMN_ALIASES_NOT_ALLOWED",
        ),
    ],
)
def test_what_databricks_refuses_is_refused(
    cursor: Any, statement: str, parameters: dict[str, Any], error: str
) -> None:
    cursor.execute(MERGE, {"rows": '[{"id":"a","v":1}]'})
    with pytest.raises(sql.exc.ServerOperationError, match=error):
        cursor.execute(statement, parameters)


def test_keys_are_not_enforced_as_in_delta(cursor: Any) -> None:
    cursor.execute("INSERT INTO team.wb.items (id, v) VALUES ('a', 1), ('a', 2)")
    cursor.execute("SELECT count(*) AS n FROM team.wb.items")
    assert cursor.fetchall() == [(2,)]


def test_large_results_and_slow_statements_take_several_requests(served: Workspace, cursor: Any) -> None:
    served.thrift.slow_polls = 2
    try:
        cursor.execute("SELECT x FROM range(2500) AS t(x)")
        assert len(cursor.fetchall()) == 2500
    finally:
        served.thrift.slow_polls = 0


def test_every_table_of_the_team_can_be_made(cursor: Any) -> None:
    for record in RECORDS:
        cursor.execute(render(record).replace(f"EXISTS {record.TABLE}", f"EXISTS team.wb.{record.TABLE}"))
    cursor.execute("SELECT * FROM team.wb.qa_pairs")
    assert {one[0] for one in cursor.description} >= {"id", "answer", "allowed_uses"}


def test_an_expired_token_is_told(served: Workspace, cursor: Any) -> None:
    served.tokens.discard(TOKEN)
    try:
        with pytest.raises(sql.exc.RequestError):
            cursor.execute("SELECT 1")
    finally:
        served.tokens.add(TOKEN)
