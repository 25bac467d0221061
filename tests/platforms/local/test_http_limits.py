"""How much the server takes on, whom it answers, and what slow, cut off or hostile connections do to the others."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from faults import server as faults
from faults.server import PATH, exchange, plain_request, post, serving
from ontos_tui.domain.errors import NotFoundError, StoreError
from ontos_tui.domain.learning import EndpointRequest
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import InferenceRecord, Origin
from ontos_tui.jobs.loopback import listen_on_socket
from ontos_tui.platforms.local.http_server import json_body
from ontos_tui.platforms.local.http_server.access import Access
from ontos_tui.platforms.local.http_server.admission import Limits
from ontos_tui.platforms.local.http_server.app import make_app
from ontos_tui.platforms.local.http_server.rows import LONGEST_COMMENT, LONGEST_ID, MOST_ROWS
from tiers import deep

TOKEN = "0123456789abcdef"


class Echo:
    """Answers every row at once, or when `go` is set."""

    def __init__(self) -> None:
        self.go: threading.Event | None = None
        self.begun = threading.Semaphore(0)
        self.failure: Exception | None = None

    def endpoints(self) -> list[Any]:
        return []

    def answer(self, requests: Sequence[EndpointRequest]) -> list[list[InferenceRecord]]:
        return [self.query(one.endpoint, one.rows) for one in requests]

    def query(self, name: str, rows: Sequence[Row]) -> list[InferenceRecord]:
        self.begun.release()
        if self.go is not None:
            self.go.wait(30)
        if self.failure is not None:
            raise self.failure
        at = datetime(2026, 1, 1, tzinfo=UTC)
        common = {"endpoint": name, "model_id": "m", "model_version": 1, "origin": Origin.HTTP, "requested_at": at}
        return [InferenceRecord(**common, input=row, output={}, latency_ms=1.0) for row in rows]

    def feedback(self, *_: Any) -> FeedbackItem:
        raise NotFoundError("No such request.")


async def asked(body: Any, path: str = PATH, access: Access | None = None, **headers: str) -> httpx.Response:
    """One request to the application itself."""
    transport = httpx.ASGITransport(app=make_app(Echo(), access))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        if isinstance(body, bytes):
            return await client.post(path, content=body, headers={"content-type": "application/json", **headers})
        return await client.post(path, json=body, headers=headers)


async def test_sizes_have_limits_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_body, "MOST_VALUES", 30_000)
    feedback = PATH.replace("invocations", "feedback")
    many = b'{"instances":[' + b"{}," * MOST_ROWS + b"{}]}"
    wide = b'{"instances":[{"a":[' + b"1," * 30_000 + b"1]}]}"
    for response, named in [
        (await asked({"instances": [{}], "client_request_id": "x" * 257}), f"{LONGEST_ID} characters"),
        (await asked({"request_id": "x" * 257, "rating": 1}, feedback), f"{LONGEST_ID} characters"),
        (await asked({"request_id": "x", "rating": 1, "comment": "x" * 10_001}, feedback), f"{LONGEST_COMMENT:,}"),
        (await asked({"request_id": "x", "rating": 1, "correction": {"a": "x" * 100_000}}, feedback), "100,000"),
        (await asked(b" " * (512 * 1024 + 1), feedback), "512 kB"),
        (await asked(many), f"{MOST_ROWS:,}"),
        (await asked(wide), "30,000 values"),
    ]:
        assert (response.status_code, named in response.json()["message"]) == (413, True), response.text[:200]
    # Commas in a text are no values.
    assert (await asked({"instances": [{"a": "," * 30_001}]})).status_code == 200


async def test_a_token_is_needed_where_one_is_set() -> None:
    access = Access(token=TOKEN)
    assert TOKEN not in repr(access)
    for given in ("", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}"):
        response = await asked({"instances": [{}]}, access=access, authorization=given)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert TOKEN not in response.text
    assert (await asked({"instances": [{}]}, access=access, authorization=f"bearer {TOKEN}")).status_code == 200


async def test_other_hosts_are_answered_only_where_they_are_named() -> None:
    for host in ("models.example", "localhost@evil.example", "evil.example/127.0.0.1", "127.0.0.1:x", "[::1"):
        assert (await asked({"instances": [{}]}, host=host)).status_code == 400
    access = Access(hosts=("models.example",))
    assert (await asked({"instances": [{}]}, access=access, host="Models.example:80")).status_code == 200


async def test_nothing_of_this_machine_is_in_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    backend = Echo()
    backend.failure = StoreError("/home/ana/ontos.db is full.")
    transport = httpx.ASGITransport(app=make_app(backend))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        response = await client.post(PATH, json={"instances": [{}]})
    assert (response.status_code, "ana" in response.text) == (500, False)
    assert caplog.text.count("is full") == 1


def test_odd_framing_and_cut_off_requests_are_refused_with_a_reason() -> None:
    body = b'{"instances":[{}]}'
    both = post(body, PATH, f"Content-Length: {len(body)}", "Transfer-Encoding: chunked")
    twice = post(body, PATH, f"Content-Length: {len(body)}", "Content-Length: 3")
    with serving(Echo()) as port:
        for request in (both, twice, post(body, PATH, "Content-Length: 100"), b"POST / HT", b"\x16\x03\x01\x02"):
            response = exchange(port, request)
            assert response.startswith(b"HTTP/1.1 400"), (request, response)
            assert not faults.trouble_with(response)
        # What is complete is answered, although the client will send no more.
        assert exchange(port, plain_request()).startswith(b"HTTP/1.1 200")


def test_slow_connections_end_and_do_not_keep_others_out() -> None:
    with serving(Echo(), Limits(connections=3, header_seconds=0.1, body_seconds=0.1)) as port:
        slow = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(6)]
        for one in slow[1:]:
            one.sendall(b"POST /health HTTP/1.1\r\n")
        assert exchange(port, plain_request()).startswith(b"HTTP/1.1 200")
        assert slow[0].recv(100).startswith(b"HTTP/1.1 503")  # idle longest, it made room
        assert slow[5].recv(100).startswith(b"HTTP/1.1 408")
        slow[5].close()
        with socket.create_connection(("127.0.0.1", port), timeout=30) as trickling:
            trickling.sendall(post(b"", PATH, "Content-Length: 9"))
            assert trickling.recv(100).startswith(b"HTTP/1.1 408")
        for one in slow:
            one.close()


def test_beyond_the_queue_is_429_and_a_stop_finishes_what_was_accepted() -> None:
    backend, replies = Echo(), list[bytes]()
    backend.go = threading.Event()

    def ask() -> None:
        replies.append(exchange(port, plain_request()))

    with serving(backend, Limits(at_once=1, waiting=1)) as port:
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert backend.begun.acquire(timeout=30)  # one is worked on, one waits
        while not replies:
            threads[0].join(0.01)
        assert replies[0].startswith(b"HTTP/1.1 429")
        assert b"retry-after: 1" in replies[0].lower()
        threading.Timer(0.1, backend.go.set).start()
    for thread in threads:
        thread.join()
    assert [one[:12] for one in replies[1:]] == [b"HTTP/1.1 200"] * 2
    with pytest.raises(OSError, match="refused"):
        exchange(port, plain_request())


def test_a_socket_is_for_its_owner_alone_and_replaces_what_was_left(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listen_on_socket(path).close()  # its file stays
    with listen_on_socket(path):
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(Exception, match="Another program answers"):
            listen_on_socket(path)
    (tmp_path / "file").touch()
    for taken, said in [(tmp_path / "file", "is no socket"), (tmp_path / ("x" * 100), "at most 100 bytes")]:
        with pytest.raises(Exception, match=said):
            listen_on_socket(taken)
    assert (tmp_path / "file").exists()


def test_drawn_requests_are_answered_or_refused() -> None:
    with serving(Echo()) as port:
        result = faults.send_all(port, random.Random(7), 30, most=40)
    assert (result.tried, result.lost, result.notes) == (40, 0, ())


@deep
def test_ten_thousand_drawn_requests_to_a_model() -> None:
    result = faults.run(random.randrange(10**9), 120)
    assert not result.lost, result.notes
