"""The port of the endpoints: small answers leave at once, and a port that is taken is refused with advice."""

from __future__ import annotations

import asyncio
import socket

import pytest

from ontos_tui.domain.errors import ConflictError
from ontos_tui.jobs.loopback import HOST, listen


async def test_an_accepted_connection_does_not_wait_for_more_to_send() -> None:
    """With Nagle's algorithm, the second part of an answer waits 40 ms for the client's delayed acknowledgment."""
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with listen(0) as listener:
        async with await asyncio.start_server(answer, sock=listener):
            _, writer = await asyncio.open_connection(HOST, listener.getsockname()[1])
            assert await accepted
            writer.close()


def test_a_port_that_is_listened_on_is_refused_with_the_setting_that_changes_it() -> None:
    with listen(0) as listener, pytest.raises(ConflictError, match="ONTOS_SERVE_PORT"):
        listen(listener.getsockname()[1])
