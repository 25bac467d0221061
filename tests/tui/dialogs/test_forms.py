"""Forms: what is refused comes back as it was filled in, all choices are in sight, and keys say what they do."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from builders.copies import copied_workspace
from harness import Driver, open_app
from ontos_tui.tui.dialogs.forms.form import FormDialog, FormField
from ontos_tui.tui.widgets.lines import line
from ontos_tui.workspace import Workspace

CLASSES = ("none", "scratch", "crack", "contamination", "corrosion", "clouding", "dent")


@pytest.fixture
def seeded(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    copied_workspace(home, "forms: seeded", _seed)
    return home


def _seed(home: Path) -> None:
    with Workspace(home) as workspace:
        workspace.onboarding.seed("defect_detection")


async def test_a_form_whose_work_fails_is_there_again_as_it_was_filled_in(seeded: Path) -> None:
    async with open_app(seeded, (80, 24)) as user:
        await user.press("2", "i")
        await user.type("/nowhere/crystal.json")
        await user.press("ctrl+s")
        await user.sees("Import a template", "/nowhere/crystal.json", "✗")
        # Letters go into the field, and are no commands of the stage below.
        await user.press("g", "t")
        assert isinstance(user.app.focused, Input)
        assert user.app.focused.value == "/nowhere/crystal.jsongt"
        assert not user.app.workspace.jobs.jobs()


async def test_what_is_corrected_then_is_done(seeded: Path, tmp_path: Path) -> None:
    async with open_app(seeded, (80, 24)) as user:
        await user.press("comma")
        await _to_setting(user, "port")
        await user.press("enter")
        await user.type("many")
        await user.press("ctrl+s")
        await user.sees("Set ", "✗", "many")
        await user.press("ctrl+u")
        await user.type("8123")
        await user.press("ctrl+s")
        await user.sees("8123")
        assert not isinstance(user.app.screen, FormDialog)


async def _to_setting(user: Driver, name: str) -> None:
    for _ in range(60):
        if name in next(one for one in user.text().split("\n") if "environment overrides" in one).lower():
            return
        await user.press("down")
    raise AssertionError(f"no setting {name}")


@pytest.mark.parametrize("width", [60, 80])
async def test_all_choices_are_in_sight(seeded: Path, width: int) -> None:
    async with open_app(seeded, (width, 24)) as user:
        user.app.push_screen(FormDialog("Answer", [FormField("defect", "Defect", choices=CLASSES, required=True)]))
        await user.settle()
        assert all(f"{number} {name}" in user.text() for number, name in enumerate(CLASSES, 1))


async def test_what_does_not_fit_is_counted(seeded: Path) -> None:
    fields = [FormField(f"f{number}", f"Field {number}") for number in range(12)]
    async with open_app(seeded, (80, 24)) as user:
        user.app.push_screen(FormDialog("Long", fields))
        await user.settle()
        await user.sees("↓", "more rows", "^s Save")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_evidence_stands_with_the_fields(seeded: Path, size: tuple[int, int]) -> None:
    def evidence(width: int) -> list[tuple[object, ...]]:
        return [line(f"measure {number}") for number in range(4)]  # type: ignore[misc]

    field = FormField("defect", "Defect", choices=CLASSES, required=True)
    async with open_app(seeded, size) as user:
        user.app.push_screen(FormDialog("Answer", [field], evidence=evidence))  # type: ignore[arg-type]
        await user.settle()
        await user.sees("measure 0", "measure 3", "7 dent", "^s Save")
        rows = user.text().split("\n")
        beside = any("Defect" in row and "measure 0" in row for row in rows)
        assert beside is (size[0] >= 110)


async def test_the_key_of_a_form_says_what_it_does(seeded: Path) -> None:
    async with open_app(seeded, (80, 24)) as user:
        await user.press("2", "i")
        await user.sees("^s Import")
