"""How much is taken on at once, so that many clients cost no more memory than few: the rest is told to come again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

from starlette.requests import Request

from ontos_tui.platforms.local.http_server.replies import RefusedError


@dataclass(frozen=True)
class Limits:
    """What the server takes on. Times in seconds, sizes in bytes."""

    at_once: int = 4
    """Requests that are worked on at the same time."""
    waiting: int = 64
    """Requests that wait for their turn, their bodies complete."""
    patience: float = 10.0
    """For a turn."""
    large_patience: float = 1.0
    """For the turn of a large body: large ones are worked on one after the other."""
    connections: int = 512
    """Open connections. For one more, the one that has been idle longest is closed."""
    header_seconds: float = 10.0
    """From the first byte, or the opening of a connection, to the end of the headers."""
    body_seconds: float = 30.0
    """For a body to arrive, and for an answer to be taken."""
    body: int = 16 * 1024 * 1024
    """The body of a query."""
    feedback: int = 512 * 1024
    """The body of feedback."""
    held: int = 64 * 1024 * 1024
    """All bodies of requests that are not answered yet."""
    small: int = 64 * 1024
    """A body that is never refused for lack of room."""


class Admission:
    """Counts what is being worked on and what waits. For one event loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._turns = asyncio.Semaphore(limits.at_once)
        self._large = asyncio.Lock()
        self._inside = 0
        self._held = 0

    @asynccontextmanager
    async def body(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """The body of a request, which counts as held until the end. Raises RefusedError (408, 413, 429)."""
        held = _Held()
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                await self._read(request, limit, held)
        except TimeoutError as error:
            self._held -= held.counted
            raise RefusedError(408, f"The body did not arrive within {self.limits.body_seconds:g} s.") from error
        except BaseException:
            self._held -= held.counted
            raise
        try:
            yield bytes(held.content)
        finally:
            self._held -= held.counted

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those that are worked on or wait. Raises RefusedError (429) where there is none."""
        if self._inside >= self.limits.at_once + self.limits.waiting:
            raise RefusedError(429, f"{self.limits.waiting} requests wait already. Send it again in a moment.")
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    @asynccontextmanager
    async def turn(self, size: int) -> AsyncIterator[None]:
        """Wait for a turn; large bodies have theirs one by one. Raises RefusedError (429) where there is none."""
        is_large = size > self.limits.small
        with self.place():
            async with AsyncExitStack() as turns:
                try:
                    async with asyncio.timeout(self.limits.large_patience if is_large else self.limits.patience):
                        if is_large:
                            await turns.enter_async_context(self._large)
                        await turns.enter_async_context(self._turns)
                except TimeoutError as error:
                    raise RefusedError(429, "The server is busy. Send it again in a moment.") from error
                yield

    async def _read(self, request: Request, limit: int, into: _Held) -> None:
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise too_large(limit)
        async for chunk in request.stream():
            into.content += chunk
            size = len(into.content)
            if size > limit:
                raise too_large(limit)
            if size > self.limits.small:
                self._held += size - into.counted
                into.counted = size
                if self._held > self.limits.held:
                    raise RefusedError(429, "The server holds as many large requests as it may. Send it again.")


class _Held:
    """What has arrived of a body, and how much of it is counted."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.counted = 0


def too_large(limit: int) -> RefusedError:
    """The refusal of a body that is larger than it may be."""
    size = f"{limit // 1024**2} MB" if limit >= 1024**2 else f"{limit // 1024} kB"
    return RefusedError(413, f"The body is larger than {size}; send fewer rows at once.")
