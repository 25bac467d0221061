"""What drift is computed from, and the stored reports."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.monitor.drift import DriftReport, DriftSource
from ontos_tui.domain.records.training import Role
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks, marks
from ontos_tui.store.conditions import equal, where
from ontos_tui.store.connection import Connection, Values

_IN_SPAN = "endpoint = ? AND requested_at >= ? AND requested_at < ?"
_TRAINED_ON = "model_pairs l JOIN qa_pairs p ON p.id = l.pair_id WHERE l.model_id = ? AND l.role = ?"

# Requests ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """What drift needs of one request; latency in ms."""

    input: Any
    model_id: str
    output: Answer | None
    confidence: dict[str, float]
    latency_ms: float
    status_code: int


def request_count(connection: Connection, endpoint: str, since: datetime, until: datetime) -> int:
    """How many requests an endpoint had from `since` up to, not including, `until`."""
    return int(connection.scalar(f"SELECT count(*) FROM inference_log WHERE {_IN_SPAN}", (endpoint, since, until)))  # noqa: S608


def request_numbers(connection: Connection, endpoint: str, since: datetime, until: datetime) -> Iterator[int]:
    """The row numbers of the requests of a span, for `numbered_requests`."""
    for (number,) in connection.execute(f"SELECT rowid FROM inference_log WHERE {_IN_SPAN}", (endpoint, since, until)):  # noqa: S608
        yield number


def requests(connection: Connection, endpoint: str, since: datetime, until: datetime) -> Iterator[Request]:
    """All requests of a span."""
    return _requests(connection, _IN_SPAN, (endpoint, since, until))


def numbered_requests(connection: Connection, numbers: Sequence[int]) -> Iterator[Request]:
    """The requests with these row numbers, which must be sorted, a thousand at a time."""
    for some in chunks(numbers):
        yield from _requests(connection, f"rowid IN ({marks(some)})", some)


def _requests(connection: Connection, condition: str, values: Values) -> Iterator[Request]:
    sql = (
        "SELECT input, model_id, output, confidence, latency_ms, status_code "  # noqa: S608
        f"FROM inference_log WHERE {condition}"
    )
    for input, model_id, output, confidence, latency_ms, status_code in connection.execute(sql, values):
        yield Request(
            input=json.loads(input),
            model_id=model_id,
            output=None if output is None else json.loads(output),
            confidence=json.loads(confidence) or {},
            latency_ms=latency_ms,
            status_code=status_code,
        )


def ratings(connection: Connection, endpoint: str, since: datetime, until: datetime) -> list[int]:
    """The ratings that were given in a span."""
    sql = "SELECT rating FROM feedback_items WHERE endpoint = ? AND created_at >= ? AND created_at < ?"
    return connection.scalars(sql, (endpoint, since, until))


# Training pairs ----------------------------------------------------------------------------------------------------


def training_pair_count(connection: Connection, model_id: str) -> int:
    """How many pairs a model was trained on, as far as they are still there."""
    return int(connection.scalar(f"SELECT count(*) FROM {_TRAINED_ON}", (model_id, Role.TRAIN)))  # noqa: S608


def training_pairs(connection: Connection, model_id: str, limit: int) -> list[tuple[Row, Answer]]:
    """Fields and answers of pairs that a model was trained on; of more than `limit`, so many drawn at random."""
    # The ids are random, so their order draws at random when there are too many.
    sql = f"SELECT p.source_data, p.answer FROM {_TRAINED_ON} ORDER BY l.pair_id LIMIT ?"  # noqa: S608
    return [
        (connection.fields.row(fields), {} if answer is None else json.loads(answer) or {})
        for fields, answer in connection.execute(sql, (model_id, Role.TRAIN, limit))
    ]


# Reports -----------------------------------------------------------------------------------------------------------


def reports(connection: Connection, endpoint: str, limit: int, *, of_team: bool) -> list[DriftReport]:
    """The newest reports about the traffic of this machine, or of all users on Databricks, the newest first."""
    source = where(f"source {'<>' if of_team else '='} ?", DriftSource.HERE)
    order = ("compared_at DESC", "id")
    return rows.find(connection, DriftReport, equal(endpoint=endpoint), source, order_by=order, limit=limit)


def add_report(connection: Connection, report: DriftReport, most: int) -> None:
    """Add a report; of the endpoint's reports, only the newest `most` stay."""
    rows.add(connection, report)
    newest = "SELECT id FROM drift_reports WHERE endpoint = ? ORDER BY compared_at DESC LIMIT ?"
    sql = f"DELETE FROM drift_reports WHERE endpoint = ? AND id NOT IN ({newest})"  # noqa: S608
    connection.execute(sql, (report.endpoint, report.endpoint, most))
