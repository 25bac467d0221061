"""A small OpenAI-compatible chat server for tests: real HTTP on loopback, with answers and faults as a script says."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What one request gets. `hold` is waited for before anything is sent; `drop` closes the connection instead."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    hold: threading.Event | None = None
    drop: bool = False


def says(content: object, *, finish_reason: str = "stop", logprobs: list[float] | None = None) -> Reply:
    """A completion; an object becomes its JSON text."""
    text = content if isinstance(content, (str, list)) else json.dumps(content)
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": finish_reason,
    }
    if logprobs is not None:
        choice["logprobs"] = {"content": [{"token": "x", "logprob": one} for one in logprobs]}
    return Reply(body={"object": "chat.completion", "choices": [choice]})


def refuses(status: int, message: str = "", **headers: str) -> Reply:
    """An error as such servers send it; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"error": {"message": message, "type": "error"}}, named)


@dataclass
class FakeChat:
    """The running server: where it is, and what it was asked."""

    base_url: str
    requests: list[Request] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    most_at_once: int = 0


@contextmanager
def fake_chat(answer: Callable[[Request], Reply] | list[Reply]) -> Iterator[FakeChat]:
    """Serve `answer` (a function of the request, or replies in their order, the last one for ever)."""
    state = FakeChat("")
    lock = threading.Lock()
    at_once = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            nonlocal at_once
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                at_once += 1
                state.most_at_once = max(state.most_at_once, at_once)
                position = len(state.requests)
                state.requests.append({**request, "path": self.path})
                state.keys.append(self.headers.get("Authorization", ""))
            try:
                reply = answer(request) if callable(answer) else answer[min(position, len(answer) - 1)]
                self._send(reply)
            finally:
                with lock:
                    at_once -= 1

        def _send(self, reply: Reply) -> None:
            if reply.hold is not None:
                reply.hold.wait(30)
            if reply.drop:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            content = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Tests look at `requests` instead."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hung up is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
