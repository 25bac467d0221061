"""What all dialogs share: a framed box in the middle, escape to leave, keys at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Vertical
from textual.screen import ModalScreen

from ontos_tui.tui.core.clicking import KeysLine
from ontos_tui.tui.core.commands import Command, Commanded
from ontos_tui.tui.widgets.lines import Line, OneLine, Span, line, span

if TYPE_CHECKING:
    from ontos_tui.tui.core.ports import AppPort

R = TypeVar("R")


class Dialog(ModalScreen[R | None], Commanded):
    """A box over the app. `dismiss(None)` means that the user left it."""

    HELP_TITLE: ClassVar[str] = "In this dialog"
    OWN_COMMANDS: ClassVar[tuple[Command, ...]] = (
        Command("dialog.leave", "escape", "Back", "Close without a change"),
        Command("dialog.help", "f1", "Help", "The keys of this dialog", shown=False),
        Command("dialog.jump", "ctrl+t", "Jump", "A letter stands at every list and field", shown=False),
        Command("dialog.glossary", "f4", "Words", "What the words on the screens mean", shown=False),
    )
    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > #box {
        width: 90%; max-width: 100; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    """

    def __init__(self, heading: str) -> None:
        super().__init__()
        self._heading = heading

    def compose(self) -> ComposeResult:
        box = Vertical(id="box")
        box.border_title = None
        with box:
            yield OneLine(lambda width: line(span(self._heading, "title")), id="heading")
            yield from self.compose_body()
            keys = KeysLine(self._keys, id="keys")
            keys.commands = tuple(self.all_commands())
            yield keys

    def compose_body(self) -> ComposeResult:
        """The dialog's own widgets."""
        raise NotImplementedError

    def _keys(self, width: int) -> Line:
        return key_line([command for command in self.possible_commands() if command.shown], width)

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """Close it with this answer; what was typed ahead goes to what the answer opens."""
        cast("AppPort", self.app).type_ahead.closes(self)
        return super().dismiss(result)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_help(self) -> None:
        cast("AppPort", self.app).action_help()

    def action_jump(self) -> None:
        cast("AppPort", self.app).action_jump()

    def action_glossary(self) -> None:
        cast("AppPort", self.app).action_glossary()


def key_line(commands: list[Command], width: int, last: list[Command] | None = None) -> Line:
    """Keys and labels as far as they fit; `last` are always there, at the end."""
    tail = [part for command in last or [] for part in _key(command)]
    room = width - sum(len(part.text) for part in tail)
    parts: list[Span] = []
    for command in commands:
        piece = _key(command)
        length = sum(len(part.text) for part in piece)
        if length > room:
            break
        parts += piece
        room -= length
    return (*parts, Span(" " * max(0, room)), *tail) if tail else tuple(parts)


def _key(command: Command) -> tuple[Span, Span]:
    return Span(f" {command.key_shown} ", "key"), Span(f"{command.label} ", "muted")
