"""Finding an item of the model's sheet for the playground: by a part of its name, with what it was to the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.records.training import Role
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.forms.fields import ValueInput
from ontos_tui.tui.widgets.lines import Span, span
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.deploy.items import EndpointItem

LISTED = 200


class ItemSearch(Dialog["EndpointItem"], BackgroundMixin):
    """The items of the sheet whose names hold what is typed; gives the chosen one."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("deploy.items.choose", "enter", "Take it", "Put this item into the playground"),
        Command("deploy.items.down", "down", "Next", "To the next item", shown=False),
        Command("deploy.items.up", "up", "Previous", "To the item before", shown=False),
    )
    DEFAULT_CSS = """
    ItemSearch Table { height: 12; }
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"Items of the sheet · {endpoint}")
        self._endpoint = endpoint

    def compose_body(self) -> ComposeResult:
        yield ValueInput(id="part")
        yield Table["EndpointItem"]([ColumnSpec("item", 30), ColumnSpec("", 0)], _cells, empty="Loading…")

    def on_mount(self) -> None:
        self.query_one(ValueInput).focus()
        self._search()

    def on_input_changed(self) -> None:
        self._search()

    def _search(self) -> None:
        part = self.query_one(ValueInput).value.strip()
        self.run_in_background(
            lambda workspace: workspace.deploy.items.search(self._endpoint, part, LISTED), self._show, group="search"
        )

    def _show(self, items: Sequence[EndpointItem]) -> None:
        table = self.query_one(Table)
        table.set_empty_text("No item's name holds that.")
        table.show(items, cursor=0)

    def on_input_submitted(self) -> None:
        self.action_choose()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.action_choose()

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()

    def action_choose(self) -> None:
        item = self.query_one(Table).current
        if item is not None:
            self.dismiss(item)

    def action_down(self) -> None:
        self.query_one(Table).action_move(1)

    def action_up(self) -> None:
        self.query_one(Table).action_move(-1)


def _cells(item: EndpointItem) -> Sequence[object]:
    return item.ref, role_span(item)


def role_span(item: EndpointItem) -> Span:
    """What an item was to the model; a warning for one that it learned from."""
    return span(item.remark, {Role.TRAIN: "warn", Role.HELD_OUT: "good", None: "muted"}[item.role])
