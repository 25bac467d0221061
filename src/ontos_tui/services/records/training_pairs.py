"""The pairs of a training sheet as training sees them: at which gate they stand, and what they teach.

The gates are decided in one place, domain/governance. There are few combinations of status and uses in a training
sheet however many pairs it has, so SQL groups by them, the rule decides each once, and SQL selects by the outcome.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, false, func, or_, select, type_coerce

from ontos_tui.domain.learning import LabeledExample
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.rules.governance import Gate, gate
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store.connection import Connection
from ontos_tui.store.tables import table

PAIRS = table(QAPair).c


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


@dataclass(frozen=True)
class _Standing:
    """What the rule looks at, as many pairs have it; `where` finds them."""

    status: PairStatus
    allowed_uses: list[str]
    prohibited_uses: list[str]
    count: int
    where: ColumnElement[bool]


def _standings(connection: Connection, training_sheet_id: str) -> list[_Standing]:
    # The uses are compared as the text that is stored, whoever wrote it and with whatever blanks.
    by = (PAIRS.status, type_coerce(PAIRS.allowed_uses, Text), type_coerce(PAIRS.prohibited_uses, Text))
    groups = connection.execute(
        select(*by, func.count()).where(PAIRS.training_sheet_id == training_sheet_id).group_by(*by)
    )
    return [
        _Standing(
            PairStatus(status),
            json.loads(allowed),
            json.loads(prohibited),
            count,
            and_(by[0] == status, by[1] == allowed, by[2] == prohibited),
        )
        for status, allowed, prohibited, count in groups
    ]


def gate_counts(connection: Connection, training_sheet_id: str) -> dict[Gate, int]:
    """How many pairs stand at each gate; gates without pairs are there with 0."""
    counts = dict.fromkeys(Gate, 0)
    for standing in _standings(connection, training_sheet_id):
        counts[gate(standing)] += standing.count
    return counts


def at_gate(connection: Connection, training_sheet_id: str, at: Gate) -> ColumnElement[bool]:
    """The condition that a pair belongs to the training sheet and stands at this gate."""
    fitting = [one.where for one in _standings(connection, training_sheet_id) if gate(one) is at]
    return and_(PAIRS.training_sheet_id == training_sheet_id, or_(false(), *fitting))


def usable_pairs(connection: Connection, training_sheet_id: str) -> list[TrainingPair]:
    """The pairs that may train, and those that may only test, in the order of the training sheet."""
    return [pair for one in (Gate.TRAINING, Gate.HELD_OUT) for pair in _pairs(connection, training_sheet_id, one)]


def first_pairs(connection: Connection, training_sheet_id: str, count: int) -> list[TrainingPair]:
    """The first pairs that may train, `count` at most."""
    return _pairs(connection, training_sheet_id, Gate.TRAINING, count)


def _pairs(connection: Connection, training_sheet_id: str, one: Gate, limit: int | None = None) -> list[TrainingPair]:
    columns = (
        PAIRS.id,
        PAIRS.item_ref,
        PAIRS.source_data,
        PAIRS.answer,
        PAIRS.version,
        PAIRS.reviewed_by,
        PAIRS.reviewed_at,
    )
    where = at_gate(connection, training_sheet_id, one)
    return [
        TrainingPair(
            id=row.id,
            item_ref=row.item_ref,
            fields=row.source_data,
            answer=row.answer or {},
            version=row.version,
            approved_by=row.reviewed_by,
            approved_at=row.reviewed_at,
            gate=one,
        )
        for row in connection.execute(select(*columns).where(where).order_by(PAIRS.sequence_number).limit(limit))
    ]


def first_row(connection: Connection, training_sheet_id: str) -> dict[str, Any]:
    """The fields of the first pair; empty when there is none."""
    fields = connection.execute(
        select(PAIRS.source_data)
        .where(PAIRS.training_sheet_id == training_sheet_id)
        .order_by(PAIRS.sequence_number)
        .limit(1)
    ).scalar_one_or_none()
    return fields or {}
