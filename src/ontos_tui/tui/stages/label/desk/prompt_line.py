"""The line that `/` and `:` open above the list: a text is typed and taken with enter, the list stays in sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from ontos_tui.tui.core.commands import Command, Commanded
from ontos_tui.tui.widgets.lines import OneLine, line, span


class PromptInput(Input, Commanded):
    """What is typed."""

    HELP_TITLE: ClassVar[str] = "In this line"
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("label.line.take", "enter,ctrl+s", "Take", "Search for it, or go there"),
        Command("label.line.leave", "escape", "Back", "Close the line without a change"),
    )
    DEFAULT_CSS = """
    PromptInput { border: none; height: 1; padding: 0; width: 1fr; background: $surface-lighten-1; }
    PromptInput:focus { border: none; background: $primary-muted; }
    """

    def __init__(self, take: Callable[[str], None], leave: Callable[[], None]) -> None:
        super().__init__(compact=True)
        self._take, self._leave = take, leave

    def action_take(self) -> None:
        self._take(self.value.strip())

    def action_leave(self) -> None:
        self._leave()


class PromptLine(Horizontal):
    """A sign and an input; hidden until it is opened."""

    DEFAULT_CSS = """
    PromptLine { height: 1; display: none; }
    PromptLine.open { display: block; }
    PromptLine OneLine { width: 3; }
    """

    def __init__(self, after: Callable[[], None]) -> None:
        """`after` puts the focus back where it was."""
        super().__init__()
        self._sign = OneLine()
        self._input = PromptInput(self._took, self.close)
        self._after = after
        self._taken: Callable[[str], None] = lambda text: None

    def compose(self) -> ComposeResult:
        yield self._sign
        yield self._input

    def open(self, sign: str, text: str, hint: str, taken: Callable[[str], None]) -> None:
        """Ask for a text; `taken` gets it."""
        self._taken = taken
        self._sign.show(lambda width: line(span(f" {sign} ", "key")))
        self._input.placeholder = hint
        self._input.value = text
        self._input.cursor_position = len(text)
        self.add_class("open")
        self._input.focus()

    def close(self) -> None:
        """Nothing was taken, or it was and is done."""
        self.remove_class("open")
        self._after()

    def _took(self, text: str) -> None:
        self.close()
        self._taken(text)
