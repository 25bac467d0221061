"""Lines of keys that take the mouse: a click on a key or on what it does presses the key."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.widgets.lines import Line, OneLine


class KeysLine(OneLine):
    """One line of keys; the `commands` are those that it may show."""

    commands: Sequence[Command] = ()

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        shown = key_at(self.line_at(0, self.size.width), event.x)
        for command in self.commands:
            if command.key_shown == shown and not command.key_text:
                event.stop()
                self.app.simulate_key(command.keys[0])
                return


def key_at(content: Line, x: int) -> str:
    """The key that stands at a column, or left of it where its name is; empty where none does."""
    at, key = 0, ""
    for part in content:
        if not part.text.strip():
            key = ""
        elif part.style == "key":
            key = part.text.strip()
        at += cell_len(part.text)
        if x < at:
            return key
    return ""
