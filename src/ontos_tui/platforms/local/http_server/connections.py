"""Connections that are slow, cut off or too many: none of them may keep the others from being answered."""

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
from collections import OrderedDict
from contextlib import suppress
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from ontos_tui.platforms.local.http_server.admission import Limits
from ontos_tui.platforms.local.http_server.replies import refusal_body

LOG = logging.getLogger(__name__)
_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of malloc.h."""


def give_memory_back() -> None:
    """Have the C library return large blocks to the system when they are freed: pictures take them for a moment.

    glibc otherwise keeps them, for each of its threads, once it has seen one of their size.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 1 << 20)


def make_server(app: Starlette, limits: Limits, graceful_seconds: int) -> uvicorn.Server:
    """A server for `app`. Asked to stop, it takes no more, and finishes what it has taken for `graceful_seconds`."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what is refused is logged here, once
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_protocol(limits),
            loop="asyncio",
            log_config=None,
            access_log=False,  # the inference log has every request
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=graceful_seconds,
        )
    )


def _protocol(limits: Limits) -> type[H11Protocol]:
    """HTTP/1.1 with deadlines, for one server."""
    opened: OrderedDict[Connection, None] = OrderedDict()

    class Limited(Connection):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.limits = limits
            self.opened = opened

    return Limited


class Connection(H11Protocol):
    """One connection. Between requests it has `header_seconds` from the first byte of the next one."""

    limits: Limits
    opened: OrderedDict[Connection, None]
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the headers; make room where too many connections are open."""
        super().connection_made(transport)
        self.opened[self] = None
        if len(self.opened) > self.limits.connections:
            idle = next((one for one in self.opened if not one.is_busy()), self)
            idle.refuse(503, "Too many connections are open.")
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        self.opened.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on. The deadline ends with the headers, and begins with what comes after an answer."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting()
        elif not self.is_busy():
            self._await_headers()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Answer a request that is complete although nothing more will be sent; refuse one that is cut off."""
        if self.is_busy() and not self.cycle.more_body:
            self.cycle.keep_alive = False
            return True
        if self.conn.trailing_data[0] or self.is_busy():
            self.refuse(400, "The connection was closed before the request was complete.")
        return None

    def is_busy(self) -> bool:
        """Whether a request is being received or answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self.refuse(400, "This is not a valid HTTP/1.1 request.")

    def refuse(self, status: int, message: str) -> None:
        """Say why, where that can still be said, and close the connection."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        LOG.info("connection: %d %s", status, message)
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = json.dumps(refusal_body(status, message)).encode("ascii")
            headers = [
                ("content-type", "application/json"),
                ("content-length", str(len(body))),
                ("connection", "close"),
            ]
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.is_busy():
            self.cycle.disconnected = True  # what still works on the request has nobody to answer
        self.transport.close()

    def _await_headers(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.limits.header_seconds, self._late)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self.refuse(408, f"The headers did not arrive within {self.limits.header_seconds:g} s.")
