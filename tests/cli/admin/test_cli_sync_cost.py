"""`ontos sync --cost`: what sharing took, and what each number is based on."""

from __future__ import annotations

from command_result import Ontos
from emulator.databricks.scene import Scene


def test_the_command_tells_the_cost_and_what_it_is_based_on(scene: Scene, ontos: Ontos) -> None:
    ontos("sync", "--start")
    sent = len(scene.engine.statements)
    text = ontos("sync", "--cost").out
    assert "hours of Small" in text
    assert "the workspace" in text
    assert "list price of serverless SQL" in text
    assert "an estimate" in text
    assert ontos("sync", "--cost", as_json=True).json["usd"] == 0
    assert len(scene.engine.statements) == sent, "nothing is sent for that"


def test_without_a_workspace_it_says_what_is_assumed(ontos: Ontos) -> None:
    text = ontos("sync", "--cost").out
    assert "assumed: the smallest size" in text
