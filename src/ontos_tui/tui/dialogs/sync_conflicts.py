"""Sync conflicts: what was changed here and by others, side by side, and a key to keep either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.core.sync_worker import describe_sync
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.error_lines import error_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.sync import SyncConflict
    from ontos_tui.services.team.sync import SyncStatus
    from ontos_tui.workspace import Workspace

NAME = 20
QUIET = ("id", "version", "updated_at", "updated_by", "created_at")
"""Columns that do not help to decide."""


class ConflictsDialog(Dialog[None], BackgroundMixin):
    """Open conflicts on top, the one under the cursor below."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.sync.ours", "o", "Keep ours", "Your version is correct; send it to the team"),
        Command("dialog.sync.theirs", "t", "Keep theirs", "The team's version is correct; use it here"),
        Command("dialog.sync.sync", "s", "Sync now", "Push and pull at once"),
    )
    DEFAULT_CSS = """
    ConflictsDialog > #box { height: 90%; max-width: 140; }
    ConflictsDialog Table { height: 1fr; }
    ConflictsDialog #both { height: 2fr; }
    """

    def __init__(self) -> None:
        super().__init__("Sharing with the team")

    def compose_body(self) -> ComposeResult:
        yield OneLine(id="sync-state")
        columns = [ColumnSpec("what", 20), ColumnSpec("theirs by", 14), ColumnSpec("differs in", 0)]
        yield Table["SyncConflict"](columns, _cells, empty="Loading…", id="conflicts")
        yield Panel(id="both")

    @property
    def table(self) -> Table[SyncConflict]:
        """The open conflicts."""
        return self.query_one("#conflicts", Table)

    def on_mount(self) -> None:
        self.table.focus()
        self._load()

    def _load(self) -> None:
        self.run_in_background(_read, self._show, failed=self._show_error)

    def _show(self, state: tuple[SyncStatus, Sequence[SyncConflict]]) -> None:
        status, conflicts = state
        text = describe_sync(status) or "This workspace is not shared. Start sharing: ontos sync --start"
        reason = f"  {status.error}" if status.error else ""
        self.query_one("#sync-state", OneLine).show(lambda width: line(text, span(reason, "warn")))
        self.table.set_empty_text("No conflicts. All of your changes agree with the team's.")
        self.table.show(conflicts)
        self._show_current()

    def _show_error(self, error: OntosError) -> None:
        self.query_one("#both", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._show_current()

    def _show_current(self) -> None:
        one = self.table.current
        self.query_one("#both", Panel).show(lambda width: _lines(one, width) if one is not None else ())

    def action_sync(self) -> None:
        self.run_in_background(lambda workspace: workspace.sync.sync(), lambda _: self._load(), group="sync")

    def action_ours(self) -> None:
        self._keep("ours")

    def action_theirs(self) -> None:
        self._keep("theirs")

    def _keep(self, side: str) -> None:
        from ontos_tui.domain.records.sync import ConflictState

        one = self.table.current
        if one is not None:
            keep = ConflictState(side)
            self.run_in_background(
                lambda workspace: workspace.sync.adjudicate(one.id, keep), lambda _: self._load(), group="do"
            )


def _read(workspace: Workspace) -> tuple[SyncStatus, Sequence[SyncConflict]]:
    return workspace.sync.status(), workspace.sync.conflicts()


def _cells(one: SyncConflict) -> Sequence[object]:
    differs = ", ".join(name for name in one.ours if name not in QUIET)
    return one.entity.replace("_", " "), one.theirs_by, differs or "removed on one side"


def _lines(one: SyncConflict, width: int) -> Iterator[Line]:
    item = one.theirs.get("item_ref") or one.theirs.get("name") or one.entity_id[:12]
    yield line(span(item, "title"))
    yield EMPTY
    if not one.theirs:
        yield line(span("The team removed it.", "warn"))
    for name, value in one.ours.items():
        if name in QUIET:
            continue
        yield line(span(name, "muted", NAME), span("ours   ", "accent"), value_text(value))
        yield from wrap(f"theirs {value_text(one.theirs.get(name))}", width - NAME, "warn", indent=" " * NAME)
