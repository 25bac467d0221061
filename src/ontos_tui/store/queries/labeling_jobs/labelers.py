"""What each person decided about the pairs of a training sheet or the items of a task, and how fast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ontos_tui.domain.records.labeling import TaskItem
from ontos_tui.domain.records.pairs import Decidable, Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.store.bulk import marks
from ontos_tui.store.connection import Connection

DECIDED = (PairStatus.LABELED, PairStatus.REJECTED, PairStatus.FLAGGED)
VERDICTS = (Verdict.APPROVE, Verdict.EDIT, Verdict.REJECT, Verdict.FLAG)


class LabelerDecision(NamedTuple):
    """A decision as it stands now; the answers are the JSON that is stored."""

    actor: str
    status: PairStatus
    item_ref: str
    answer: str | None
    proposal: str | None
    was_blind: bool
    gold: str | None


def decisions(connection: Connection, record: type[Decidable], container_id: str) -> Iterator[LabelerDecision]:
    """The decisions of people about the pairs of a training sheet or the items of a task."""
    gold = "gold_answer" if record is TaskItem else "NULL"
    sql = (
        f"SELECT reviewed_by, status, item_ref, answer, proposal, was_blind, {gold} FROM {record.TABLE} "  # noqa: S608
        f"WHERE {record.CONTAINER} = ? AND status IN ({marks(DECIDED)}) AND NOT was_auto_approved"
    )
    for actor, status, item_ref, answer, proposal, was_blind, truth in connection.execute(
        sql, (container_id, *DECIDED)
    ):
        yield LabelerDecision(actor, PairStatus(status), item_ref, answer, proposal, bool(was_blind), truth)


def decision_times(connection: Connection, record: type[Decidable], container_id: str) -> Iterator[tuple[str, float]]:
    """Who took how many seconds for each decision that was timed, also of those that were taken back."""
    sql = (
        "SELECT actor, seconds FROM events WHERE scope_id = ? AND entity_type = ? "  # noqa: S608
        f"AND action IN ({marks(VERDICTS)}) AND seconds IS NOT NULL"
    )
    yield from connection.execute(sql, (container_id, record.TABLE, *VERDICTS))
