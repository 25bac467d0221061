"""What a new user stumbled over at the desk: keys that were dead, choices that were lost, a search out of sight."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from builders.severity import unlabeled_sheet
from harness import Driver, open_app
from ontos_tui.domain.records.pairs import TrainingSheet, Verdict
from ontos_tui.services.label.service import Decision
from ontos_tui.tui.stages.label.desk import claims
from ontos_tui.tui.stages.label.desk.desk import LabelDesk
from ontos_tui.workspace import Workspace


def _sheet(home: Path, pairs: int = 12) -> TrainingSheet:
    with Workspace(home) as workspace:
        return unlabeled_sheet(workspace.store, pairs)


@asynccontextmanager
async def _desk(home: Path, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Driver]:
    async with open_app(home, size) as user:
        await user.press("3", "enter")
        await user.sees("decided", "▸")
        yield user


def _item(user: Driver) -> str:
    view = user.app.query_one(LabelDesk).item
    return view.pair.item_ref if view is not None else ""


def _footer(user: Driver) -> str:
    return user.text().splitlines()[-1]


async def test_keys_of_the_stage_open_no_page_behind_the_queue(home: Path) -> None:
    _sheet(home)
    async with _desk(home) as user:
        before = user.text()
        await user.press("t", "c", "L", "B", "E")
        assert user.text() == before
        await user.press("a")
        await user.sees("1/12 decided", "a Approve")
        await user.press("escape")
        await user.sees("open the queue", "o Label")


@pytest.mark.parametrize("opened", ["ctrl+p", "f9", "question_mark"])
async def test_what_lies_over_the_queue_gives_its_keys_back(home: Path, opened: str) -> None:
    _sheet(home)
    async with _desk(home) as user:
        footer = _footer(user)
        await user.press(opened)
        assert len(user.app.screen_stack) == 2
        await user.press("escape")
        await user.until(lambda: _footer(user) == footer, "the footer is whole again")
        await user.press("j")
        assert _item(user) == "item-2"
        await user.press("a")
        await user.sees("1/12 decided")


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_keys_decide_wherever_the_focus_is(home: Path, size: tuple[int, int]) -> None:
    _sheet(home)
    async with _desk(home, size) as user:
        footer = _footer(user)
        await user.press("tab")
        assert _footer(user) == footer
        await user.press("3")
        await user.sees("✎ changed")
        await user.press("a")
        await user.sees("1/12 decided", "✎ item-1 major")


async def test_a_choice_is_there_again_when_one_comes_back(home: Path) -> None:
    sheet = _sheet(home)
    async with _desk(home, (120, 40)) as user:
        await user.press("3", "j")
        await user.sees("✎ 1 to approve", "✎ item-1")
        await user.press("k")
        await user.sees("▌3 major▐", "✎ changed")
        await user.press("a")
        await user.sees("1/12 decided")
        assert "to approve" not in user.text()
        label = user.app.workspace.label.queue
        assert label.pair(label.open(sheet.id)[0].id).answer == {"severity": "major"}


async def test_who_leaves_with_a_choice_hears_of_it_and_finds_it_again(home: Path) -> None:
    _sheet(home)
    async with _desk(home) as user:
        await user.press("3", "escape")
        await user.sees("1 changed answer is not approved yet")
        await user.press("enter")
        await user.sees("▌3 major▐")


async def test_a_choice_gives_way_to_what_another_person_decided(home: Path) -> None:
    sheet = _sheet(home)
    async with _desk(home) as user:
        await user.press("3", "j")
        with Workspace(home) as other:
            first = other.label.queue.open(sheet.id)[0]
            type(other.label.queue)(other.store, "ben").decide(
                [Decision(first.id, Verdict.EDIT, answer={"severity": "none"})]
            )
        await user.sees("1/12 decided")
        await user.press("k")
        await user.sees("▌1 none▐")


async def test_a_search_is_in_sight_counts_its_hits_and_escape_clears_it_step_by_step(home: Path) -> None:
    _sheet(home)
    async with _desk(home) as user:
        await user.press("v", "slash")
        await user.sees("enter Take", "esc Back")
        await user.type("shift 1")
        await user.press("enter")
        await user.sees("4 of 12 · unlabeled · /shift 1", "esc clears /shift 1")
        await user.press("escape")
        await user.sees("12 of 12 · unlabeled", "esc clears it")
        await user.press("escape")
        await user.until(lambda: "of 12 ·" not in user.text(), "the whole list")
        await user.press("escape")
        await user.sees("open the queue")


async def test_an_empty_list_says_which_key_fills_it(home: Path) -> None:
    _sheet(home)
    async with _desk(home) as user:
        await user.press("slash")
        await user.type("nowhere")
        await user.press("enter")
        await user.sees("No item matches", "esc: clear", "0 of 12 · /nowhere")
        await user.press("escape")
        await user.sees("item-1")


async def test_a_search_that_is_left_changes_nothing(home: Path) -> None:
    _sheet(home)
    async with _desk(home) as user:
        await user.press("slash")
        await user.type("nowhere")
        await user.press("escape", "j")
        assert _item(user) == "item-2"
        assert "of 12 ·" not in user.text()


async def test_n_goes_through_matches_after_a_search_and_through_what_is_open_otherwise(home: Path) -> None:
    _sheet(home)
    async with _desk(home) as user:
        await user.press("a", "n")
        assert _item(user) == "item-3"
        await user.press("N")
        assert _item(user) == "item-2"
        await user.press("N")
        await user.sees("Nothing above this one needs a decision")
        await user.press("slash")
        await user.type("shift 1")
        await user.press("enter", "home")
        assert _item(user) == "item-1"
        await user.press("N")
        assert _item(user) == "item-10"
        await user.press("n")
        assert _item(user) == "item-1"


async def test_moving_has_the_keys_of_vim(home: Path) -> None:
    _sheet(home, 60)
    async with _desk(home) as user:
        for key, item in (("G", "item-60"), ("g", "item-1"), ("ctrl+d", "item-10"), ("ctrl+u", "item-1")):
            await user.press(key)
            await user.until(lambda item=item: _item(user) == item, f"{key} goes to {item}")
        await user.press("space", "space")
        await user.sees("2 marked")


async def test_the_command_line_runs_what_it_is_given_the_name_of(home: Path) -> None:
    sheet = _sheet(home)
    async with _desk(home) as user:
        await user.press("colon")
        await user.type("flag")
        await user.press("enter")
        await user.sees("⚑ 1")
        assert user.app.workspace.label.queue.counts(sheet.id).flagged == 1


async def test_an_undo_is_seen_where_the_decision_was(home: Path) -> None:
    _sheet(home)
    async with _desk(home) as user:
        await user.press("a", "f")
        await user.sees("⚑ item-2   ✓ item-1 minor")
        await user.press("u", "u")
        await user.sees("↶ item-1   ↶ item-2")
        assert _item(user) == "item-1"


async def test_an_idle_window_holds_only_what_it_shows(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = _sheet(home)
    monkeypatch.setattr(claims, "IDLE_SECONDS", 0.01)
    async with _desk(home) as user:
        held = user.app.workspace.label.claims
        await user.until(lambda: held.at_work(sheet.id) == {"ana": 1}, "the ones behind are free")
        await user.press("a")
        await user.until(lambda: held.at_work(sheet.id) == {"ana": 1}, "and again after a key")
        assert _item(user) == "item-2"
