"""Keys before a picture of the screen is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from textual.pilot import Pilot

from ontos_tui.tui.app import OntosApp

SIZES = [(80, 24), (120, 40)]
"""The two sizes that we promise."""


def walk_keys(*keys: str | Sequence[str]) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Press keys, each on a settled screen; those of a sequence at once, as one types text."""

    async def settle(pilot: Pilot[None]) -> None:
        """Wait until nothing is under way and the picture has stopped changing."""
        app = pilot.app
        assert isinstance(app, OntosApp)
        seen: list[str] = []
        while len(seen) < 3 or len(set(seen[-3:])) > 1 or app.stage_view is None or not app.is_idle:
            await pilot.pause(0.03)
            seen.append("\n".join(strip.text for strip in app.screen._compositor.render_strips()))

    async def walk(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in keys:
            await pilot.press(*([key] if isinstance(key, str) else key))
            await settle(pilot)
        await settle(pilot)

    return walk
