"""Requests into the log, as many at a time as were answered together."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from ontos_tui.domain.records.serving import InferenceRecord
from ontos_tui.store.connection import Connection
from ontos_tui.store.rollups import summing_requests_once
from ontos_tui.store.values import plain_json, time_text

SEVERAL = 8
"""From so many requests on, their sums are added together."""
_COLUMNS = (
    "request_id",
    "client_request_id",
    "endpoint",
    "model_id",
    "model_version",
    "requested_at",
    "origin",
    "input",
    "output",
    "confidence",
    "latency_ms",
    "status_code",
    "error",
    "certainty",
    "intervals",
    "outside",
)
"""In the order of `_row`."""
_INSERT = f"INSERT INTO inference_log ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608


def log_requests(connection: Connection, records: Sequence[InferenceRecord]) -> None:
    """Add requests that were answered or refused."""
    times: dict[Any, str] = {}
    with summing_requests_once(connection) if len(records) >= SEVERAL else nullcontext():
        connection.executemany(_INSERT, [_row(one.__dict__, times) for one in records])


def _row(values: dict[str, Any], times: dict[Any, str]) -> tuple[Any, ...]:
    at = values["requested_at"]
    text = times.get(at)
    if text is None:
        text = times[at] = time_text(at)
    output = values["output"]
    return (
        values["request_id"],
        values["client_request_id"],
        values["endpoint"],
        values["model_id"],
        values["model_version"],
        text,
        values["origin"].value,
        plain_json(values["input"]),
        None if output is None else plain_json(output),
        plain_json(values["confidence"]) if values["confidence"] else "{}",
        values["latency_ms"],
        values["status_code"],
        values["error"],
        plain_json(values["certainty"]) if values["certainty"] else "{}",
        plain_json(values["intervals"]) if values["intervals"] else "{}",
        plain_json(values["outside"]) if values["outside"] else "[]",
    )
