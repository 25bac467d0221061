"""Where the endpoints answer: on a port of this machine's loopback interface or a Unix socket, and nowhere else."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

from ontos_tui.domain.errors import ConflictError, InvalidInputError

HOST = "127.0.0.1"
BACKLOG = 128
_SOCKET = "unix:"
LONGEST_SOCKET = 100
"""Bytes of a socket's path; systems take 104 to 108 at most."""


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


def socket_url(path: Path) -> str:
    """The address of the server on a Unix socket."""
    return f"{_SOCKET}{path}"


def listen_on_socket(path: Path) -> socket.socket:
    """A Unix socket at `path` that only its owner may use (0600). What a server that is gone left there is replaced.

    Raises InvalidInputError for a path that cannot be one, ConflictError when something else is there.
    """
    if not path.is_absolute() or len(os.fsencode(path)) > LONGEST_SOCKET:
        raise InvalidInputError(
            f"{path} cannot be a socket: it needs an absolute path of at most {LONGEST_SOCKET} bytes.",
            "Give a shorter path, such as /run/user/1000/ontos.sock.",
        )
    _remove_left_over(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # from its first moment on it is closed to others
    try:
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConflictError(
            f"The socket {path} cannot be made: {error.strerror or error}.", "Give a path in a folder of your own."
        ) from error
    finally:
        os.umask(before)
    return listener


def remove_socket(path: Path) -> None:
    """Remove the socket of a server that has ended, if it is there."""
    with suppress(OSError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()


def connect(address: str, seconds: float) -> HTTPConnection:
    """A connection to the server at an address of `url` or `socket_url`, not opened yet; how long it waits."""
    if address.startswith(_SOCKET):
        return _SocketConnection(address.removeprefix(_SOCKET), seconds)
    return HTTPConnection(address.partition("//")[2], timeout=seconds)


class _SocketConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path
        self._seconds = seconds

    def connect(self) -> None:
        """Open it."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._seconds)
        self.sock.connect(self._path)


def _remove_left_over(path: Path) -> None:
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return
    if not is_socket:
        raise ConflictError(f"{path} is there already and is no socket.", "Give another path.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.settimeout(1)
        try:
            trial.connect(str(path))
        except ConnectionRefusedError:
            remove_socket(path)
        except OSError as error:
            raise ConflictError(
                f"{path} is another user's socket, or cannot be reached.", "Give another path."
            ) from error
        else:
            raise ConflictError(f"Another program answers at {path}.", "Stop it, or give another path.")
