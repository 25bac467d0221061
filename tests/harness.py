"""The real app under Textual's pilot: real keys, real services, a workspace in a temporary folder."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from rich.console import RenderableType
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.events import Paste
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from ontos_tui.tui.app import OntosApp
from tiers import DEEP

PATIENCE = 120.0
"""Seconds after which a test hangs: generous, since a loaded machine is no fault of the program's."""

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)] if DEEP else [(80, 24)])
"""How large the terminal is: the smallest that there may be; in the deep tier a larger one as well. Screens that matter
are pictured at both sizes in any case."""

_render_update = Compositor.render_update
LOOK = 0.02
"""Seconds between two looks at a condition: the app's own threads need the time that looking takes."""


class Frames:
    """How many frames the app would have sent to a terminal."""

    sent = 0


def count_frame(
    compositor: Compositor,
    full: bool = False,
    screen_stack: list[Screen[object]] | None = None,
    simplify: bool = False,
) -> RenderableType | None:
    """In place of `Compositor.render_update`: what nobody looks at is counted and not drawn. The deep tier draws it."""
    Frames.sent += 1
    if full or DEEP:
        return _render_update(compositor, full, screen_stack, simplify)
    compositor._dirty_regions.clear()
    return None


_parse_rules = Stylesheet._parse_rules


@cache
def _parsed(variables: frozenset[tuple[str, str]], arguments: tuple[Any, ...]) -> list[RuleSet]:
    sheet = Stylesheet(variables=dict(variables))
    return _parse_rules(sheet, *arguments)


def parse_once(
    sheet: Stylesheet,
    css: str,
    read_from: CSSLocation,
    is_default_rules: bool = False,
    tie_breaker: int = 0,
    scope: str = "",
) -> list[RuleSet]:
    """In place of `Stylesheet._parse_rules`: what one app has parsed is not parsed again for the next."""
    return _parsed(frozenset(sheet._variables.items()), (css, read_from, is_default_rules, tie_breaker, scope))


Stylesheet._parse_rules = parse_once  # type: ignore[assignment, method-assign]


class Driver:
    """A user at the keyboard."""

    def __init__(self, app: OntosApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Let the app run until `condition` holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"never happened: {what}\n{self.text()}"
            await asyncio.sleep(LOOK)

    async def settle(self) -> None:
        """Let the results of all background work arrive on the screen, and of the work which that begins."""
        while True:
            await self.until(lambda: self.app.is_idle, "nothing under way")
            await self.pilot.pause(0)
            if self.app.is_idle:
                return

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, each on a settled screen."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type into the focused field; at once, as a terminal pastes, where the field is a line of text."""
        if isinstance(self.app.focused, Input):
            self.app.focused.post_message(Paste(text))
        else:
            await self.pilot.press(*("space" if character == " " else character for character in text))
        await self.settle()

    def text(self) -> str:
        """What the screen shows, as text."""
        height = self.app.size.height
        visible_screen_stack.set(self.app._background_screens)  # what shows beside a dialog
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips[:height])

    async def sees(self, *needles: str) -> None:
        """Wait until the screen shows all of these."""
        looked_at, looks = -1, 0

        def seen() -> bool:
            nonlocal looked_at, looks
            looks += 1
            if looked_at == Frames.sent and looks % 10:
                return False  # it is the picture of the last look
            looked_at, text = Frames.sent, self.text()
            return all(needle in text for needle in needles)

        await self.until(seen, f"seeing {needles}")


@asynccontextmanager
async def open_app(home: Path, size: tuple[int, int] = (120, 40), *, watch: bool = True) -> AsyncIterator[Driver]:
    """The app on the workspace at `home`, opened and settled."""
    app = OntosApp(home, watch=watch)
    with patch.object(Compositor, "render_update", count_frame):
        async with app.run_test(size=size, notifications=True) as pilot:
            driver = Driver(app, pilot)
            await pilot.pause()
            await driver.until(lambda: app._workspace is not None, "the workspace opens")
            await driver.settle()
            yield driver
