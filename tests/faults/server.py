"""A server of endpoints that is sent what nobody would send: bodies, headers and connections drawn at random.

Promised: every request that is not answered is refused with a 4xx and a reason in words, without anything of this
machine in it; memory stays flat; and between all of it, a plain request is answered.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from builders.models import served_model
from faults.result import Result
from ontos_tui.jobs.loopback import listen
from ontos_tui.platforms.local.http_server.admission import Limits
from ontos_tui.platforms.local.http_server.app import ServingBackend, make_app
from ontos_tui.platforms.local.http_server.connections import make_server
from ontos_tui.worker.serving import WorkspaceBackend
from ontos_tui.workspace import Workspace

PROMISE = "any request is answered or refused by 4xx with a reason, memory grows by less than 64 MB"
MOST_GROWTH = 64 * 1024**2
PATH = "/serving-endpoints/live/invocations"
ROW = {"voltage": 0.2, "line": "north"}
INSIDE = ("Traceback", "object at 0x", "pydantic", "sqlite", "numpy", "sklearn", "Errno", "/home/", "/tmp/", ".py")
LIMITS = Limits(header_seconds=1.0, body_seconds=1.0)


def run(seed: int, seconds: float) -> Result:
    """Send what `seed` draws to a server with a model, until the time is over."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        served_model(home)
        with Workspace(home) as workspace, serving(WorkspaceBackend(workspace)) as port:
            return send_all(port, draw, seconds)


@contextmanager
def serving(backend: ServingBackend, limits: Limits = LIMITS) -> Iterator[int]:
    """The server in a thread; its port."""
    with listen(0) as listener:
        server = make_server(make_app(backend, limits=limits), limits, 2)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def send_all(port: int, draw: random.Random, seconds: float, most: int = 10**9) -> Result:
    """Send drawn requests to a server, at most so many."""
    notes: list[str] = []
    lost = tried = 0
    for _ in range(3):
        exchange(port, plain_request())
    before, ends = _memory(), time.monotonic() + seconds
    while tried < most and (tried == 0 or time.monotonic() < ends):
        tried += 1
        name, request = draw.choice(REQUESTS)(draw)
        trouble = trouble_with(exchange(port, request))
        if not trouble and tried % 50 == 0:
            trouble = "" if _status(exchange(port, plain_request())) == 200 else "a plain request was not answered"
        if trouble:
            lost += 1
            notes.append(f"{name}: {trouble}")
    if (growth := _memory() - before) > MOST_GROWTH:
        lost += 1
        notes.append(f"memory grew by {growth / 1024**2:.0f} MB over {tried:,} requests")
    return Result(PROMISE, tried, lost, tuple(notes[:20]))


def exchange(port: int, request: bytes) -> bytes:
    """Send bytes, and read until the server closes or has answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all of it was sent
        received = b""
        try:
            while piece := connection.recv(1 << 16):
                received += piece
        except OSError:
            pass
        return received


def trouble_with(response: bytes) -> str:
    """What is wrong with a response; empty if nothing is."""
    head, _, body = response.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        head, _, body = body.partition(b"\r\n\r\n")
    status = _status(head)
    if status is None:
        return f"no response: {response[:80]!r}"
    if status == 200:
        return ""
    if not 400 <= status < 500:
        return f"status {status}: {body[:120]!r}"
    if not body:
        return ""  # to a HEAD
    try:
        said, _ = json.JSONDecoder().raw_decode(body.decode("ascii"))  # another response may follow
        message = said["message"]
    except (ValueError, TypeError, KeyError):
        return f"{status} without a reason: {body[:80]!r}"
    if status == 429 and b"retry-after" not in head.lower():
        return "429 without Retry-After"
    shown = next((word for word in INSIDE if word in message), "")
    return f"{status} shows {shown!r}: {message[:120]}" if shown or not message else ""


def plain_request(path: str = PATH) -> bytes:
    """A request that is answered."""
    return post(json.dumps({"dataframe_records": [ROW]}).encode(), path)


def post(body: bytes, path: str = PATH, *headers: str) -> bytes:
    """A request as bytes."""
    own = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines = [*own, *(headers or [f"Content-Length: {len(body)}"])]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def _status(response: bytes) -> int | None:
    words = response[:40].split(b" ")
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit() else None


def _memory() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * 4096


def odd_value(draw: random.Random, depth: int = 0) -> str:
    """A JSON value, or nearly one, as text."""
    kind = draw.randrange(12 if depth < 4 else 9)
    if kind == 9:
        return "[" + ",".join(odd_value(draw, depth + 1) for _ in range(draw.randrange(4))) + "]"
    if kind >= 10:
        names = [draw.choice(['"voltage"', '"line"', '"a"', '"\\ud800"', '""', "1"]) for _ in range(draw.randrange(4))]
        return "{" + ",".join(f"{name}:{odd_value(draw, depth + 1)}" for name in names) + "}"
    return draw.choice(
        [
            "null",
            "true",
            str(draw.randrange(-(10**6), 10**6)),
            str(draw.random()),
            "NaN",
            "-Infinity",
            "1e999",
            "9" * draw.randrange(1, 6_000),
            '"north"',
            '"\\ud83d"',
            '"' + "x" * draw.randrange(10_000) + '"',
            '"\\u0000\\u001b[31m"',
            '"\\x"',
            "",
            "[" * draw.randrange(1, 5_000),
        ]
    )


def _body(draw: random.Random) -> tuple[str, bytes]:
    form = draw.choice(["dataframe_records", "dataframe_split", "inputs", "instances", "other"])
    text = f'{{"{form}":{odd_value(draw)}}}'
    return "body", post(text.encode("utf-8", "replace"))


def _rows(draw: random.Random) -> tuple[str, bytes]:
    rows = ",".join(f'{{"voltage":{odd_value(draw, 3)},"line":{odd_value(draw, 3)}}}' for _ in range(draw.randrange(4)))
    return "rows", post(f'{{"instances":[{rows}],"client_request_id":{odd_value(draw, 3)}}}'.encode())


def _feedback(draw: random.Random) -> tuple[str, bytes]:
    names = ["databricks_request_id", "request_id", "rating", "comment", "correction"]
    text = ",".join(f'"{name}":{odd_value(draw, 2)}' for name in draw.sample(names, draw.randrange(5)))
    return "feedback", post(f"{{{text}}}".encode(), PATH.replace("invocations", "feedback"))


def _bytes(draw: random.Random) -> tuple[str, bytes]:
    """A plain request with some bytes changed, cut out or doubled."""
    content = bytearray(plain_request())
    for _ in range(draw.randrange(1, 6)):
        at = draw.randrange(len(content))
        change = draw.randrange(3)
        if change == 0:
            content[at] = draw.randrange(256)
        elif change == 1:
            del content[at : at + draw.randrange(1, 20)]
        else:
            content[at:at] = content[at : at + draw.randrange(1, 40)]
    return "bytes", bytes(content) or b"\n"


def _headers(draw: random.Random) -> tuple[str, bytes]:
    body = b'{"instances":[{}]}'
    extra = draw.choice(
        [
            ("Content-Length: 18", "Content-Length: 19"),
            ("Content-Length: 18", "Transfer-Encoding: chunked"),
            ("Transfer-Encoding: gzip, chunked",),
            ("Content-Length: -1",),
            ("Content-Length: 99999999999999999999",),
            ("Content-Length: 18", "Host: evil.example"),
            ("Content-Length: 18", "Origin: http://evil.example"),
            ("Content-Length: 18", "X: " + "y" * draw.randrange(100_000)),
            ("Content-Length: 18", "Expect: 100-continue"),
            ("Content-Length: 18", "Upgrade: websocket", "Connection: upgrade"),
            ("Content-Length: 1000",),
            ("Transfer-Encoding: chunked",),
        ]
    )
    return f"headers {extra[-1][:40]}", post(body, PATH, *extra)


def _paths(draw: random.Random) -> tuple[str, bytes]:
    path = draw.choice(
        [
            "/",
            "/health/x",
            "/../etc/passwd",
            "/serving-endpoints/%00/invocations",
            "/serving-endpoints/%ff%fe/feedback",
            f"/serving-endpoints/{'a' * draw.randrange(1, 60_000)}/invocations",
            "/api/2.0/serving-endpoints/%1b]52;c;A%07",
        ]
    )
    method = draw.choice(["GET", "POST", "PUT", "DELETE", "OPTIONS", "BREW"])
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Content-Length: 2"]
    return f"{method} {path[:40]}", "\r\n".join([*lines, "", "{}"]).encode()


REQUESTS = (_body, _rows, _feedback, _bytes, _headers, _paths)


def answer_of(port: int, body: Any) -> tuple[int, dict[str, Any]]:
    """The status and the JSON body of a query."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", PATH, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()
