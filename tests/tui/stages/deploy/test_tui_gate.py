"""The gate through real keys: a version that fails a check, the reason, floors, and must-pass cases."""

from __future__ import annotations

from pathlib import Path

from builders.evaluations import measured, weak_evaluation
from builders.models import served_model, train_next, trained_model
from harness import SIZES, Driver, open_app
from ontos_tui.domain.records.serving import Deployment
from ontos_tui.workspace import Workspace


def deployments(user: Driver) -> list[Deployment]:
    return user.app.workspace.deploy.endpoints.history("live")


@SIZES
async def test_a_version_that_fails_a_check_needs_a_reason(home: Path, size: tuple[int, int]) -> None:
    sheet, _ = served_model(home)
    with Workspace(home) as workspace:
        measured(workspace, train_next(workspace, sheet, "j2"), weak_evaluation())
    async with open_app(home, size) as user:
        await user.press("5", "d", "enter")
        await user.sees("defects v2 does not pass the checks for live", "✗ verdict", "✗ 1 check failed", "log keeps")
        assert len(deployments(user)) == 1
        await user.press("enter")
        await user.sees("✗ A reason is required")
        await user.press("escape")
        assert user.app.workspace.deploy.endpoints.endpoint("live").model.version == 1
        await user.press("d", "enter")
        await user.type("the line waits")
        await user.press("enter")
        await user.sees("serves    defects v2", "despite failed")
        newest = deployments(user)[0]
        assert (newest.reason, newest.action) == ("the line waits", "deploy")


async def test_a_first_model_that_is_not_usable_is_tried_out_by_one_key(home: Path) -> None:
    _, model = trained_model(home)
    with Workspace(home) as workspace:
        measured(workspace, model, weak_evaluation())
    async with open_app(home) as user:
        await user.press("5", "d")
        await user.type("live")
        await user.press("ctrl+s")
        await user.sees("does not pass", "t deploys it to be tried")
        await user.press("t")
        await user.sees("● ready")
        assert deployments(user)[0].reason == "try it out"


async def test_f_sets_and_removes_a_floor(home: Path) -> None:
    served_model(home)
    async with open_app(home) as user:
        await user.press("5", "f")
        await user.sees("Floor of live", "for recall, precision and F1: crack, scratch, none")
        await user.press("tab")
        await user.type("crack")
        await user.press("tab")
        await user.type("0.9")
        await user.press("ctrl+s")
        await user.sees("a new version needs recall of crack ≥ 0.9")
        await user.press("f")
        await user.sees("Floors of live", "recall of crack ≥ 0.9", "+ new floor")
        await user.press("up", "enter", "y")
        assert user.app.workspace.deploy.floors.floors() == []


async def test_t_in_the_desk_makes_a_pair_a_must_pass_case_and_takes_it_back(home: Path) -> None:
    served_model(home)
    async with open_app(home) as user:
        await user.press("3", "enter", "T")
        await user.sees("Every new model must answer P0000 like this", "defect, severe")
        await user.type("the first crack")
        await user.press("ctrl+s")
        await user.sees("P0000 is a must-pass case")
        (case,) = user.app.workspace.deploy.cases.cases()
        assert (case.note, case.expected) == ("the first crack", {"defect": "crack", "severe": True})
        await user.press("T")
        await user.sees("Remove this must-pass case?", "the first crack")
        await user.press("y")
        assert user.app.workspace.deploy.cases.cases() == []
