"""Choosing one of several things, and confirming."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.lines import Line, Panel, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

SHORT_REMARK = 30
"""Characters of a remark that the list has room for in any terminal."""


class ChooseDialog(Dialog[int]):
    """A list to choose from; gives the index. Each choice is a name and a remark."""

    DEFAULT_CSS = """
    ChooseDialog Table { height: auto; min-height: 3; max-height: 20; }
    ChooseDialog Panel { height: 3; padding: 0 2; }
    """
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.choose.choose", "enter", "Choose", "Choose the one under the cursor"),
    )

    def __init__(self, heading: str, choices: Sequence[tuple[str, str]], cursor: int = 0) -> None:
        super().__init__(heading)
        self._choices = list(choices)
        self._cursor = cursor

    def compose_body(self) -> ComposeResult:
        name = min(40, max((len(choice[0]) for choice in self._choices), default=8) + 1)
        table: Table[tuple[str, str]] = Table([ColumnSpec("", name), ColumnSpec("", 0)], lambda choice: choice)
        table.styles.height = min(20, len(self._choices) + 1)
        yield table
        if any(len(remark) > SHORT_REMARK for _, remark in self._choices):
            yield Panel(id="remark")

    def on_mount(self) -> None:
        table = self.query_one(Table)
        table.show(self._choices, cursor=self._cursor)
        table.focus()
        self._show_remark()

    def on_table_moved(self) -> None:
        self._show_remark()

    def _show_remark(self) -> None:
        """The whole remark of the choice under the cursor, where the list has no room for it."""
        choice = self.query_one(Table).current
        for panel in self.query(Panel):
            panel.show(lambda width: wrap(choice[1], width, "muted") if choice is not None else ())

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.dismiss(event.index)

    def action_choose(self) -> None:
        self.query_one(Table).action_choose()


class ConfirmDialog(Dialog[bool]):
    """A question before something that cannot be undone."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.confirm.yes", "y", "Yes", "Do it"),
        Command("dialog.confirm.leave", "escape,n", "No", "Change nothing"),
    )
    DEFAULT_CSS = "ConfirmDialog Panel { height: 4; }"

    def __init__(self, heading: str, question: str) -> None:
        super().__init__(heading)
        self._question = question

    def compose_body(self) -> ComposeResult:
        yield Panel(id="question")

    def on_mount(self) -> None:
        self.query_one(Panel).show(self._lines)
        self.call_after_refresh(self._make_room)

    def _make_room(self) -> None:
        """As high as the question is long."""
        panel = self.query_one(Panel)
        panel.styles.height = max(2, min(12, len(self._lines(panel.size.width))))

    def _lines(self, width: int) -> list[Line]:
        return wrap(self._question, width)

    def action_yes(self) -> None:
        self.dismiss(True)
