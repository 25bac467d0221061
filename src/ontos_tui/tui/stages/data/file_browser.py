"""Choosing a data file: its path is typed and completed, and the folder's entries are listed below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.widgets import Input

from ontos_tui.domain.errors import OntosError
from ontos_tui.services.data.folder_tables.listing import FolderEntry, list_folder, size_in_words
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.forms.fields import ValueInput
from ontos_tui.tui.widgets.lines import Line, OneLine, Panel, line, span, wrap
from ontos_tui.tui.widgets.table import ColumnSpec, Table

if TYPE_CHECKING:
    from ontos_tui.services.data.folder_tables.listing import Listing

UP = FolderEntry("..", "folder")


class FileDialog(Dialog[str], BackgroundMixin):
    """Gives the path of the file, as it was typed or chosen. `problem` says what was wrong with the last one."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command(
            "data.file.choose", "enter,ctrl+s", "Open", "Use the file that is typed, or open what the cursor is on"
        ),
        Command("data.file.complete", "tab", "Complete", "Complete the name as far as it is clear"),
        Command("data.file.up_level", "ctrl+b", "Folder above", "Go to the folder above"),
        Command("data.file.whole_folder", "f2", "This folder", "Use the whole folder: its files are the items"),
        Command("data.file.leave", "escape", "Back", "Close without a change"),
        Command("data.file.next_row", "down", "Next", "The next one", shown=False, action="move(1)"),
        Command("data.file.previous_row", "up", "Previous", "The one before", shown=False, action="move(-1)"),
        Command("data.file.page_down", "pagedown", "Page down", "A page further", shown=False, action="page(1)"),
        Command("data.file.page_up", "pageup", "Page up", "A page back", shown=False, action="page(-1)"),
    )
    DEFAULT_CSS = """
    FileDialog Table#files { height: 12; }
    FileDialog #problem { height: 2; }
    """

    def __init__(self, typed: str = "", problem: OntosError | None = None, *, folders: bool = False) -> None:
        super().__init__("Which data file?")
        self._typed = typed
        self._problem = problem
        self._takes_folders = folders
        self._listing: Listing | None = None
        self._listed = ""

    def compose_body(self) -> ComposeResult:
        yield OneLine(self._place, id="place")
        yield ValueInput(self._typed or None, id="path")
        files: Table[FolderEntry] = Table(
            [ColumnSpec("name", 0), ColumnSpec("kind", 16), ColumnSpec("size", 9, right=True)], _cells, id="files"
        )
        files.can_focus = False
        yield files
        problem = Panel(id="problem")
        problem.can_focus = False
        yield problem

    def on_mount(self) -> None:
        field = self.query_one("#path", ValueInput)
        field.focus()
        field.cursor_position = len(field.value)
        if self._problem is not None:
            self._show_problem(self._problem)
        self._list()

    @property
    def _files(self) -> Table[FolderEntry]:
        table: Table[FolderEntry] = self.query_one("#files", Table)
        return table

    @property
    def _text(self) -> str:
        return self.query_one("#path", ValueInput).value

    def _set(self, text: str) -> None:
        field = self.query_one("#path", ValueInput)
        field.value = text
        field.cursor_position = len(text)

    def _place(self, width: int) -> Line:
        folder = str(self._listing.folder) if self._listing is not None else ""
        return line(span(folder, "strong"), span("  type a path, or go with the arrows", "muted"))

    # Listing

    def _list(self) -> None:
        text = self._text
        self.run_in_background(
            lambda _: list_folder(text), lambda listing: self._show(listing, text), group="list", failed=self._failed
        )

    def _show(self, listing: Listing, typed: str) -> None:
        self._listed = typed
        moved = self._listing is None or listing.folder != self._listing.folder
        self._listing = listing
        up = () if listing.begun or listing.folder == listing.folder.parent else (UP,)
        self._files.set_empty_text(f"Nothing here begins with {listing.begun!r}." if listing.begun else "Empty.")
        self._files.show((*up, *listing.entries), cursor=min(len(up), len(listing.entries)) if moved else None)
        self.query_one("#place", OneLine).repaint()

    def _failed(self, error: OntosError) -> None:
        self._listing = None
        self._files.set_empty_text(f"{error.what}\n{error.todo}")
        self._files.show(())
        self.query_one("#place", OneLine).repaint()

    def _show_problem(self, error: OntosError | None) -> None:
        panel = self.query_one("#problem", Panel)
        panel.show(lambda width: wrap(f"✗ {error.what} {error.todo}", width, "bad") if error is not None else ())

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._typed:
            self._show_problem(None)
        self._list()

    # What keys do

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_choose()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self._open(self._files.current)

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()

    def action_choose(self) -> None:
        """The path that is typed whole, or the entry under the cursor."""
        listing, name = self._listing, self._text.rpartition("/")[2]
        whole = listing is not None and name and any(entry.name == name for entry in listing.entries)
        if listing is None or self._listed != self._text or not listing.entries:
            if self._text.strip():
                self.dismiss(self._text.strip())
        elif whole and self._files.cursor == 0:
            self._open(next(entry for entry in listing.entries if entry.name == name))
        else:
            self._open(self._files.current)

    def _open(self, entry: FolderEntry | None) -> None:
        if entry is None:
            return
        if entry is UP:
            self.action_up_level()
        elif entry.is_folder:
            self._set(f"{self._before}{entry.name}/")
        else:
            self.dismiss(f"{self._before}{entry.name}")

    @property
    def _before(self) -> str:
        """The text up to the name in the folder."""
        text = self._text.strip()
        head, slash, _ = text.rpartition("/")
        return head + slash if slash else "~/" if text == "~" else ""

    def action_complete(self) -> None:
        text = self._text

        def complete(listing: Listing) -> None:
            if self._text == text and len(listing.common) > len(listing.begun):
                self._set(self._before + listing.common)

        # What is listed may be older than what was typed last.
        self.run_in_background(lambda _: list_folder(text), complete, group="complete", failed=self._failed)

    def action_up_level(self) -> None:
        if self._listing is not None:
            above = self._listing.folder.parent
            self._set(f"{above}/" if str(above) != "/" else "/")

    def action_whole_folder(self) -> None:
        if self._listing is not None:
            self.dismiss(str(self._listing.folder))

    def possible(self, command: str) -> bool:
        return command != "whole_folder" or self._takes_folders

    def action_move(self, by: int) -> None:
        self._files.action_move(by)

    def action_page(self, by: int) -> None:
        self._files.action_page(by)


def _cells(entry: FolderEntry) -> Sequence[object]:
    style = "accent" if entry.is_folder else "text" if entry.kind else "muted"
    name = f"{entry.name}/" if entry.is_folder else entry.name
    return (span(name, style), span(entry.kind or "no data file", "muted"), span(size_in_words(entry.size), "muted"))


def expanded(typed: str) -> Path:
    """A typed path; ~ is the home folder."""
    try:
        return Path(typed).expanduser()
    except RuntimeError:
        return Path(typed)
