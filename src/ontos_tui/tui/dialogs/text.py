"""A text to read."""

from __future__ import annotations

from textual.app import ComposeResult

from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.lines import Panel, wrap


class TextDialog(Dialog[None]):
    """A longer text in a box that scrolls."""

    DEFAULT_CSS = "TextDialog > #box { height: 80%; }"

    def __init__(self, heading: str, text: str) -> None:
        super().__init__(heading)
        self._text = text

    def compose_body(self) -> ComposeResult:
        yield Panel(id="text")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(lambda width: wrap(self._text, width))
        panel.focus()
