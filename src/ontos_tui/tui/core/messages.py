"""Messages in the header's second line: one at a time, and none over what it is about."""

from __future__ import annotations

from time import monotonic

from textual.app import App
from textual.timer import Timer

from ontos_tui.domain.errors import OntosError
from ontos_tui.domain.text.terminal_text import safe_text
from ontos_tui.tui.widgets.lines import wrap

SECONDS, ERROR_SECONDS = 5.0, 12.0


class Messages:
    """Shows them. What needs more than one line moves the stage down for as long as it is there."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._error_until = 0.0
        self._ends: Timer | None = None

    def show(self, text: str) -> None:
        """Something went well. It takes the place of those before it, but of no error."""
        if monotonic() > self._error_until:
            self.clear()
        text = safe_text(text, 400)
        self._app.notify(text, markup=False, timeout=SECONDS)
        if monotonic() > self._error_until:
            self._make_room(text, SECONDS)

    def show_error(self, error: OntosError) -> None:
        """What happened, and what to do next."""
        self.clear()
        text = safe_text(f"✗ {error.what}\n{error.todo}".rstrip(), 600)
        self._app.notify(text, severity="error", markup=False, timeout=ERROR_SECONDS)
        self._error_until = monotonic() + ERROR_SECONDS
        self._make_room(text, ERROR_SECONDS)

    def clear(self) -> None:
        """Take away what is shown."""
        self._app.clear_notifications()
        self._app.screen.query("ToastHolder").remove()  # each would stay as an empty line above the next message
        self._lay_out(0)

    def _make_room(self, text: str, seconds: float) -> None:
        lines = sum(len(wrap(part, max(20, self._app.size.width - 2))) for part in text.splitlines())
        self._lay_out(lines - 1)
        if lines > 1:
            self._ends = self._app.set_timer(seconds, lambda: self._lay_out(0))

    def _lay_out(self, lines: int) -> None:
        """The stages stand so many lines lower."""
        if self._ends is not None:
            self._ends.stop()
            self._ends = None
        for area in self._app.query("#stages"):
            if area.styles.margin.top != lines:
                area.styles.margin = (lines, 0, 0, 0)
