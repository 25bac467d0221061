"""The pictures of one item, large, beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from ontos_tui.domain.errors import OntosError
from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.record import field_lines
from ontos_tui.tui.widgets.lines import Line, OneLine, Panel, line, span
from ontos_tui.tui.widgets.picture import PictureView, choose_picture_mode

if TYPE_CHECKING:
    from ontos_tui.services.data.folder_tables.page_places import TextPlaces
    from ontos_tui.services.data.images import Picture

NONE = "This item has no picture. Choose the picture columns of its sheet: 1 Data, then e"
OFF = "Pictures are turned off in the settings (images). Open it in a viewer: o"


class PictureDialog(Dialog[None], BackgroundMixin):
    """A picture on the left, the item's fields on the right."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.picture.leave", "escape,i", "Back", "Close the picture"),
        Command("dialog.picture.turn", "n", "Next picture", "The next picture of this item, or page of its document"),
        Command("dialog.picture.open_viewer", "o", "Open", "In this machine's picture viewer"),
    )
    DEFAULT_CSS = """
    PictureDialog > #box { width: 96%; max-width: 200; height: 94%; max-height: 94%; }
    PictureDialog PictureView { width: 3fr; }
    PictureDialog #fields { width: 2fr; padding: 0 0 0 1; }
    """

    def __init__(
        self, heading: str, sheet_id: str, fields: Mapping[str, Any], places: TextPlaces | None = None
    ) -> None:
        super().__init__(heading)
        self._places = places
        self._sheet_id = sheet_id
        self._fields = dict(fields)
        self._pictures: list[Picture] = []
        self._at = 0

    def compose_body(self) -> ComposeResult:
        yield OneLine(self._caption, id="caption")
        with Horizontal():
            mode = self.ontos.workspace.settings.images
            yield PictureView(choose_picture_mode(mode, colors=not self.app.no_color), id="picture")
            yield Panel(id="fields")

    def on_mount(self) -> None:
        panel = self.query_one("#fields", Panel)
        panel.show(lambda width: field_lines(self._fields, width))
        panel.focus()
        self._view.show(None, "Loading…")
        self.run_in_background(
            lambda workspace: workspace.data.images.pictures(self._sheet_id, self._fields, self._places),
            self._got,
            failed=self._say,
        )

    @property
    def _view(self) -> PictureView:
        return self.query_one(PictureView)

    @property
    def _current(self) -> Picture | None:
        return self._pictures[self._at] if self._pictures else None

    def _got(self, pictures: list[Picture]) -> None:
        self._pictures = pictures
        self._paint()

    def _say(self, error: OntosError) -> None:
        self._view.show(None, str(error))

    def _paint(self) -> None:
        one = self._current
        if one is None:
            self._view.show(None, NONE)
        elif self.ontos.workspace.settings.images == "off":
            self._view.show(None, OFF)
        elif not one.is_open:
            self._open(self._at, one)
        else:
            self._view.show(one.image, one.problem)
        self.query_one("#caption", OneLine).repaint()

    def _open(self, place: int, picture: Picture) -> None:
        """Open a page of a document that is looked at for the first time."""
        self._view.show(None, "Loading…")

        def got(opened: Picture) -> None:
            self._pictures[place] = opened
            if place == self._at:
                self._paint()

        self.run_in_background(
            lambda workspace: workspace.data.images.opened(picture, self._fields, self._places), got, failed=self._say
        )

    def _caption(self, width: int) -> Line:
        one = self._current
        if one is None:
            return ()
        which = f"  {self._at + 1} of {len(self._pictures)}" if len(self._pictures) > 1 else ""
        if one.page:
            which = f"  page {one.page:,} of {one.pages:,}"
        size = f"  {one.width} × {one.height}" if one.width else ""
        named = span(one.named, "text", max(8, min(len(one.named), width - len(one.column) - len(size + which) - 2)))
        return line(span(f"{one.column}  ", "muted"), named, span(size, "muted"), span(which, "accent"))

    def on_screen_suspend(self) -> None:
        """Something lies over this: a picture of the terminal's own would lie over that."""
        self._view.remove_picture()

    def on_screen_resume(self) -> None:
        self._view.call_after_refresh(self._view.send)

    def action_turn(self) -> None:
        if len(self._pictures) > 1:
            self._at = (self._at + 1) % len(self._pictures)
            self._paint()

    def action_open_viewer(self) -> None:
        from ontos_tui.services.data.images import open_in_viewer

        one = self._current
        if one is None or one.path is None:
            self.ontos.show_message("No picture file to open.")
            return
        path = one.path
        self.run_in_background(
            lambda workspace: open_in_viewer(path),
            lambda opened: self.ontos.show_message(f"{'Opened' if opened else 'No viewer here. The file is'} {path}"),
            group="viewer",
        )
