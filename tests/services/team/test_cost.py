"""What sharing costs, by the history of a team; and that a decision costs as many statements as that says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders.severity import MAJOR, unlabeled_sheet
from builders.team import Member
from emulator.databricks.scene import Scene
from ontos_tui.domain.records.pairs import Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.services.team.cost import USD_PER_DBU, WarehouseFacts, cost_of
from ontos_tui.services.team.pace import PUSH_STATEMENTS

BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)
SMALLEST = WarehouseFacts("2X-Small", 10.0)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def test_one_change_is_one_push_then_the_app_looks_until_it_rests() -> None:
    cost = cost_of([("ana", BEGIN)], 1, SMALLEST)
    assert (cost.people, cost.changes, cost.commits) == (1, 1, 1)
    assert cost.statements == 2 + 300 // 15
    assert cost.warehouse_hours == pytest.approx(15 / 60), "five minutes of looking, ten until it stops"
    assert cost.usd == pytest.approx(0.25 * 4 * USD_PER_DBU)


def test_changes_within_two_seconds_are_one_commit() -> None:
    cost = cost_of([("ana", at(second)) for second in (0, 1, 1.5, 10)], 1, SMALLEST)
    assert (cost.changes, cost.commits) == (4, 2)


def test_two_people_at_the_same_time_share_the_warehouse() -> None:
    alone = cost_of([("ana", BEGIN)], 1, SMALLEST)
    both = cost_of([("ana", BEGIN), ("ben", BEGIN)], 1, SMALLEST)
    apart = cost_of([("ana", BEGIN), ("ben", at(3600))], 1, SMALLEST)
    assert both.warehouse_hours == alone.warehouse_hours
    assert apart.warehouse_hours == pytest.approx(2 * alone.warehouse_hours)
    assert both.statements == apart.statements == 2 * alone.statements


def test_nobody_at_work_costs_nothing() -> None:
    cost = cost_of([], 30, SMALLEST)
    assert (cost.statements, cost.warehouse_hours, cost.usd) == (0, 0, 0)


def test_a_decision_is_two_statements_and_a_look_is_one(scene: Scene, tmp_path: Path) -> None:
    ana, ben = (Member(tmp_path / name, name, scene.workspace) for name in ("ana", "ben"))
    sheet = unlabeled_sheet(ana.store, 3).id
    for member in (ana, ben):
        member.sharing.start()
        member.sharing.sync()
    for pair in list(ana.label.queue.open(sheet)):
        ana.label.queue.decide([Decision(pair.id, Verdict.EDIT, answer=MAJOR)])
        before = len(scene.engine.statements)
        ana.sharing.sync()
        assert len(scene.engine.statements) - before <= PUSH_STATEMENTS
        before = len(scene.engine.statements)
        assert ben.sharing.sync().pulled == 1
        # At times who has read says how far: an entry of its own.
        assert len(scene.engine.statements) - before <= PUSH_STATEMENTS
    before = len(scene.engine.statements)
    assert ana.sharing.sync().pushed == 0
    assert len(scene.engine.statements) - before == 1
    for member in (ana, ben):
        member.close()
