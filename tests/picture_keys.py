"""Keys before a picture of the screen is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from unittest.mock import patch

from textual._compositor import Compositor
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input

from harness import Frames, count_frame
from ontos_tui.tui.app import OntosApp

SIZES = [(80, 24), (120, 40)]
"""The two sizes that we promise."""


class Words(str):
    """What goes into the focused line of text in place of what is there; at once, as a terminal pastes."""


def walk_keys(*keys: str | Sequence[str]) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Press keys, each on a settled screen; those of a sequence at once."""

    async def settle(pilot: Pilot[None]) -> None:
        """Wait until nothing is under way and the picture has stopped changing."""
        app = pilot.app
        assert isinstance(app, OntosApp)
        still, sent = 0, Frames.sent
        while still < 3 or app.stage_view is None or not app.is_idle:
            await pilot.pause(0.03)
            still = still + 1 if Frames.sent == sent else 0
            sent = Frames.sent

    async def press(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in keys:
            if isinstance(key, Words):
                assert isinstance(pilot.app.focused, Input)
                await pilot.press("ctrl+u")
                pilot.app.focused.post_message(Paste(key))
            else:
                await pilot.press(*([key] if isinstance(key, str) else key))
            await settle(pilot)

    async def walk(pilot: Pilot[None]) -> None:
        with patch.object(Compositor, "render_update", count_frame):
            await press(pilot)

    return walk
