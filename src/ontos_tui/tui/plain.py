"""The app for a screen reader (`ontos --plain`): lines in reading order, one below the other, and nothing is redrawn.

The screens are the same, and so are the keys. What changes is written as lines: of a new screen all of them, part by
part and not across the panes; later only those that are new. The line that the user is on comes last, with the
terminal's own cursor on it. No mouse, no colors, no second screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Input, TextArea

from ontos_tui.tui.terminal.driver import OntosDriver
from ontos_tui.tui.widgets.lines import LineView
from ontos_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

PAUSE = 0.06
"""Seconds without a new frame after which what changed is written: one key often paints more than once."""
_CHOSEN = re.compile(r"▌(\S[^▐▌]*)▐")
"""One of several values that is the chosen one, and the stage that is shown."""
_DOTS = re.compile(r"[▕▏·●◀▶]{3,}|(?<=\s)[▕▏·●]{2,}")
_DRAWING = re.compile(r"[\u2500-\u259f\u2800-\u28ff]+")
"""Frames, bars and dots: a reader would name each of them."""
_WORD = re.compile(r"\w")


def spoken(text: str) -> str:
    """A row of the screen as a line to read: without drawing, and with single spaces where columns were."""
    text = _DRAWING.sub(" ", _DOTS.sub(" ", _CHOSEN.sub(r" [\1] ", text)))
    return re.sub(r"\s{2,}", "  ", text).strip()


def parts(screen: Screen[Any]) -> Iterator[Widget]:
    """What shows text, in the order in which one reads it."""
    for widget in screen.walk_children(Widget):
        holds_text = isinstance(widget, (LineView, Input, TextArea)) or not list(widget.children)
        inside = any(isinstance(above, (LineView, Input, TextArea)) for above in list(widget.ancestors))
        if holds_text and not inside and widget.is_on_screen and widget.size.width and widget.size.height:
            yield widget


def lines_of(widget: Widget) -> list[str]:
    """The lines that a widget shows, without those that are only drawing."""
    if isinstance(widget, Input):
        return [widget.value or widget.placeholder]
    if isinstance(widget, Table) and widget.rows:
        count = len(widget.rows)
        return ["1 row" if count == 1 else f"{count:,} rows"]  # each is read when one comes to it
    strips = widget.render_lines(Region(0, 0, *widget.outer_size))
    return [text for text in (spoken(strip.text) for strip in strips) if _WORD.search(text)]


def active_line(widget: Widget | None) -> str:
    """The line of the focused widget that the user is on."""
    if widget is None:
        return ""
    if isinstance(widget, Input):
        return f"> {widget.value}"
    if isinstance(widget, LineView):
        for y in range(widget.size.height):
            if widget.marked(y):
                return spoken("".join(part.text for part in widget.line_at(y, widget.size.width)))
    return next(iter(lines_of(widget)), "")


class Reader:
    """Knows what was written, and what of a screen is new."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Screen[Any], dict[Widget, Sequence[str]]] = WeakKeyDictionary()
        self._active = ""
        self._typed_into: Widget | None = None

    def news(self, screen: Screen[Any], focused: Widget | None) -> str:
        """What is to be written now; it begins on the line where the cursor stands."""
        fresh: list[str] = []
        last = self._known.get(screen, {})
        known: dict[Widget, Sequence[str]] = {}
        for widget in parts(screen):
            lines = known[widget] = lines_of(widget)
            before = set(last.get(widget, ()))
            if not isinstance(widget, Input) or widget is not focused:
                fresh += [line for line in lines if line not in before]
        self._known[screen] = known
        active = active_line(focused)
        typing = isinstance(focused, Input) and focused is self._typed_into and not fresh
        self._typed_into = focused if isinstance(focused, Input) else None
        if not fresh and active == self._active:
            return ""
        self._active = active
        if typing:
            return f"\r\x1b[K{active}"
        said = [line for line in fresh if line != active]
        return "\r\n" + "\r\n".join([*said, active]) + "\r"


class PlainDriver(OntosDriver):
    """Takes the keys, and writes lines in place of frames."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._reader = Reader()
        self._waits = False

    def write(self, data: str) -> None:
        """No frame is sent, and no mode of the terminal is changed. A frame means that something may be new."""
        if not self._waits and self._app.is_running:
            self._waits = True
            self._app.set_timer(PAUSE, self._say)

    def _say(self) -> None:
        self._waits = False
        if text := self._reader.news(self._app.screen, self._app.focused):
            super().write(text)
            self.flush()
