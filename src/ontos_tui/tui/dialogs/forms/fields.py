"""The widgets of a form: a value that is typed, and one of several that is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.message import Message
from textual.widgets import Input, TextArea

from ontos_tui.domain.terminal_text import safe_line, safe_text
from ontos_tui.tui.widgets.lines import Line, LineView, Span, span

LONGEST = 100_000
"""Characters of one value that can be edited in a form."""


class ChoiceLine(LineView, can_focus=True):
    """One of several values: left and right, or the number in front of it."""

    BINDINGS = [("left,h", "step(-1)", "Previous"), ("right,l,space", "step(1)", "Next")]
    DEFAULT_CSS = "ChoiceLine { height: 1; &:focus { background: $surface-lighten-1; } }"

    class Changed(Message):
        """Another value was chosen."""

    def __init__(self, choices: Sequence[Any], value: Any, *, optional: bool, id: str) -> None:
        super().__init__(id=id)
        self._choices = (None, *choices) if optional else tuple(choices)
        # Without a value nothing is chosen: a form never answers for its user.
        self._at = self._choices.index(value) if value in self._choices else -1

    @property
    def value(self) -> Any:
        """The chosen value; None while nothing is chosen."""
        return self._choices[self._at] if self._at >= 0 else None

    def line_at(self, y: int, width: int) -> Line:
        # The window starts at the choice before the present one when not all fit.
        parts: list[Span] = []
        room = width
        start = 0 if sum(len(self._label(i)) + 4 for i in range(len(self._choices))) <= width else max(0, self._at - 1)
        for index in range(start, len(self._choices)):
            mark = "●" if index == self._at else "○"
            piece = span(f"{mark} {self._label(index)}  ", "key" if index == self._at else "muted")
            if len(piece.text) > room:
                parts.append(span("…", "muted"))
                break
            parts.append(piece)
            room -= len(piece.text)
        return tuple(parts)

    def _label(self, index: int) -> str:
        choice = self._choices[index]
        text = (
            "(none)"
            if choice is None
            else {True: "yes", False: "no"}.get(choice, str(choice))
            if isinstance(choice, bool)
            else str(choice)
        )
        return f"{index + 1} {text}" if index < 9 else text

    def action_step(self, by: int) -> None:
        self._choose((max(self._at, 0 if by < 0 else -1) + by) % len(self._choices))

    def on_key(self, event: Any) -> None:
        if event.key.isdigit() and 1 <= int(event.key) <= len(self._choices):
            event.stop()
            self._choose(int(event.key) - 1)

    def _choose(self, index: int) -> None:
        self._at = index
        self.repaint()
        self.post_message(self.Changed())


class ValueInput(Input):
    """A value as one would type it, harmless to look at. What was not touched comes back exactly as it was."""

    DEFAULT_CSS = """
    ValueInput { border: none; height: 1; padding: 0; background: $surface-lighten-1; }
    ValueInput:focus { border: none; background: $surface-lighten-2; }
    """

    def __init__(self, value: Any = None, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True)
        self.set_value(value)

    def set_value(self, value: Any) -> None:
        """Show another value."""
        self._original = value
        self._shown = "" if value is None else safe_line(value, LONGEST)
        self.value = self._shown

    def read(self, read: Callable[[str], Any]) -> Any:
        """The value as typed; an empty field is None. Raises ValueError where `read` does."""
        if self.value == self._shown and self._shown != str(self._original):
            return self._original
        return read(self.value) if self.value.strip() else None


class TextBox(TextArea):
    """A text of several lines, harmless to look at. What was not touched comes back exactly as it was."""

    DEFAULT_CSS = """
    TextBox { border: none; padding: 0; background: $surface-lighten-1; }
    TextBox:focus { border: none; background: $surface-lighten-2; }
    """

    def __init__(self, value: Any = None, *, rows: int, id: str | None = None) -> None:
        self._original = value
        self._shown = "" if value is None else safe_text(value, LONGEST)
        super().__init__(self._shown, id=id, compact=True, tab_behavior="focus", highlight_cursor_line=False)
        self.styles.height = rows

    def on_mount(self) -> None:
        self.move_cursor(self.document.end)

    def read(self, read: Callable[[str], Any]) -> Any:
        """The value as typed; an empty field is None. Raises ValueError where `read` does."""
        if self.text == self._shown:
            return self._original
        return read(self.text) if self.text.strip() else None
