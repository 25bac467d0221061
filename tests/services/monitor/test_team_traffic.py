"""MONITOR, elsewhere: what a team's endpoint was asked is counted there and kept here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from builders.payload import DAY, START, feedback, payload, system_tables
from emulator.databricks.scene import Scene
from ontos_tui.domain.errors import AwayError, InvalidInputError, NotReadyError
from ontos_tui.domain.rules.monitor.traffic import Bucket
from ontos_tui.workspace import Workspace

HOUR = timedelta(hours=1)


@pytest.fixture
def team(scene: Scene, home: Path) -> Iterator[Workspace]:
    """A workspace whose settings name the emulated Databricks, with an endpoint that was asked."""
    payload(scene.engine)
    feedback(scene.engine, [("c1", 5, None), ("c7", 2, '{"a": 1}')])
    system_tables(scene.engine)
    with Workspace(home) as opened:
        yield opened


def test_what_is_counted_there_lands_here(team: Workspace) -> None:
    before = team.monitor.team_traffic.traffic("weld-check", Bucket.HOUR, *DAY)
    assert (before.reading, before.summary.requests, before.summary.error_rate) == (None, 0, None)
    team.monitor.team_traffic.read("weld-check", *DAY)
    result = team.monitor.team_traffic.traffic("weld-check", Bucket.HOUR, *DAY)
    summary = result.summary
    assert (summary.requests, summary.errors, summary.ratings, summary.corrections) == (12, 2, 2, 1)
    assert (summary.mean_rating, summary.mean_latency_ms) == (3.5, pytest.approx(15.4))
    assert summary.by_version == {"team.ontos.welds v2": 6, "team.ontos.welds v1": 6}
    assert [(one.figures.requests, one.input_tokens) for one in result.versions] == [(6, None), (6, 200)]
    assert [point.requests for point in result.points] == [6, 6, *[0] * 22]
    assert result.reading is not None
    assert result.reading.missing == []


def test_days_are_made_of_the_hours(team: Workspace) -> None:
    team.monitor.team_traffic.read("weld-check", *DAY)
    result = team.monitor.team_traffic.traffic("weld-check", Bucket.DAY, *DAY)
    assert [point.requests for point in result.points] == [12, 0]
    with pytest.raises(InvalidInputError, match="by hour"):
        team.monitor.team_traffic.traffic("weld-check", Bucket.MINUTE, *DAY)


def test_a_span_is_counted_anew_and_what_lies_outside_stays(scene: Scene, team: Workspace) -> None:
    service = team.monitor.team_traffic
    service.read("weld-check", *DAY)
    scene.engine.run("DELETE FROM team.ontos.weld_check_payload WHERE client_request_id IN ('c0', 'c6')")
    # A late row of an hour that was counted already.
    scene.engine.run(
        "INSERT INTO team.ontos.weld_check_payload SELECT 'late', request_date, 'late', request_time, status_code, "
        "1.0, 12, request, response, served_entity_id, NULL, requester FROM team.ontos.weld_check_payload "
        "WHERE client_request_id = 'c8'"
    )
    service.read("weld-check", START + HOUR, START + 2 * HOUR)
    result = service.traffic("weld-check", Bucket.HOUR, *DAY)
    assert [point.requests for point in result.points][:2] == [6, 6]
    service.read("weld-check", START, START + 2 * HOUR)
    assert [point.requests for point in service.traffic("weld-check", Bucket.HOUR, *DAY).points][:2] == [5, 6]


def test_what_was_counted_before_stays_counted_when_a_part_is_counted_anew(team: Workspace) -> None:
    service = team.monitor.team_traffic
    service.read("weld-check", *DAY)
    assert service.read("weld-check", START + HOUR, START + 25 * HOUR).since == START
    apart = service.read("weld-check", START + 72 * HOUR, START + 73 * HOUR)
    assert apart.since == START + 72 * HOUR, "nobody counted what lies between"
    result = service.traffic("weld-check", Bucket.HOUR, START + 70 * HOUR, START + 75 * HOUR)
    assert result.not_counted == (
        (START + 70 * HOUR, START + 72 * HOUR),
        (START + 73 * HOUR, START + 75 * HOUR),
    )
    assert service.traffic("weld-check", Bucket.HOUR, *DAY).not_counted == (DAY,)


def test_what_was_counted_is_here_while_the_workspace_is_away(scene: Scene, team: Workspace) -> None:
    team.monitor.team_traffic.read("weld-check", *DAY)
    scene.workspace.tokens.clear()
    with pytest.raises(AwayError):
        team.monitor.team_traffic.read("weld-check", *DAY)
    assert team.monitor.team_traffic.traffic("weld-check", Bucket.HOUR, *DAY).summary.requests == 12


def test_a_span_begins_and_ends_at_full_hours(team: Workspace) -> None:
    reading = team.monitor.team_traffic.read("weld-check", START + timedelta(minutes=59), START + timedelta(minutes=61))
    assert (reading.since, reading.until) == (START, START + 2 * HOUR)
    with pytest.raises(InvalidInputError, match="ends before"):
        team.monitor.team_traffic.read("weld-check", START, START)


def test_an_endpoint_without_a_log_has_none(team: Workspace) -> None:
    assert not team.monitor.team_traffic.read("quiet", *DAY).logged


def test_without_a_team_there_is_nothing_to_ask(workspace: Workspace) -> None:
    assert not workspace.monitor.team_traffic.has_team
    with pytest.raises(NotReadyError, match="No Databricks workspace"):
        workspace.monitor.team_traffic.read("weld-check", *DAY)
