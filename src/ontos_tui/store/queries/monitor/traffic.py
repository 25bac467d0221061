"""What MONITOR reads: the inference log, the feedback about it, and the counted hours of a team's endpoints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.monitor.team_traffic import TeamHour, TeamReading
from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.domain.records.training import ModelVersion, Role
from ontos_tui.domain.rules.monitor.error_groups import ErrorCount
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.bulk import marks
from ontos_tui.store.conditions import Condition, all_of, among, equal, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.rollups import Span

# Requests ----------------------------------------------------------------------------------------------------------


def requests(
    connection: Connection,
    endpoint: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    offset: int,
    *,
    failed: bool = False,
) -> list[InferenceRecord]:
    """Some requests, newest first, of an endpoint or of all, from `since` up to, not including, `until`.

    Only `failed` ones, if that is asked for.
    """
    conditions = [] if endpoint is None else [equal(endpoint=endpoint)]
    conditions += [where("status_code >= 400")] if failed else []
    conditions += [] if since is None else [where("requested_at >= ?", since)]
    conditions += [] if until is None else [where("requested_at < ?", until)]
    order = ("requested_at DESC", "rowid DESC")
    return rows.find(connection, InferenceRecord, *conditions, order_by=order, limit=limit, offset=offset)


def last_request_at(connection: Connection, endpoint: str) -> datetime | None:
    """The time of the endpoint's last request; None without requests."""
    sql = "SELECT requested_at FROM inference_log WHERE endpoint = ? ORDER BY requested_at DESC LIMIT 1"
    text = connection.scalar(sql, (endpoint,))
    return None if text is None else datetime.fromisoformat(text)


def latencies(connection: Connection, endpoint: str, span: Span) -> list[float]:
    """The latencies (ms) of the answered requests of a span, in no order."""
    condition = _within(endpoint, span)
    sql = f"SELECT latency_ms FROM inference_log WHERE {condition.sql} AND status_code < 400"  # noqa: S608
    return connection.scalars(sql, condition.values)


def errors(connection: Connection, endpoint: str, span: Span, limit: int) -> list[ErrorCount]:
    """The newest `limit` failed requests of a span, counted by their status and text."""
    condition = _within(endpoint, span)
    sql = (
        "SELECT status_code, error, count(*), max(requested_at) FROM ("  # noqa: S608
        f"SELECT status_code, error, requested_at FROM inference_log WHERE {condition.sql} AND status_code >= 400 "
        "ORDER BY requested_at DESC LIMIT ?) GROUP BY status_code, error"
    )
    return [
        ErrorCount(status, error, count, datetime.fromisoformat(last))
        for status, error, count, last in connection.execute(sql, (*condition.values, limit))
    ]


def newest_answers(
    connection: Connection, endpoint: str, model_id: str, span: Span, last_at: datetime, limit: int
) -> list[Answer]:
    """The newest answers of a model version in a span, searched backwards from `last_at`."""
    condition = all_of(
        _within(endpoint, span),
        where("requested_at <= ? AND model_id = ? AND status_code < 400 AND output IS NOT NULL", last_at, model_id),
    )
    sql = f"SELECT output FROM inference_log WHERE {condition.sql} ORDER BY requested_at DESC LIMIT ?"  # noqa: S608
    return [json.loads(text) for text in connection.scalars(sql, (*condition.values, limit))]


def _within(endpoint: str, span: Span) -> Condition:
    return where("endpoint = ? AND requested_at >= ? AND requested_at < ?", endpoint, *span)


def last_feedback(connection: Connection, request_ids: Sequence[str]) -> dict[str, FeedbackItem]:
    """The last feedback about each of these requests, by the request's id."""
    feedback = rows.find(connection, FeedbackItem, among("request_id", request_ids), order_by=("created_at", "rowid"))
    return {item.request_id: item for item in feedback}


# The models that answered ------------------------------------------------------------------------------------------


def model_names(connection: Connection, model_ids: Sequence[str]) -> dict[str, str]:
    """The names of models by id; those that are unknown here are left out."""
    sql = f"SELECT id, name FROM models WHERE id IN ({marks(model_ids)})"  # noqa: S608
    return dict(connection.rows(sql, model_ids))


def model_versions(connection: Connection, model_ids: Sequence[str]) -> list[ModelVersion]:
    """These model versions, the newest first."""
    order = ("created_at DESC", "version DESC")
    return rows.find(connection, ModelVersion, among("id", model_ids), order_by=order)


@dataclass(frozen=True)
class LabeledPair:
    """A pair that a model was trained on, as it is labeled now."""

    id: str
    item_ref: str
    fields: Row
    answer: Answer


def labeled_training_pairs(connection: Connection, model_id: str, limit: int) -> list[LabeledPair]:
    """The first pairs that a model was trained on and that are labeled still, in the order of their sheets."""
    sql = (
        "SELECT qa_pairs.id, qa_pairs.item_ref, qa_pairs.source_data, qa_pairs.answer FROM qa_pairs "
        "JOIN model_pairs ON model_pairs.pair_id = qa_pairs.id "
        "WHERE model_pairs.model_id = ? AND model_pairs.role = ? AND qa_pairs.answer IS NOT NULL "
        "ORDER BY qa_pairs.sequence_number LIMIT ?"
    )
    return [
        LabeledPair(id, item_ref, connection.fields.row(fields), json.loads(answer))
        for id, item_ref, fields, answer in connection.execute(sql, (model_id, Role.TRAIN, limit))
    ]


# A team's endpoints ------------------------------------------------------------------------------------------------


def team_hours(connection: Connection, endpoint: str, since: datetime, until: datetime) -> list[TeamHour]:
    """The counted hours of a team's endpoint from `since` up to, not including, `until`, in order."""
    within = _hours(endpoint, since, until)
    return rows.find(connection, TeamHour, within, order_by=("start",))


def team_reading(connection: Connection, endpoint: str) -> TeamReading | None:
    """When an endpoint of the team was counted last; None when never."""
    return rows.find_one(connection, TeamReading, equal(endpoint=endpoint))


def replace_team_hours(
    connection: Connection, since: datetime, until: datetime, hours: Sequence[TeamHour], reading: TeamReading
) -> None:
    """Put newly counted hours in the place of those from `since` to `until`, and the reading in that of the last."""
    within = _hours(reading.endpoint, since, until)
    connection.execute(f"DELETE FROM team_hours WHERE {within.sql}", within.values)  # noqa: S608
    connection.execute("DELETE FROM team_readings WHERE endpoint = ?", (reading.endpoint,))
    rows.add_many(connection, hours)
    rows.add(connection, reading)


def _hours(endpoint: str, since: datetime, until: datetime) -> Condition:
    return where("endpoint = ? AND start >= ? AND start < ?", endpoint, since, until)
