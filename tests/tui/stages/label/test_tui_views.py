"""The list as a search: a text, the likeness to an item, and views under names, through real keys."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from builders.severity import unlabeled_sheet
from harness import SIZES, Driver, open_app
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.services.label.labelsets.service import DESK_KEYS
from ontos_tui.services.label.queue import Queue
from ontos_tui.services.label.service import QueueFilter, QueueSort
from ontos_tui.tui.app import OntosApp
from ontos_tui.tui.stages.label.desk.desk_keys import DIGITS
from ontos_tui.tui.stages.label.desk.panes.queue_table import QueueTable
from ontos_tui.tui.widgets.table import Table
from ontos_tui.workspace import Workspace


def _made(home: Path, pairs: int = 12) -> TrainingSheet:
    with Workspace(home) as workspace:
        return unlabeled_sheet(workspace.store, pairs)


@asynccontextmanager
async def _desk(home: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Driver]:
    async with open_app(home, size) as user:
        await user.press("3", "enter")
        await user.sees("decided", "▸")
        yield user


def _listed(user: Driver) -> list[str]:
    """The items of the list in its order, as far as they are on the screen."""
    words = (
        line.split()
        for line in user.text().splitlines()
        if line.startswith("▌ ") and "#" not in line and "─ last" not in line
    )
    return [word for line in words for word in line[:6] if word.startswith("item-")]


@SIZES
async def test_a_view_is_saved_opened_and_deleted_by_keys(home: Path, size: tuple[int, int]) -> None:
    sheet = _made(home)
    async with _desk(home, size) as user:
        await user.press("V")
        await user.sees("No view yet", "now: everything, in order")
        await user.press("escape", "slash")
        await user.type("shift 1")
        await user.press("ctrl+s", "V")
        await user.sees("now: with 'shift 1'")
        await user.press("s")
        await user.type("Night")
        await user.press("ctrl+s")
        await user.sees("Night", "with 'shift 1'")
        views = user.app.workspace.label.views.all(sheet.id)
        assert [(one.name, one.filter) for one in views] == [("Night", QueueFilter(text="shift 1"))]
        await user.press("escape", "slash", *["backspace"] * 7, "ctrl+s")
        await user.until(lambda: "item-2" in user.text(), "everything is listed")
        await user.press("V", "enter")
        await user.until(lambda: "item-2" not in user.text(), "the view is open")
        await user.press("a")
        await user.sees("1/12 decided")
        await user.press("V", "minus", "y")
        await user.sees("No view yet")
        assert user.app.workspace.label.views.all(sheet.id) == []


async def test_the_most_similar_ones_come_first_and_o_goes_back_to_the_order(home: Path) -> None:
    _made(home)
    async with _desk(home) as user:
        await user.press("j", "j", "j", "j", "M")
        await user.sees("most similar to item-5 first")
        listed = _listed(user)
        assert listed[0] == "item-5"
        assert set(listed[1:3]) == {"item-4", "item-6"}
        await user.press("F")
        await user.sees("Filter")
        await user.press("ctrl+s")
        await user.sees("most similar to item-5 first")
        await user.press("o")
        await user.until(lambda: "most similar" not in user.text(), "in order again")
        await user.until(lambda: _listed(user)[0] == "item-1", "in order again")


async def test_the_list_stays_in_use_while_a_search_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _made(home)
    go_on = threading.Event()
    created = Queue.__init__

    def slow(self: Queue, *arguments: Any, **named: Any) -> None:
        assert go_on.wait(20)
        created(self, *arguments, **named)

    async with _desk(home) as user:
        monkeypatch.setattr(Queue, "__init__", slow)
        await user.press("slash")
        await user.type("shift 1")
        await user.pilot.press("ctrl+s")
        await user.sees("⧗ searching…", "item-2")
        await user.pilot.press("j")
        await user.pilot.press("a")
        await user.sees("1/12 decided", "⧗ searching…")
        go_on.set()
        await user.settle()
        await user.until(lambda: _listed(user) == ["item-1", "item-4", "item-7", "item-10"], "the search is over")
        assert "searching" not in user.text()


async def test_an_order_that_cannot_be_made_leaves_the_list_as_it_was(home: Path) -> None:
    with Workspace(home) as workspace:
        sheet = unlabeled_sheet(workspace.store, 3, user_prompt="no column")
        with workspace.store.write() as connection:
            connection.execute("UPDATE qa_pairs SET source_data = '{\"torque\": 1}'")
        workspace.label.views.save(sheet.id, "gone", QueueFilter(like="item-99"), QueueSort.SIMILAR)
    async with _desk(home) as user:
        await user.press("M")
        await user.sees("cannot be sorted by similarity", "item-2")
        assert "searching" not in user.text()
        assert "most similar" not in user.text()
        await user.press("V", "enter")
        await user.sees("No item 'item-99'", "item-2")


def test_no_class_can_take_a_key_of_the_queue() -> None:
    own = [key for command in QueueTable.OWN_COMMANDS for key in command.keys]
    anywhere = [key for command in OntosApp.OWN_COMMANDS for key in command.keys]
    moving = [key for keys, *_ in (tuple(binding) for binding in Table.BINDINGS) for key in str(keys).split(",")]
    names = {"question_mark": "?", "slash": "/", "colon": ":", "space": " "}
    typed = {names.get(key, key) for key in (*own, *anywhere, *moving)}
    single = {key for key in typed if len(key) == 1} - {*DIGITS, "0"}
    assert single <= DESK_KEYS, f"classes may not have {sorted(single - DESK_KEYS)}"
