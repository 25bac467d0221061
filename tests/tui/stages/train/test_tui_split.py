"""TRAIN through real keys: which pairs belong together, and the parameters, before a training."""

from __future__ import annotations

from pathlib import Path

from builders.defects import add_pairs, labeled_sheet
from harness import SIZES, open_app
from ontos_tui.domain.rules.split import SplitBy
from ontos_tui.workspace import Workspace


@SIZES
async def test_the_proposed_groups_are_shown_with_the_reason_and_confirmed_by_a_key(
    home: Path, size: tuple[int, int]
) -> None:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 60, split_by=SplitBy.PROPOSED)
    async with open_app(home, size) as user:
        await user.press("4", "enter", "end")
        await user.press("g")
        await user.sees(
            "Which pairs belong together", "by batch", "rows are independent", "12 values, each one stretch"
        )
        await user.press("enter")
        await user.sees("Saved for this training sheet: by batch.")
    with Workspace(home) as workspace:
        plan = workspace.train.models.plan(sheet.id)
        assert (plan.split, plan.confirmed, plan.held_out_groups) == ("by batch", True, 2)


async def test_the_split_is_seen_before_the_training_and_changed_to_independent_rows(home: Path) -> None:
    with Workspace(home) as workspace:
        labeled_sheet(workspace.store, 60, split_by=SplitBy.PROPOSED)
    async with open_app(home) as user:
        await user.press("4")
        await user.sees(
            "by batch",
            "batch: 12 values, each one stretch of rows",
            "proposed; g: confirm or change it",
            "only 12 groups of batch: the score is rough",
        )
        await user.press("g")
        await user.sees("rows are independent")
        await user.press("end", "enter")
        await user.sees("12 of the 60 pairs, drawn at random", "kept in the template; g: change it")


async def test_every_parameter_is_listed_changed_and_trained_with(home: Path) -> None:
    with Workspace(home) as workspace:
        labeled_sheet(workspace.store, 60)
        models = workspace.train.models.base_models()
        place = next(place for place, one in enumerate(models) if one.key == "nearest")
    async with open_app(home) as user:
        await user.press("4", "b", *(["down"] * place), "enter")
        await user.sees("Nearest neighbors", "the defaults (p: list and change them)")
        await user.press("p")
        await user.sees("Parameters of Nearest neighbors", "labeled pairs that vote", "else 5")
        await user.type("0")
        await user.press("ctrl+s")
        await user.sees("cannot be '0'")
        await user.press("backspace")
        await user.type("3")
        await user.press("ctrl+s")
        await user.sees("neighbors 3")
        await user.press("t")
        await user.until(lambda: len(user.app.workspace.jobs.jobs()) == 1, "the job is there")
        (job,) = user.app.workspace.jobs.jobs()
        assert job.params["params"] == {"neighbors": 3}
        await user.until(lambda: user.app.workspace.jobs.jobs()[0].finished_at is not None, "it is over")


async def test_too_few_labels_say_what_is_missing_in_sight(home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = labeled_sheet(workspace.store, 4)
        add_pairs(workspace.store, sheet, range(4, 9), status="unlabeled")
    async with open_app(home, (80, 24)) as user:
        await user.press("4")
        await user.sees("6 more labeled pairs are needed")
        await user.press("t")
        await user.sees("6 more labels needed")
        assert user.app.workspace.jobs.jobs() == []
