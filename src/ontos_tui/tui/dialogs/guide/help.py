"""The help screen, built from the commands that exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult

from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.guide.entries import entry_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span, wrap

if TYPE_CHECKING:
    from ontos_tui.tui.core.ports import AppPort

MOVING = (
    ("↑ ↓  k j", "move in a list"),
    ("page up/down", "move by a page"),
    ("home end", "first and last row"),
    ("tab", "to the next part of the screen"),
    ("enter", "open or choose what the cursor is on"),
    ("mouse", "click a tab, a row, a card or a key of the last line; the wheel scrolls"),
)


class HelpDialog(Dialog[None]):
    """Every key that works at this place, and what it is for."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.help.leave", "escape,question_mark,q", "Back", "Close the help"),
        Command("dialog.help.all_keys", "a", "All keys", "Every key of the app, by its place"),
        Command("dialog.help.words", "w", "Words", "What baseline, held out, interval and the other words mean"),
        Command("dialog.help.tour", "t", "Tour", "Two minutes through the seven stages"),
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
                yield from entry_lines(command.keys_shown, f"{command.label}. {command.help}", width)
        yield EMPTY
        yield line(span("Moving", "title"))
        for keys, text in MOVING:
            yield from entry_lines(keys, text, width)

    def possible(self, command: str) -> bool:
        return command != "help"  # it is shown

    def action_all_keys(self) -> None:
        from ontos_tui.tui.dialogs.guide.all_keys import AllKeysDialog

        self.app.push_screen(AllKeysDialog())

    def action_words(self) -> None:
        from ontos_tui.tui.dialogs.guide.glossary import GlossaryDialog

        self.app.push_screen(GlossaryDialog())

    def action_tour(self) -> None:
        self.dismiss(None)
        cast("AppPort", self.app).action_tour()
