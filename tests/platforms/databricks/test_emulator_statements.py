"""The emulated Statement Execution API by the real SDK."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service.sql import StatementParameterListItem, StatementState

from emulator.databricks.scene import READINGS, WAREHOUSE, Scene


@pytest.fixture
def client(scene: Scene) -> WorkspaceClient:
    return WorkspaceClient()


def test_rows_come_as_text_and_parameters_go_in_by_their_types(client: WorkspaceClient) -> None:
    result = client.statement_execution.execute_statement(
        f"SELECT id, `Torque [Nm]` AS torque, ok, price FROM {READINGS} WHERE `Torque [Nm]` > :n ORDER BY id LIMIT 2",
        WAREHOUSE,
        parameters=[StatementParameterListItem("n", "DOUBLE", "44")],
    )
    assert result.status is not None
    assert result.status.state is StatementState.SUCCEEDED
    assert result.result is not None
    assert result.result.data_array == [["r057", "44.25", "true", "12.50"], ["r058", "44.5", "true", "12.50"]]
    assert result.manifest is not None
    assert result.manifest.schema is not None
    assert [one.name for one in result.manifest.schema.columns or ()] == ["id", "torque", "ok", "price"]


def test_a_statement_that_runs_is_polled_and_its_chunks_follow(client: WorkspaceClient) -> None:
    created = client.statement_execution.execute_statement(
        f"SELECT a.id FROM {READINGS} AS a CROSS JOIN {READINGS} AS b", WAREHOUSE, wait_timeout="0s"
    )
    states = [created.status and created.status.state]
    while states[-1] not in (StatementState.SUCCEEDED, StatementState.FAILED):
        created = client.statement_execution.get_statement(str(created.statement_id))
        states.append(created.status and created.status.state)
    assert states == [StatementState.PENDING, StatementState.RUNNING, StatementState.SUCCEEDED]
    chunk, rows = created.result, 0
    while chunk is not None:
        rows += len(chunk.data_array or ())
        following = chunk.next_chunk_index
        chunk = (
            client.statement_execution.get_statement_result_chunk_n(str(created.statement_id), following)
            if following
            else None
        )
    assert rows == 3_600


def test_one_that_runs_can_be_cancelled(client: WorkspaceClient) -> None:
    created = client.statement_execution.execute_statement("SELECT 1 AS a", WAREHOUSE, wait_timeout="0s")
    client.statement_execution.cancel_execution(str(created.statement_id))
    there = client.statement_execution.get_statement(str(created.statement_id))
    assert there.status is not None
    assert there.status.state is StatementState.CANCELED


def test_a_failing_statement_is_an_answer(client: WorkspaceClient) -> None:
    result = client.statement_execution.execute_statement("SELECT * FROM team.plant.nothing", WAREHOUSE)
    assert result.status is not None
    assert result.status.state is StatementState.FAILED
    assert result.status.error is not None
    assert "TABLE_OR_VIEW_NOT_FOUND" in str(result.status.error.message)


def test_what_the_api_refuses_is_refused(client: WorkspaceClient) -> None:
    with pytest.raises(BadRequest, match="wait_timeout"):
        client.statement_execution.execute_statement("SELECT 1", WAREHOUSE, wait_timeout="3s")
    with pytest.raises(NotFound):
        client.statement_execution.get_statement("none")
