"""Lines: what every widget of ours is painted from. All text in them has passed the gate to the terminal.

A Line is a tuple of (text, style name). Widgets compute lines, `LineView` turns them into strips and repaints only
those that changed: no layout, no scrollbar, one frame a key.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from ontos_tui.domain.text.terminal_text import safe_line, safe_text
from ontos_tui.tui.widgets.line_styles import COLOR, LineStyles

STYLES = ("text", "muted", "strong", "accent", "good", "warn", "bad", "key", "cursor", "title")
"""The names that a part of a line may be painted with; a theme gives them their colors."""


class Span(NamedTuple):
    """A piece of a line. Make it with `span`, which makes the text harmless."""

    text: str
    style: str = "text"


def color(name: str) -> str:
    """The style of something in a color of the user's: a name that Rich knows, or #rrggbb, or two with ` on `."""
    return f"{COLOR}{name}"


Line = tuple[Span, ...]
EMPTY: Line = ()


def span(text: object, style: str = "text", width: int | None = None) -> Span:
    """A piece of a line from any text; cut or padded to `width` cells when given."""
    shown = safe_line(text)
    return Span(shown if width is None else fit(shown, width), style)


def line(*parts: object) -> Line:
    """A line from pieces: spans as they are, everything else as plain text."""
    return tuple(part if isinstance(part, Span) else span(part) for part in parts)


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells, with an ellipsis where it was cut."""
    if width <= 0:
        return ""
    if text.isascii():  # a cell a character: most texts, and no need to look for graphemes
        return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def clip(content: Line, width: int) -> Line:
    """The line in at most `width` cells; an ellipsis stands where something that one could read was cut."""
    room = width
    for at, part in enumerate(content):
        cells = cell_len(part.text)
        if cells > room:
            cut = part.text[room:] if cells == len(part.text) else part.text
            hides = bool(cut.strip()) or any(rest.text.strip() for rest in content[at + 1 :])
            text = fit(part.text, room) if hides and room else set_cell_size(part.text, room)
            if hides and not room and at:  # the part before ends exactly at the edge
                return (*content[: at - 1], _ending(content[at - 1]))
            return (*content[:at], Span(text, part.style))
        room -= cells
    return content


def _ending(part: Span) -> Span:
    """The part with its last cell given to the ellipsis."""
    return Span(set_cell_size(part.text, max(0, cell_len(part.text) - 1)) + "…", part.style)


def wrap(text: object, width: int, style: str = "text", indent: str = "") -> list[Line]:
    """`text` as lines of at most `width` cells, its own line breaks included."""
    lines: list[Line] = []
    room = max(8, width - len(indent))
    for paragraph in safe_text(text, limit=100_000).split("\n"):
        if cell_len(paragraph) <= room:
            lines.append((Span(indent + (paragraph.rstrip(" ") or paragraph), style),))
            continue
        # textwrap counts characters; wide ones are re-cut below so that no line leaves the panel.
        parts = textwrap.wrap(paragraph, room, replace_whitespace=False, drop_whitespace=False) or [""]
        for number, part in enumerate(parts):
            rest = part.rstrip(" ") if part.strip() else part
            if number:  # a space at the break belongs to neither line; the paragraph's own indentation stays
                rest = rest.lstrip(" ")
            while cell_len(rest) > room:
                head = set_cell_size(rest, room).rstrip(" ")
                lines.append((Span(indent + head, style),))
                rest = rest[len(head) :]
            lines.append((Span(indent + rest, style),))
    return lines


class LineView(Widget):
    """A widget that consists of lines. Subclasses give `line_at`; `repaint` sends what changed since the last time."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    LineView {
        height: 1fr;
        & .line--muted { color: $text-muted; }
        & .line--strong { text-style: bold; }
        & .line--accent { color: $text-accent; }
        & .line--good { color: $text-success; }
        & .line--warn { color: $text-warning; }
        & .line--bad { color: $text-error; }
        & .line--key { color: $text-accent; text-style: bold; }
        & .line--cursor { background: $primary-muted; text-style: bold; }
        & .line--title { color: $text-primary; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._painted: dict[int, tuple[Line, bool]] = {}
        self._strips: dict[int, Strip] = {}
        self._styles = LineStyles(self)

    def line_at(self, y: int, width: int) -> Line:
        """What stands on row `y` of the widget."""
        raise NotImplementedError

    def marked(self, y: int) -> bool:
        """Whether row `y` is under the cursor, and painted as such."""
        return False

    def repaint(self) -> None:
        """Ask for a repaint of the rows whose line is not the one that was painted last."""
        if not self.is_attached:
            return
        width, height = self.size
        changed = [y for y in range(height) if self._painted.get(y) != (self.line_at(y, width), self.marked(y))]
        if changed:
            for y in changed:
                self._strips.pop(y, None)
            painter = getattr(self.app, "painter", None)
            if painter is not None and painter.paint(self, changed, self.paint_line):
                return
            self.refresh(*(Region(0, first, width, last - first + 1) for first, last in _runs(changed)))

    def render_line(self, y: int) -> Strip:
        """The strip of row `y`; rendered once for each change."""
        width = self.size.width
        now = (self.line_at(y, width), self.marked(y))
        strip = self._strips.get(y)
        if strip is None or self._painted.get(y) != now:
            self._painted[y] = now
            strip = self._strips[y] = self._strip(*now, width)
        return strip

    def paint_line(self, y: int, width: int) -> list[tuple[str, str]]:
        """Row `y` as texts with their SGR sequences, as wide as the widget; it counts as painted."""
        content, marked = now = (self.line_at(y, width), self.marked(y))
        if self._painted.get(y) != now:
            self._painted[y] = now
            self._strips.pop(y, None)
        parts = [(part.text, self._styles.codes(part.style, marked)) for part in clip(content, width)]
        room = width - sum(cell_len(text) for text, _ in parts)
        return [*parts, (" " * room, self._styles.codes("text", marked))] if room > 0 else parts

    def _strip(self, content: Line, marked: bool, width: int) -> Strip:
        base = self.style_of("text", marked)
        segments = [Segment(part.text, self.style_of(part.style, marked)) for part in clip(content, width)]
        return Strip(segments).adjust_cell_length(width, base).simplify()

    def style_of(self, name: str, marked: bool = False) -> Style:
        """The style of a name under the present theme; on the row under the cursor when `marked`."""
        return self._styles.of(name, marked)

    def notify_style_update(self) -> None:
        """Another theme, another state: all colors are looked up again."""
        super().notify_style_update()
        self._styles.clear()
        self._strips.clear()

    def on_resize(self) -> None:
        """A new width wraps and cuts differently; and what was shown while the page was hidden is not painted yet."""
        self._strips.clear()
        self._painted.clear()
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One row unless the stylesheet says otherwise."""
        return 1


def _runs(rows: list[int]) -> Iterator[tuple[int, int]]:
    """Rows that follow each other as first and last: Textual paints one region quicker than its rows one by one."""
    first = last = rows[0]
    for row in rows[1:]:
        if row != last + 1:
            yield first, last
            first = row
        last = row
    yield first, last


class OneLine(LineView):
    """A single row whose content depends on the room there is."""

    DEFAULT_CSS = "OneLine { height: 1; }"

    def __init__(self, content: Callable[[int], Line] | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content: Callable[[int], Line] = content or (lambda width: EMPTY)

    def show(self, content: Callable[[int], Line]) -> None:
        """Show what `content` makes of the width."""
        self._content = content
        self.repaint()

    def line_at(self, y: int, width: int) -> Line:
        return self._content(width)


class Panel(LineView, can_focus=True):
    """Text to read: lines laid out for the width there is, scrolled with the arrow keys when they do not all fit."""

    BINDINGS = [
        ("down,j", "scroll_lines(1)", "Down"),
        ("up,k", "scroll_lines(-1)", "Up"),
        ("pagedown,space,ctrl+d", "scroll_lines(10)", "Page down"),
        ("pageup,ctrl+u", "scroll_lines(-10)", "Page up"),
        ("home", "scroll_lines(-1000000)", "Top"),
        ("end,G", "scroll_lines(1000000)", "Bottom"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._make: Callable[[int], Sequence[Line]] = lambda width: ()
        self._lines: Sequence[Line] = ()
        self._top = self._room = 0

    def show(self, make: Callable[[int], Iterable[Line]], *, keep_place: bool = False) -> None:
        """Show the lines that `make` gives for a width in cells; from the top unless `keep_place`."""
        self._make = lambda width: list(make(width))
        if not keep_place:
            self._top = 0
        self._relay()

    @property
    def virtual_rows(self) -> int:
        """How many lines there are, in sight or not."""
        return len(self._lines)

    def _relay(self) -> None:
        width, self._room = self.size
        self._lines = self._make(width) if width else ()
        self._top = max(0, min(self._top, len(self._lines) - self._room))
        self.repaint()

    def on_resize(self) -> None:
        super().on_resize()
        self._relay()

    def line_at(self, y: int, width: int) -> Line:
        at = y + self._top
        hidden = len(self._lines) - self._top - self._room
        if hidden > 0 and y == self._room - 1:
            return self.more_line(self._lines[at:], width)
        return self._lines[at] if at < len(self._lines) else EMPTY

    def more_line(self, hidden: Sequence[Line], width: int) -> Line:
        """What stands in the last row while these lines are out of sight."""
        return line(span(f"↓ {len(hidden)} more lines", "muted"))

    def action_scroll_lines(self, by: int) -> None:
        self._top = max(0, min(self._top + by, len(self._lines) - self._room))
        self.repaint()

    def on_mouse_scroll_down(self) -> None:
        self.action_scroll_lines(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_scroll_lines(-3)
