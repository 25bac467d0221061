"""Keys are the user's: other ones from the settings, shown everywhere, and no key does two things in one place."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from textual.actions import parse

from harness import open_app
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.tui.core.commands import declaring_classes
from ontos_tui.tui.core.keys.key_listing import every_command
from ontos_tui.workspace import Workspace


def _listed(home: Path) -> list[str]:
    command = [sys.executable, "-m", "ontos_tui", "--home", str(home), "--keys"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def test_every_command_has_an_id_of_its_own_and_a_method_that_does_it() -> None:
    every_command()
    declared = {command for owner in declaring_classes() for command in owner.OWN_COMMANDS}
    ids = Counter(command.id for command in declared)
    assert {id for id, count in ids.items() if count > 1} == set()
    assert len(ids) > 200
    for owner in declaring_classes():
        for command in owner.all_commands():
            assert re.fullmatch(r"[a-z]+(\.[a-z0-9_]+)+", command.id), command.id
            _, action, _ = parse(command.action or command.name)
            assert hasattr(owner, f"action_{action}"), f"{owner.__name__} cannot do {command.id}"


def test_every_command_under_the_terminal_app_is_listed(tmp_path: Path) -> None:
    listed = _listed(tmp_path)
    assert [line.split()[0] for line in listed] == sorted(every_command())
    classes = re.compile(r"^    OWN_COMMANDS\b.*= \($", re.MULTILINE)
    package = Path(sys.modules["ontos_tui"].__path__[0]) / "tui"
    in_sources = sum(len(classes.findall(path.read_text())) for path in package.rglob("*.py"))
    assert len(list(declaring_classes())) >= in_sources > 20


def test_no_key_does_two_things_in_one_place(tmp_path: Path) -> None:
    listed = _listed(tmp_path)
    assert any(re.match(r"label\.desk\.approve +a, enter +Approve\.", line) for line in listed)
    assert any(re.match(r"app\.quit +q, \^q", line) for line in listed)
    assert any(re.match(r"wizard\.leave +esc", line) for line in listed)
    assert not [line for line in listed if line.startswith("!")]


def test_a_clash_and_a_name_that_is_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        '[keys]\napprove = "r"\nfly = "f"\nleave = "x"\n"monitor.drift.leave" = "z"\n'
    )
    listed = _listed(tmp_path)
    assert any(re.match(r"label\.desk\.approve +r ", line) for line in listed)
    assert any(re.match(r"monitor\.drift\.leave +z ", line) for line in listed)
    assert any(re.match(r"monitor\.alerts\.leave +esc, q ", line) for line in listed)
    problems = [line for line in listed if line.startswith("!")]
    assert "! there is no command 'fly'; [keys] in settings.toml names it" in problems
    assert "! r is the key of both label.desk.approve and label.desk.reject" in problems
    (ambiguous,) = (line for line in problems if "'leave'" in line)
    assert "wizard.leave" in ambiguous and "dialog.help.leave" in ambiguous


async def test_another_key_works_and_is_shown(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        seeded = workspace.onboarding.seed("defect_detection")
        report = workspace.generate.generation.generate(
            seeded.sheet.id, seeded.template.id, GenerationMode.MANUAL, limit=5
        )
        sheet_id = report.training_sheet.id
    (tmp_path / "settings.toml").write_text('[keys]\n"label.desk.flag" = "z"\nskip = "y"\n')
    async with open_app(tmp_path) as user:
        flagged = user.app.workspace.label.queue.counts(sheet_id).flagged
        await user.press("3", "enter")
        await user.sees("▸defect_class", "z Flag")
        await user.press("f")
        assert user.app.workspace.label.queue.counts(sheet_id).flagged == flagged
        await user.press("z")
        assert user.app.workspace.label.queue.counts(sheet_id).flagged == flagged + 1
        await user.press("question_mark")
        await user.sees("  z  ", "  y  ")


async def test_changing_how_one_dialog_is_left_changes_no_other(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[keys]\n"dialog.help.leave" = "x"\n')
    async with open_app(tmp_path) as user:
        for opened, left in (("question_mark", "x"), ("J", "escape")):
            await user.press(opened)
            assert len(user.app.screen_stack) == 2
            await user.press("escape" if left == "x" else "x")
            assert len(user.app.screen_stack) == 2, "not its key any more"
            await user.press(left)
            assert len(user.app.screen_stack) == 1
