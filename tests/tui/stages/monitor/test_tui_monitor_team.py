"""MONITOR, elsewhere, through real keys: what the warehouse counted stands there, and says when that was."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders.models import served_model
from builders.payload import feedback, payload, system_tables
from emulator.databricks.scene import Scene
from emulator.databricks.server import TOKEN
from harness import SIZES, open_app
from ontos_tui.domain.rules.monitor.traffic import Bucket
from ontos_tui.workspace import Workspace


@pytest.fixture
def asked(scene: Scene, home: Path) -> Path:
    """A workspace with an endpoint `live`, which also answers on Databricks, and was requests there hours ago."""
    served_model(home)
    start = Bucket.HOUR.start_of(datetime.now(UTC)) - timedelta(hours=3)
    payload(scene.engine, "live", start)
    feedback(scene.engine, [("c1", 4, None)])
    system_tables(scene.engine, start)
    return home


@SIZES
async def test_it_counts_what_never_was_and_shows_it(scene: Scene, asked: Path, size: tuple[int, int]) -> None:
    async with open_app(asked, size) as user:
        await user.press("6", "w")
        await user.sees("Requests to live", "last 24 h, counted", "16.7% of 12")
        assert re.search(r"requests +\S+ +0–6 +12", user.text())
        await user.press("end")
        await user.sees("200 tokens in, 14 out", "welds v2")
        assert "team.ontos.welds v1" in user.text()
        sent = len(scene.engine.statements)
        await user.press("escape", "w")
        await user.sees("16.7% of 12")
        assert len(scene.engine.statements) == sent
        await user.press("c")
        await user.sees("last 24 h, counted")
        assert len(scene.engine.statements) > sent


@SIZES
async def test_the_stage_tells_what_was_counted_there(scene: Scene, asked: Path, size: tuple[int, int]) -> None:
    async with open_app(asked, size) as user:
        await user.press("6")
        await user.sees("No requests yet", "from here")
        await user.press("r")
        await user.sees("No requests yet", "from here", "not counted yet", "w counts")
        await user.press("w")
        await user.sees("16.7% of 12")
        await user.press("escape")
        await user.sees("12  requests there", "✗ 2  16.7%", "w: show more")


async def test_a_wider_span_is_counted_when_it_is_looked_at(scene: Scene, asked: Path) -> None:
    payload(scene.engine, "live", datetime.now(UTC) - timedelta(days=3), requests=2)
    async with open_app(asked) as user:
        await user.press("6", "w")
        await user.sees("16.7% of 12")
        await user.press("t")
        await user.sees("last 7 days, counted", "14.3% of 14", "by day")
        await user.press("b")
        await user.sees("by hour")


async def test_hours_that_are_younger_than_what_was_counted_are_told(scene: Scene, asked: Path) -> None:
    now = datetime.now(UTC)
    with Workspace(asked) as workspace:
        workspace.monitor.team_traffic.read("live", now - timedelta(days=30), now - timedelta(hours=2))
    async with open_app(asked) as user:
        await user.press("6", "w")
        await user.sees("Not counted yet: ", "c: count")
        await user.press("c")
        await user.sees("16.7% of 12")
        assert "Not counted yet" not in user.text()


async def test_while_the_workspace_is_away_it_shows_what_was_counted_and_what_to_do(scene: Scene, asked: Path) -> None:
    async with open_app(asked) as user:
        scene.workspace.tokens.clear()
        await user.press("6", "w")
        await user.sees("not counted yet", "databricks auth login")
        scene.workspace.tokens.add(TOKEN)
        await user.press("c")
        await user.sees("16.7% of 12")
        scene.workspace.tokens.clear()
        await user.press("c")
        await user.sees("databricks auth login", "16.7% of 12")


async def test_an_endpoint_of_this_machine_has_no_log_there(scene: Scene, home: Path) -> None:
    served_model(home)
    async with open_app(home) as user:
        await user.press("6", "w")
        await user.sees("no data yet", "has no inference table")


async def test_without_a_workspace_there_is_no_such_key(home: Path) -> None:
    served_model(home)
    async with open_app(home) as user:
        await user.press("6", "w")
        assert "Requests to" not in user.text()
