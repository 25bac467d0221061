"""What this app uses of Textual beyond its public interface, all in one place.

pyproject pins Textual. `tests/tui/terminal/test_textual_internals.py` fails first when an upgrade changes one of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.dom import DOMNode
from textual.drivers import linux_driver
from textual.geometry import Region

if TYPE_CHECKING:
    from rich.style import Style
    from textual._xterm_parser import XTermParser
    from textual.app import App
    from textual.driver import Driver
    from textual.drivers.linux_driver import LinuxDriver
    from textual.screen import Screen
    from textual.widget import Widget


def driver_of(app: App[Any]) -> Driver | None:
    """The driver that writes to the terminal; None before the app runs."""
    return app._driver


def can_paint_directly(app: App[Any]) -> bool:
    """Whether no batch of updates is open and no toast lies over the screen."""
    return not app._batch_count and not len(app._notifications)


def needs_layout(screen: Screen[Any]) -> bool:
    """Whether widgets are about to be placed anew."""
    return screen._layout_required


def visible_region(widget: Widget) -> tuple[Region, Region] | None:
    """Where a widget stands on its screen, and to what it is clipped; None while it is out of sight."""
    return widget.screen._compositor.visible_widgets.get(widget)


def forget_painted_row(widget: Widget, y: int) -> None:
    """Row `y` of a widget, its border included, is rendered anew when the compositor needs it next."""
    widget._styles_cache.set_dirty(Region(0, y, 1, 1))


def color_system(app: App[Any]) -> Any:
    """The colors of the terminal, as Rich renders styles for it."""
    return app.console._color_system


def style_of_class(widget: Widget, name: str) -> Style:
    """The style that the style sheet gives to a part with this class in a widget, over the widget's own background."""
    part = DOMNode(classes=name)
    part._attach(widget)
    widget.app.stylesheet.apply(part, animate=False)
    return part.styles.rich_style


def fatal_exception(app: App[Any]) -> Exception | None:
    """What ended the app, when a bug did."""
    return app._exception


def write_to(driver: LinuxDriver, file: Any) -> None:
    """Have a driver write to `file`: its write, flush, fileno and isatty are all that is used of it."""
    driver._file = file


def decode_input_with(decoder: Callable[[str], Any]) -> None:
    """Have drivers decode what is typed with `decoder(encoding)` instead of a strict decoder."""
    linux_driver.getincrementaldecoder = decoder  # type: ignore[attr-defined, assignment]


def parse_input_with(parser: type[XTermParser]) -> None:
    """Have drivers parse what is typed with `parser`."""
    linux_driver.XTermParser = parser  # type: ignore[attr-defined]


def wrap_result_callback(screen: Screen[Any], wrap: Callable[[Callable[[Any], Any]], Callable[[Any], Any]]) -> None:
    """Put another callback around the one that a screen's result goes to; without one nothing changes."""
    result = screen._result_callbacks[-1]
    if result.callback is not None:
        result.callback = wrap(result.callback)
