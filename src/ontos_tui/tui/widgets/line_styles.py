"""How the names of styles look under the present theme, with enough contrast whatever the theme is."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from rich.color import ColorParseError, ColorType
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.widget import Widget

from ontos_tui.tui.terminal import textual_internals
from ontos_tui.tui.terminal.charset import is_console
from ontos_tui.tui.widgets.contrast import readable

COLOR = "color "
"""Names that begin so are colors of the user's."""
CONSOLE_CURSOR = Style(color="white", bgcolor="black", bold=True, reverse=True)
"""The row under the cursor on a console, which has no bright background."""


_looked_up: WeakKeyDictionary[App[Any], dict[tuple[str, Style, str], Style]] = WeakKeyDictionary()
"""By app, then by theme, the view's own style and the name: the style sheet is asked once for all views that are alike.
As component classes, Textual would look up each name for each view again, before the first picture."""


class LineStyles:
    """The styles of one widget, looked up once; its stylesheet has a class `line--NAME` for each name."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._plain: dict[str, Style] = {}
        self._sgr: dict[tuple[str, bool], str] = {}

    def of(self, name: str, marked: bool = False) -> Style:
        """The style of a name; on the row under the cursor when `marked`."""
        if not marked:
            return self._unmarked(name)
        base = CONSOLE_CURSOR if is_console() else self._unmarked("cursor")
        return base if name == "text" else base + self._unmarked(name).without_color

    def codes(self, name: str, marked: bool) -> str:
        """The SGR sequence of a style."""
        codes = self._sgr.get((name, marked))
        if codes is None:
            color_system = textual_internals.color_system(self._widget.app)
            sample = self.of(name, marked).render("x", color_system=color_system)
            codes = self._sgr[name, marked] = sample.partition("x")[0]
        return codes

    def clear(self) -> None:
        """Another theme, another state: all are looked up again."""
        self._plain.clear()
        self._sgr.clear()

    def _unmarked(self, name: str) -> Style:
        if name not in self._plain:
            if name == "text":
                style = self._widget.rich_style
            elif name.startswith(COLOR):
                style = self._widget.rich_style + _colored(name.removeprefix(COLOR))
            else:
                style = self._look_up(name)
            self._plain[name] = _readable(style)
        return self._plain[name]

    def _look_up(self, name: str) -> Style:
        app = self._widget.app
        known = _looked_up.setdefault(app, {})
        key = (app.theme, self._widget.rich_style, name)
        if key not in known:
            known[key] = textual_internals.style_of_class(self._widget, f"line--{name}")
        return known[key]


def _colored(name: str) -> Style:
    """A color of the user's, or none when it is no color: what is painted so has its words beside it."""
    front, _, back = name.partition(" on ")
    try:
        return Style(color=front, bgcolor=back or None)
    except ColorParseError:
        return Style()


def _readable(style: Style) -> Style:
    """The style with enough contrast, whatever the theme: in its own color, else in a darker or a lighter one."""
    front, back = style.color, style.bgcolor
    if front is None or back is None or ColorType.DEFAULT in (front.type, back.type):
        return style  # the terminal's own colors
    chosen, ground = Color.from_rich_color(front), Color.from_rich_color(back)
    better = readable(chosen, ground)
    return style if better is chosen else style + Style(color=better.rich_color)
