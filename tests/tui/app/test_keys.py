"""Keys are the user's: other ones from the settings, shown everywhere, and no key does two things in one place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from harness import open_app
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.workspace import Workspace


def _listed(home: Path) -> str:
    command = [sys.executable, "-m", "ontos_tui", "--home", str(home), "--keys"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_no_key_does_two_things_in_one_place(tmp_path: Path) -> None:
    listed = _listed(tmp_path)
    assert "approve            a, enter       Approve." in listed
    assert "quit               q, ^q" in listed
    assert "!" not in [line[0] for line in listed.splitlines()], listed


def test_a_clash_and_a_name_that_is_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[keys]\napprove = "r"\nfly = "f"\n')
    listed = _listed(tmp_path)
    assert "approve            r " in listed
    assert "! there is no command 'fly'" in listed
    assert "! The key r does both approve and reject" in listed


async def test_another_key_works_and_is_shown(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        seeded = workspace.onboarding.seed("defect_detection")
        made = workspace.generate.generation.generate(
            seeded.sheet.id, seeded.template.id, GenerationMode.MANUAL, limit=5
        )
        sheet_id = made.training_sheet.id
    (tmp_path / "settings.toml").write_text('[keys]\nflag = "z"\n')
    async with open_app(tmp_path) as user:
        flagged = user.app.workspace.label.queue.counts(sheet_id).flagged
        await user.press("3", "enter")
        await user.sees("▸defect_class", "z Flag")
        await user.press("f")
        assert user.app.workspace.label.queue.counts(sheet_id).flagged == flagged
        await user.press("z")
        assert user.app.workspace.label.queue.counts(sheet_id).flagged == flagged + 1
        await user.press("question_mark")
        await user.sees("  z  ")
