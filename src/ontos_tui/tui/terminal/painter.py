"""Lines straight to the terminal, past Textual's compositor: what a key changes is shown in half the time.

The compositor renders every container below a changed line as well. Where nothing lies over a widget made of lines, its
rows can be written as they are. The driver knows what stands in every cell, so that whatever the compositor paints
later fits in, and a place that was painted twice is sent once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.geometry import Region

from ontos_tui.tui.terminal.driver import DiffDriver, Painted

if TYPE_CHECKING:
    from textual.app import App

    from ontos_tui.tui.widgets.lines import LineView


class Painter:
    """Gathers the rows that one key changes and sends them as one frame."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._rows: dict[LineView, set[int]] = {}

    def paint(self, view: LineView, rows: list[int]) -> bool:
        """Take these rows of a widget; False when the compositor has to paint them."""
        if self._place(view) is None:
            return False
        if not self._rows:
            # As soon as the key's handler is through; by way of the app's queue of messages it would take longer.
            asyncio.get_running_loop().call_soon(self._send)
        self._rows.setdefault(view, set()).update(rows)
        return True

    def _place(self, view: LineView) -> Region | None:
        """Where the content of a widget stands, if all of it is in sight and nothing lies over it."""
        app = self._app
        if not isinstance(app._driver, DiffDriver) or app._batch_count or len(app._notifications):
            return None
        screen = app.screen
        if view.screen is not screen or screen._layout_required:
            return None
        found = screen._compositor.visible_widgets.get(view)
        if found is None:
            return None
        region, clip = found
        content = region.shrink(view.gutter)
        return content if content.size == view.size and clip.contains_region(content) else None

    def _send(self) -> None:
        rows, self._rows = self._rows, {}
        frame: list[Painted] = []
        for view, changed in rows.items():
            place = self._place(view) if view.is_attached else None
            if place is None:
                view.refresh()
                continue
            above = view.gutter.top
            for y in changed:
                if y < place.height:
                    frame.append((place.y + y + 1, place.x + 1, view.paint_line(y, place.width)))
                    view._styles_cache.set_dirty(Region(0, y + above, 1, 1))
        if frame:
            assert isinstance(self._app._driver, DiffDriver), "asked before"
            self._app._driver.paint(frame)
