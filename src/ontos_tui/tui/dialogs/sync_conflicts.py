"""What was changed here and by somebody else: both rows side by side, and a key for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.core.sync_worker import told
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.stages.base import error_lines
from ontos_tui.tui.widgets.data_grid import value_text
from ontos_tui.tui.widgets.lines import EMPTY, Line, OneLine, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.domain.records.sync import SyncConflict
    from ontos_tui.services.team.sync import SyncStatus
    from ontos_tui.workspace import Workspace

NAME = 20
QUIET = ("id", "version", "updated_at", "updated_by", "created_at")
"""Columns that say nothing about who is right."""


class ConflictsDialog(Dialog[None], BackgroundMixin):
    """Open conflicts on top, the one under the cursor below."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("ours", "o", "Keep ours", "What is here is right, and goes to the team"),
        Command("theirs", "t", "Keep theirs", "What the team has is right, and comes here"),
        Command("sync", "s", "Sync now", "Push and pull at once"),
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
        self.run_in_background(_found, self._show, failed=self._say)

    def _show(self, found: tuple[SyncStatus, Sequence[SyncConflict]]) -> None:
        status, conflicts = found
        words = told(status) or "This workspace does not share: `ontos sync --start` begins, with a team set up."
        why = f"  {status.error}" if status.error else ""
        self.query_one("#sync-state", OneLine).show(lambda width: line(words, span(why, "warn")))
        self.table.say("Nobody disagrees with anything that was decided here.")
        self.table.show(conflicts)
        self._look()

    def _say(self, error: OntosError) -> None:
        self.query_one("#both", Panel).show(lambda width: error_lines(error, width))

    def on_table_moved(self) -> None:
        self._look()

    def _look(self) -> None:
        one = self.table.current
        self.query_one("#both", Panel).show(lambda width: _lines(one, width) if one is not None else ())

    def action_sync(self) -> None:
        self.run_in_background(lambda workspace: workspace.sync.sync(), lambda _: self._load(), group="sync")

    def action_ours(self) -> None:
        self._settle("ours")

    def action_theirs(self) -> None:
        self._settle("theirs")

    def _settle(self, whose: str) -> None:
        from ontos_tui.domain.records.sync import ConflictState

        one = self.table.current
        if one is not None:
            keep = ConflictState(whose)
            self.run_in_background(
                lambda workspace: workspace.sync.adjudicate(one.id, keep), lambda _: self._load(), group="do"
            )


def _found(workspace: Workspace) -> tuple[SyncStatus, Sequence[SyncConflict]]:
    return workspace.sync.status(), workspace.sync.conflicts()


def _cells(one: SyncConflict) -> Sequence[object]:
    differs = ", ".join(name for name in one.ours if name not in QUIET)
    return one.entity.replace("_", " "), one.theirs_by, differs or "whether it is there at all"


def _lines(one: SyncConflict, width: int) -> Iterator[Line]:
    item = one.theirs.get("item_ref") or one.theirs.get("name") or one.entity_id[:12]
    yield line(span(item, "title"))
    yield EMPTY
    if not one.theirs:
        yield line(span("The team has removed it.", "warn"))
    for name, value in one.ours.items():
        if name in QUIET:
            continue
        yield line(span(name, "muted", NAME), span("ours   ", "accent"), value_text(value))
        yield from wrap(f"theirs {value_text(one.theirs.get(name))}", width - NAME, "warn", indent=" " * NAME)
