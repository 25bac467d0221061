"""HTTP to an OpenAI-compatible server: one request, its retries, and the server's complaints in plain words."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ontos_tui.domain.errors import PlatformError

if TYPE_CHECKING:
    import httpx

BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request may well succeed."""
PASSING = re.compile(
    r"loading|warming|starting|initiali|not ready|overload|busy|try again|retry|rate.?limit|too many|capacity"
    r"|timed? ?out|unavailable",
    re.IGNORECASE,
)
"""Words of an error that passes, in an answer whose status says that all is well."""
LONGEST_ANSWER = 8 * 1024 * 1024
LONGEST_COMPLAINT = 300


class BadRequestError(PlatformError):
    """The server does not take this request (400 or 422); another one it may."""


class RefusedError(PlatformError):
    """The server would refuse every request: a wrong key, an unknown model or path."""


class UnreachableError(PlatformError):
    """No answer came, however often it was tried."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long a request is pursued. All times are in seconds."""

    attempts: int = 6
    first_delay: float = 0.5
    longest_delay: float = 30.0
    longest_retry_after: float = 120.0
    connect: float = 10.0
    answer: float = 120.0


class ChatServer:
    """A server that several threads talk to. When it asks one of them to wait, all of them do."""

    def __init__(
        self,
        base_url: str,
        key: str,
        connections: int,
        patience: RetryPolicy,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """Raises PlatformError when `base_url` or `key` cannot be used; neither is contacted yet."""
        import httpx

        self.host = host_of(base_url)
        self.stopped = threading.Event()
        self._key = key
        self._patience = patience
        self._wait = wait or self.stopped.wait
        self._not_before = 0.0
        self._lock = threading.Lock()
        if not key.isascii() or not key.isprintable():
            raise PlatformError(
                "The API key holds characters that are not allowed in a key.", "Set ONTOS_CHAT_API_KEY again."
            )
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        try:
            self._url = httpx.URL(base_url.rstrip("/") + "/chat/completions")
            if self._url.scheme not in ("http", "https") or not self._url.host:
                raise ValueError
            _ = urlsplit(base_url).port  # raises ValueError for a port that is none
        except (httpx.InvalidURL, ValueError) as error:
            raise PlatformError(
                "The address of the chat server is not valid.",
                "Set chat_base_url to something like http://127.0.0.1:11434/v1.",
            ) from error
        self._client = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(patience.answer, connect=patience.connect),
            limits=httpx.Limits(max_connections=connections),
            # A proxy cannot reach this machine's own loopback.
            trust_env=self._url.host not in ("localhost", "127.0.0.1", "::1"),
        )

    def __enter__(self) -> ChatServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stopped.set()
        self._client.close()

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """The server's answer to one request, tried again while it is busy.

        Raises BadRequestError, RefusedError, UnreachableError, or PlatformError when it stays busy.
        """
        import httpx

        content = json.dumps(body).encode("ascii")
        tried, trouble = 0, PlatformError(f"{self.host} got no request.")
        while tried < self._patience.attempts and not self.stopped.is_set():
            self._hold()
            retry_after = None
            try:
                status, headers, text = self._post(content)
            except httpx.TimeoutException:
                tried += 1  # counts twice: it cost long enough
                trouble = UnreachableError(
                    f"{self.host} did not answer in time.", "Check whether it is overloaded, or lower chat_concurrency."
                )
            except (httpx.TransportError, OSError) as error:
                tried += isinstance(error, httpx.ConnectError)  # nobody listens; soon tried enough
                trouble = UnreachableError(
                    f"{self.host} cannot be reached: {self._clean(str(error) or type(error).__name__)}.",
                    "Check that the server runs and that chat_base_url is right.",
                )
            else:
                answer = _object(text) if status == 200 else None
                if answer is not None and not _is_error(answer):
                    return answer
                trouble = self._trouble(status, text)
                if isinstance(trouble, (BadRequestError, RefusedError)) or (status != 200 and status not in BUSY):
                    raise trouble
                retry_after = _retry_after(headers.get("retry-after", ""))
            tried += 1
            if tried < self._patience.attempts:
                self._back_off(tried, retry_after, trouble)
        raise trouble

    def _post(self, content: bytes) -> tuple[int, httpx.Headers, bytes]:
        import httpx

        deadline = time.monotonic() + self._patience.answer
        with self._client.stream("POST", self._url, content=content) as response:
            parts, size = [], 0
            for part in response.iter_bytes():
                parts.append(part)
                size += len(part)
                if size > LONGEST_ANSWER:
                    raise PlatformError(f"{self.host} answered with more than 8 MB.", "Check that it is a chat server.")
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer trickles")
            return response.status_code, response.headers, b"".join(parts)

    def _hold(self) -> None:
        """Wait while the server wants to be left alone."""
        with self._lock:
            left = self._not_before - time.monotonic()
        if left > 0:
            self._wait(left + random.uniform(0, 0.1 * left))  # noqa: S311

    def _back_off(self, tried: int, retry_after: float | None, trouble: PlatformError) -> None:
        if retry_after is None:
            longest = min(self._patience.longest_delay, self._patience.first_delay * 2 ** (tried - 1))
            self._wait(random.uniform(longest / 2, longest))  # noqa: S311
        elif retry_after > self._patience.longest_retry_after:
            raise PlatformError(
                trouble.what, f"It asks to wait {retry_after:.0f} s. Try again later; finished work is not lost."
            )
        else:
            with self._lock:
                self._not_before = max(self._not_before, time.monotonic() + retry_after)

    def _trouble(self, status: int, text: bytes) -> PlatformError:
        said = self._complaint(text)
        if status == 200 and _object(text) is None:
            return PlatformError(f"{self.host} did not answer with a JSON object.", "Try again.")
        if status == 200 and PASSING.search(said):
            return PlatformError(
                f"{self.host} answered with an error{said}.", "Wait until it is ready, then try again."
            )
        if status == 200:
            return BadRequestError(f"{self.host} answered with an error{said}.", "Look into the server's log.")
        if status in (401, 403):
            return RefusedError(
                f"{self.host} denies access ({status}{said}).", "Set ONTOS_CHAT_API_KEY to a key that may use it."
            )
        if status in (400, 422):
            return BadRequestError(
                f"{self.host} does not accept the request ({status}{said}).", "Shorten the prompt or change the model."
            )
        if status in BUSY:
            return PlatformError(
                f"{self.host} is busy ({status}{said}).", "Try again later, or lower chat_concurrency in the settings."
            )
        if status == 413:
            return PlatformError(f"{self.host} says the request is too long.", "Shorten the prompt.")
        if 300 <= status < 400:
            return RefusedError(
                f"{self.host} redirects elsewhere ({status}).", "Set chat_base_url to the address that it moved to."
            )
        return RefusedError(f"{self.host} refuses ({status}{said}).", "Check chat_base_url and chat_model.")

    def _complaint(self, text: bytes) -> str:
        body: Any = _object(text)
        for key in ("error", "message", "detail", "status"):
            if isinstance(body, dict) and key in body:
                body = body[key]
        if isinstance(body, dict):
            body = body.get("message", "")
        said = self._clean(body if isinstance(body, str) else text.decode("utf-8", "replace"))
        return f": {said}" if said else ""

    def _clean(self, said: str) -> str:
        """What the server says, cut, and without the key that some repeat."""
        hidden = said.replace(self._key, "***") if self._key else said
        return " ".join(hidden.split())[:LONGEST_COMPLAINT]


def host_of(base_url: str) -> str:
    """Host and port of an address, without the user and password that it may hold."""
    try:
        parts = urlsplit(base_url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname or '(no host)'}{port}"
    except ValueError:
        return "(no host)"


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _is_error(answer: dict[str, Any]) -> bool:
    """Whether an object is an error and no completion, whatever the status says."""
    return not answer.get("choices") and any(answer.get(key) for key in ("error", "message", "detail", "status"))


def _retry_after(value: str) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date; None when there is none that one can read."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if seconds == seconds else None
