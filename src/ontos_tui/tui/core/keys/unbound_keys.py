"""A key that does nothing says so when it is pressed again."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from ontos_tui.tui.core.commands import key_name

SECONDS = 3.0
"""Within which a key is pressed again by one who expects something of it."""


class UnboundKeys:
    """Watches whether a key runs an action. For one that does not, twice in a row, it says where the keys are."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._ran = False
        self._last = ""
        self._at = 0.0

    def arrived(self) -> None:
        """A key has come to the app: no widget has taken it."""
        self._ran = False

    def ran(self, ran: bool) -> None:
        """An action was tried."""
        self._ran = self._ran or ran

    def handled(self, key: str) -> None:
        """The key's bindings were tried."""
        if self._ran:
            self._last = ""
            return
        again, self._last = key == self._last and monotonic() - self._at < SECONDS, key
        self._at = monotonic()
        if again:
            self._last = ""
            self._show(f"{key_name(key)} does nothing here; ? lists the keys (in a form: f1)")
