"""What of one's own work does not count in the team's log, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import Panel, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.store.sharing.queries import Refusal


class RefusalsDialog(Dialog[None], BackgroundMixin):
    """The refusals, newest first; the reason of the one under the cursor whole."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.refusals.seen", "d", "Dismiss", "Take it off the list; it stays in the log"),
        Command("dialog.refusals.all_seen", "D", "Dismiss all", "Take all of them off the list"),
    )
    DEFAULT_CSS = """
    RefusalsDialog > #box { height: 70%; }
    RefusalsDialog Table { height: 1fr; }
    RefusalsDialog Panel { height: 4; }
    """

    def __init__(self) -> None:
        super().__init__("Refused: what of your work does not count")

    def compose_body(self) -> ComposeResult:
        columns = [ColumnSpec("when", 12), ColumnSpec("why", 0)]
        yield Table["Refusal"](columns, _cells, empty="Loading…", id="refusals")
        yield Panel(id="reason")

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self._load()

    def _load(self) -> None:
        self.run_in_background(lambda workspace: workspace.sharing.refusals(), self._show, failed=self._show_error)

    def _show(self, refusals: Sequence[Refusal]) -> None:
        table = self.query_one(Table)
        table.set_empty_text("Nothing of yours was refused.")
        table.show(refusals)
        self._show_reason()

    def _show_error(self, error: OntosError) -> None:
        self.query_one(Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._show_reason()

    def _show_reason(self) -> None:
        one = self.query_one(Table).current
        self.query_one(Panel).show(lambda width: wrap(one.reason, width, "muted") if one is not None else ())

    def action_seen(self) -> None:
        one = self.query_one(Table).current
        if one is not None:
            self._dismiss(one.id)

    def action_all_seen(self) -> None:
        self._dismiss("")

    def _dismiss(self, ref: str) -> None:
        self.run_in_background(lambda workspace: workspace.sharing.dismiss(ref), lambda _: self._load(), group="do")


def _cells(one: Refusal) -> Sequence[object]:
    return "" if one.at is None else f"{one.at.astimezone():%m-%d %H:%M}", one.reason
