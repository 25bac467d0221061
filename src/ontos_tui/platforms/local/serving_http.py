"""The loopback server's protocol: that of Databricks Model Serving, so that its clients work here unchanged.

Only programs on this machine are answered. A web page that is open in a browser here is none: a foreign Host (a name
that was made to point here) or a foreign Origin is refused, and so is everything that is not declared to be JSON,
which a browser sends across origins without asking first.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any, Protocol
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError, OntosError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import Endpoint, InferenceRecord
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import EndpointStatus
from ontos_tui.domain.schema import Answer

LOG = logging.getLogger(__name__)
BODY_BYTES = 16 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "::1")

CODES = {
    400: "BAD_REQUEST",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    405: "METHOD_NOT_ALLOWED",
    409: "RESOURCE_CONFLICT",
    413: "MAX_REQUEST_SIZE_EXCEEDED",
    415: "UNSUPPORTED_MEDIA_TYPE",
    503: "TEMPORARILY_UNAVAILABLE",
}


class Deployed(Protocol):
    """An endpoint with the model that answers."""

    @property
    def endpoint(self) -> Endpoint: ...
    @property
    def model(self) -> ModelVersion: ...


class ServingBackend(Protocol):
    """What stands behind the server. Safe to use from several threads; errors are OntosErrors."""

    def endpoints(self) -> Sequence[Deployed]:
        """Every endpoint."""
        ...

    def query(self, name: str, rows: Sequence[Row], client_request_id: str) -> list[InferenceRecord]:
        """One record for every row. Raises NotFoundError, and ConflictError when the endpoint is stopped."""
        ...

    def feedback(
        self, name: str, request_id: str, rating: int, comment: str, correction: Answer | None
    ) -> FeedbackItem:
        """Store feedback on a request to this endpoint."""
        ...


def make_app(answers: ServingBackend) -> Starlette:
    """The web application that serves `answers`."""

    async def invocations(request: Request) -> Response:
        body = await _body(request)
        rows, client_request_id = _rows(body), body.get("client_request_id") or ""
        if not isinstance(client_request_id, str):
            raise InvalidInputError("client_request_id is not a text.", "Send a string.")
        try:
            records = await run_in_threadpool(answers.query, request.path_params["name"], rows, client_request_id)
        except ConflictError as error:
            return _failed(503, str(error))
        return _answered(records)

    async def endpoint_list(request: Request) -> Response:
        endpoints = await run_in_threadpool(answers.endpoints)
        return _json({"endpoints": [_described(one) for one in endpoints]})

    async def endpoint(request: Request) -> Response:
        name = request.path_params["name"]
        for one in await run_in_threadpool(answers.endpoints):
            if one.endpoint.name == name:
                return _json(_described(one))
        raise NotFoundError(f"No endpoint {name!r}.", "GET /api/2.0/serving-endpoints lists them.")

    async def feedback(request: Request) -> Response:
        body = await _body(request)
        request_id, rating, comment, correction = _feedback(body)
        name = request.path_params["name"]
        item = await run_in_threadpool(answers.feedback, name, request_id, rating, comment, correction)
        return _json({"feedback_id": item.id, "request_id": item.request_id, "status": item.status.value})

    async def health(request: Request) -> Response:
        return _json({"status": "ok"})

    return Starlette(
        routes=[
            Route("/serving-endpoints/{name}/invocations", _explained(invocations), methods=["POST"]),
            Route("/serving-endpoints/{name}/feedback", _explained(feedback), methods=["POST"]),
            Route("/api/2.0/serving-endpoints", _explained(endpoint_list)),
            Route("/api/2.0/serving-endpoints/{name}", _explained(endpoint)),
            Route("/health", health),
        ],
        middleware=[Middleware(LoopbackOnly)],
        exception_handlers={HTTPException: _http_failed},
    )


class LoopbackOnly:
    """Refuses every request that does not come from a program that means this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Request(scope).headers
        host, origin = headers.get("host", ""), headers.get("origin")
        if not _is_loopback(f"//{host}"):
            await _failed(403, f"This server answers to 127.0.0.1 and localhost, not to {host!r}.")(
                scope, receive, send
            )
        elif origin is not None and not _is_loopback(origin):
            await _failed(403, "This server does not answer web pages from elsewhere.")(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_loopback(url: str) -> bool:
    try:
        return urlsplit(url).hostname in LOOPBACK
    except ValueError:
        return False


Handler = Callable[[Request], Awaitable[Response]]


def _explained(handler: Handler) -> Handler:
    """Turn our errors into the protocol's."""

    async def explained(request: Request) -> Response:
        try:
            return await handler(request)
        except (HTTPException, ClientDisconnect):
            raise
        except NotFoundError as error:
            return _failed(404, str(error))
        except InvalidInputError as error:
            return _failed(400, str(error))
        except ConflictError as error:
            return _failed(409, str(error))
        except OntosError as error:
            LOG.warning("%s: %s", request.url.path, error)
            return _failed(500, str(error))
        except Exception:
            LOG.exception("%s: unexpected error", request.url.path)
            return _failed(500, "An unexpected error; see the server's log.")

    return explained


def _json(body: Any, status: int = 200) -> Response:
    # ASCII: texts of the data may hold what UTF-8 cannot.
    return Response(json.dumps(body), status, media_type="application/json")


def _failed(status: int, message: str) -> Response:
    return _json({"error_code": CODES.get(status, "INTERNAL_ERROR"), "message": message, "details": []}, status)


def _http_failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = (
        error.detail if error.status_code not in (404, 405) else f"{request.method} {request.url.path}: {error.detail}."
    )
    return _failed(error.status_code, message)


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Raises HTTPException (413, 415) or InvalidInputError."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json":
        raise HTTPException(415, f"The body is declared as {declared or 'nothing'}; send application/json.")
    too_big = HTTPException(413, f"The body is larger than {BODY_BYTES // 1024**2} MB; send fewer rows at once.")
    if (length := request.headers.get("content-length", "")).isdecimal() and int(length) > BODY_BYTES:
        raise too_big
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > BODY_BYTES:
            raise too_big
    try:
        body = await run_in_threadpool(json.loads, content)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"The body is not valid JSON: {error}.", "Send a JSON object.") from error
    if not isinstance(body, dict):
        raise InvalidInputError("The body is not a JSON object.", 'Send {"dataframe_records": [{…}]}.')
    return body


FORMS = ("dataframe_records", "dataframe_split", "inputs", "instances")


def _rows(body: dict[str, Any]) -> list[Row]:
    """The rows of a request in any of the four forms. Raises InvalidInputError saying what does not fit."""
    given = [form for form in FORMS if body.get(form) is not None]
    if len(given) != 1:
        raise InvalidInputError(
            f"The body holds {' and '.join(given) if given else 'no rows'}.", f"Send exactly one of {', '.join(FORMS)}."
        )
    form = given[0]
    value = body[form]
    if form == "dataframe_split":
        rows = _from_split(value)
    elif form == "inputs" and isinstance(value, dict):
        rows = _from_columns(value)
    else:
        rows = value
    if not isinstance(rows, list) or not rows:
        raise InvalidInputError(f"{form} holds no rows.", "Send a list with at least one row.")
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InvalidInputError(
                f"Row {number} of {form} is not an object.",
                'Name the columns of each row, as in {"temperature": 21.5}.',
            )
    return rows


def _from_split(value: Any) -> list[Row]:
    columns, data = (value.get("columns"), value.get("data")) if isinstance(value, dict) else (None, None)
    if not isinstance(columns, list) or not isinstance(data, list) or not all(isinstance(one, str) for one in columns):
        raise InvalidInputError(
            "dataframe_split needs columns and data.", 'Send {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}.'
        )
    if len(set(columns)) != len(columns):
        raise InvalidInputError("dataframe_split names a column twice.", "Give every column its own name.")
    for number, line in enumerate(data):
        if not isinstance(line, list) or len(line) != len(columns):
            raise InvalidInputError(
                f"Row {number} of dataframe_split does not have {len(columns)} values.", "Send one for each column."
            )
    return [dict(zip(columns, line, strict=True)) for line in data]


def _from_columns(value: dict[str, Any]) -> list[Row]:
    """Columnar inputs: a list for every column, or a single value for every column."""
    if not any(isinstance(values, list) for values in value.values()):
        return [value] if value else []
    if not all(isinstance(values, list) for values in value.values()) or len({*map(len, value.values())}) != 1:
        raise InvalidInputError("The columns of inputs are not equally long lists.", "Send as many values for each.")
    return [dict(zip(value, line, strict=True)) for line in zip(*value.values(), strict=True)]


def _feedback(body: dict[str, Any]) -> tuple[str, int, str, Answer | None]:
    request_id = body.get("databricks_request_id") or body.get("request_id")
    rating, comment, correction = body.get("rating"), body.get("comment") or "", body.get("correction")
    if not isinstance(request_id, str):
        raise InvalidInputError("databricks_request_id is missing.", "Send the one that came with the prediction.")
    if not isinstance(rating, int) or isinstance(rating, bool) or not 1 <= rating <= 5:
        raise InvalidInputError("rating is not a whole number from 1 to 5.", "Send 5 for good, 1 for bad.")
    if not isinstance(comment, str):
        raise InvalidInputError("comment is not a text.", "Send a string.")
    if correction is not None and not isinstance(correction, dict):
        raise InvalidInputError(
            "correction is not an object.", "Send the right answer with its fields, or leave it out."
        )
    return request_id, rating, comment, correction


def _answered(records: Sequence[InferenceRecord]) -> Response:
    """What a client gets: all answers, or the first error. Each row has its own request id, for feedback.

    Beside `predictions`, as many entries for the rows: `confidence` by answer field, or `certainty` in words where the
    model may state none; `intervals` of numbers; `outside`, the values of the row that the model has not learned from.
    """
    ids = [record.request_id for record in records]
    ours = {"databricks_request_id": ids[0], "request_ids": ids}
    for number, record in enumerate(records):
        if record.status_code >= 400:
            where = f"Row {number}: " if len(records) > 1 else ""
            response = _failed(record.status_code, f"{where}{record.error}")
            response.headers["x-request-id"] = record.request_id
            return response
    body = {
        "predictions": [record.output for record in records],
        "confidence": [record.confidence for record in records],
        "certainty": [record.certainty for record in records],
        "intervals": [{name: asdict(one) for name, one in record.intervals.items()} for record in records],
        "outside": [[asdict(one) for one in record.outside] for record in records],
        "databricks_output": ours,
    }
    response = _json(body)
    response.headers["x-request-id"] = ids[0]
    return response


def _described(one: Deployed) -> dict[str, Any]:
    """An endpoint in the words of the protocol."""
    endpoint, model = one.endpoint, one.model
    ready = endpoint.status is EndpointStatus.READY
    changed = int(endpoint.updated_at.timestamp() * 1000)
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "creator": endpoint.created_by,
        "creation_timestamp": int(endpoint.created_at.timestamp() * 1000),
        "last_updated_timestamp": changed,
        "state": {"ready": "READY" if ready else "NOT_READY", "config_update": "NOT_UPDATING"},
        "config": {
            "served_entities": [
                {
                    "name": f"{model.name}-{model.version}",
                    "entity_name": model.name,
                    "entity_version": str(model.version),
                    "creator": model.created_by,
                    "creation_timestamp": changed,
                    "state": {
                        "deployment": "DEPLOYMENT_READY" if ready else "DEPLOYMENT_ABORTED",
                        "deployment_state_message": "" if ready else "The endpoint is stopped.",
                    },
                }
            ],
            "traffic_config": {
                "routes": [{"served_model_name": f"{model.name}-{model.version}", "traffic_percentage": 100}]
            },
        },
    }
