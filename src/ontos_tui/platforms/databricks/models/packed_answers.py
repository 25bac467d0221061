"""Asking an endpoint that serves a packed model: rows go as MLflow's scoring protocol has them, answers come exact."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ontos_tui.domain.answer_columns import AnswerColumns
from ontos_tui.domain.errors import InvalidInputError, PlatformError
from ontos_tui.domain.learning import EndpointAnswer
from ontos_tui.domain.records.data import Row
from ontos_tui.platforms.databricks.endpoints import endpoint_name
from ontos_tui.platforms.databricks.models.refusals import refusal
from ontos_tui.platforms.databricks.workspace_client import Team
from ontos_tui.platforms.scoring_protocol import InputColumn, read_answer, sendable_row

WIDTH = 4
"""Requests under way at once."""
MOST_ROWS, MOST_BYTES = 500, 8_000_000
"""Of one request; an endpoint takes 16 MB."""


class PackedAnswers:
    """The answers of endpoints of one workspace. Safe to use from several threads."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def invoke(
        self, endpoint: str, inputs: Sequence[InputColumn], rows: Sequence[Row], ids: Sequence[str]
    ) -> list[EndpointAnswer]:
        """Ask about each row by itself, so that each has its own id in the endpoint's log."""
        requests = list(zip(rows, ids or [""] * len(rows), strict=True))
        with ThreadPoolExecutor(min(WIDTH, len(rows)) or 1) as pool:
            return list(pool.map(lambda one: self._ask(endpoint, inputs, [one[0]], one[1])[0], requests))

    def score(self, endpoint: str, inputs: Sequence[InputColumn], rows: Sequence[Row]) -> AnswerColumns:
        """Ask about many rows, as many at once as a request may hold."""
        with ThreadPoolExecutor(WIDTH) as pool:
            answers = pool.map(lambda block: self._ask(endpoint, inputs, block, ""), _blocks(rows))
            return AnswerColumns.of([one for block in answers for one in block])

    def _ask(
        self, endpoint: str, inputs: Sequence[InputColumn], rows: Sequence[Row], request_id: str
    ) -> list[EndpointAnswer]:
        """One request. A row that does not fit the model is not sent, and has the status 400."""
        begun = time.perf_counter()
        sent, refused = list[Mapping[str, Any]](), dict[int, str]()
        for line, row in enumerate(rows):
            try:
                sent.append(sendable_row(row, inputs))
            except InvalidInputError as error:
                refused[line] = str(error)
        records, status, why = self._records(endpoint, sent, request_id) if sent else ([], 200, "")
        latency = (time.perf_counter() - begun) * 1_000
        given = iter(records)
        return [
            EndpointAnswer(None, 400, latency, refused[line])
            if line in refused
            else EndpointAnswer(None, status, latency, why)
            if why
            else _answer(next(given), latency)
            for line in range(len(rows))
        ]

    def _records(self, endpoint: str, rows: Sequence[Mapping[str, Any]], request_id: str) -> tuple[list[Any], int, str]:
        """What the endpoint answered, a record for each row; or a status and the reason why it did not."""
        body = {"dataframe_records": list(rows)} | ({"client_request_id": request_id} if request_id else {})
        path = f"/serving-endpoints/{endpoint_name(endpoint)}/invocations"
        try:
            answer: Any = self._team.client.api_client.do("POST", path, body=body)
        except OSError as error:
            return [], *refusal(error)
        predictions = answer.get("predictions") if isinstance(answer, dict) else None
        if not isinstance(predictions, list) or len(predictions) != len(rows):
            return [], 502, "The endpoint did not answer with a prediction for each row."
        return predictions, 200, ""


def _answer(record: Any, latency: float) -> EndpointAnswer:
    try:
        return EndpointAnswer(read_answer(record), 200, latency)
    except InvalidInputError as error:
        return EndpointAnswer(None, 400, latency, str(error))
    except PlatformError as error:
        return EndpointAnswer(None, 502, latency, str(error))


def _blocks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows in pieces that one request may hold."""
    block: list[Row] = []
    size = 0
    for row in rows:
        long = len(json.dumps(row, default=str))
        if block and (len(block) == MOST_ROWS or size + long > MOST_BYTES):
            yield block
            block, size = [], 0
        block.append(row)
        size += long
    if block:
        yield block
