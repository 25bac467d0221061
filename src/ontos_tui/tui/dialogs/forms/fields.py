"""The widgets of a form: a value that is typed, and one of several that is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.cells import cell_len
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.message import Message
from textual.widgets import Input, TextArea

from ontos_tui.domain.text.terminal_text import safe_line, safe_text
from ontos_tui.tui.widgets.lines import Line, LineView, Span, fit, span

LONGEST = 100_000
"""Characters of one value that can be edited in a form."""


class FieldList(VerticalScroll):
    """The fields of a form; it says when others of them are in sight."""

    class Moved(Message):
        """The fields were scrolled, or have other rows."""

    def on_resize(self) -> None:
        """There is another number of rows."""
        self.post_message(self.Moved())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Moved())


class ChoiceLine(LineView, can_focus=True):
    """One of several values: left and right, or the number in front of it. As many rows as show every choice."""

    BINDINGS = [("left,h", "step(-1)", "Previous"), ("right,l,space", "step(1)", "Next")]
    DEFAULT_CSS = "ChoiceLine { height: auto; &:focus { background: $surface-lighten-1; } }"

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

    @property
    def typed(self) -> Any:
        """What the user put in, to be put back by `retype`."""
        return self.value

    def read(self, read: Callable[[str], Any]) -> Any:
        """The chosen value: a choice needs no reading."""
        return self.value

    def retype(self, typed: Any) -> None:
        """Put back what the user had put in."""
        self._at = self._choices.index(typed) if typed in self._choices else -1
        self.repaint()

    def _rows(self, width: int) -> list[list[Span]]:
        """All choices in rows of `width`; one that is longer than a row is cut with a sign."""
        rows: list[list[Span]] = [[]]
        room = width
        for index in range(len(self._choices)):
            mark = "●" if index == self._at else "○"
            piece = span(f"{mark} {self._label(index)}  ", "key" if index == self._at else "muted")
            cells = cell_len(piece.text) - 2
            if cells > room and rows[-1]:
                rows.append([])
                room = width
            rows[-1].append(piece if cells <= width else Span(fit(piece.text, width), piece.style))
            room -= cells + 2
        return rows

    def line_at(self, y: int, width: int) -> Line:
        rows = self._rows(width)
        return tuple(rows[y]) if y < len(rows) else ()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Every choice is in sight."""
        return len(self._rows(width))

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

    @property
    def typed(self) -> str:
        """What the user put in, to be put back by `retype`."""
        return self.value

    def retype(self, typed: str) -> None:
        """Put back what the user had put in."""
        self.value = typed

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

    @property
    def typed(self) -> str:
        """What the user put in, to be put back by `retype`."""
        return self.text

    def retype(self, typed: str) -> None:
        """Put back what the user had put in."""
        self.text = typed
        self.move_cursor(self.document.end)

    def read(self, read: Callable[[str], Any]) -> Any:
        """The value as typed; an empty field is None. Raises ValueError where `read` does."""
        if self.text == self._shown:
            return self._original
        return read(self.text) if self.text.strip() else None


FieldWidget = ChoiceLine | ValueInput | TextBox
"""What a field of a form is filled in with."""
