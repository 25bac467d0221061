"""The help screen, built from the commands that exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, Span, line, span, wrap

MOVING = (
    ("↑ ↓  k j", "move in a list"),
    ("page up/down", "move by a page"),
    ("home end", "first and last row"),
    ("tab", "to the next part of the screen"),
    ("enter", "open or choose what the cursor is on"),
)


class HelpDialog(Dialog[None]):
    """Every key that works at this place, and what it is for."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.help.leave", "escape,question_mark,q", "Back", "Close the help"),
    )
    DEFAULT_CSS = """
    HelpDialog > #box { height: 90%; }
    """

    def __init__(self, title: str, about: str, sections: Sequence[tuple[str, Sequence[Command]]]) -> None:
        super().__init__(title)
        self._about = about
        self._sections = sections

    def compose_body(self) -> ComposeResult:
        yield Panel(id="help")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(self._lines)
        panel.focus()

    def _lines(self, width: int) -> Iterator[Line]:
        yield EMPTY
        yield from wrap(self._about, width)
        for title, commands in self._sections:
            yield EMPTY
            yield line(span(title, "title"))
            for command in commands:
                yield from _entry(command.keys_shown, f"{command.label}. {command.help}", width)
        yield EMPTY
        yield line(span("Moving", "title"))
        for keys, text in MOVING:
            yield from _entry(keys, text, width)


def _entry(keys: str, text: str, width: int) -> Iterator[Line]:
    head = f"  {keys:<14} "
    for number, part in enumerate(wrap(text, width - len(head))):
        yield (Span(head if number == 0 else " " * len(head), "key"), *part)
