"""The workspace over HTTP: one server for the warehouse and for REST, with faults on demand."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from emulator.databricks.engine import LOGIN, Engine
from emulator.databricks.thrift import Handler, answer

TOKEN = "dapi-emulator"


@dataclass(frozen=True)
class Call:
    """A request as a handler sees it. `named` are the parts of the path that the route names."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    named: dict[str, str]
    headers: dict[str, str]

    def json(self) -> dict[str, Any]:
        """The body as a JSON object."""
        return dict(json.loads(self.body or b"{}"))


@dataclass(frozen=True)
class Response:
    """What is sent back."""

    status: int = 200
    body: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """An answer that Databricks gives as an error: `error_code`, a message and its HTTP status."""

    def __init__(self, status: int, error_code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.response = Response(
            status, {"error_code": error_code, "message": message, "details": []}, None, headers or {}
        )


@dataclass
class Fault:
    """What happens instead of an answer, to the next `times` requests whose path contains `path`.

    `drop` closes the connection: "before" the request is carried out, "after" it was, or in the "middle" of the answer.
    """

    path: str = ""
    status: int = 0
    error_code: str = ""
    message: str = "on demand"
    retry_after: str = ""
    delay: float = 0.0
    drop: str = ""
    times: int = 1


Route = tuple[str, re.Pattern[str], Callable[[Call], Response]]


class Workspace:
    """The state of one emulated workspace; `url` while it is served. Rooms of REST add their routes to it."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = engine or Engine()
        self.thrift = Handler(self.engine)
        self.tokens = {TOKEN}
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, str]] = []
        self.url = ""
        self.host = ""
        self._routes: list[Route] = []
        self._lock = threading.RLock()

    def route(self, method: str, path: str, handle: Callable[[Call], Response]) -> None:
        """Answer `method path`; `{name}` in the path is one part of it, `{name*}` all the rest."""
        pattern = re.escape(path)
        pattern = re.sub(r"\\{(\w+)\\\*\\}", r"(?P<\1>.+)", pattern)
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)
        self._routes.append((method, re.compile(f"^{pattern}/?$"), handle))

    def fault(self, **how: Any) -> Fault:
        """Something goes wrong soon."""
        made = Fault(**how)
        self.faults.append(made)
        return made

    def token(self, name: str) -> str:
        """A token of the person with this name, who may come in from now on; ana's is TOKEN."""
        token = TOKEN if name == "ana" else f"{TOKEN}-{name}"
        self.tokens.add(token)
        return token

    def login(self, token: str) -> str:
        """Who a token belongs to."""
        return f"{token.removeprefix(TOKEN).lstrip('-') or 'ana'}@example.com"

    def due(self, path: str) -> Fault | None:
        """The fault that this request meets, if any."""
        with self._lock:
            for one in self.faults:
                if one.times > 0 and one.path in path:
                    one.times -= 1
                    return one
        return None

    def _oauth(self, path: str, body: bytes) -> Response:
        """A login by OAuth of a machine: where tokens are given, and one for whoever asks."""
        if "/.well-known/" in path:
            address = f"{self.url}/oidc/v1"
            return Response(
                body={"authorization_endpoint": f"{address}/authorize", "token_endpoint": f"{address}/token"}
            )
        asked = {name: values[-1] for name, values in parse_qs(body.decode()).items()}
        if asked.get("grant_type") != "client_credentials":
            return Response(400, {"error": "unsupported_grant_type"})
        return Response(body={"access_token": self.token("machine"), "token_type": "Bearer", "expires_in": 3600})

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Response:
        """Carry out one request."""
        split = urlsplit(target)
        path = unquote(split.path)
        self.calls.append((method, path))
        if path.startswith("/.well-known/"):
            return Response(404, {"error_code": "NOT_FOUND", "message": "no configuration here"})
        if path.startswith("/oidc/"):
            return self._oauth(path, body)
        token = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if token not in self.tokens:
            return Response(401, {"error_code": "UNAUTHENTICATED", "message": "The token is expired or unknown."})
        LOGIN.set(self.login(token))
        if path.startswith("/sql/1.0/warehouses/") and method == "POST":
            return Response(raw=answer(self.thrift, body), headers={"Content-Type": "application/x-thrift"})
        query = {name: values[-1] for name, values in parse_qs(split.query).items()}
        for wanted, pattern, handle in self._routes:
            found = pattern.match(path)
            if found and wanted == method:
                try:
                    with self._lock:
                        return handle(Call(method, path, query, body, found.groupdict(), headers))
                except RefusedError as refused:
                    return refused.response
        return Response(404, {"error_code": "ENDPOINT_NOT_FOUND", "message": f"No API found for {method} {path}"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    disable_nagle_algorithm = True


def _handler(workspace: Workspace) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            fault = workspace.due(self.path)
            if fault is not None and fault.delay:
                time.sleep(fault.delay)
            if fault is not None and fault.drop == "before":
                self.close_connection = True
                self.connection.close()
                return
            if fault is not None and fault.status:
                extra = {"Retry-After": fault.retry_after} if fault.retry_after else {}
                text = {"error_code": fault.error_code, "message": fault.message}
                response = Response(fault.status, text, None, extra)
            else:
                response = workspace.answer(self.command, self.path, headers, body)
            if fault is not None and fault.drop == "after":
                self.close_connection = True
                self.connection.close()
                return
            self._send(response, whole=fault is None or fault.drop != "middle")

        def _chunks(self) -> bytes:
            parts = []
            while size := int(self.rfile.readline().strip() or b"0", 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _send(self, response: Response, *, whole: bool = True) -> None:
            raw = response.raw
            if raw is None:
                raw = b"" if response.body is None else json.dumps(response.body).encode()
            self.send_response(response.status)
            headers = {"Content-Type": "application/json", **response.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(raw if whole else raw[: len(raw) // 2])
            self.wfile.flush()
            if not whole:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve  # noqa: N815  # http.server asks for these names

        def log_message(self, format: str, *args: object) -> None:
            """Tests look at `calls` instead."""

    return Answering


@contextmanager
def serve(workspace: Workspace | None = None, port: int = 0) -> Iterator[Workspace]:
    """The workspace on loopback; `url` and `host` say where."""
    workspace = workspace or Workspace()
    server = _Server(("127.0.0.1", port), _handler(workspace))
    thread = threading.Thread(
        # It looks so often, in seconds, whether it shall end.
        target=server.serve_forever,
        args=(0.02,),
        name="databricks-emulator",
        daemon=True,
    )
    thread.start()
    workspace.host = f"127.0.0.1:{server.server_address[1]}"
    workspace.url = f"http://{workspace.host}"
    try:
        yield workspace
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        workspace.engine.close()
