"""The only way from a screen to a service: in a thread, with the result or the error brought back to the event loop."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual.message import Message
from textual.widget import Widget

from ontos_tui.domain.errors import OntosError

if TYPE_CHECKING:
    from ontos_tui.tui.core.ports import AppPort
    from ontos_tui.workspace import Workspace

T = TypeVar("T")
LOG = logging.getLogger("ontos.tui")
ON_FAILURE: ContextVar[Callable[[OntosError], Any] | None] = ContextVar("ON_FAILURE", default=None)
"""Where errors go of work that is begun now without a `failed` of its own: back into the form that asked for it."""


ASIDE = frozenset({"items", "pages", "claims", "claim", "context", "others", "overview", "series", "picture"})
"""Groups of work beside what a key asked for: the next key does not wait for it."""


class Finished(Message):
    """Work in a thread is over; `deliver` runs on the event loop, and is awaited when it can be."""

    def __init__(self, deliver: Callable[[], Any]) -> None:
        super().__init__()
        self.deliver = deliver


class UnexpectedError(OntosError):
    """An error of ours, not the user's; what is known about it is in the log."""


class BackgroundMixin(Widget):
    """A widget that uses services."""

    @property
    def ontos(self) -> AppPort:
        """The app, as far as screens use it."""
        return cast("AppPort", self.app)

    def run_in_background(
        self,
        work: Callable[[Workspace], T],
        then: Callable[[T], Any],
        *,
        group: str = "load",
        failed: Callable[[OntosError], Any] | None = None,
    ) -> None:
        """Run `work` in a thread, then give its result to `then` on the event loop.

        A later call of the same group takes the earlier one's place: its result is dropped when it comes. Errors go to
        `failed`, or back into the form that began the work, or into a toast that says what to do.
        """
        failed = failed or ON_FAILURE.get()
        turns: dict[str, int] = self.__dict__.setdefault("_turns", {})
        turn = turns[group] = turns.get(group, 0) + 1
        app, ontos = self.app, self.ontos

        async def deliver(outcome: T | OntosError) -> None:
            try:
                if turns[group] != turn or not self.is_attached:
                    return
                show_error = failed or ontos.show_error
                delivered = show_error(outcome) if isinstance(outcome, OntosError) else then(outcome)
                if inspect.isawaitable(delivered):
                    await delivered
            finally:
                ontos.busy(-1)

        def run() -> None:
            outcome: T | OntosError
            try:
                outcome = work(ontos.workspace)
            except OntosError as error:
                outcome = error
            except Exception as error:  # noqa: BLE001  # a thread's error must reach the user, whatever it is
                outcome = unexpected(error)
            app.post_message(Finished(lambda: ontos.type_ahead.deliver(opening, deliver(outcome))))

        ontos.busy(+1)
        opening = None if group in ASIDE else ontos.type_ahead.begins()
        # A daemon: leaving the app never waits for a query that is not needed any more. Writes are transactions.
        threading.Thread(target=run, name=f"background-{group}", daemon=True).start()


def unexpected(error: Exception) -> OntosError:
    """Log an error of ours and describe it in one line. The log has the places, never the values of variables."""
    LOG.error("unexpected %s", type(error).__name__, exc_info=error)
    return UnexpectedError(
        f"Something unexpected happened: {type(error).__name__}: {error}.", "Try again; details are in logs/ontos.log."
    )
