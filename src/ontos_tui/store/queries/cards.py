"""What model cards and data cards are made from: pairs one by one, who approved them, and deployments of a version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.serving import Deployment
from ontos_tui.domain.records.training import Role
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.conditions import equal
from ontos_tui.store.connection import Connection


@dataclass(frozen=True)
class Approver:
    """Who approved pairs of a version, how many that were trained on and tested, and when first and last."""

    name: str
    trained: int
    held_out: int
    first: datetime | None
    last: datetime | None


def approvers(connection: Connection, model_id: str) -> list[Approver]:
    """Who approved the pairs of a version, most pairs first."""
    sql = (
        "SELECT approved_by, sum(role = ?), sum(role = ?), min(approved_at), max(approved_at) FROM model_pairs "
        "WHERE model_id = ? GROUP BY approved_by ORDER BY count(*) DESC, approved_by"
    )
    return [
        Approver(name, trained, held_out, _time(first), _time(last))
        for name, trained, held_out, first, last in connection.execute(sql, (Role.TRAIN, Role.HELD_OUT, model_id))
    ]


def trained_pairs(connection: Connection, model_id: str) -> Iterator[tuple[Row, Answer]]:
    """Fields and answer, as they are now, of the pairs that a version was trained on."""
    sql = (
        "SELECT qa_pairs.source_data, qa_pairs.answer FROM model_pairs JOIN qa_pairs "
        "ON qa_pairs.id = model_pairs.pair_id WHERE model_pairs.model_id = ? AND model_pairs.role = ?"
    )
    for fields, answer in connection.execute(sql, (model_id, Role.TRAIN)):
        yield connection.fields.row(fields), {} if answer is None else json.loads(answer) or {}


def deployments_of(connection: Connection, model_id: str) -> list[Deployment]:
    """The deployments of a version, the newest first."""
    return rows.find(connection, Deployment, equal(model_id=model_id, action="deploy"), order_by=("at DESC",))


@dataclass(frozen=True)
class SheetPair:
    """A pair of a training sheet, as far as its data card tells about it."""

    fields: Row
    answer: Answer
    status: str
    labeling_mode: str
    classification: str
    reviewed_by: str
    reviewed_at: datetime | None


def sheet_pairs(connection: Connection, training_sheet_id: str) -> Iterator[SheetPair]:
    """Every pair of a training sheet."""
    sql = (
        "SELECT source_data, answer, status, labeling_mode, data_classification, reviewed_by, reviewed_at "
        "FROM qa_pairs WHERE training_sheet_id = ? ORDER BY sequence_number"
    )
    for fields, answer, status, mode, classification, by, at in connection.execute(sql, (training_sheet_id,)):
        said = {} if answer is None else json.loads(answer) or {}
        yield SheetPair(connection.fields.row(fields), said, status, mode, classification, by, _time(at))


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
