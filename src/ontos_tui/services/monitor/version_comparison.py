"""Two versions of a model side by side: their requests and results, on one endpoint or on all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.nouns import no_such
from ontos_tui.domain.records.serving import Endpoint
from ontos_tui.domain.records.training import ModelVersion
from ontos_tui.domain.rules.monitor.traffic import Ratings, Tally
from ontos_tui.domain.schema import Answer, FieldKind, answer_fields
from ontos_tui.services.monitor.service import PERCENTILES
from ontos_tui.services.records.model_versions import find_model
from ontos_tui.store import rollups, rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import request_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import endpoints
from ontos_tui.store.queries.monitor import traffic
from ontos_tui.store.rollups import ALWAYS, Span

SAMPLE = 5_000
"""The newest answers of a version, which its distribution is computed from."""
MOST_VALUES = 20
"""Values of a field that are counted separately; rarer ones are counted together."""


@dataclass(frozen=True)
class AnswerShare:
    """A version's answers in one field: the count of each value, the most frequent first, or the median of numbers."""

    field: str
    n: int
    values: dict[str, int]
    others: int = 0
    median: float | None = None


@dataclass(frozen=True)
class VersionFigures:
    """A model version in figures; a figure is None without data.

    Percentiles are within `domain.traffic.WITHIN` of the true ones; answers are those of the newest `sampled` requests.
    """

    name: str
    model_id: str
    requests: int
    errors: int
    error_rate: float | None
    mean_latency_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    ratings: int
    mean_rating: float | None
    corrections: int
    last_at: datetime | None
    sampled: int
    answers: tuple[AnswerShare, ...]


@dataclass(frozen=True)
class VersionComparison:
    """Two versions over one span; `endpoints` are those that were compared."""

    endpoints: tuple[str, ...]
    left: VersionFigures
    right: VersionFigures


def versions_with_traffic(store: Store, endpoint: str | None = None) -> list[ModelVersion]:
    """The model versions that have answered requests of an endpoint (or any), the newest first."""
    with store.read() as connection:
        ids = {
            model_id
            for name in _endpoints(connection, endpoint)
            for model_id, _ in rollups.traffic_by_version(connection, name)
        }
        return traffic.model_versions(connection, sorted(ids))


def compare_versions(
    store: Store,
    left: str,
    right: str,
    endpoint: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> VersionComparison:
    """Compare two versions, each `name:3`, `name v3`, an id, or with an endpoint just the number of its model's.

    Raises NotFoundError for an unknown version or endpoint, InvalidInputError for one version twice.
    """
    span = since or ALWAYS[0], until or ALWAYS[1]
    with store.read() as connection:
        models = [_model(connection, ref, endpoint) for ref in (left, right)]
        if models[0].id == models[1].id:
            raise InvalidInputError(f"Both versions are {models[0].label()}.", "Name two different versions.")
        names = _endpoints(connection, endpoint)
        one, other = (_figures(connection, model, names, span) for model in models)
    return VersionComparison(names, one, other)


def _endpoints(connection: Connection, endpoint: str | None) -> tuple[str, ...]:
    return tuple(sorted(request_counts(connection))) if endpoint is None else (endpoint,)


def _model(connection: Connection, ref: str, endpoint: str | None) -> ModelVersion:
    if endpoint is not None and ref.isdecimal() and len(ref) < 10:
        record = endpoints.endpoint(connection, endpoint)
        if record is None:
            raise no_such(Endpoint, endpoint)
        ref = f"{rows.get(connection, ModelVersion, record.model_id).name}:{ref}"
    return find_model(connection, ref)


def _figures(connection: Connection, model: ModelVersion, endpoints: Sequence[str], span: Span) -> VersionFigures:
    tally, ratings = Tally(), Ratings()
    answers: list[Answer] = []
    for name in endpoints:
        counted = rollups.traffic_by_version(connection, name, span).get((model.id, model.version), Tally())
        tally += counted
        ratings += rollups.ratings_by_model(connection, name, span).get(model.id, Ratings())
        if counted.last_at is not None:
            # Searched backwards from the version's last request, so that later answers of other versions cost nothing.
            answers += traffic.newest_answers(connection, name, model.id, span, counted.last_at, SAMPLE)
    p50, p95 = tally.percentiles(*PERCENTILES)
    return VersionFigures(
        name=model.label(),
        model_id=model.id,
        requests=tally.requests,
        errors=tally.errors,
        error_rate=tally.error_rate,
        mean_latency_ms=tally.mean_latency_ms,
        p50_ms=p50,
        p95_ms=p95,
        ratings=ratings.ratings,
        mean_rating=ratings.mean,
        corrections=ratings.corrections,
        last_at=tally.last_at,
        sampled=len(answers),
        answers=tuple(_shares(model, answers)),
    )


def _shares(model: ModelVersion, answers: Sequence[Answer]) -> list[AnswerShare]:
    fields = answer_fields(model.template_snapshot["output_schema"])
    return [
        _share(field.name, field.kind, [answer[field.name] for answer in answers if field.name in answer])
        for field in fields
    ]


def _share(name: str, kind: FieldKind, values: Sequence[Any]) -> AnswerShare:
    if kind in (FieldKind.NUMBER, FieldKind.INTEGER):
        numbers = [float(value) for value in values if isinstance(value, (int, float))]
        return AnswerShare(name, len(numbers), {}, median=median(numbers) if numbers else None)
    counted = Counter(value if isinstance(value, str) else json.dumps(value) for value in values)
    common = dict(sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:MOST_VALUES])
    return AnswerShare(name, len(values), common, len(values) - sum(common.values()))
