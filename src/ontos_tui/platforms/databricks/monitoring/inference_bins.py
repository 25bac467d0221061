"""All requests of a span against those of another, counted in the warehouse: what drift is computed from at any size.

No request comes here. The first statement asks for each column how many values and numbers there are on either side,
their means, and the deciles of the earlier side; the second counts the values of both sides by these deciles, or by
their words. Records are read from `dataframe_records` and `inputs`, answers from `predictions`, as packed models have
them; a request in another form counts, but is not compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ontos_tui.platforms.databricks.endpoints import payload_table
from ontos_tui.platforms.databricks.monitoring.inference_samples import LONGEST
from ontos_tui.platforms.databricks.select_sql import column_name
from ontos_tui.platforms.databricks.workspace_client import Team

BEFORE, RECENT = "before", "recent"
MOSTLY = 0.95
"""Least share of numbers among the values of the earlier side for a column to be one of numbers."""
DECILES = tuple(one / 10 for one in range(1, 10))
MOST_WORDS = 2_000
"""Different words of all columns together that are counted one by one; the rarest are one."""
LONGEST_WORD = 60
MISSING, OTHERS = "(missing)", "(others)"


@dataclass(frozen=True)
class BinnedColumn:
    """One column: its rows and numbers on either side, their means, and the values of either side by bins or words."""

    name: str
    is_number: bool
    rows: Mapping[str, int]
    means: Mapping[str, float | None]
    counts: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Binned:
    """All that was counted: requests and errors on either side, and the columns."""

    requests: Mapping[str, int]
    errors: Mapping[str, int]
    inputs: tuple[BinnedColumn, ...]
    answers: tuple[BinnedColumn, ...]
    latency: BinnedColumn


@dataclass
class _Measured:
    rows: dict[str, int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    means: dict[str, float | None] = field(default_factory=dict)
    edges: tuple[float, ...] = ()

    @property
    def is_number(self) -> bool:
        values = self.values.get(BEFORE, 0)
        return values > 0 and self.numbers.get(BEFORE, 0) >= MOSTLY * values


class PayloadBins:
    """Counts the logs that endpoints keep in the team's schema."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def requests(self, endpoint: str, since: datetime, until: datetime) -> int | None:
        """How many requests a span has; None without a log."""
        payload = self._team.place.table(payload_table(endpoint))
        if not self._team.has(payload):
            return None
        where = "request_time >= :since AND request_time < :until"
        (counted,) = self._team.rows(
            f"SELECT count(*) AS n FROM {payload} WHERE {where}",  # noqa: S608
            {"since": since, "until": until},
        )
        return int(counted["n"])

    def compare(
        self,
        endpoint: str,
        recent: tuple[datetime, datetime],
        before: tuple[datetime, datetime],
        inputs: Sequence[str],
        answers: Sequence[str],
    ) -> Binned:
        """Count the columns on both sides. Raises SqlFailedError, AwayError."""
        payload = self._team.place.table(payload_table(endpoint))
        bound = {"since": recent[0], "until": recent[1], "earlier": before[0], "earlier_until": before[1]}
        counted = self._team.rows(requests_statement(payload), bound)
        (latency,) = self._columns(requests_source(payload), ("latency in ms",), bound)
        return Binned(
            {str(row["side"]): int(row["n"]) for row in counted},
            {str(row["side"]): int(row["errors"]) for row in counted},
            tuple(self._columns(inputs_source(payload, inputs), inputs, bound)),
            tuple(self._columns(answers_source(payload, answers), answers, bound)),
            latency,
        )

    def _columns(self, source: str, names: Sequence[str], bound: Mapping[str, Any]) -> Iterator[BinnedColumn]:
        if not names:
            return
        measured = _measured(self._team.rows(measure_statement(source, len(names)), bound), len(names))
        counts: list[dict[str, dict[str, int]]] = [{BEFORE: {}, RECENT: {}} for _ in names]
        edges = [one.edges if one.is_number else None for one in measured]
        for row in self._team.rows(bins_statement(source, edges), bound):
            counts[int(row["place"])][str(row["side"])][str(row["bin"])] = int(row["n"])
        for name, one, sides in zip(names, measured, counts, strict=True):
            for side in (BEFORE, RECENT):
                if (rest := one.rows.get(side, 0) - sum(sides[side].values())) > 0:
                    sides[side][OTHERS] = rest
            yield BinnedColumn(name, one.is_number, one.rows, one.means, sides)


_SIDE = (
    f"CASE WHEN request_time >= :since AND request_time < :until THEN '{RECENT}' "
    f"WHEN request_time >= :earlier AND request_time < :earlier_until THEN '{BEFORE}' END"
)


def requests_statement(payload: str) -> str:
    """Requests and errors on either side of a log, whose name is quoted."""
    return (
        f"SELECT side, count(*) AS n, count_if(status_code >= 400) AS errors "  # noqa: S608
        f"FROM (SELECT {_SIDE} AS side, status_code FROM {payload}) AS log WHERE side IS NOT NULL GROUP BY side"
    )


def requests_source(payload: str) -> str:
    """The latency of answered requests, as column 0."""
    return (
        f"SELECT side, CAST(execution_duration_ms AS STRING) AS c0 FROM (SELECT {_SIDE} AS side, "  # noqa: S608
        f"execution_duration_ms FROM {payload} WHERE status_code < 400) AS log WHERE side IS NOT NULL"
    )


def inputs_source(payload: str, names: Sequence[str]) -> str:
    """The records that were sent, a row each; columns by their place."""
    shape = f"array<struct<{', '.join(f'{column_name(name)}: string' for name in names)}>>"
    kind = _text(f"struct<dataframe_records: {shape}, inputs: {shape}>")
    return _exploded(
        f"SELECT {_SIDE} AS side, from_json(request, '{kind}') "  # noqa: S608
        f"AS sent FROM {payload} WHERE length(request) <= {LONGEST}",
        "coalesce(sent.dataframe_records, sent.inputs)",
        names,
    )


def answers_source(payload: str, names: Sequence[str]) -> str:
    """The answers that were given, a row each; columns by their place."""
    shape = f"array<struct<{', '.join(f'{column_name(name)}: string' for name in names)}>>"
    return _exploded(
        f"SELECT {_SIDE} AS side, from_json(response, '{_text(f'struct<predictions: {shape}>')}') AS sent "  # noqa: S608
        f"FROM {payload} WHERE status_code < 400 AND length(response) <= {LONGEST}",
        "sent.predictions",
        names,
    )


def _exploded(rows: str, records: str, names: Sequence[str]) -> str:
    values = ", ".join(f"one.{column_name(name)} AS c{place}" for place, name in enumerate(names))
    return (
        f"SELECT side, {values} FROM (SELECT side, explode({records}) AS one FROM ({rows}) AS log "  # noqa: S608
        "WHERE side IS NOT NULL) AS records"
    )


def measure_statement(source: str, columns: int) -> str:
    """Rows, values, numbers, means and deciles of columns, by side."""
    deciles = ", ".join(f"{one:g}" for one in DECILES)
    parts = []
    for place in range(columns):
        number = f"try_cast(c{place} AS DOUBLE)"
        parts += [
            f"count(nullif(trim(c{place}), '')) AS v{place}",
            f"count({number}) AS n{place}",
            f"avg({number}) AS m{place}",
            f"approx_percentile({number}, array({deciles})) AS e{place}",
        ]
    return f"SELECT side, count(*) AS n, {', '.join(parts)} FROM ({source}) AS source GROUP BY side"  # noqa: S608


def bins_statement(source: str, edges: Sequence[Sequence[float] | None]) -> str:
    """Values by side, column and bin: between deciles where there are edges, else by their words."""
    structs = ", ".join(
        f"named_struct('place', {place}, 'bin', {_bin(f'c{place}', one)})" for place, one in enumerate(edges)
    )
    return (
        "SELECT side, one.place AS place, one.bin AS bin, count(*) AS n FROM "  # noqa: S608
        f"(SELECT side, explode(array({structs})) AS one FROM ({source}) AS source) AS bins "
        f"GROUP BY 1, 2, 3 ORDER BY n DESC LIMIT {MOST_WORDS}"
    )


def _bin(value: str, edges: Sequence[float] | None) -> str:
    if edges is None:
        return f"coalesce(substring(nullif(trim({value}), ''), 1, {LONGEST_WORD}), '{MISSING}')"
    number = f"try_cast({value} AS DOUBLE)"
    above = " + ".join(f"CASE WHEN {number} > {edge!r}D THEN 1 ELSE 0 END" for edge in edges) or "0"
    return f"CASE WHEN {number} IS NULL THEN '{MISSING}' ELSE CAST({above} AS STRING) END"


def _measured(rows: Sequence[Mapping[str, Any]], columns: int) -> list[_Measured]:
    measured = [_Measured() for _ in range(columns)]
    for row in rows:
        side = str(row["side"])
        for place, one in enumerate(measured):
            one.rows[side] = int(row["n"])
            one.values[side], one.numbers[side] = int(row[f"v{place}"]), int(row[f"n{place}"])
            mean, edges = row[f"m{place}"], row[f"e{place}"]
            one.means[side] = None if mean is None else float(mean)
            if side == BEFORE and edges is not None:
                one.edges = tuple(sorted({float(edge) for edge in _plain(edges)}))
    return measured


def _plain(edges: Any) -> Sequence[Any]:
    """A list that the connector gave as one, or as JSON."""
    if isinstance(edges, str):
        return list(json.loads(edges))
    return list(edges)


def _text(shape: str) -> str:
    return shape.replace("\\", "\\\\").replace("'", "\\'")
