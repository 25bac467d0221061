"""A sample of the requests and answers of an endpoint, read from its inference table: whatever anybody sent there.

A request holds records (`dataframe_records`, `dataframe_split`, `inputs`) or a conversation, of which the last thing
that the user said is taken. An answer holds predictions, or a text that is JSON where the model was asked for fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ontos_tui.domain.errors import OntosError, PlatformError
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.platforms.chat.proposals import content_of
from ontos_tui.platforms.databricks.endpoints import payload_table
from ontos_tui.platforms.databricks.team.team_tables import REMOVED
from ontos_tui.platforms.databricks.workspace_client import Team
from ontos_tui.platforms.scoring_protocol import DETAILS, read_answer

MOST = 5_000
"""Requests of a span that are read; of more, so many are drawn by a hash of their ids."""
LONGEST = 65_536
"""Characters of a request or an answer that are read; a longer one counts, but is not read."""
PROMPT, ANSWER = "prompt", "answer"
"""What the field of a conversation is called, and that of an answer which is no JSON."""

_SAMPLE = """
SELECT count(*) OVER () AS total, status_code AS status, execution_duration_ms AS latency,
  CASE WHEN length(request) <= {longest} THEN request END AS request,
  CASE WHEN length(response) <= {longest} THEN response END AS response
FROM {payload} WHERE request_time >= :since AND request_time < :until
ORDER BY md5(databricks_request_id) LIMIT :most
"""
_RATINGS = """
SELECT f.rating AS rating FROM {feedback} AS f
WHERE NOT coalesce(f.log_removed, false) AND f.request_id IN (
  SELECT client_request_id FROM {payload}
  WHERE request_time >= :since AND request_time < :until AND status_code < 400
)
"""


@dataclass(frozen=True)
class LoggedRequest:
    """One request: its records, the answer to each (None where there is none), and how it went. Latency in ms."""

    inputs: tuple[Row, ...]
    outputs: tuple[Row | None, ...]
    latency_ms: float
    failed: bool


@dataclass(frozen=True)
class Sample:
    """Some of the `total` requests of a span, and all ratings of its answered requests."""

    since: datetime
    until: datetime
    total: int
    requests: tuple[LoggedRequest, ...]
    ratings: tuple[int, ...]


class PayloadSamples:
    """Samples of the logs that endpoints keep in the team's schema."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def samples(self, endpoint: str, *spans: tuple[datetime, datetime]) -> list[Sample] | None:
        """Requests of each span, the same ones each time; None without a log.

        Raises InvalidInputError for a name that cannot be an endpoint's, SqlFailedError, AwayError.
        """
        payload = self._team.place.table(payload_table(endpoint))
        if not self._team.has(payload):
            return None
        feedback = self._team.place.table(FeedbackItem.TABLE)
        shared = self._team.has(feedback, REMOVED)
        return [self._sample(payload, feedback if shared else None, since, until) for since, until in spans]

    def _sample(self, payload: str, feedback: str | None, since: datetime, until: datetime) -> Sample:
        span = {"since": since, "until": until}
        rows = self._team.rows(sample_statement(payload), {**span, "most": MOST})
        ratings = [] if feedback is None else self._team.rows(ratings_statement(payload, feedback), span)
        requests = tuple(
            parse_logged_request(row["request"], row["response"], int(row["status"] or 0), float(row["latency"] or 0))
            for row in rows
        )
        total = int(rows[0]["total"]) if rows else 0
        return Sample(since, until, total, requests, tuple(int(row["rating"]) for row in ratings))


def sample_statement(payload: str) -> str:
    """The statement for a sample of a log, whose name is quoted."""
    return _SAMPLE.format(payload=payload, longest=LONGEST)


def ratings_statement(payload: str, feedback: str) -> str:
    """The statement for the ratings of a log's requests; the names are quoted."""
    return _RATINGS.format(payload=payload, feedback=feedback)


def parse_logged_request(request: str | None, response: str | None, status: int, latency_ms: float) -> LoggedRequest:
    """A row of the log. Whatever stands there is read as far as it can be, and nothing is raised."""
    inputs = tuple(_records(_json(request)))
    outputs: list[Row | None] = list(_answers(_json(response))) if status < 400 else []
    # Without an answer for each record they cannot be matched.
    if len(outputs) != len(inputs):
        outputs = [None] * len(inputs)
    return LoggedRequest(inputs, tuple(outputs), latency_ms, status >= 400)


def _json(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None


def _records(request: Any) -> Iterator[Row]:
    if not isinstance(request, dict):
        return
    split = request.get("dataframe_split")
    if isinstance(split, dict) and isinstance(split.get("columns"), list) and isinstance(split.get("data"), list):
        names = [str(name) for name in split["columns"]]
        yield from (dict(zip(names, row, strict=False)) for row in split["data"] if isinstance(row, list))
        return
    for key in ("dataframe_records", "inputs"):
        if isinstance(request.get(key), list):
            yield from (row for row in request[key] if isinstance(row, dict))
            return
    messages = request.get("messages")
    said = [one for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []
    user_turns = [one for one in said if one.get("role") == "user"]
    if user_turns:
        yield {PROMPT: _text(user_turns[-1].get("content"))}


def _answers(response: Any) -> Iterator[Row | None]:
    if not isinstance(response, dict):
        return
    if isinstance(response.get("predictions"), list):
        yield from map(_prediction, response["predictions"])
        return
    choices = response.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        try:
            text = content_of(choices[0])
        except PlatformError:
            yield None
            return
        parsed = _json(text)
        yield parsed if isinstance(parsed, dict) else {ANSWER: text}


def _prediction(one: Any) -> Row | None:
    """The answer alone: a packed model says more beside it, and why where it has none."""
    if not isinstance(one, dict):
        return {ANSWER: one}
    if DETAILS not in one:
        return one
    try:
        return read_answer(one).answer
    except OntosError:
        return None


def _text(content: Any) -> str:
    """What a message says, also when in blocks, of which pictures are left out."""
    if isinstance(content, list):
        return "\n".join(
            str(block.get("text", "")) for block in content if isinstance(block, dict) and block.get("type") == "text"
        )
    return content if isinstance(content, str) else ""
