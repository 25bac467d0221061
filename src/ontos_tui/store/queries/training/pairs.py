"""The pairs of a training sheet as training sees them: at which gate they stand, and what they teach.

The gates are decided in one place, domain/rules/governance. There are few combinations of status and uses in a training
sheet however many pairs it has, so SQL groups by them, the rule decides each once, and SQL selects by the outcome.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.learning import LabeledExample
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.row_columns import column_names, listed, raw_column
from ontos_tui.domain.rules.governance import Gate, gate
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.conditions import Condition, any_of, equal, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.field_reader import BLOCK, FieldReader
from ontos_tui.store.tables import milliseconds
from ontos_tui.store.values import uses_from_text

if TYPE_CHECKING:
    from ontos_tui.domain.records.data import Row
    from ontos_tui.domain.row_columns import Values


@dataclass(frozen=True)
class TrainingPair:
    """A labeled pair that may train or test a model."""

    id: str
    item_ref: str
    fields: Row
    answer: Answer
    version: int
    approved_by: str
    approved_at: datetime | None
    gate: Gate

    def example(self) -> LabeledExample:
        """The pair as a trainer sees it."""
        return LabeledExample(self.item_ref, self.fields, self.answer)


# Gates -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Standing:
    """What the rule looks at, as many pairs have it; `condition` selects them."""

    status: PairStatus
    allowed_uses: list[str]
    prohibited_uses: list[str]
    count: int
    condition: Condition


def _standings(connection: Connection, training_sheet_id: str) -> list[_Standing]:
    # The uses are compared as the text that is stored, whoever wrote it and with whatever blanks.
    groups = connection.execute(
        "SELECT status, allowed_uses, prohibited_uses, count(*) FROM qa_pairs WHERE training_sheet_id = ? "
        "GROUP BY status, allowed_uses, prohibited_uses",
        (training_sheet_id,),
    )
    alike = "qa_pairs.status = ? AND qa_pairs.allowed_uses = ? AND qa_pairs.prohibited_uses = ?"
    return [
        _Standing(
            PairStatus(status),
            uses_from_text(allowed),
            json.loads(prohibited),
            count,
            where(alike, status, allowed, prohibited),
        )
        for status, allowed, prohibited, count in groups
    ]


def gate_counts(connection: Connection, training_sheet_id: str) -> dict[Gate, int]:
    """How many pairs stand at each gate; gates without pairs are there with 0."""
    counts = dict.fromkeys(Gate, 0)
    for standing in _standings(connection, training_sheet_id):
        counts[gate(standing)] += standing.count
    return counts


def at_gate(connection: Connection, training_sheet_id: str, at: Gate) -> Condition:
    """The condition that a pair belongs to the training sheet and stands at this gate."""
    fitting = [one.condition for one in _standings(connection, training_sheet_id) if gate(one) is at]
    return where("qa_pairs.training_sheet_id = ?", training_sheet_id) & any_of(*fitting)


# Pairs -------------------------------------------------------------------------------------------------------------


def usable_pairs(connection: Connection, training_sheet_id: str) -> list[TrainingPair]:
    """The pairs that may train, and those that may only test, in the order of the training sheet."""
    return [pair for one in (Gate.TRAINING, Gate.HELD_OUT) for pair in _pairs(connection, training_sheet_id, one)]


def first_pairs(connection: Connection, training_sheet_id: str, count: int) -> list[TrainingPair]:
    """The first pairs that may train, `count` at most."""
    return _pairs(connection, training_sheet_id, Gate.TRAINING, count)


def _pairs(connection: Connection, training_sheet_id: str, one: Gate, limit: int = -1) -> list[TrainingPair]:
    condition = at_gate(connection, training_sheet_id, one)
    sql = (
        "SELECT id, item_ref, source_data, answer, version, reviewed_by, reviewed_at FROM qa_pairs "  # noqa: S608
        f"WHERE {condition.sql} ORDER BY sequence_number LIMIT ?"
    )
    return [
        TrainingPair(
            id=pair_id,
            item_ref=item_ref,
            fields=connection.fields.row(fields),
            answer={} if answer is None else json.loads(answer) or {},
            version=version,
            approved_by=approved_by,
            approved_at=None if approved_at is None else datetime.fromisoformat(approved_at),
            gate=one,
        )
        for pair_id, item_ref, fields, answer, version, approved_by, approved_at in connection.execute(
            sql, (*condition.values, limit)
        )
    ]


def first_row(connection: Connection, training_sheet_id: str) -> dict[str, Any]:
    """The fields of the first pair; empty when there is none."""
    fields = connection.scalar(
        "SELECT source_data FROM qa_pairs WHERE training_sheet_id = ? ORDER BY sequence_number LIMIT 1",
        (training_sheet_id,),
    )
    return {} if fields is None else connection.fields.row(fields)


def first_rows(connection: Connection, training_sheet_id: str, count: int) -> list[dict[str, Any]]:
    """The fields of the first pairs, whatever their state; `count` at most."""
    sql = "SELECT source_data FROM qa_pairs WHERE training_sheet_id = ? ORDER BY sequence_number LIMIT ?"
    return list(map(connection.fields.row, connection.scalars(sql, (training_sheet_id, count))))


LONGEST_TEXT = 2_000
"""Characters of a text in `pair_columns`, which is about how values lie in the rows."""


def pair_columns(connection: Connection, training_sheet_id: str, every: int = 1) -> dict[str, list[Any]]:
    """The columns of all pairs whatever their state, or of every so many, in their order; None where one lacks it.

    Lists and objects count as missing, and long texts are cut.
    """
    sql = (
        "SELECT source_data FROM qa_pairs WHERE training_sheet_id = ? AND sequence_number % ? = 0 "
        "ORDER BY sequence_number"
    )
    reader = FieldReader(connection.fields)
    for block in connection.blocks(sql, (training_sheet_id, max(1, every)), BLOCK):
        reader.add([text for (text,) in block])
    fields = reader.rows()
    return {name: _short_column(raw_column(fields, name)) for name in column_names(fields)}


def _short_column(given: Values) -> list[Any]:
    values = listed(given)
    return values if not {str, list, dict}.intersection(map(type, values)) else [_shortened(one) for one in values]


def _shortened(value: Any) -> Any:
    if isinstance(value, list | dict):
        return None
    return value[:LONGEST_TEXT] if isinstance(value, str) else value


def pair_count(connection: Connection, training_sheet_id: str) -> int:
    """How many pairs a training sheet has."""
    return rows.count(connection, QAPair, equal(training_sheet_id=training_sheet_id))


def last_change(connection: Connection, training_sheet_id: str) -> str:
    """When a pair of a training sheet was changed last, as it is stored; empty without pairs."""
    of_sheet = f"{_SHEET} = substr(?1, 1, 8) AND +qa_pairs.training_sheet_id = ?1"
    last = f"SELECT {_CHANGED} FROM qa_pairs WHERE {of_sheet} ORDER BY {_CHANGED} DESC LIMIT 1"  # noqa: S608
    sql = f"SELECT max(updated_at) FROM qa_pairs WHERE {of_sheet} AND {_CHANGED} >= ({last})"  # noqa: S608
    return str(connection.scalar(sql, (training_sheet_id,)) or "")


def changed_since(training_sheet_id: str, since: str) -> Condition:
    """The condition that a pair of a training sheet was changed since then, a time as it is stored; with an index."""
    in_index = f"{_SHEET} = substr(?, 1, 8) AND {_CHANGED} >= {milliseconds('?')}"
    columns = "+qa_pairs.training_sheet_id = ? AND qa_pairs.updated_at >= ?"
    return where(f"{in_index} AND {columns}", training_sheet_id, since, training_sheet_id, since)


# The plus keeps SQLite from an index of the training sheet, which it takes for better and which has all of its pairs.
_SHEET, _CHANGED = "substr(qa_pairs.training_sheet_id, 1, 8)", milliseconds("qa_pairs.updated_at")


def pair_of_item(connection: Connection, training_sheet_id: str, item_ref: str) -> QAPair | None:
    """The pair of an item in a training sheet, or None."""
    return rows.find_one(connection, QAPair, equal(training_sheet_id=training_sheet_id, item_ref=item_ref))
