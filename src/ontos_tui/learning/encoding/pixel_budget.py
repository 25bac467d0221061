"""How many pixels a request of a stranger may have decoded, and how many all of them together.

A file of 2 kB can hold a picture of 50 megapixels, which costs 200 MB and half a second. So a request has a number of
pixels, the requests that wait or are worked on have one together, and pictures of one request are decoded at a time.
Nothing is limited outside of `limited_pixels`: a user's own training reads what the user has.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ontos_tui.domain.errors import InvalidInputError, OntosError

PIXELS_A_REQUEST = 16_000_000
PIXELS_AT_ONCE = 20_000_000
"""Of all requests that are worked on or wait. One second's work, and what is decoded at a time takes 150 MB at most."""


class TooManyPixelsError(InvalidInputError):
    """The pictures of one request have more pixels than a request may have."""


class BusyError(OntosError):
    """Too much is being decoded already; a moment later there is room."""


class _Request:
    """What one request has spent."""

    def __init__(self) -> None:
        self.spent = 0
        self.reserved = 0
        self.has_turn = False


_REQUEST: ContextVar[_Request | None] = ContextVar("pixels of the request", default=None)


class _Shared:
    """What all requests of this process have reserved, and the turn to decode."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self._lock = threading.Lock()
        self._reserved = 0

    def reserve(self, pixels: int) -> bool:
        """Reserve pixels if there is room for them."""
        with self._lock:
            if self._reserved + pixels > PIXELS_AT_ONCE:
                return False
            self._reserved += pixels
            return True

    def release(self, pixels: int) -> None:
        """Give reserved pixels back."""
        with self._lock:
            self._reserved -= pixels


_SHARED = _Shared()


@contextmanager
def limited_pixels() -> Iterator[None]:
    """Limit what is decoded within, in this thread, to what one request may have."""
    request = _Request()
    before = _REQUEST.set(request)
    try:
        yield
    finally:
        _REQUEST.reset(before)
        _SHARED.release(request.reserved)
        if request.has_turn:
            _SHARED.turn.release()


def spend_pixels(pixels: int) -> None:
    """Count pixels before they are decoded, and wait for the turn to do so.

    Raises TooManyPixelsError when the request has had its share, BusyError when too many requests want theirs.
    """
    request = _REQUEST.get()
    if request is None:
        return
    request.spent += pixels
    if request.spent > PIXELS_A_REQUEST:
        raise TooManyPixelsError(
            f"The pictures of the request have more than {PIXELS_A_REQUEST:,} pixels.",
            "Make them smaller, or send them in several requests.",
        )
    more = max(0, request.spent - request.reserved)
    if not _SHARED.reserve(more):
        raise BusyError("The server decodes as many pictures as it may.", "Send the request again in a moment.")
    request.reserved += more
    if not request.has_turn:
        _SHARED.turn.acquire()
        request.has_turn = True


def restart_pixels() -> None:
    """Begin to count anew, where the same pictures are decoded a second time to find the one that does not fit."""
    if (request := _REQUEST.get()) is not None:
        request.spent = 0
