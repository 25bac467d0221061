"""Lines straight to the terminal, past Textual's compositor: what a key changes is shown in half the time.

The compositor renders every container below a changed line as well. Where nothing lies over a widget of lines, its rows
can be written as they are. The driver knows what stands in every cell, so that whatever the compositor paints
later fits in, and a place that was painted twice is sent once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.widget import Widget

from ontos_tui.tui.terminal import textual_internals
from ontos_tui.tui.terminal.driver import DiffDriver
from ontos_tui.tui.terminal.screen_diff import PaintedRow

if TYPE_CHECKING:
    from textual.app import App

RowPainter = Callable[[int, int], Sequence[tuple[str, str]]]
"""Gives row `y` of a widget so many cells wide, as texts with their SGR sequences."""


@dataclass
class _ChangedRows:
    paint_row: RowPainter
    rows: set[int] = field(default_factory=set)


class Painter:
    """Gathers the rows that one key changes and sends them as one frame."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._changed: dict[Widget, _ChangedRows] = {}

    def paint(self, widget: Widget, rows: Iterable[int], paint_row: RowPainter) -> bool:
        """Take these rows of a widget; False when the compositor has to paint them."""
        if self._content_region(widget) is None:
            return False
        if not self._changed:
            # As soon as the key's handler is through; by way of the app's queue of messages it would take longer.
            asyncio.get_running_loop().call_soon(self._send)
        self._changed.setdefault(widget, _ChangedRows(paint_row)).rows.update(rows)
        return True

    def _content_region(self, widget: Widget) -> Region | None:
        """Where the content of a widget stands, if all of it is in sight and nothing lies over it."""
        app = self._app
        if not isinstance(textual_internals.driver_of(app), DiffDriver):
            return None
        if not textual_internals.can_paint_directly(app):
            return None
        if widget.screen is not app.screen or textual_internals.needs_layout(app.screen):
            return None
        visible = textual_internals.visible_region(widget)
        if visible is None:
            return None
        region, clip = visible
        content = region.shrink(widget.gutter)
        return content if content.size == widget.size and clip.contains_region(content) else None

    def _send(self) -> None:
        changed, self._changed = self._changed, {}
        frame: list[PaintedRow] = []
        for widget, change in changed.items():
            region = self._content_region(widget) if widget.is_attached else None
            if region is None:
                widget.refresh()
                continue
            above = widget.gutter.top
            for y in change.rows:
                if y < region.height:
                    frame.append((region.y + y + 1, region.x + 1, change.paint_row(y, region.width)))
                    textual_internals.forget_painted_row(widget, y + above)
        driver = textual_internals.driver_of(self._app)
        if frame and isinstance(driver, DiffDriver):
            driver.paint(frame)
