"""What everybody asked an endpoint, counted in the warehouse and joined to the team's feedback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.payload import DAY, START, feedback, payload, system_tables
from emulator.databricks.engine import Engine, SqlError, Statement
from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.rules.monitor.traffic import EDGES, bin_in_sql, bin_of
from ontos_tui.platforms.databricks.monitoring.inference_counts import InferenceTables
from ontos_tui.platforms.databricks.workspace_client import SqlFailedError, Team


@pytest.fixture
def logs(scene: Scene, databricks: Team) -> InferenceTables:
    payload(scene.engine)
    return InferenceTables(databricks)


def test_the_hours_add_up_to_the_rows(logs: InferenceTables) -> None:
    counted = logs.hours("weld-check", *DAY)
    first, second = counted.hours
    assert counted.logged
    assert [(one.start, one.served, one.requests, one.errors) for one in (first, second)] == [
        (START, "e1", 6, 1),
        (START + timedelta(hours=1), "e2", 6, 1),
    ]
    assert first.latency_sum == 10 + 11 + 12 + 14 + 15
    assert first.tally.mean_latency_ms == pytest.approx(12.4)
    assert {bin: n for bin, n in enumerate(first.bins) if n} == {bin_of(10): 3, bin_of(14): 2}
    assert first.last_at == START + timedelta(minutes=50)


def test_a_span_ends_before_its_end(logs: InferenceTables) -> None:
    (first,) = logs.hours("weld-check", START, START + timedelta(hours=1)).hours
    assert first.requests == 6


def test_feedback_joins_by_our_ids_and_multiplies_no_request(scene: Scene, logs: InferenceTables) -> None:
    said = [("c1", 5, None), ("c1", 1, '{"a": 1}'), ("c2", 3, None), ("somebody else's", 1, None), ("c3", 1, None)]
    feedback(scene.engine, said)
    scene.engine.run("UPDATE team.ontos.feedback_items SET log_removed = true WHERE rating = 5")
    first, second = logs.hours("weld-check", *DAY).hours
    assert (first.requests, first.ratings, first.rating_sum, first.corrections) == (6, 2, 4, 1)
    assert (second.requests, second.ratings) == (6, 0)


def test_a_request_that_was_sent_again_is_rated_once(scene: Scene, logs: InferenceTables) -> None:
    scene.engine.run("UPDATE team.ontos.weld_check_payload SET client_request_id = 'c2' WHERE client_request_id = 'c3'")
    feedback(scene.engine, [("c2", 4, None)])
    assert logs.hours("weld-check", *DAY).hours[0].ratings == 1


def test_what_is_not_shared_or_not_granted_is_told_to_be_missing(logs: InferenceTables) -> None:
    counted = logs.hours("weld-check", *DAY)
    assert [one.partition(":")[0] for one in counted.missing] == ["Feedback", "Model versions", "Tokens"]
    assert "USE SCHEMA and SELECT on system.serving" in counted.missing[1]
    assert [(one.version, one.input_tokens) for one in counted.hours] == [("", None), ("", None)]


def test_the_system_tables_tell_versions_and_tokens(scene: Scene, logs: InferenceTables) -> None:
    system_tables(scene.engine)
    feedback(scene.engine, [])
    counted = logs.hours("weld-check", *DAY)
    assert counted.missing == ()
    first, second = counted.hours
    assert (first.version, first.input_tokens, first.output_tokens) == ("team.ontos.welds v1", 200, 14)
    assert (second.version, second.input_tokens) == ("team.ontos.welds v2", None)


def test_without_a_log_there_is_nothing(databricks: Team) -> None:
    counted = InferenceTables(databricks).hours("other", *DAY)
    assert (counted.hours, counted.logged) == ((), False)


def test_a_log_that_may_not_be_read_is_an_error_and_not_an_empty_one(scene: Scene, logs: InferenceTables) -> None:
    def refuse(statement: Statement) -> None:
        raise SqlError("INSUFFICIENT_PERMISSIONS", "User does not have SELECT.", "42501")

    scene.engine.before = refuse
    with pytest.raises(SqlFailedError, match="SELECT"):
        logs.hours("weld-check", *DAY)


def test_only_names_of_endpoints_stand_in_the_statement(databricks: Team) -> None:
    with pytest.raises(InvalidInputError):
        InferenceTables(databricks).hours("x`; DROP TABLE y", *DAY)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    created = Engine()
    yield created
    created.close()


@given(latencies=st.lists(st.integers(0, 10**6) | st.sampled_from([round(edge) for edge in EDGES]), min_size=1))
def test_the_warehouse_puts_a_latency_into_the_same_bin(engine: Engine, latencies: list[int]) -> None:
    rows = ", ".join(f"({ms})" for ms in latencies)
    result = engine.run(f"SELECT {bin_in_sql('ms')} AS bin FROM (SELECT * FROM VALUES {rows} AS v(ms))").rows
    assert [row[0] for row in result] == [bin_of(ms) for ms in latencies]
