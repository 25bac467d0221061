"""What an endpoint of the workspace was asked by anybody: counted in the warehouse, from the table that it logs to.

Only the sums come down. Our requests carry their id as `client_request_id`, by which the team's feedback joins them.
The workspace writes the table with a delay of up to an hour, best effort. Its columns are those of
a payload table that was described on 2026-08-28.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ontos_tui.domain.improve import FeedbackItem
from ontos_tui.domain.traffic import Bucket
from ontos_tui.platforms.databricks.client import SqlFailedError, Team
from ontos_tui.platforms.databricks.endpoints import endpoint_name
from ontos_tui.platforms.databricks.serving import table_prefix

_SERIES = """
SELECT date_trunc('{width}', p.request_time) AS start, count(*) AS requests,
  count_if(p.status_code >= 400) AS errors,
  avg(CASE WHEN p.status_code < 400 THEN p.execution_duration_ms END) AS mean_ms,
  percentile_approx(CASE WHEN p.status_code < 400 THEN p.execution_duration_ms END, 0.95) AS p95_ms,
  {ratings} AS ratings, {rated} AS rated
FROM {payload} AS p {feedback}
WHERE p.request_time >= :since AND p.request_time < :until
GROUP BY 1 ORDER BY 1
"""
# Several people may rate one request; it is still one request.
_FEEDBACK = """
LEFT JOIN (SELECT request_id, count(*) AS ratings, sum(rating) AS rated FROM {feedback} GROUP BY request_id) AS f
  ON f.request_id = p.client_request_id
"""
_GONE = ("TABLE_OR_VIEW_NOT_FOUND", "DELTA_TABLE_NOT_FOUND")


@dataclass(frozen=True)
class TeamPoint:
    """One bucket, from `start` on, of what everybody asked. Latencies are of the answered requests, p95 approximate."""

    start: datetime
    requests: int
    errors: int
    mean_latency_ms: float | None
    p95_ms: float | None
    ratings: int
    mean_rating: float | None


class InferenceTable:
    """The log that an endpoint keeps in the team's schema."""

    def __init__(self, team: Team, endpoint: str) -> None:
        """Raises InvalidInputError for a name that cannot be an endpoint's."""
        self._team = team
        self._payload = team.place.table(f"{table_prefix(endpoint_name(endpoint))}_payload")

    def series(self, bucket: Bucket, since: datetime, until: datetime) -> list[TeamPoint]:
        """The buckets that have requests, from `since` up to, not including, `until`; without a log there are none.

        Feedback counts in the bucket of its request, as far as the team shares it. Raises SqlFailedError, AwayError.
        """
        if not self._is_there(self._payload):
            return []
        feedback = self._team.place.table(FeedbackItem.TABLE)
        shared = self._is_there(feedback)
        sql = series_statement(bucket, self._payload, feedback if shared else None)
        found = self._team.rows(sql, {"since": since, "until": until})
        return [
            TeamPoint(
                start=_utc(row["start"]),
                requests=int(row["requests"]),
                errors=int(row["errors"]),
                mean_latency_ms=None if row["mean_ms"] is None else float(row["mean_ms"]),
                p95_ms=None if row["p95_ms"] is None else float(row["p95_ms"]),
                ratings=int(row["ratings"]),
                mean_rating=float(row["rated"]) / int(row["ratings"]) if row["ratings"] else None,
            )
            for row in found
        ]

    def _is_there(self, table: str) -> bool:
        try:
            self._team.rows(f"SELECT 1 FROM {table} LIMIT 0")  # noqa: S608  # checked and quoted by Place
        except SqlFailedError as error:
            if error.error_class in _GONE:
                return False
            raise
        return True


def series_statement(bucket: Bucket, payload: str, feedback: str | None) -> str:
    """The statement over both tables, whose names are quoted already; without `feedback` there are no ratings."""
    return _SERIES.format(
        width=bucket.value.upper(),
        payload=payload,
        ratings="coalesce(sum(f.ratings), 0)" if feedback else "0",
        rated="coalesce(sum(f.rated), 0)" if feedback else "0",
        feedback=_FEEDBACK.format(feedback=feedback) if feedback else "",
    )


def _utc(at: datetime) -> datetime:
    """A time of the warehouse, whose session is in UTC; without pyarrow it comes without its zone."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
