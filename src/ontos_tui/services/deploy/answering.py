"""Requests to endpoints: asked of their models together, and logged in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ontos_tui.domain.errors import ConflictError, OntosError
from ontos_tui.domain.intervals import Outside
from ontos_tui.domain.learning import EndpointAnswer, EndpointRequest, Prediction
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.serving import Endpoint, InferenceRecord
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.states import EndpointStatus
from ontos_tui.domain.text.storable import storable
from ontos_tui.platforms.ports import BatchServing, Serving
from ontos_tui.store.bulk import new_ids
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.inference_log import log_requests

MOST_OUTSIDE, LONGEST_OUTSIDE = 20, 200
"""Values outside of what a model has learned that the log keeps of one request, and characters of one of them."""
AT_ONCE = 4
"""Requests that are sent on to another machine at a time."""
Answered = list[InferenceRecord] | OntosError
"""A record for each row, or why there is none."""


@dataclass(frozen=True)
class Served:
    """An endpoint, its model version, and the version as it answers there, which may be out of reach."""

    endpoint: Endpoint
    model: ModelVersion
    as_answering: Callable[[], ModelVersion]


class Answering:
    """Answers requests. Safe to use from several threads."""

    def __init__(self, store: Store, serving: Serving, served: Callable[[str], Served]) -> None:
        """`served` says what answers at an endpoint, by its name; it raises an OntosError where nothing does."""
        self._store = store
        self._serving = serving
        self._served = served

    def answer(self, requests: Sequence[EndpointRequest], *, on_disk: bool = True) -> list[Answered]:
        """Answer each request; every row is in the log when this returns, also one that is not answered.

        A row that does not fit has the status 400 and its error, one at which the model fails 500. Not `on_disk`: the
        log has the rows, whatever becomes of this process, and the disk has them a moment later.
        """
        received_at = now()
        answered: list[Answered | None] = [None] * len(requests)
        logged: list[InferenceRecord] = []
        for name, places in _by_endpoint(requests).items():
            try:
                served = self._served(name)
                given = self._ask(served, [requests[place] for place in places], received_at)
            except OntosError as error:
                given = [error] * len(places)
            for place, one in zip(places, given, strict=True):
                answered[place] = one
                if isinstance(one, _StoppedError):
                    logged += one.records
                elif not isinstance(one, OntosError):
                    logged += one
        if logged:
            with self._store.write(on_disk=on_disk) as connection:
                log_requests(connection, logged)
        return [one for one in answered if one is not None]

    def _ask(self, served: Served, requests: Sequence[EndpointRequest], received_at: datetime) -> Sequence[Answered]:
        """Ask one endpoint; every request has its own ids."""
        ids = [_request_ids(len(one.rows)) for one in requests]
        if served.endpoint.status is EndpointStatus.STOPPED:
            reason = f"The endpoint {served.endpoint.name} is stopped."
            stopped = ConflictError(reason, f"Start it: ontos deploy --start {served.endpoint.name}")
            elapsed = max(0.0, (now() - received_at).total_seconds() * 1_000)  # a clock may be set back meanwhile
            answers = [[EndpointAnswer(None, 503, elapsed, str(stopped))] * len(one.rows) for one in requests]
        else:
            stopped = None
            answers = self._invoke(served, [one.rows for one in requests], ids)
        records = [
            [
                _record(served, one, received_at, request_id, row, answer)
                for request_id, row, answer in zip(own_ids, one.rows, own, strict=True)
            ]
            for one, own_ids, own in zip(requests, ids, answers, strict=True)
        ]
        return records if stopped is None else [_StoppedError(stopped, own) for own in records]

    def _invoke(
        self, served: Served, groups: Sequence[Sequence[Row]], ids: Sequence[Sequence[str]]
    ) -> list[list[EndpointAnswer]]:
        name, model = served.endpoint.name, served.as_answering()
        if len(groups) == 1:
            return [self._serving.invoke(name, model, groups[0], ids[0])]
        if isinstance(self._serving, BatchServing):
            return self._serving.invoke_many(name, model, groups)
        with ThreadPoolExecutor(AT_ONCE, "invoke") as threads:  # each waits for another machine
            return list(threads.map(lambda rows, own: self._serving.invoke(name, model, rows, own), groups, ids))


class _StoppedError(ConflictError):
    """The endpoint is stopped: the rows are logged, and refused."""

    def __init__(self, reason: ConflictError, records: list[InferenceRecord]) -> None:
        super().__init__(reason.what, reason.todo)
        self.records = records


def _request_ids(rows: int) -> list[str]:
    """Random ids for the rows of one request. They begin alike, so that they stand together in the index of the log:
    where each is written somewhere else, a thousand rows take as many pages.
    """
    ids = new_ids(rows)
    return [ids[0][:3] + one[3:] for one in ids]


def _by_endpoint(requests: Sequence[EndpointRequest]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, request in enumerate(requests):
        places.setdefault(request.endpoint, []).append(place)
    return places


def _record(
    served: Served,
    request: EndpointRequest,
    received_at: datetime,
    request_id: str,
    row: Row,
    answer: EndpointAnswer,
) -> InferenceRecord:
    """What the log keeps of one row. Everything in it was checked before or comes of the model: not checked again."""
    prediction = answer.prediction
    return InferenceRecord.unchecked(
        {
            "request_id": request_id,
            "client_request_id": _storable(request.client_request_id),
            "endpoint": served.endpoint.name,
            "model_id": served.model.id,
            "model_version": served.model.version,
            "requested_at": received_at,
            "origin": request.origin,
            "input": _storable(row),
            "output": None if prediction is None else _storable(prediction.answer),
            "confidence": {} if prediction is None else prediction.confidence,
            "latency_ms": answer.latency_ms,
            "status_code": answer.status_code,
            "error": _storable(answer.error),
            "certainty": {} if prediction is None else prediction.certainty,
            "intervals": {} if prediction is None else prediction.intervals,
            "outside": [] if prediction is None else _outside(prediction),
        }
    )


def _outside(prediction: Prediction) -> list[Outside]:
    """What the log keeps of values outside of what was learned. Long texts are cut."""
    return [
        replace(one, value=_storable(one.value[:LONGEST_OUTSIDE]) if isinstance(one.value, str) else one.value)
        for one in prediction.outside[:MOST_OUTSIDE]
    ]


def _storable(value: Any) -> Any:
    """`value` as a record can hold it: lone surrogates are written out."""
    if isinstance(value, str):
        return value if value.isascii() else storable(value)
    if isinstance(value, dict):
        kinds = set(map(type, value.values()))
        texts = [one for one in value.values() if type(one) is str] if str in kinds else []
        if kinds <= _FLAT and "".join(value).isascii() and "".join(texts).isascii():
            return value  # as most rows are
        return {_storable(str(key)): _storable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(one) for one in value]
    return value


_FLAT = frozenset({float, int, bool, str, type(None)})
