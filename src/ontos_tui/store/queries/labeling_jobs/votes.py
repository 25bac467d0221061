"""The votes on the items of labeling jobs, which of them were adjudicated, and the hints about disagreements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ontos_tui.domain.records.labeling import HintKind
from ontos_tui.domain.rules.states import LabelingTaskStatus, PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store.bulk import chunks
from ontos_tui.store.conditions import among, equal, where
from ontos_tui.store.connection import Connection

ADJUDICATE = "adjudicate"
"""The event of a job that sets an item's label."""


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


def adjudicated_items(connection: Connection, job_id: str) -> set[str]:
    """The items of a job that were adjudicated."""
    sql = "SELECT after FROM events WHERE scope_id = ? AND action = ?"
    return {json.loads(after)["item_ref"] for after in connection.scalars(sql, (job_id, ADJUDICATE))}


# Hints -------------------------------------------------------------------------------------------------------------


def pairs_of_items(connection: Connection, training_sheet_id: str, item_refs: Sequence[str]) -> list[tuple[str, str]]:
    """The id and item of the pairs of these items in a training sheet."""
    pairs: list[tuple[str, str]] = []
    for some in chunks(item_refs):
        condition = equal(training_sheet_id=training_sheet_id) & among("item_ref", some)
        pairs += connection.execute(f"SELECT id, item_ref FROM qa_pairs WHERE {condition.sql}", condition.values)  # noqa: S608
    return pairs


def remove_disagreements(connection: Connection, pair_ids: Sequence[str]) -> None:
    """Remove the hints that people disagree about these pairs."""
    for some in chunks(pair_ids):
        condition = among("pair_id", some) & equal(kind=HintKind.DISAGREED)
        connection.execute(f"DELETE FROM pair_hints WHERE {condition.sql}", condition.values)  # noqa: S608
