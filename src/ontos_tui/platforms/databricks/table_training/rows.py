"""The rows of a training in the warehouse: labels that people gave, joined there; counts, a profile, and a sample."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ontos_tui.platforms.databricks.select_sql import SelectStatements, column_name
from ontos_tui.platforms.databricks.table_training.profile import ColumnProfile, profile_statement, profiles
from ontos_tui.platforms.databricks.table_training.sample_sql import (
    HELD_OUT,
    TRAIN,
    RowsToDivide,
    counts_statement,
    cut_statement,
    sample_statement,
)
from ontos_tui.platforms.databricks.team.schemas import create_schema
from ontos_tui.platforms.databricks.workspace_client import Team

PAGE_BYTES = 900_000
"""Bytes of labels in one statement; all its parameters together may have a megabyte."""
MOST_VALUES = 1_000
"""Different answers that are counted."""
_LABELS = "array<struct<item_ref:string,answer:string,role:string>>"


@dataclass(frozen=True)
class GivenLabel:
    """What is decided here about an item: its answer as JSON; the side that it has to be on, `none` for neither."""

    item_ref: str
    answer: str | None
    role: str = ""


@dataclass(frozen=True)
class Division:
    """Rows with an answer: those that teach and those that test, their groups, and how many people decided.

    `cut` is where the latest part begins, where rows are tested in their order.
    """

    train: int
    held_out: int
    train_groups: int
    held_out_groups: int
    decided: int
    cut: float | None


class WarehouseRows:
    """Counts, profiles and samples rows of one workspace by statements."""

    def __init__(self, team: Team) -> None:
        self._team = team

    def table(self, name: str) -> str:
        """A table of the team's schema, quoted."""
        return self._team.place.table(name)

    def prepare(self) -> None:
        """The team's schema, where it is missing. Raises PlatformError, AwayError."""
        create_schema(self._team)

    def put_labels(self, table: str, labels: Iterable[GivenLabel]) -> None:
        """A table with what is decided here."""
        self._team.change(f"CREATE OR REPLACE TABLE {table} (item_ref STRING, answer STRING, role STRING) USING DELTA")
        for page in _pages(labels):
            self._team.change(
                f"INSERT INTO {table} (item_ref, answer, role) SELECT one.item_ref, one.answer, one.role "  # noqa: S608
                f"FROM (SELECT explode(from_json(:rows, '{_LABELS}')) AS one)",
                {"rows": page},
            )

    def drop(self, table: str) -> None:
        """Remove a table of ours."""
        self._team.change(f"DROP TABLE IF EXISTS {table}")

    def division(self, rows: RowsToDivide) -> Division:
        """How the rows are divided, counted over all of them."""
        cut: float | None = None
        if statement := cut_statement(rows):
            (row,) = self._team.rows(statement)
            cut = None if row["cut"] is None else float(row["cut"])
        parts = {str(row["role"]): row for row in self._team.rows(counts_statement(rows, cut))}
        train, held_out = (parts.get(role, {}) for role in (TRAIN, HELD_OUT))
        return Division(
            int(train.get("n", 0)),
            int(held_out.get("n", 0)),
            int(train.get("groups", 0)),
            int(held_out.get("groups", 0)),
            int(train.get("decided", 0)) + int(held_out.get("decided", 0)),
            cut,
        )

    def sample(self, rows: RowsToDivide, cut: float | None, into: str, most: int, most_tested: int) -> None:
        """Put a sample of the rows into a table."""
        self._team.change(sample_statement(rows, cut, into, most, most_tested))

    def profile(self, reading: SelectStatements, names: Sequence[str]) -> list[ColumnProfile]:
        """What these columns hold, over all rows."""
        columns = [one for one in reading.columns if one.name in names]
        (counted,) = self._team.rows(profile_statement(reading.rows, columns), reading.parameters)
        return profiles(counted, columns)

    def answers(self, reading: SelectStatements, column: str) -> dict[str, int]:
        """How often each value of a column occurs, the commonest first."""
        name = column_name(column)
        rows = self._team.rows(
            f"SELECT CAST({name} AS STRING) AS value, count(*) AS n FROM ({reading.rows}) AS source "  # noqa: S608
            f"WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT {MOST_VALUES}",
            reading.parameters,
        )
        return {str(row["value"]): int(row["n"]) for row in rows}


def types_of(reading: SelectStatements, names: Iterable[str]) -> Mapping[str, str]:
    """The types of some columns."""
    known = {column.name: column.type for column in reading.columns}
    return {name: known[name] for name in names}


def _pages(labels: Iterable[GivenLabel]) -> Iterator[str]:
    rows: list[str] = []
    size = 0
    for label in labels:
        plain: dict[str, Any] = {"item_ref": label.item_ref, "answer": label.answer, "role": label.role}
        row = json.dumps(plain, ensure_ascii=False)
        length = len(row.encode("utf-8", "replace")) + 1
        if rows and size + length > PAGE_BYTES:
            yield f"[{','.join(rows)}]"
            rows, size = [], 0
        rows.append(row)
        size += length
    if rows:
        yield f"[{','.join(rows)}]"
