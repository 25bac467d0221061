"""Scoring a table where it is: the warehouse asks the endpoint by `ai_query`, and writes the answers into a table.

One statement scores as many rows as are not in the target yet, up to a number of them, so that a stopped run goes on
where it was, and what had an error is tried again alone.
https://docs.databricks.com/aws/en/sql/language-manual/functions/ai_query (a serverless or pro warehouse).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ontos_tui.domain.errors import ConflictError
from ontos_tui.domain.learning import Progress
from ontos_tui.domain.records.data import RowQuery, TableAddress
from ontos_tui.platforms.databricks.catalog import UnityCatalog
from ontos_tui.platforms.databricks.endpoints import endpoint_name
from ontos_tui.platforms.databricks.models.registration import RegisteredVersion
from ontos_tui.platforms.databricks.models.spark_scoring import (
    SPARK_TYPES,
    ScoringOptions,
    SparkScoring,
    answer_types,
)
from ontos_tui.platforms.databricks.select_sql import column_name
from ontos_tui.platforms.databricks.workspace_client import Team, quoted
from ontos_tui.platforms.scoring_protocol import ERROR, OUTSIDE, AnswerColumn, InputColumn, InputKind

ITEM, MODEL, AT = "item_ref", "model", "scored_at"
"""The columns of a scored table beside the answers: the item, the version that answered, and when."""
_UNUSUAL = re.compile(r"[ ,;{}()\n\t=]")
MOST_ROWS = 20_000
"""Rows of one statement: what a stopped run can cost."""


@dataclass(frozen=True)
class TableWork:
    """Which rows are scored, by which version, into which table; `total` counts the rows."""

    source: TableAddress
    query: RowQuery
    target: TableAddress
    version: RegisteredVersion
    inputs: Sequence[InputColumn]
    columns: Sequence[AnswerColumn]
    total: int

    @property
    def into(self) -> str:
        """The target in SQL."""
        return ".".join(quoted(part) for part in (self.target.catalog, self.target.schema, self.target.table))

    @property
    def named(self) -> str:
        """The version, as the target has it beside each answer."""
        return f"{self.version.model}/{self.version.version}"


@dataclass(frozen=True)
class ScoredTable:
    """What a run did: rows of the target in all, those that were there before, and those with an error."""

    rows: int
    resumed: int
    failed: int
    outside: int


class TableScoring:
    """Scores tables of one workspace with a packed model: by an endpoint that serves it, or as a Spark job."""

    def __init__(
        self, team: Team, catalog: UnityCatalog, spark: SparkScoring | None = None, *, most_rows: int = MOST_ROWS
    ) -> None:
        self._team = team
        self._catalog = catalog
        self._spark = spark or SparkScoring(team)
        self._most_rows = most_rows

    def by_endpoint(self, work: TableWork, endpoint: str, progress: Progress) -> ScoredTable:
        """Score what the query reaches and is not in the target yet.

        Raises ConflictError when the target holds answers of another version, SqlFailedError, AwayError, and
        JobCancelledError; what was scored until then stays.
        """
        reading = self._catalog.statements(work.source, work.query)
        statement = insert_statement(reading.rows, reading.ref, work.into, endpoint, work.inputs, work.columns)
        bound = {**reading.parameters, "most": self._most_rows, "version": work.named}
        self._prepare(work)
        done = resumed = self._count(work)
        progress.update(done, work.total, _message(done, work.total))
        while done < work.total:
            scored = self._team.change(statement, bound)
            if not scored:
                break
            done += scored
            progress.update(done, work.total, _message(done, work.total))
        return self._scored(work, resumed)

    def by_spark(self, work: TableWork, requirements: Sequence[str], progress: Progress) -> ScoredTable:
        """The same as one Spark job, which needs no endpoint. Raises as `by_endpoint` and `SparkScoring.run`."""
        reading = self._catalog.statements(work.source, work.query)
        self._prepare(work)
        resumed = self._count(work)
        options = ScoringOptions(
            work.version, reading.rows, reading.parameters, reading.ref, work.into, work.inputs, work.columns
        )
        self._spark.run(options, requirements, progress)
        return self._scored(work, resumed)

    def _prepare(self, work: TableWork) -> None:
        """The target, empty or with answers of the same version; those with an error go, to be tried again."""
        types = answer_types(work.columns)
        described = ", ".join(f"{column_name(one)} {SPARK_TYPES[kind]}" for one, kind in types.items())
        # Delta takes blanks and the like in names only where columns are mapped by name.
        mapped = " TBLPROPERTIES ('delta.columnMapping.mode' = 'name')" if any(map(_UNUSUAL.search, types)) else ""
        self._team.change(
            f"CREATE TABLE IF NOT EXISTS {work.into} "
            f"({ITEM} STRING, {described}, {MODEL} STRING, {AT} TIMESTAMP) USING DELTA{mapped}"
        )
        others = self._team.rows(f"SELECT DISTINCT {MODEL} FROM {work.into} LIMIT 2")  # noqa: S608
        if any(row[MODEL] != work.named for row in others):
            raise ConflictError(
                f"{work.target} holds the answers of {others[0][MODEL]}.", "Name another table, or drop that one."
            )
        self._team.change(f"DELETE FROM {work.into} WHERE {ERROR} IS NOT NULL")  # noqa: S608

    def _count(self, work: TableWork) -> int:
        return int(self._team.rows(f"SELECT count(*) AS `n` FROM {work.into}")[0]["n"])  # noqa: S608

    def _scored(self, work: TableWork, resumed: int) -> ScoredTable:
        counted = self._team.rows(
            f"SELECT count(*) AS `n`, count({ERROR}) AS `failed`, "  # noqa: S608
            f"count_if({OUTSIDE} <> '') AS `outside` FROM {work.into}"
        )[0]
        return ScoredTable(int(counted["n"]), resumed, int(counted["failed"]), int(counted["outside"]))


def insert_statement(
    rows: str,
    ref: str,
    into: str,
    endpoint: str,
    inputs: Sequence[InputColumn],
    columns: Sequence[AnswerColumn],
) -> str:
    """The statement that scores the next rows of `rows`, whose names are in `ref`, into the table `into`."""
    types = answer_types(columns)
    sent = ", ".join(f"{_literal(one.name)}, {_cast(one)}" for one in inputs)
    shape = ", ".join(f"{column_name(name)}: {SPARK_TYPES[kind]}" for name, kind in types.items())
    request = (
        f"ai_query('{endpoint_name(endpoint)}', named_struct({sent}), returnType => {_literal(f'STRUCT<{shape}>')})"
    )
    names = ", ".join(column_name(name) for name in types)
    answers = ", ".join(f"given.answer.{column_name(name)}" for name in types)
    return (
        f"INSERT INTO {into} ({ITEM}, {names}, {MODEL}, {AT}) "  # noqa: S608
        f"SELECT given.{ITEM}, {answers}, :version, current_timestamp() FROM ("
        f"SELECT rest.`{ref}` AS {ITEM}, {request} AS answer FROM ("
        f"SELECT source.* FROM ({rows}) AS source LEFT ANTI JOIN {into} AS scored "
        f"ON scored.{ITEM} = source.`{ref}` WHERE source.`{ref}` IS NOT NULL LIMIT :most) AS rest) AS given"
    )


def _cast(column: InputColumn) -> str:
    kind = "DOUBLE" if column.kind is InputKind.NUMBER else "STRING"
    return f"CAST(rest.{column_name(column.name)} AS {kind})"


def _literal(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _message(done: int, total: int) -> str:
    return f"{done:,} of {total:,} rows scored in the warehouse"
