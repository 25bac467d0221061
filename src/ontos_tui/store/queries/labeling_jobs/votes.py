"""The votes on the items of labeling jobs, and the hints about disagreements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ontos_tui.domain.records.labeling import HintKind, LabelingJob
from ontos_tui.domain.records.pairs import QAPair
from ontos_tui.domain.rules.states import LabelingTaskStatus, PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.conditions import Condition, among, equal, where
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.label.hints import HOLDS

TWO_DECISIONS = "two decisions about one item"
"""What makes the hint that the answer of one person gave way to that of another who had not seen it."""


class ItemVote(NamedTuple):
    """What one person decided about an item."""

    item_ref: str
    actor: str
    status: PairStatus
    answer: Answer | None
    reject_reason: str
    notes: str
    at: datetime | None


def votes(
    connection: Connection, job_id: str, number: int | None = None, item_ref: str | None = None
) -> Iterator[ItemVote]:
    """The decisions of approved tasks, gold left out, in the order of the job; of one batch or item, or of all."""
    condition = where(
        "items.job_id = ? AND tasks.status = ? AND items.gold_answer IS NULL AND items.status <> ?",
        job_id,
        LabelingTaskStatus.APPROVED,
        PairStatus.UNLABELED,
    )
    if number is not None:
        condition &= where("tasks.number = ?", number)
    if item_ref is not None:
        condition &= where("items.item_ref = ?", item_ref)
    sql = (
        "SELECT items.item_ref, items.reviewed_by, items.status, items.answer, items.reject_reason, items.notes, "  # noqa: S608
        "items.reviewed_at FROM labeling_items AS items JOIN labeling_tasks AS tasks ON tasks.id = items.task_id "
        f"WHERE {condition.sql} ORDER BY tasks.number, items.sequence_number, tasks.copy_number"
    )
    for ref, actor, status, answer, reason, notes, at in connection.execute(sql, condition.values):
        decided = None if answer is None else json.loads(answer)
        moment = None if at is None else datetime.fromisoformat(at)
        yield ItemVote(ref, actor, PairStatus(status), decided, reason, notes, moment)


# Hints -------------------------------------------------------------------------------------------------------------


def pairs_of_items(connection: Connection, training_sheet_id: str, item_refs: Sequence[str]) -> list[tuple[str, str]]:
    """The id and item of the pairs of these items in a training sheet."""
    pairs: list[tuple[str, str]] = []
    for some in chunks(item_refs):
        condition = equal(training_sheet_id=training_sheet_id) & among("item_ref", some)
        pairs += connection.execute(f"SELECT id, item_ref FROM qa_pairs WHERE {condition.sql}", condition.values)  # noqa: S608
    return pairs


def pairs_of_type(connection: Connection, job: LabelingJob, item_ref: str) -> list[str]:
    """The ids of the pairs of an item in every training sheet of the job's sheet and label type."""
    condition = _of_type(job) & equal(item_ref=item_ref)
    return connection.scalars(f"SELECT id FROM qa_pairs WHERE {condition.sql}", condition.values)  # noqa: S608


def rejected_pairs(connection: Connection, job: LabelingJob, item_refs: Sequence[str]) -> list[QAPair]:
    """The rejected pairs of these items in every training sheet of the job's sheet and label type."""
    rejected = _of_type(job) & equal(status=PairStatus.REJECTED)
    return [
        pair for some in chunks(item_refs) for pair in rows.find(connection, QAPair, among("item_ref", some), rejected)
    ]


def disputed_pairs(connection: Connection, job: LabelingJob, item_refs: Sequence[str]) -> list[QAPair]:
    """The pairs of these items, of the job's sheet and label type, about which there are two decisions still."""
    disputed = where(
        f"EXISTS (SELECT 1 FROM pair_hints WHERE pair_hints.pair_id = qa_pairs.id AND pair_hints.engine = ? "  # noqa: S608
        f"AND {HOLDS})",
        TWO_DECISIONS,
    )
    of_type = _of_type(job) & disputed
    return [
        pair for some in chunks(item_refs) for pair in rows.find(connection, QAPair, among("item_ref", some), of_type)
    ]


def _of_type(job: LabelingJob) -> Condition:
    sheets = "training_sheet_id IN (SELECT id FROM training_sheets WHERE sheet_id = ? AND label_type = ?)"
    return equal(sheet_id=job.sheet_id) & where(sheets, job.sheet_id, job.label_type)


def remove_disputes(connection: Connection, pair_ids: Sequence[str]) -> None:
    """Remove the hints that there are two decisions about these pairs."""
    for some in chunks(pair_ids):
        condition = among("pair_id", some) & equal(kind=HintKind.DISAGREED, engine=TWO_DECISIONS)
        connection.execute(f"DELETE FROM pair_hints WHERE {condition.sql}", condition.values)  # noqa: S608


def remove_disagreements(connection: Connection, pair_ids: Sequence[str]) -> None:
    """Remove the hints that people disagree about these pairs."""
    for some in chunks(pair_ids):
        condition = among("pair_id", some) & equal(kind=HintKind.DISAGREED)
        connection.execute(f"DELETE FROM pair_hints WHERE {condition.sql}", condition.values)  # noqa: S608


def open_pair_sheet(connection: Connection, job: LabelingJob, item_ref: str) -> str | None:
    """The id of a training sheet of the job's type with an open pair of the item: the job's own, else the first."""
    condition = _of_type(job) & equal(item_ref=item_ref, status=PairStatus.UNLABELED)
    sql = (
        f"SELECT training_sheet_id FROM qa_pairs WHERE {condition.sql} "  # noqa: S608
        "ORDER BY training_sheet_id IS NOT ?, created_at LIMIT 1"
    )
    sheet_id: str | None = connection.scalar(sql, (*condition.values, job.training_sheet_id))
    return sheet_id
