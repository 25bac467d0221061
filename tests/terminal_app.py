"""The app as `ontos` starts it, which also answers a test that asks it to settle.

A test that looks at the terminal must know when nothing more will come, and time does not tell it that. So it pastes
REQUEST, which arrives behind all keys that were typed before it, and the app answers with MARK once it has dealt with
those keys: no work is under way, the watcher has been round since, and nothing was painted meanwhile. The app never
sees the paste, and the watcher looks more often than it does for users. With BRIEF_TOASTS in the environment, toasts
go before the app counts as settled, so that they are in no picture.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from textual.events import Paste

from ontos_tui.__main__ import main
from ontos_tui.tui.app import OntosApp
from ontos_tui.tui.core.background import Finished
from ontos_tui.tui.core.updates import change_watcher
from ontos_tui.tui.core.updates.change_watcher import ChangeWatcher
from ontos_tui.tui.terminal.driver import OntosDriver
from terminal import BRIEF_TOASTS, MARK, REQUEST

LOOK = 0.01
"""Seconds between two looks at whether the app is idle, and between two rounds of the watcher."""


class Activity:
    """Counts what the app does."""

    def __init__(self) -> None:
        self.rounds = 0
        """How often the watcher has looked."""
        self.events = 0
        """How often something was painted, or the result of a thread arrived."""

    def install(self) -> None:
        """Count from now on."""
        look, deliver, write = ChangeWatcher._look, OntosApp.on_finished, OntosDriver.write

        def counted_look(watcher: ChangeWatcher) -> None:
            try:
                look(watcher)
            finally:
                self.rounds += 1

        async def counted_delivery(app: OntosApp, message: Finished) -> None:
            self.events += 1
            await deliver(app, message)

        def counted_write(driver: OntosDriver, data: str) -> None:
            self.events += 1
            write(driver, data)

        ChangeWatcher._look = counted_look  # type: ignore[method-assign]
        OntosApp.on_finished = counted_delivery  # type: ignore[method-assign]
        OntosDriver.write = counted_write  # type: ignore[method-assign]

    async def settled(self, app: OntosApp) -> None:
        """Return once the app is idle, and was for two rounds of its watcher in which it did nothing."""
        seen = -1
        while seen != self.events or not is_idle(app):
            seen = self.events
            # The look that is under way may have begun before; the one after it sees all that was committed.
            rounds = self.rounds + 2
            while app._updates.is_watching and self.rounds < rounds:
                await asyncio.sleep(LOOK)
            for _ in range(3):  # a key is passed on from widget to widget
                await asyncio.sleep(LOOK)
                app.screen._on_timer_update()


def is_idle(app: OntosApp) -> bool:
    """Whether nothing is under way: no thread, no message, nothing to paint; with BRIEF_TOASTS, no toast either."""
    if BRIEF_TOASTS in os.environ and len(app._notifications):
        return False
    screen = app.screen
    waiting = any(not node._message_queue.empty() for node in (app, screen, *screen.walk_children()))
    return app.is_idle and not waiting and not screen._dirty_widgets and not screen._layout_required


def shorten_toasts() -> None:
    """Let toasts go at once."""
    notify = OntosApp.notify

    def brief(app: OntosApp, message: str, **options: Any) -> None:
        notify(app, message, **{**options, "timeout": LOOK})

    OntosApp.notify = brief  # type: ignore[method-assign, assignment]


def answer_requests(activity: Activity) -> None:
    """Take REQUEST out of the input, and write MARK in answer."""
    process = OntosDriver.process_message

    async def settle(driver: OntosDriver) -> None:
        app = driver._app
        try:
            with app._context():
                await activity.settled(app)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001  # the app ends, and the test sees why
            app._handle_exception(error)
        driver.write(MARK)
        driver.flush()

    def process_message(driver: OntosDriver, message: Any) -> None:
        if isinstance(message, Paste) and message.text == REQUEST:
            asyncio.run_coroutine_threadsafe(settle(driver), driver._loop)
        else:
            process(driver, message)

    OntosDriver.process_message = process_message  # type: ignore[method-assign]


if __name__ == "__main__":
    change_watcher.WATCH_SECONDS = LOOK
    if BRIEF_TOASTS in os.environ:
        shorten_toasts()
    activity = Activity()
    activity.install()
    answer_requests(activity)
    main()
