"""What a client gets back: answers, endpoints and refusals, in the JSON of Databricks Model Serving.

Nothing of this machine stands in a refusal: no path, no address of an object, no words of a library. What a model or
the workspace failed at is in the log of requests and in the server's own log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

import pydantic_core
from starlette.responses import Response

from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.serving import Endpoint, InferenceRecord
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import EndpointStatus

CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    409: "RESOURCE_CONFLICT",
    413: "MAX_REQUEST_SIZE_EXCEEDED",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "REQUEST_LIMIT_EXCEEDED",
    503: "TEMPORARILY_UNAVAILABLE",
}
RETRY_SECONDS = 1
"""What a client that is refused for lack of room is told to wait (Retry-After)."""
MODEL_FAILED = "The model cannot answer this row. The server's log says why."
SERVER_FAILED = "The server failed at this request. Its log says why."


class Deployed(Protocol):
    """An endpoint with the model that answers."""

    @property
    def endpoint(self) -> Endpoint: ...
    @property
    def model(self) -> ModelVersion: ...


class RefusedError(Exception):
    """A request that is not answered: the status, and the reason in words for whoever sent it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self) -> Response:
        """The refusal as it is sent."""
        headers = {}
        if self.status == 429:
            headers["retry-after"] = str(RETRY_SECONDS)
        if self.status == 401:
            headers["www-authenticate"] = "Bearer"
        return json_response(refusal_body(self.status, self.message), self.status, headers)


def refusal_body(status: int, message: str) -> dict[str, Any]:
    """An error in the protocol's form."""
    return {"error_code": CODES.get(status, "INTERNAL_ERROR"), "message": message, "details": []}


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A body as JSON, in ASCII: texts of the data may hold what UTF-8 cannot."""
    return Response(json.dumps(body), status, headers, media_type="application/json")


def answers(records: Sequence[InferenceRecord]) -> Response:
    """What a client gets: all answers, or the first error. Each row has its own request id, for feedback.

    Beside `predictions`, as many entries for the rows: `confidence` by answer field, or `certainty` in words where the
    model may state none; `intervals` of numbers; `outside`, the values of the row that the model has not learned from.
    """
    ids = [record.request_id for record in records]
    for number, record in enumerate(records):
        if record.status_code >= 400:
            where = f"Row {number}: " if len(records) > 1 else ""
            reason = record.error if record.status_code < 500 else MODEL_FAILED
            response = RefusedError(record.status_code, f"{where}{reason}").response()
            response.headers["x-request-id"] = record.request_id
            return response
    body = {
        "predictions": [record.output for record in records],
        "confidence": [record.confidence for record in records],
        "certainty": [record.certainty for record in records],
        "intervals": [{name: asdict(one) for name, one in record.intervals.items()} for record in records],
        "outside": [[asdict(one) for one in record.outside] for record in records],
        "databricks_output": {"databricks_request_id": ids[0], "request_ids": ids},
    }
    return Response(_packed(body), headers={"x-request-id": ids[0]}, media_type="application/json")


def _packed(body: Any) -> bytes | str:
    """A body of texts, numbers, lists and objects as JSON."""
    try:
        return pydantic_core.to_json(body, inf_nan_mode="constants")
    except ValueError:  # a text holds what UTF-8 cannot
        return json.dumps(body)


def feedback_stored(item: FeedbackItem) -> Response:
    """The receipt of feedback."""
    return json_response({"feedback_id": item.id, "request_id": item.request_id, "status": item.status.value})


def endpoint_body(one: Deployed) -> dict[str, Any]:
    """An endpoint in the words of the protocol."""
    endpoint, model = one.endpoint, one.model
    ready = endpoint.status is EndpointStatus.READY
    changed = int(endpoint.updated_at.timestamp() * 1000)
    served = f"{model.name}-{model.version}"
    entity = {
        "name": served,
        "entity_name": model.name,
        "entity_version": str(model.version),
        "creator": model.created_by,
        "creation_timestamp": changed,
        "state": {
            "deployment": "DEPLOYMENT_READY" if ready else "DEPLOYMENT_ABORTED",
            "deployment_state_message": "" if ready else "The endpoint is stopped.",
        },
    }
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "creator": endpoint.created_by,
        "creation_timestamp": int(endpoint.created_at.timestamp() * 1000),
        "last_updated_timestamp": changed,
        "state": {"ready": "READY" if ready else "NOT_READY", "config_update": "NOT_UPDATING"},
        "config": {
            "served_entities": [entity],
            "traffic_config": {"routes": [{"served_model_name": served, "traffic_percentage": 100}]},
        },
    }
