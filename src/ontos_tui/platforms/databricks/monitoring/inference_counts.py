"""The requests to an endpoint of the workspace, by anybody: counted in the warehouse, from its inference table.

Only the sums come down, by hour and served model. Our requests carry their id as `client_request_id`, by which the
team's feedback joins them. Which model version a served model is, and its tokens, the workspace's system tables tell
to whom they are granted. The workspace writes all of these tables with a delay of up to an hour, best effort. The
columns are those of a payload table that was described on 2026-08-28, and those of the system tables as read then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.monitor.team_traffic import TeamHour
from ontos_tui.domain.rules.monitor.traffic import BINS, bin_in_sql
from ontos_tui.platforms.databricks.cell_values import utc
from ontos_tui.platforms.databricks.endpoints import payload_table
from ontos_tui.platforms.databricks.team.team_tables import REMOVED
from ontos_tui.platforms.databricks.workspace_client import SqlFailedError, Team

_HOURS = """
SELECT date_trunc('HOUR', p.request_time) AS start, coalesce(p.served_entity_id, '') AS served,
  CASE WHEN p.status_code < 400 THEN {bin} END AS bin,
  count(*) AS requests, count_if(p.status_code >= 400) AS errors,
  coalesce(sum(CASE WHEN p.status_code < 400 THEN p.execution_duration_ms END), 0) AS latency,
  max(p.request_time) AS last_at,
  {ratings} AS ratings, {rated} AS rated, {corrected} AS corrected
FROM {payload} AS p {feedback}
WHERE p.request_time >= :since AND p.request_time < :until
GROUP BY 1, 2, 3
"""
# Several people may rate one request; it is still one request. A request that failed and was sent again has two rows
# with the same id, and what was said is about the answer.
_FEEDBACK = """
LEFT JOIN (
  SELECT request_id, count(*) AS ratings, sum(rating) AS rated, count(correction) AS corrected
  FROM {feedback} WHERE NOT coalesce(log_removed, false) GROUP BY request_id
) AS f ON f.request_id = p.client_request_id AND p.status_code < 400
"""
_SERVED = """
(SELECT DISTINCT served_entity_id FROM {payload} WHERE request_time >= :since AND request_time < :until)
"""
_VERSIONS = """
SELECT served_entity_id AS served, max_by(entity_name, change_time) AS name,
  max_by(entity_version, change_time) AS version
FROM `system`.`serving`.`served_entities` WHERE served_entity_id IN {served} GROUP BY served_entity_id
"""
_TOKENS = """
SELECT date_trunc('HOUR', request_time) AS start, served_entity_id AS served,
  sum(input_token_count) AS input_tokens, sum(output_token_count) AS output_tokens
FROM `system`.`serving`.`endpoint_usage`
WHERE request_time >= :since AND request_time < :until AND served_entity_id IN {served}
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class RequestCounts:
    """Requests by hour; `logged` is whether there is an inference table, `missing` what is unknown, and why."""

    hours: tuple[TeamHour, ...]
    logged: bool
    missing: tuple[str, ...] = ()


class InferenceTables:
    """The logs that endpoints keep in the team's schema."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def hours(self, endpoint: str, since: datetime, until: datetime) -> RequestCounts:
        """The hours that have requests, from `since` up to, not including, `until`.

        Feedback counts as far as the team shares it. Raises InvalidInputError for a name that cannot be an endpoint's,
        SqlFailedError, AwayError.
        """
        payload = self._team.place.table(payload_table(endpoint))
        if not self._team.has(payload):
            return RequestCounts((), False)
        feedback = self._team.place.table(FeedbackItem.TABLE)
        span = {"since": since, "until": until}
        shared = self._team.has(feedback, REMOVED)
        rows = self._team.rows(hours_statement(payload, feedback if shared else None), span)
        missing = [] if shared else ["Feedback: the team shares none yet; `ontos sync --start` begins."]
        versions, tokens = versions_statement(payload), tokens_statement(payload)
        names = {row["served"]: _version(row) for row in self._granted(versions, span, "Model versions", missing)}
        used = {(utc(row["start"]), row["served"]): row for row in self._granted(tokens, span, "Tokens", missing)}
        return RequestCounts(tuple(_hours(endpoint, rows, names, used)), True, tuple(missing))

    def _granted(self, sql: str, span: Mapping[str, Any], what: str, missing: list[str]) -> list[dict[str, Any]]:
        """Rows of the system tables; they are granted apart from all else, and nothing hangs on them."""
        try:
            return self._team.rows(sql, span)
        except SqlFailedError as error:
            missing.append(f"{what}: {error.what} Ask for USE SCHEMA and SELECT on system.serving.")
            return []


def hours_statement(payload: str, feedback: str | None) -> str:
    """The statement over both tables, whose names are quoted already; without `feedback` there are no ratings."""
    said = {name: f"coalesce(sum(f.{name}), 0)" if feedback else "0" for name in ("ratings", "rated", "corrected")}
    joined = _FEEDBACK.format(feedback=feedback) if feedback else ""
    return _HOURS.format(bin=bin_in_sql("p.execution_duration_ms"), payload=payload, feedback=joined, **said)


def versions_statement(payload: str) -> str:
    """Which model versions the served models of a log are."""
    return _VERSIONS.format(served=_SERVED.format(payload=payload))


def tokens_statement(payload: str) -> str:
    """The tokens of each hour and served model of a log."""
    return _TOKENS.format(served=_SERVED.format(payload=payload))


Key = tuple[datetime, str]


def _hours(
    endpoint: str, counted: Sequence[dict[str, Any]], names: Mapping[str, str], used: Mapping[Key, dict[str, Any]]
) -> Iterator[TeamHour]:
    """One record for each hour and served model, whose rows are its bins of latency."""
    groups: dict[Key, list[dict[str, Any]]] = {}
    for row in counted:
        groups.setdefault((utc(row["start"]), row["served"]), []).append(row)
    for (start, served), rows in sorted(groups.items()):
        bins = [0] * BINS
        for row in rows:
            if row["bin"] is not None:
                bins[int(row["bin"])] += int(row["requests"])
        tokens = used.get((start, served), {})
        yield TeamHour(
            endpoint=endpoint,
            start=start,
            served=served,
            version=names.get(served, ""),
            requests=sum(int(row["requests"]) for row in rows),
            errors=sum(int(row["errors"]) for row in rows),
            latency_sum=float(sum(row["latency"] for row in rows)),
            bins=bins,
            last_at=max(utc(row["last_at"]) for row in rows),
            ratings=sum(int(row["ratings"]) for row in rows),
            rating_sum=sum(int(row["rated"]) for row in rows),
            corrections=sum(int(row["corrected"]) for row in rows),
            input_tokens=_whole(tokens.get("input_tokens")),
            output_tokens=_whole(tokens.get("output_tokens")),
        )


def _version(row: dict[str, Any]) -> str:
    return f"{row['name']} v{row['version']}" if row["version"] is not None else str(row["name"])


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
