"""LABEL through real keys: one key a decision, number keys, edit, reject, undo, and the disk behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from builders.crystals import crystals_to_decide
from harness import SIZES, Driver, open_app
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.label.service import QueueFilter
from ontos_tui.tui.stages.label.desk.panes.queue_table import QueueTable
from ontos_tui.workspace import Workspace


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workspace with pairs to decide."""
    home = tmp_path / "home"
    crystals_to_decide(home)
    return home


@asynccontextmanager
async def _desk(home: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Driver]:
    async with open_app(home, size) as user:
        await user.press("3", "enter")
        await user.sees("decided", "▸")
        yield user


def _open(user: Driver) -> list[str]:
    """The items that need a decision, in order."""
    sheet = user.app.workspace.label.queue.training_sheets()[0].sheet
    return [
        row.item_ref for row in user.app.workspace.label.queue.open(sheet.id, QueueFilter(status=PairStatus.UNLABELED))
    ]


def _pair(user: Driver, item_ref: str) -> QAPair:
    label = user.app.workspace.label.queue
    sheet = label.training_sheets()[0].sheet
    return label.pair(next(row.id for row in label.open(sheet.id) if row.item_ref == item_ref))


@SIZES
async def test_one_key_approves_writes_and_goes_on(home: Path, size: tuple[int, int]) -> None:
    async with _desk(home, size) as user:
        first, second, *_ = _open(user)
        await user.sees(first)
        await user.press("a")
        await user.sees(second, f"─ last ─  ✓ …{first[-2:]}")
        pair = _pair(user, first)
        assert pair.status is PairStatus.LABELED
        assert pair.answer == pair.proposal
        assert pair.canonical_label_id is not None


async def test_number_keys_choose_field_by_field(home: Path) -> None:
    async with _desk(home) as user:
        first = _open(user)[0]
        await user.press("3", "4", "4")
        await user.sees("✎ changed")
        assert _pair(user, first).status is PairStatus.UNLABELED
        await user.press("a")
        pair = _pair(user, first)
        assert pair.answer == {"defect_class": "crack", "severity": "reject", "action": "scrap"}
        assert pair.proposal != pair.answer


async def test_ten_quick_decisions_are_all_on_the_disk(home: Path) -> None:
    async with _desk(home) as user:
        first_ten = _open(user)[:10]
        await user.pilot.press(*"aaaaaaaaaa")
        await user.settle()
        await user.until(lambda: len(_open(user)) <= 40 - 10, "ten decisions are written")
    with Workspace(home) as workspace:
        counts = workspace.label.queue.training_sheets()[0].counts
        assert counts.labeled - counts.auto_approved >= len(first_ten) - 2


async def test_undo_brings_the_pair_back_and_redo_does_it_again(home: Path) -> None:
    async with _desk(home) as user:
        first, second, *_ = _open(user)
        await user.press("a", "a", "u")
        await user.sees(second)
        assert _pair(user, second).status is PairStatus.UNLABELED
        await user.press("u")
        assert _pair(user, first).status is PairStatus.UNLABELED
        await user.press("U")
        assert _pair(user, first).status is PairStatus.LABELED


async def test_reject_asks_why_and_flag_goes_on_and_off(home: Path) -> None:
    async with _desk(home) as user:
        first, second, *_ = _open(user)
        await user.press("r")
        await user.sees("Reason")
        await user.type("bad run")
        await user.press("ctrl+s")
        await user.sees(second)
        assert _pair(user, first).status is PairStatus.REJECTED
        assert _pair(user, first).reject_reason == "bad run"
        await user.press("f")
        assert _pair(user, second).status is PairStatus.FLAGGED


async def test_the_form_is_made_from_the_schema(home: Path) -> None:
    async with _desk(home) as user:
        first = _open(user)[0]
        await user.press("e")
        await user.sees("Defect", "Severity", "Action")
        await user.press("7", "tab", "2", "tab", "3", "ctrl+s")
        assert _pair(user, first).answer == {"defect_class": "dent", "severity": "minor", "action": "rework"}


async def test_search_filter_prompt_guidelines_and_history(home: Path) -> None:
    async with _desk(home) as user:
        item = _open(user)[3]
        await user.press("slash")
        await user.type(item)
        await user.press("ctrl+s")
        await user.sees(f"1 of 40 · /{item}")
        await user.press("p")
        await user.sees("system", "You inspect crystals")
        await user.press("h")
        await user.sees("Guidelines", "hygroscopic")
        await user.press("h", "f", "H")
        await user.sees("History of", "flag")
        await user.press("escape", "slash")
        await user.press(*["backspace"] * len(item), "ctrl+s", "v", "v")
        await user.sees("of 40 · labeled")


async def test_number_keys_lead_to_the_stages_again_after_escape(home: Path) -> None:
    async with _desk(home) as user:
        await user.press("escape", "1")
        await user.sees("▐1")


async def test_the_keys_of_the_queue_are_in_the_help_and_in_the_palette(home: Path) -> None:
    async with _desk(home, (120, 60)) as user:
        first = _open(user)[0]
        await user.press("question_mark")
        await user.sees("In the queue", "Approve", "1–9", "Undo", "History", "Everywhere")
        await user.press("escape", "ctrl+p")
        await user.sees("Approve (a)")
        assert "Choose (1–9)" not in user.text(), "a key that stands for several cannot be run by its name"
        await user.type("approve")
        await user.press("enter")
        await user.until(lambda: _pair(user, first).status is PairStatus.LABELED, "the palette approves")


async def test_a_decision_right_before_leaving_is_on_the_disk(home: Path) -> None:
    async with _desk(home) as user:
        first = _open(user)[0]
        user.app.query_one(QueueTable).action_desk("approve")
        user.app.exit()
    with Workspace(home) as workspace:
        sheet = workspace.label.queue.training_sheets()[0].sheet
        row = next(row for row in workspace.label.queue.open(sheet.id) if row.item_ref == first)
        assert row.status is PairStatus.LABELED


async def test_similar_labeled_items_stand_beside_this_one(home: Path) -> None:
    async with _desk(home) as user:
        first = _open(user)[0]
        await user.press("m")
        await user.sees(f"Labeled items like {first}", "distance", "defect_class", "temperature_c", "=")
