"""The web application: that of Databricks Model Serving, so that its clients work here unchanged."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, OntosError
from ontos_tui.domain.learning import EndpointRequest
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import Origin
from ontos_tui.domain.schema import Answer
from ontos_tui.domain.text.terminal_text import safe_line
from ontos_tui.learning.encoding.pixel_budget import limited_pixels
from ontos_tui.platforms.local.http_server.access import Access
from ontos_tui.platforms.local.http_server.admission import Admission, Limits
from ontos_tui.platforms.local.http_server.batches import Answered, Batches
from ontos_tui.platforms.local.http_server.json_body import parse_json
from ontos_tui.platforms.local.http_server.replies import (
    SERVER_FAILED,
    Deployed,
    RefusedError,
    answers,
    endpoint_body,
    feedback_stored,
    json_response,
)
from ontos_tui.platforms.local.http_server.rows import client_request_id_of, feedback_of, rows_of

LOG = logging.getLogger(__name__)
_QUERY = re.compile(r"/serving-endpoints/(?P<name>[^/]+)/invocations")
_REFUSAL = "ontos.refusal"
"""Where the scope of a request has why it was refused."""
LONGEST_NAME = 100
"""Characters of a name or a path that a message repeats."""


class ServingBackend(Protocol):
    """What stands behind the server. Safe to use from several threads; errors are OntosErrors."""

    def endpoints(self) -> Sequence[Deployed]:
        """Every endpoint."""
        ...

    def answer(self, requests: Sequence[EndpointRequest]) -> Sequence[Answered]:
        """A record for every row of each; or NotFoundError, or ConflictError where the endpoint is stopped."""
        ...

    def feedback(
        self, name: str, request_id: str, rating: int, comment: str, correction: Answer | None
    ) -> FeedbackItem:
        """Store feedback on a request to this endpoint."""
        ...


@runtime_checkable
class CountsRefusals(Protocol):
    """A backend that counts the requests to an endpoint that are refused before a model sees them."""

    def refused(self, name: str, status: int, reason: str) -> None:
        """Count one. Called on the event loop: nothing may wait."""
        ...


def make_app(backend: ServingBackend, access: Access | None = None, limits: Limits | None = None) -> Starlette:
    """The web application that serves `backend` to those whom `access` lets in."""
    handlers = _Handlers(backend, limits or Limits())
    return Starlette(
        routes=[
            Route("/serving-endpoints/{name}/invocations", _explained(handlers.invocations), methods=["POST"]),
            Route("/serving-endpoints/{name}/feedback", _explained(handlers.feedback), methods=["POST"]),
            Route("/api/2.0/serving-endpoints", _explained(handlers.endpoint_list)),
            Route("/api/2.0/serving-endpoints/{name}", _explained(handlers.endpoint)),
            Route("/health", _health),
        ],
        middleware=[
            Middleware(Counted, refused=backend.refused if isinstance(backend, CountsRefusals) else None),
            Middleware(Guard, access=access or Access()),
        ],
        exception_handlers={HTTPException: _no_route},
    )


class _Handlers:
    """One method for each route; work on the backend waits for a place or a turn, and runs in a thread."""

    def __init__(self, backend: ServingBackend, limits: Limits) -> None:
        self._backend = backend
        self._limits = limits
        self._admission = Admission(limits)
        self._batches = Batches(self._answer, limits.at_once, limits.patience)

    async def invocations(self, request: Request) -> Response:
        _check_declared(request)
        name, origin = request.path_params["name"], _origin(request)
        async with self._admission.body(request, self._limits.body) as content:
            try:
                if len(content) <= self._limits.small:
                    with self._admission.place():
                        return answers(await self._batches.ask(_endpoint_request(name, content, origin)))
                async with self._admission.turn(len(content)):
                    return await run_in_threadpool(self._alone, name, content, origin)
            except ConflictError as error:
                raise RefusedError(503, str(error)) from error

    async def feedback(self, request: Request) -> Response:
        _check_declared(request)
        async with self._admission.body(request, self._limits.feedback) as content, self._admission.turn(len(content)):
            return await run_in_threadpool(self._store_feedback, request.path_params["name"], content)

    async def endpoint_list(self, request: Request) -> Response:
        return json_response({"endpoints": [endpoint_body(one) for one in await self._endpoints()]})

    async def endpoint(self, request: Request) -> Response:
        name = request.path_params["name"]
        for one in await self._endpoints():
            if one.endpoint.name == name:
                return json_response(endpoint_body(one))
        raise RefusedError(404, f"No endpoint {_short(name)}. GET /api/2.0/serving-endpoints lists them.")

    async def _endpoints(self) -> Sequence[Deployed]:
        async with self._admission.turn(0):
            return await run_in_threadpool(self._backend.endpoints)

    def _answer(self, requests: Sequence[EndpointRequest]) -> Sequence[Answered]:
        with limited_pixels():
            return self._backend.answer(requests)

    def _alone(self, name: str, content: bytes, origin: Origin) -> Response:
        (answered,) = self._answer([_endpoint_request(name, content, origin)])
        if isinstance(answered, Exception):
            raise answered
        return answers(answered)

    def _store_feedback(self, name: str, content: bytes) -> Response:
        return feedback_stored(self._backend.feedback(name, *feedback_of(_object(content))))


async def _health(request: Request) -> Response:
    return json_response({"status": "ok"})


class Counted:
    """Reports each query that is refused with a reason of the server's own."""

    def __init__(self, app: ASGIApp, refused: Callable[[str, int, str], None] | None) -> None:
        self._app = app
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        refusal: RefusedError | None = scope.get(_REFUSAL)
        match = _QUERY.fullmatch(scope.get("path", ""))
        # A stopped endpoint logs what it refuses itself, row by row.
        if self._refused is not None and refusal is not None and match is not None and refusal.status != 503:
            self._refused(match["name"], refusal.status, safe_line(refusal.message))


class Guard:
    """Lets in only whom `access` lets in."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        try:
            self._access.check(request.headers)
        except RefusedError as refusal:
            await _refused(request, refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)


Handler = Callable[[Request], Awaitable[Response]]


def _explained(handler: Handler) -> Handler:
    """Turn our errors into the protocol's; each is logged once."""

    async def explained(request: Request) -> Response:
        try:
            return await handler(request)
        except RefusedError as refusal:
            return _refused(request, refusal)
        except ClientDisconnect:
            return _refused(request, RefusedError(400, "The connection was closed before the body was complete."))
        except NotFoundError as error:
            return _refused(request, RefusedError(404, safe_line(error)))
        except InvalidInputError as error:
            return _refused(request, RefusedError(400, safe_line(error)))
        except ConflictError as error:
            return _refused(request, RefusedError(409, safe_line(error)))
        except OntosError as error:
            LOG.warning("%s: %s", _where(request), error)
            return RefusedError(500, SERVER_FAILED).response()
        except Exception:
            LOG.exception("%s: unexpected error", _where(request))
            return RefusedError(500, SERVER_FAILED).response()

    return explained


def _refused(request: Request, refusal: RefusedError) -> Response:
    LOG.info("%s: %d %s", _where(request), refusal.status, safe_line(refusal.message))
    request.scope[_REFUSAL] = refusal
    return refusal.response()


def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = _refused(request, RefusedError(error.status_code, f"{_where(request)}: {error.detail}."))
    response.headers.update(error.headers or {})
    return response


def _where(request: Request) -> str:
    return f"{safe_line(request.method, 20)} {_short(request.url.path)}"


def _short(name: str) -> str:
    return safe_line(name, LONGEST_NAME)


def _check_declared(request: Request) -> None:
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json":
        named = safe_line(declared, 80) or "nothing"
        raise RefusedError(415, f"The body is declared as {named}; send application/json.")


def _endpoint_request(name: str, content: bytes, origin: Origin) -> EndpointRequest:
    body = _object(content)
    return EndpointRequest(name, rows_of(body), origin, client_request_id_of(body))


def _origin(request: Request) -> Origin:
    """Where the request says that it came from, such as our own command line."""
    said = request.headers.get("x-ontos-origin", "")
    return Origin(said) if said in set(Origin) else Origin.HTTP


def _object(content: bytes) -> dict[str, Any]:
    body = parse_json(content)
    if not isinstance(body, dict):
        raise RefusedError(400, 'The body is not a JSON object. Send {"dataframe_records": [{…}]}.')
    return body
