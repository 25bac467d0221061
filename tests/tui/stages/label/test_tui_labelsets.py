"""Labelsets through real keys: made of a template, given keys, published, and used at once in the queue."""

from __future__ import annotations

from pathlib import Path

from builders.severity import unlabeled_sheet
from harness import SIZES, open_app
from ontos_tui.domain.rules.states import TemplateStatus
from ontos_tui.workspace import Workspace


@SIZES
async def test_a_labelset_is_made_of_a_template_published_and_its_keys_work(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    with Workspace(tmp_path) as workspace:
        sheet = unlabeled_sheet(workspace.store, 3)
    async with open_app(tmp_path, size) as user:
        await user.press("3", "l")
        await user.sees("No labelset yet", "Press m")
        await user.press("m")
        await user.sees("Classes of which template?")
        await user.press("enter")
        await user.sees("✎ draft", "1 none", "3 major", "1 training sheets")
        await user.press("e", "down", "down", "enter")
        await user.sees("Shown as", "Meaning")
        await user.press("tab")
        await user.type("Deep")
        await user.press("tab", "backspace")
        await user.type("u")
        await user.press("ctrl+s")
        await user.sees("has another meaning")
        # The form is there again as it was filled in.
        await user.press("tab", "tab", "backspace")
        await user.type("b")
        await user.press("ctrl+s")
        await user.sees("b Deep (major)")
        await user.press("p")
        await user.sees("✓ published")
        await user.press("e")
        assert "Edit which" not in user.text(), "a published labelset does not change"
        await user.press("escape", "enter")
        await user.sees("b Deep")
        await user.press("b", "a")
        label = user.app.workspace.label.queue
        pair = label.pair(next(iter(label.open(sheet.id))).id)
        assert pair.answer == {"severity": "major"}
        await user.press("escape", "l")
        await user.sees("Coverage", "major 1")
        await user.press("v")
        await user.sees("1.1.0")
        assert {one.status for one in user.app.workspace.label.labelsets.all()} == {
            TemplateStatus.DRAFT,
            TemplateStatus.PUBLISHED,
        }
        await user.press("escape")
        await user.sees("open the queue")


async def test_a_labelset_of_ones_own_gets_classes_one_by_one(tmp_path: Path) -> None:
    async with open_app(tmp_path, (120, 40)) as user:
        await user.press("3", "l", "n")
        await user.type("Verdict")
        await user.press("tab")
        await user.type("verdict")
        await user.press("tab")
        await user.type("verdict")
        await user.press("ctrl+s")
        await user.sees("Verdict 1.0.0", "No classes yet")
        await user.press("a")
        await user.type("pass")
        await user.press("ctrl+s")
        await user.sees("1 pass")
        await user.press("a")
        await user.type("fail")
        await user.press("ctrl+s")
        await user.sees("2 fail")
        await user.press("minus", "enter")
        await user.until(lambda: "1 pass" not in user.text(), "the class is gone")
        await user.press("D", "y")
        await user.sees("No labelset yet")
