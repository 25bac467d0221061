"""Messages over the last line of the screen: one at a time, and none over what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from textual.app import App
from textual.screen import ModalScreen

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.text.terminal_text import safe_text
from ontos_tui.tui.widgets.lines import wrap

SECONDS, ERROR_SECONDS = 5.0, 12.0
EDGES = 3
"""Cells of a message's line that are no text: its colored edge, and one cell on each side."""


@dataclass(frozen=True)
class Shown:
    """A message on the screen, until this moment of the monotonic clock."""

    text: str
    until: float
    is_error: bool = False


class Messages:
    """Shows them. For as long as one is there, the stage and the line of jobs end above it."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._shown: list[Shown] = []

    def show(self, text: str) -> None:
        """Something went well. It takes the place of those before it, but of no error."""
        if not any(one.is_error for one in self._present()):
            self.clear()
        text = safe_text(text, 400)
        self._app.notify(text, markup=False, timeout=SECONDS)
        self._add(Shown(text, monotonic() + SECONDS))

    def show_error(self, error: OntosError) -> None:
        """What happened, and what to do next."""
        self.clear()
        text = safe_text(f"✗ {error.what}\n{error.todo}".rstrip(), 600)
        self._app.notify(text, severity="error", markup=False, timeout=ERROR_SECONDS)
        self._add(Shown(text, monotonic() + ERROR_SECONDS, is_error=True))

    def clear(self) -> None:
        """Take away what is shown."""
        self._shown = []
        self._app.clear_notifications()
        self._app.screen.query("ToastHolder").remove()  # each would stay as an empty line above the next message
        self.make_room()

    def make_room(self) -> None:
        """Leave free the lines that the present messages need over the last line of the stages."""
        if isinstance(self._app.screen, ModalScreen):
            return  # beside a dialog they stand in the header; it is called again when that closes
        width = max(20, self._app.size.width - EDGES)
        lines = sum(len(wrap(part, width)) for one in self._present() for part in one.text.splitlines())
        for keys in self._app.screen.query("KeyLine"):
            if keys.styles.margin.top != lines:
                keys.styles.margin = (lines, 0, 0, 0)

    def _add(self, message: Shown) -> None:
        self._shown.append(message)
        self.make_room()
        self._app.set_timer(message.until - monotonic(), self.make_room)

    def _present(self) -> list[Shown]:
        self._shown = [one for one in self._shown if one.until > monotonic()]
        return self._shown
