"""A schema is created only where it is missing, and what passes by itself is sent again, others at once not."""

from __future__ import annotations

import pytest

from builders.team import a_team
from emulator.databricks.engine import SqlError, Statement
from emulator.databricks.scene import Scene
from ontos_tui.platforms.databricks.retries import RETRYABLE, TRIES, is_retryable, pause_seconds
from ontos_tui.platforms.databricks.team.delta_log import DeltaLog
from ontos_tui.platforms.databricks.team.schemas import create_schema
from ontos_tui.platforms.databricks.workspace_client import SqlFailedError


def refusing(words: str, error_class: str, times: int) -> object:
    left = [times]

    def before(statement: Statement) -> None:
        if words in statement.sql and left[0] > 0:
            left[0] -= 1
            raise SqlError(error_class, "on demand.", "2D521")

    return before


def test_who_may_not_create_schemas_begins_in_one_that_is_there(scene: Scene) -> None:
    scene.engine.run("CREATE SCHEMA IF NOT EXISTS team.ontos")
    scene.engine.before = refusing("CREATE SCHEMA", "PERMISSION_DENIED", 100)  # type: ignore[assignment]
    log = DeltaLog(a_team(scene.workspace))
    assert log.prepare() == ["table ontos_log"]
    log.close()


def test_a_schema_that_is_missing_is_created_once(scene: Scene) -> None:
    team = a_team(scene.workspace)
    assert create_schema(team) == ["schema ontos"]
    assert create_schema(team) == []
    team.close()


@pytest.mark.parametrize("error_class", sorted(RETRYABLE))
def test_a_conflict_that_passes_is_sent_again_after_a_pause(scene: Scene, error_class: str) -> None:
    scene.engine.before = refusing("INSERT INTO team.plant.empty", error_class, 3)  # type: ignore[assignment]
    team = a_team(scene.workspace)
    pauses: list[float] = []
    assert team.change_retried("INSERT INTO team.plant.empty VALUES ('a')", None, pauses.append) == 1
    assert len(pauses) == 3
    team.close()


def test_what_does_not_pass_is_said_at_once_and_a_conflict_that_stays_at_last(scene: Scene) -> None:
    team = a_team(scene.workspace)
    pauses: list[float] = []
    scene.engine.before = refusing("INSERT", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED", 1)  # type: ignore[assignment]
    with pytest.raises(SqlFailedError):
        team.change_retried("INSERT INTO team.plant.empty VALUES ('a')", None, pauses.append)
    assert pauses == []
    scene.engine.before = refusing("INSERT", "DELTA_CONCURRENT_APPEND.WITH_PARTITION_HINT", 100)  # type: ignore[assignment]
    with pytest.raises(SqlFailedError):
        team.change_retried("INSERT INTO team.plant.empty VALUES ('a')", None, pauses.append)
    assert len(pauses) == TRIES - 1
    team.close()


def test_pauses_grow_and_are_spread_so_that_two_do_not_meet_again() -> None:
    least = [pause_seconds(attempt, 0.0) for attempt in range(TRIES)]
    most = [pause_seconds(attempt, 1.0) for attempt in range(TRIES)]
    assert least == sorted(least)
    assert most[0] == 3 * least[0]
    assert most[-1] == 12.0
    assert not is_retryable("TABLE_OR_VIEW_NOT_FOUND")
    assert is_retryable("DELTA_CONCURRENT_SOMETHING_NEW")
