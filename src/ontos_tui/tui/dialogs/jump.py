"""Jump mode: a letter stands at everything that can take keys, and pressing it goes there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widget import Widget

from ontos_tui.tui.widgets.lines import OneLine, line, span

if TYPE_CHECKING:
    from ontos_tui.tui.core.ports import AppPort

LETTERS = "asdfghjklqwertyuiopzxcvbnm"
"""The easiest to reach first."""


class JumpLabel(OneLine):
    """A letter over the place that it leads to."""

    DEFAULT_CSS = "JumpLabel { position: absolute; width: 3; height: 1; background: $accent; color: $background; }"

    def __init__(self, letter: str, target: Widget) -> None:
        super().__init__(lambda width: line(span(f" {letter} ")))
        self.letter, self.target = letter, target


class JumpScreen(ModalScreen[Widget | None]):
    """The letters over the screen as it is. Any other key leaves everything as it was."""

    DEFAULT_CSS = "JumpScreen { background: $background 0%; }"

    def __init__(self, targets: Sequence[Widget]) -> None:
        super().__init__()
        self._labels = [JumpLabel(letter, target) for letter, target in zip(LETTERS, targets, strict=False)]

    def compose(self) -> ComposeResult:
        for label in self._labels:
            region = label.target.region
            label.styles.offset = (min(region.x, self.app.size.width - 3), region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        event.stop()
        chosen = next((label.target for label in self._labels if label.letter == event.key), None)
        cast("AppPort", self.app).type_ahead.closes(self)
        self.dismiss(chosen)

    def on_click(self) -> None:
        self.dismiss(None)


def jump_targets(screen: Widget) -> list[Widget]:
    """What on this screen can take keys and is in sight, from the top left."""
    there = [widget for widget in screen.query(Widget) if _can_be_reached(widget)]
    return sorted(there, key=lambda widget: (widget.region.y, widget.region.x))


def _can_be_reached(widget: Widget) -> bool:
    shown = all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))
    return shown and widget.focusable and bool(widget.region.area)
