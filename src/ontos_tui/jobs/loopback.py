"""The port on which the endpoints answer: on this machine's loopback interface, and nowhere else."""

from __future__ import annotations

import socket

from ontos_tui.domain.errors import ConflictError

HOST = "127.0.0.1"
BACKLOG = 128


def url(port: int) -> str:
    """The address of the server on `port`."""
    return f"http://{HOST}:{port}"


def listen(port: int) -> socket.socket:
    """A socket that listens on the loopback interface. Raises ConflictError when the port cannot be had."""
    # Only where the protocol is named does asyncio turn Nagle's algorithm off, which holds each answer back for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # A port whose last connections still fade out may be used again at once; one that is listened on may not.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConflictError(
            f"Port {port} of this machine cannot be used: {error.strerror or error}.",
            "Stop the program that uses it or set ONTOS_SERVE_PORT to another port, then start the server again.",
        ) from error
    return listener
