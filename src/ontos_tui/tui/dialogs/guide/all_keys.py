"""Every command of the app with its key, by the place where it works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult

from ontos_tui.tui.core.background import BackgroundMixin
from ontos_tui.tui.core.commands import Command
from ontos_tui.tui.dialogs.base import Dialog
from ontos_tui.tui.dialogs.guide.entries import entry_lines
from ontos_tui.tui.widgets.lines import EMPTY, Line, Panel, line, span


class AllKeysDialog(BackgroundMixin, Dialog[None]):
    """All of them; what declares them is imported while one waits for the list."""

    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.all_keys.leave", "escape,q", "Back", "Back to the help"),
    )
    DEFAULT_CSS = "AllKeysDialog > #box { height: 90%; }"

    def __init__(self) -> None:
        super().__init__("All keys")

    def compose_body(self) -> ComposeResult:
        yield Panel(id="keys-of-all")

    def on_mount(self) -> None:
        panel = self.query_one(Panel)
        panel.show(lambda width: [line(span("Reading the commands…", "muted"))])
        panel.focus()
        self.run_in_background(lambda workspace: _commands(), self._show)

    def _show(self, commands: Sequence[Command]) -> None:
        self.query_one(Panel).show(lambda width: _lines(commands, width))


def _commands() -> list[Command]:
    from ontos_tui.tui.core.keys.key_listing import every_command

    return sorted(every_command().values(), key=_place)


def _place(command: Command) -> str:
    return command.id.rpartition(".")[0]


def _lines(commands: Sequence[Command], width: int) -> Iterator[Line]:
    for place, ones in groupby(commands, key=_place):
        yield EMPTY
        yield line(span(place.replace(".", " · ").replace("_", " "), "title"))
        for command in ones:
            yield from entry_lines(command.keys_shown, f"{command.label}. {command.help}", width)
