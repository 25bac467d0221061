"""Keys that are typed ahead go to what the keys before them open: a stage, a page, a dialog.

Textual gives a key to the widget that has the focus when the key arrives. Of several keys in one packet, as from a
quick hand, a slow line or a macro, all would so go to the screen of the first one. Here a key waits until the one
before it has gone its whole way, and what that opened can take keys.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from time import monotonic
from typing import Any
from weakref import WeakSet

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen

from ontos_tui.tui.terminal import textual_internals

PATIENCE = 1.0
"""Seconds that a key waits at most: what takes longer to open is not what the user is waiting for."""
AT_ONCE = 0.05
"""Work that begins so many seconds after a key was begun by it."""
ROUNDS = 2
"""Times that the marker goes behind what a command has posted: a message, and another one that its handler posts."""
IMPATIENT = 0.3
"""Seconds of waiting after which escape takes the waiting keys away, in place of waiting behind them."""


class Opening:
    """Something that keys wait for: work in a thread, or a widget that is being mounted."""


class TypeAhead:
    """The keys that wait, and what they wait for."""

    class Passed(Message):
        """It follows a key from queue to queue; where it arrives at the app, the key has been handled everywhere."""

    def __init__(
        self, app: App[Any], send: Callable[[events.Event], Awaitable[None]], busy: Callable[[int], None]
    ) -> None:
        """`send` gives an event to the app as if it had just come; `busy` counts the keys that wait."""
        self._app, self._send, self._busy = app, send, busy
        self._held: deque[events.Event] = deque()
        self._held_since = 0.0
        self._last: events.Event | None = None
        self._target: DOMNode | None = None
        self._sent_at = 0.0
        self._marked: DOMNode | None = None
        self._rounds = 0
        self._openings: set[Opening] = set()
        self._extends = False
        self._ready: WeakSet[Screen[Any]] = WeakSet()

    # Keys

    def holds(self, event: events.Event) -> bool:
        """Whether a key or a paste that has just come must wait; it is sent later then."""
        waited = monotonic() - self._held_since
        if self._held and isinstance(event, events.Key) and event.key == "escape" and waited > IMPATIENT:
            self._busy(-len(self._held))
            self._held.clear()
            self._forget()
        if not self._held and self._is_open():
            self._note(event)
            return False
        self._busy(+1)
        self._held.append(event)
        if len(self._held) == 1:
            self._wait()
        return True

    def handled(self, event: events.Event) -> None:
        """A key has come back to the app, which has done what the key is bound to."""
        if event is self._last:
            self._last, self._rounds = None, ROUNDS

    def passed(self) -> None:
        """The marker has arrived. What the key's command posted, and what that posted, goes its way before the next."""
        marked, self._marked = self._marked, None
        self._last = self._target = None
        if marked is None or self._rounds <= 0 or not self._follow(marked):
            self.look()

    def look(self) -> None:
        """Send the next key, when it may go."""
        if self._held:
            self._app.call_later(self._release)

    async def _release(self) -> None:
        if not self._held:
            return
        if not self._is_open():
            if monotonic() - self._held_since < PATIENCE:
                return
            self._forget()
        event = self._held.popleft()
        self._note(event)
        try:
            await self._send(event)
        finally:
            self._busy(-1)
        if self._held:
            self._wait()
            self.look()

    def _wait(self) -> None:
        self._held_since = monotonic()
        self._app.set_timer(PATIENCE, self.look)

    def _note(self, event: events.Event) -> None:
        """The event is on its way."""
        self._sent_at, self._last, self._rounds = monotonic(), event, 0
        self._target = self._app.focused or self._app.screen

    def _forget(self) -> None:
        """What was waited for may never come."""
        self._last = self._target = self._marked = None
        self._openings.clear()

    # What they wait for

    def begins(self, *, surely: bool = False) -> Opening | None:
        """Work begins in a thread, or something is mounted; None when no key waits for it."""
        under_way = self._last is not None or self._marked is not None or bool(self._openings)
        if not (surely or self._extends or under_way or self._is_recent):
            return None
        opening = Opening()
        self._openings.add(opening)
        return opening

    def ends(self, opening: Opening | None) -> None:
        """What began is there."""
        if opening is not None:
            self._openings.discard(opening)
            self.look()

    async def deliver(self, opening: Opening | None, delivery: Awaitable[None]) -> None:
        """Show the result of such work; keys wait for the work that this begins as well."""
        before, self._extends = self._extends, opening is not None
        try:
            await delivery
        finally:
            self._extends = before
            self.ends(opening)

    def closes(self, dialog: Screen[Any]) -> None:
        """A dialog is left: keys wait for what its answer begins. Call it before the dialog is dismissed."""
        opening = Opening()

        def wrap(callback: Callable[[Any], Any]) -> Callable[[Any], Any]:
            async def call(answer: Any) -> None:
                before, self._extends = self._extends, True
                try:
                    result = callback(answer)
                    if isawaitable(result):
                        await result
                finally:
                    self._extends = before
                    self.ends(opening)

            self._openings.add(opening)
            return call

        textual_internals.wrap_result_callback(dialog, wrap)

    def closed(self, dialog: Screen[Any]) -> None:
        """A dialog has gone, and with it the marker that may be under way in it."""
        if self._marked is not None and self._marked.screen is dialog:
            self._marked = None
            self.look()
        if isinstance(self._target, DOMNode) and self._target.screen is dialog:
            self._target = self._last = None

    def _is_open(self) -> bool:
        """Whether a key would go where the user will see it go."""
        if self._openings or self._marked is not None:
            return False
        under_way = self._last is not None or self._is_recent
        if self._target is not None and under_way and self._follow(self._target):
            return False
        screen = self._app.screen
        if screen in self._ready:
            return True
        screen.call_after_refresh(self._screen_opened, screen)
        return False

    @property
    def _is_recent(self) -> bool:
        return monotonic() - self._sent_at < AT_ONCE

    def _follow(self, target: DOMNode) -> bool:
        """Send the marker behind the last key; False where there is nothing left that it could follow."""
        self._target = None
        self._rounds -= 1
        marker = self.Passed()
        marker.set_sender(target)
        if target.is_running and target.post_message(marker):
            self._marked = target
        return self._marked is not None

    def _screen_opened(self, screen: Screen[Any]) -> None:
        """The screen has been shown, so that its focus is where it belongs."""
        self._ready.add(screen)
        self.look()
