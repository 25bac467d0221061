"""GENERATE through real keys: what would be made, one key that makes it, and how that went."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from emulator.chat import fake_chat, refuses, says
from harness import SIZES, Driver, open_app
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.tui.stages.generate import view
from ontos_tui.tui.stages.generate.state import read_setting
from ontos_tui.tui.stages.generate.view import GenerateView
from ontos_tui.workspace import Workspace

PASSED = {"type": "object", "properties": {"passed": {"type": "boolean"}}, "required": ["passed"]}
TWO = {
    "type": "object",
    "properties": {"passed": {"type": "boolean"}, "why": {"type": "string"}},
    "required": ["passed"],
}


def a_workspace(home: Path, *, name: str = "plates", **template: Any) -> None:
    """A sheet of 12 plates, of which one has no readable result, and a template."""
    source = home.parent / "plates.csv"
    results = ["yes", "no"] * 5 + ["perhaps", "no"]
    source.write_text(
        "plate,torque,passed\n" + "".join(f"p{n},{40 + n},{result}\n" for n, result in enumerate(results, 1)),
        encoding="utf-8",
    )
    with Workspace(home) as workspace:
        table = workspace.data.files.add_file(source)
        workspace.data.sheets.create_sheet(name, table.address, item_id_column="plate")
        fields = {"name": "torque check", "label_type": "torque", "user_prompt": "Torque {{ torque }}"}
        workspace.generate.templates.create(**{**fields, "output_schema": PASSED, **template})


async def over(user: Driver, number: int = 1) -> None:
    """Wait until so many jobs are over, and the screen knows it."""
    jobs = user.app.workspace.jobs
    await user.until(lambda: sum(job.finished_at is not None for job in jobs.jobs()) >= number, f"{number} jobs over")
    await user.until(lambda: user.app.overview is not None and not user.app.overview.running, "the screen knows")
    await user.settle()


@SIZES
async def test_without_a_sheet_it_says_which_key_leads_on(home: Path, size: tuple[int, int]) -> None:
    async with open_app(home, size) as user:
        await user.press("2")
        await user.sees("There is no sheet yet.", "Press 1 and pick a use case")
        assert "Generate " not in user.text().splitlines()[-1]
        await user.press("g", "m", "t", "s", "x", "p")
        assert user.app.workspace.jobs.jobs() == []


async def test_without_a_template_import_is_offered(home: Path) -> None:
    a_workspace(home)
    with Workspace(home) as workspace:
        workspace.generate.templates.delete("torque check")
    async with open_app(home) as user:
        await user.press("2")
        await user.sees("There is no template yet.", "Press i to import one")
        await user.press("i")
        await user.type("/nowhere/template.json")
        await user.press("ctrl+s")
        await user.sees("✗", "template.json")
        path = home.parent / "good.json"
        path.write_text(
            json.dumps({"name": "by file", "label_type": "x", "user_prompt": "{{ torque }}", "output_schema": PASSED}),
            encoding="utf-8",
        )
        await user.press("ctrl+u")
        await user.type(str(path))
        await user.press("ctrl+s")
        await user.sees("by file 1.0.0", "draft", "p1")


@SIZES
async def test_one_key_makes_all_pairs_and_tells_how_it_went(home: Path, size: tuple[int, int]) -> None:
    with Workspace(home) as workspace:
        workspace.onboarding.seed("defect_detection")
    async with open_app(home, size) as user:
        await user.press("2")
        await user.sees("Crystal inspections", "800 items", "nearest labeled examples", "INS-00005", "none yet")
        await user.press("g", "g")
        await over(user)
        (job,) = user.app.workspace.jobs.jobs()
        (view,) = user.app.workspace.label.queue.training_sheets()
        assert view.counts.auto_approved > 0
        saved = view.counts.auto_approved
        await user.sees("800 pairs generated", f"{saved} labels reused, without review")
        await user.sees(f"800, {saved} labeled, {800 - saved} to decide", "3: label them")
        assert job.result["auto_approved"] == saved
        assert user.app.session.training_sheet_id == view.sheet.id
        await user.press("g")
        await over(user, 2)
        await user.sees("0 pairs generated, 800 existed already")


async def test_a_key_that_comes_before_the_setting_is_read_counts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_workspace(home)
    may_read = threading.Event()

    def late(*given: Any) -> Any:
        may_read.wait()
        return read_setting(*given)

    monkeypatch.setattr(view, "read_setting", late)
    async with open_app(home) as user:
        await user.pilot.press("2", "g")
        await user.sees("Generating begins when the sheet and its template are read.")
        may_read.set()
        await over(user)
        assert [job.kind for job in user.app.workspace.jobs.jobs()] == ["generate"]


async def test_the_preview_is_walked_through_and_shows_what_would_be_asked(home: Path) -> None:
    a_workspace(home, system_prompt="You judge plates.")
    async with open_app(home, (80, 24)) as user:
        await user.press("2")
        await user.sees("preview 1 of 5", "system", "You judge plates.", "user", "Torque 41")
        await user.press("right", "right")
        await user.sees("preview 3 of 5", "Torque 43")
        await user.press("left", "down", "down")
        await user.sees("preview 4 of 5", "Torque 44")
        await user.press("p")
        await user.sees("preview 1 of 5", "Torque 41")


async def test_a_column_holds_the_answers_and_what_does_not_fit_is_named(home: Path) -> None:
    a_workspace(home)
    async with open_app(home) as user:
        await user.press("2", "m")
        await user.sees("Which column contains the answer?", "torque")
        await user.press("end", "enter")
        await user.sees("column passed", "labeled immediately where the value is valid", "p2                False")
        await user.press("g")
        await over(user)
        await user.sees("12, 11 labeled, 1 to decide", "1 without an answer", "f: show why")
        await user.press("f")
        await user.sees("p11: ", "perhaps")
        pairs = user.app.workspace.label.queue.open(user.app.session.training_sheet_id)
        assert [row.item_ref for row in pairs if row.status is PairStatus.UNLABELED] == ["p11"]


async def test_m_leads_through_the_modes_that_the_template_allows(home: Path) -> None:
    a_workspace(home, output_schema=TWO)
    async with open_app(home) as user:
        await user.press("2")
        await user.sees("proposes, you decide")
        await user.press("m")
        await user.sees("by hand", "none; you enter it")
        await user.press("m")
        await user.sees("proposes, you decide")


async def test_no_column_is_chosen_by_leaving_the_choice(home: Path) -> None:
    a_workspace(home)
    async with open_app(home) as user:
        await user.press("2", "m", "escape")
        await user.sees("by hand")
        await user.press("m", "m", "enter")
        await user.sees("column plate")
        await user.press("m")
        await user.sees("by hand")


async def test_a_template_with_answer_columns_needs_no_choice_of_column(home: Path) -> None:
    a_workspace(home, answer_columns={"passed": "passed"})
    async with open_app(home) as user:
        await user.press("2", "m")
        await user.sees("column passed", "labeled immediately")
        await user.press("g")
        await over(user)
        (view,) = user.app.workspace.label.queue.training_sheets()
        assert view.sheet.generation_mode is GenerationMode.COLUMN
        assert view.counts.labeled == 11


async def test_a_placeholder_that_no_column_fills_is_told_in_the_panel(home: Path) -> None:
    a_workspace(home, user_prompt="{{ color }}")
    with Workspace(home) as workspace:
        workspace.generate.templates.create(
            name="another", label_type="torque", user_prompt="Torque {{ torque }}", output_schema=PASSED
        )
        good = next(one for one in workspace.generate.templates.list() if one.name == "another")
        bad = next(one for one in workspace.generate.templates.list() if one.name == "torque check")
    async with open_app(home, (80, 24)) as user:
        user.app.session.template_id = bad.id
        await user.press("2")
        await user.sees("✗", "color", "No preview")
        await user.press("g")
        await user.until(lambda: len(user.app._notifications) > 0, "the refusal is told")
        assert user.app.workspace.jobs.jobs() == []
        await user.press("t", "home", "enter")
        await user.sees("another 1.0.0", "Torque 41")
        assert user.app.session.template_id == good.id


async def test_only_the_first_items(home: Path) -> None:
    a_workspace(home)
    async with open_app(home) as user:
        await user.press("2", "x")
        await user.type("0")
        await user.press("ctrl+s")
        await user.sees("must be at least 1")
        await user.press("backspace")
        await user.type("7")
        await user.press("ctrl+s")
        await user.sees("the first 7 of 12 items")
        await user.press("m", "escape", "g")
        await over(user)
        await user.sees("7, 0 labeled, 7 to decide")


async def test_every_sheet_keeps_the_template_that_fits_it(home: Path) -> None:
    a_workspace(home)
    with Workspace(home) as workspace:
        seeded = workspace.onboarding.seed("defect_detection")
    async with open_app(home) as user:
        await user.press("2")
        await user.sees("Crystal inspections", seeded.template.name, "preview 1 of 5")
        await user.press("s", "end", "enter")
        await user.sees("plates  12 items", "✗")
        await user.press("t", "end", "enter")
        await user.sees("plates  12 items", "torque check 1.0.0", "Torque 41")
        await user.press("s", "home", "enter")
        await user.sees("Crystal inspections", seeded.template.name, "preview 1 of 5")
    async with open_app(home) as user:
        await user.press("s", "end", "enter")
        await user.sees("plates  12 items", "torque check 1.0.0", "Torque 41")


async def test_a_model_on_a_server_is_called_what_it_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_workspace(home)
    with fake_chat(lambda request: says({"passed": True})) as chat:
        monkeypatch.setenv("ONTOS_CHAT_BASE_URL", chat.base_url)
        monkeypatch.setenv("ONTOS_CHAT_MODEL", "small-model")
        async with open_app(home) as user:
            await user.press("2")
            await user.sees("small-model at 127.0.0.1", "passed  True", "preview 1 of 5")
            await user.press("g")
            await over(user)
            await user.sees("12 pairs generated", "12 to decide")


async def test_a_server_that_refuses_is_told_and_the_job_can_be_resumed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_workspace(home)
    with fake_chat(lambda request: refuses(401, "wrong key")) as chat:
        monkeypatch.setenv("ONTOS_CHAT_BASE_URL", chat.base_url)
        monkeypatch.setenv("ONTOS_CHAT_MODEL", "small-model")
        async with open_app(home, (80, 24)) as user:
            await user.press("2")
            await user.sees("✗", "denies access", "Torque 41")
            await user.press("g")
            await over(user)
            await user.sees("last run", "✗ failed; J can resume it", "denies access")
            view = user.app.stage_view
            assert isinstance(view, GenerateView)
            assert view.possible("generate")


@SIZES
async def test_examples_are_added_of_the_previewed_pair_seen_and_removed(home: Path, size: tuple[int, int]) -> None:
    a_workspace(home)
    async with open_app(home, size) as user:
        await user.press("2")
        await user.sees("p1")
        await user.press("E")
        await user.sees("Examples of torque", "No examples.", "a Add")
        await user.press("a")
        await user.sees("p1 as an example")
        await user.press("tab", "right", "ctrl+s")
        await user.sees("passed True", "torque: 41")
        (example,) = user.app.workspace.generate.examples.find()
        assert (example.name, example.expected_output) == ("p1", {"passed": True})
        await user.press("D", "y")
        await user.sees("No examples.")
        assert user.app.workspace.generate.examples.find() == []


async def test_a_source_that_has_changed_is_said_and_goes_on_only_when_chosen(home: Path) -> None:
    a_workspace(home)
    with Workspace(home) as workspace:
        workspace.generate.generation.generate("plates", "torque check", GenerationMode.MANUAL)
    source = home.parent / "plates.csv"
    lines = source.read_text().splitlines()
    source.write_text("\n".join([lines[0], "p99,7,yes", lines[1].replace(",41,", ",4,"), *lines[3:]]))
    async with open_app(home) as user:
        await user.press("2", "m")
        await user.sees("Which column contains the answer?")
        await user.press("escape")
        await user.sees("by hand")
        await user.press("g")
        await user.sees("The source has changed: 1 new, 1 gone, 1 changed", "Stop", "Continue", "1 new (p99)")
        await user.press("enter")
        await user.settle()
        assert user.app.workspace.jobs.jobs() == []
        await user.press("g")
        await user.sees("The source has changed")
        await user.press("down", "enter")
        await over(user)
        (job,) = user.app.workspace.jobs.jobs()
        assert job.result["created"] == 1


@SIZES
async def test_a_template_is_edited_tried_saved_compared_and_archived(home: Path, size: tuple[int, int]) -> None:
    a_workspace(home)
    with Workspace(home) as workspace:
        workspace.generate.generation.generate("plates", "torque check", GenerationMode.MANUAL)
    async with open_app(home, size) as user:
        await user.press("2")
        await user.sees("Torque 41")
        await user.press("e")
        await user.sees("Template torque check 1.0.0", "passed = yes/no")
        await user.press("end", *"{{ size }}", "ctrl+s")
        await user.sees("0 of 5 rows of plates have a prompt", "no column for {{ size }}")
        await user.press("e")
        await user.sees("Torque {{ torque }}{{ size }}")
        await user.press("end", *["backspace"] * 10, *" Nm", "ctrl+s")
        await user.sees("5 of 5 rows of plates have a prompt", "Torque 41 Nm")
        await user.press("s")
        await user.sees("torque check 1.1.0", "none yet", "Torque 41 Nm")
        await user.press("d")
        await user.sees("torque check: 1.0.0 · 1.1.0", "user prompt", "Torque {{ torque }} Nm")
        await user.press("escape", "A", "y")
        await user.sees("torque check 1.0.0", "12, 0 labeled")
    with Workspace(home) as workspace:
        versions = {one.version: (one.status.value, one.user_prompt) for one in workspace.generate.templates.list()}
    expected = {"1.1.0": ("archived", "Torque {{ torque }} Nm"), "1.0.0": ("draft", "Torque {{ torque }}")}
    assert versions == expected, "the version with pairs has not changed"
