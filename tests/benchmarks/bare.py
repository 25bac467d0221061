"""The peer: the smallest Textual app there is."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Bare(App[None]):
    """One line of text."""

    BINDINGS = [("j", "touch", "touch")]

    def compose(self) -> ComposeResult:
        yield Static("hello", id="text")

    def action_touch(self) -> None:
        self.query_one(Static).update("hello again")


Bare().run()
