"""The statements that divide a table's rows for a training: which test and which teach, and a sample of both.

Everything is decided in the warehouse by hashes of a seed, so the same rows and seed give the same sample. Rows of one
group are on one side. Where no column names groups, rows that are equal in all columns that are learned from are one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.data import Column
from ontos_tui.domain.rules.split import SHARE, SplitBy
from ontos_tui.platforms.databricks.cell_values import base_type, selected
from ontos_tui.platforms.databricks.select_sql import SelectStatements, column_name

REF, ROLE, PLACE, GROUP, CONTENT, ANSWER = (
    "ontos_item",
    "ontos_role",
    "ontos_place",
    "ontos_group",
    "ontos_content",
    "ontos_answer",
)
"""The columns of a sample beside those of the rows: the item, its role, its place in the order in which rows are taken,
its group, a hash of what it is learned from, and the answer that people gave it (JSON)."""
TRAIN, HELD_OUT, NEITHER = "train", "held_out", "none"
"""What a row is to a training. People keep an item out of it, or for testing only."""
_NUMBER = frozenset({"tinyint", "smallint", "int", "bigint", "float", "double", "decimal"})
_HEX = 8
"""Digits of a hash that decide on which side a group is."""


@dataclass(frozen=True)
class RowsToDivide:
    """The rows of a statement with what is learned from and from what, and the table of the labels that people gave.

    `answers` says which column holds which field of the answer. `labels` is a table's quoted name, or empty.
    """

    reading: SelectStatements
    features: Sequence[str]
    answers: Mapping[str, str]
    labels: str
    by: SplitBy
    group: str | None
    order: str | None
    seed: int

    def __post_init__(self) -> None:
        """Raises InvalidInputError where a column is called like one of the sample's own."""
        own = {REF, ROLE, PLACE, GROUP, CONTENT, ANSWER}
        if taken := [column.name for column in self.reading.columns if column.name.lower() in own]:
            raise InvalidInputError(f"A column is called {taken[0]!r}, as one of the sample.", "Rename it in a view.")


def cut_statement(rows: RowsToDivide) -> str:
    """Where the latest part begins, in seconds or the order's own numbers; empty where the order is no matter."""
    if rows.order is None:
        return ""
    share = 1 - SHARE
    return f"WITH {_labeled(rows)} SELECT approx_percentile(ontos_moment, {share}) AS cut FROM labeled"  # noqa: S608


def counts_statement(rows: RowsToDivide, cut: float | None) -> str:
    """How many rows and groups teach and test, and how many rows people decided."""
    return (
        f"WITH {_labeled(rows)}, {_divided(rows, cut)} SELECT {ROLE} AS role, count(*) AS n, "  # noqa: S608
        f"approx_count_distinct({GROUP}) AS `groups`, count({ANSWER}) AS decided FROM divided GROUP BY {ROLE}"
    )


def sample_statement(rows: RowsToDivide, cut: float | None, into: str, most: int, most_tested: int) -> str:
    """A table of at most so many rows that teach and that test, in the order in which they are taken.

    Of groups, all have their part from the beginning on (Webster's method, as in samples of a sheet).
    """
    names = list(dict.fromkeys([*rows.features, *rows.answers.values()]))
    values = ", ".join(column_name(name) for name in names)
    if rows.group is None:
        turns = f"(SELECT *, 0 AS ontos_turn FROM divided WHERE {ROLE} = '{{role}}')"  # noqa: S608
    else:
        turns = (
            f"(SELECT *, (row_number() OVER (PARTITION BY {GROUP} ORDER BY ontos_dice, {REF}) - 0.5) "  # noqa: S608
            f"/ count(*) OVER (PARTITION BY {GROUP}) AS ontos_turn FROM divided WHERE {ROLE} = '{{role}}')"
        )
    parts = " UNION ALL ".join(
        f"SELECT * FROM (SELECT * FROM {turns.format(role=role)} AS turns "  # noqa: S608
        f"ORDER BY ontos_turn, ontos_dice, {REF} LIMIT {limit})"
        for role, limit in ((TRAIN, most), (HELD_OUT, most_tested))
    )
    return (
        f"CREATE OR REPLACE TABLE {into} USING DELTA TBLPROPERTIES ('delta.columnMapping.mode' = 'name') AS "  # noqa: S608
        f"WITH {_labeled(rows)}, {_divided(rows, cut)} "
        f"SELECT {REF}, {ROLE}, row_number() OVER (PARTITION BY {ROLE} ORDER BY ontos_turn, ontos_dice, {REF}) "
        f"AS {PLACE}, {GROUP}, {CONTENT}, {ANSWER}, {values} FROM ({parts}) AS parts"
    )


def _labeled(rows: RowsToDivide) -> str:
    """The rows with an answer, their item, group, moment and content."""
    reading = rows.reading
    known = {column.name: column for column in reading.columns}
    names = list(dict.fromkeys([*rows.features, *rows.answers.values()]))
    values = ", ".join(f"source.{column_name(name)}" for name in names)
    given = " OR ".join(f"source.{column_name(name)} IS NOT NULL" for name in dict.fromkeys(rows.answers.values()))
    joined, answer, side = "", "CAST(NULL AS STRING)", "''"
    if rows.labels:
        joined = f" LEFT JOIN {rows.labels} AS labels ON labels.item_ref = source.`{reading.ref}`"
        answer, side = "labels.answer", "coalesce(labels.role, '')"
        given = " OR ".join(filter(None, ("labels.answer IS NOT NULL", given)))
    content = ", ".join(f"{_plain(known[name])} AS {column_name(name)}" for name in rows.features)
    moment = "CAST(0 AS DOUBLE)" if rows.order is None else _moment(known[rows.order])
    return (
        f"labeled AS (SELECT source.`{reading.ref}` AS {REF}, {values}, {answer} AS {ANSWER}, {side} AS ontos_side, "  # noqa: S608
        f"{_group(rows, known)} AS {GROUP}, {moment} AS ontos_moment, md5(to_json(struct({content}))) AS {CONTENT} "
        f"FROM ({reading.rows}) AS source{joined} WHERE source.`{reading.ref}` IS NOT NULL AND ({given}) "
        f"AND {side} <> '{NEITHER}')"
    )


def _divided(rows: RowsToDivide, cut: float | None) -> str:
    """The same with their role and their lot."""
    moment = "ontos_moment"
    if rows.group is not None:
        moment = f"min(ontos_moment) OVER (PARTITION BY coalesce({GROUP}, {REF}))"
    if cut is None:
        share = f"{round(SHARE * 16**_HEX):0{_HEX}x}"
        key = f"coalesce({GROUP}, {CONTENT})"
        held = f"substring(md5(concat('{rows.seed}|', {key})), 1, {_HEX}) < '{share}'"
    else:
        held = f"{moment} > {cut!r}D"
    return (
        f"divided AS (SELECT *, CASE WHEN ontos_side = '{HELD_OUT}' OR {held} THEN '{HELD_OUT}' "  # noqa: S608
        f"ELSE '{TRAIN}' END AS {ROLE}, "
        f"md5(concat('{rows.seed}|row|', {REF})) AS ontos_dice FROM labeled)"
    )


def _group(rows: RowsToDivide, known: Mapping[str, Column]) -> str:
    """The group of a row as text; NULL where no column names one."""
    if rows.group is None:
        return "CAST(NULL AS STRING)"
    name = f"source.{column_name(known[rows.group].name)}"
    if rows.by is SplitBy.DAY:
        return f"CAST(CAST({name} AS DATE) AS STRING)"
    if rows.by is SplitBy.FIRST_LINE:
        return f"lower(regexp_replace(substring_index({name}, '\\n', 1), '[^A-Za-z]+', ''))"
    return f"CAST({name} AS STRING)"


def _moment(column: Column) -> str:
    name, base = f"source.{column_name(column.name)}", base_type(column.type)
    if base.startswith("timestamp") or base == "date":
        return f"(unix_micros(CAST({name} AS TIMESTAMP)) / 1000000)"
    if base in _NUMBER:
        return f"CAST({name} AS DOUBLE)"
    return f"(unix_micros(CAST(CAST({name} AS STRING) AS TIMESTAMP)) / 1000000)"


def _plain(column: Column) -> str:
    return selected(f"source.{column_name(column.name)}", column.type)
