"""The wizard through real keys: from a card to a deployed model, left and entered again on the way."""

from __future__ import annotations

from pathlib import Path

from emulator.databricks.scene import Scene
from harness import open_app
from ontos_tui.tui.wizard.train import TrainStep
from ontos_tui.workspace import Workspace


async def test_from_a_card_to_a_model_that_answers(tmp_path: Path) -> None:
    async with open_app(tmp_path, (80, 24)) as user:
        await user.press("W")
        await user.sees("▐1 Use case▌", "Defect Detection", "Your own data")
        await user.press(">")
        await user.sees("Choose a use case")
        await user.press("1")
        await user.sees("Sample data", "INS-00001", "800 items")
        await user.press("enter")
        await user.sees("system prompt", "A NaI crystal")
        await user.press("down")
        await user.sees("A HPGe crystal")
        await user.press("enter")
        await user.sees("enter generates 800 pairs", "preview 1 of 5")
        await user.press("enter")
        await user.sees("10 more labels", "▸defect_class")
        await user.sees("from you; 70 by colleagues are here")
        await user.press(*["a"] * 10)
        await user.sees("✓ 80 labels are enough")
        await user.press("escape")
        await user.until(lambda: not user.app.in_wizard, "the stages are back")
    async with open_app(tmp_path, (80, 24)) as user:
        await user.press("W")
        await user.sees("▐5✓Label▌", "✓ 80 labels")
        await user.press(">")
        await user.sees("learns from", "recommended:", "no cost")
        await user.press("enter")
        await user.sees("✓ trained.", "baseline", "or > goes on to deploy and try it")
        assert "enter Deploy" in user.text().splitlines()[-1], "the footer says what enter does now"
        await user.press("enter")
        await user.sees("enter deploys it to an endpoint")
        await user.press("enter")
        await user.sees("Playground · crystal-defect")  # it beats its baseline, so the checks let it pass
        await user.press("enter")
        await user.sees("right", "wrong")
        await user.press("escape")
        await user.sees("✓ crystal-defect")
        await user.press("<")
        await user.sees("✓ trained.")
        await user.press("1")
        await user.sees("✓ started")
        await user.press("ctrl+r", "W")
        assert not user.app.in_wizard
        assert "W" not in user.app.session.extra


async def test_a_file_of_ones_own_becomes_a_model(tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    lines = ["serial,torque,line,failure", *(f"S{n:03d},{n % 20},north{n % 2},{int(n % 20 > 15)}" for n in range(120))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    async with open_app(tmp_path / "home") as user:
        await user.press("W", "end", "up", "up", "right", "right", "right", "right", "right", "right", "enter")
        await user.sees("Your own data…")
        await user.press("f")
        await user.type(str(tmp_path / "none.csv"))
        await user.press("enter")
        await user.sees("✗", "none.csv")
        await user.press(*["backspace"] * 8)
        await user.type("parts.csv")
        await user.press("enter")
        await user.sees("What is understood of parts.csv", "torque")
        await user.press("enter")
        await user.sees("120 rows (all rows), 4 columns", "3 findings", "f Fix")
        await user.press(">")
        await user.sees("Which column holds", "failure", "yes or no")
        await user.press("enter")
        await user.sees("parts: failure", "✎ draft", "torque: 0")
        await user.press("e", "end")
        await user.type(" Say yes or no.")
        await user.press("ctrl+s")
        await user.sees("Say yes or no.")
        await user.press("enter")
        await user.sees("the data's own column")
        await user.press("enter")
        await user.sees("✓ 120 labels")
        await user.press(">", "enter")
        await user.sees("✓ trained.", "failure")
        workspace = user.app.workspace
        (model,) = workspace.train.models.models()
        assert model.features == ["torque", "line"]


async def test_a_key_that_comes_before_the_page_counts(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        sheet = workspace.onboarding.seed("defect_detection", pairs=30).training_sheet
        assert sheet is not None
    async with open_app(tmp_path) as user:
        await user.press("W", "1", "enter", "enter", "enter")
        await user.sees("labels are enough")
        await user.press("greater_than_sign")
        step = user.app.query_one(TrainStep)
        step._outlook = None  # as it is until the page was read
        await user.pilot.press("enter")
        assert not user.app.workspace.train.models.models(), "its cost is read first"
        step.post_message(TrainStep.Outdated())
        await user.sees("✓ trained.")


async def test_the_wizard_lives_with_what_others_remove(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        sheet = workspace.onboarding.seed("defect_detection").sheet
    async with open_app(tmp_path) as user:
        await user.press("W", "1")
        await user.sees("INS-00001")
        await user.press("enter")
        await user.sees("system prompt")
        user.app.workspace.data.sheets.delete_sheet(sheet.id)
        await user.sees("▐2 Data▌")
        await user.press("3")
        await user.sees("Choose the data")


async def test_a_table_of_the_team_is_data_too(scene: Scene, home: Path) -> None:
    async with open_app(home) as user:
        await user.press("W", *["right"] * 8, "enter")
        await user.sees("Your own data…")
        await user.press("b")
        await user.sees("▣ team")
        await user.press("enter")
        await user.type("pla")
        await user.press("enter")
        await user.type("read")
        await user.press("enter")
        await user.sees("Which column holds", "machine")
        (sheet,) = user.app.workspace.data.sheets.sheets()
        assert (sheet.name, sheet.source_table) == ("readings", "team.plant.readings")
