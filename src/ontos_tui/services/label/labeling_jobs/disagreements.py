"""The votes on the items of a labeling job, where they differ, and the hints about that.

Only answers of approved tasks count. Gold items measure a labeler and are not votes.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import combinations

from sqlalchemy import delete, select

from ontos_tui.domain.answers import summary
from ontos_tui.domain.records.labeling import Hint, HintKind, LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.pairs import Event, QAPair
from ontos_tui.domain.rules.states import LabelingTaskStatus, PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.bulk import chunks
from ontos_tui.store.connection import Connection
from ontos_tui.store.tables import table

ADJUDICATE = "adjudicate"
"""The event of a job that sets an item's label."""

_ITEMS = table(TaskItem).c
_TASKS = table(LabelingTask).c
_EVENTS = table(Event).c
_PAIRS = table(QAPair).c
_HINTS = table(Hint).c


@dataclass(frozen=True)
class Vote:
    """What one person says about an item; `notes` hold the reason of a rejection too."""

    actor: str
    status: PairStatus
    answer: Answer | None
    notes: str
    at: datetime | None

    @cached_property
    def decision(self) -> str | None:
        """What is compared: the answer, or that there can be none. Who flags an item has not decided."""
        if self.status is PairStatus.FLAGGED:
            return None
        return value_key(self.answer) if self.status is PairStatus.LABELED else self.status.value


# json.dumps makes an encoder for every call, which takes longer than an answer.
_encode = json.JSONEncoder(sort_keys=True).encode


def value_key(value: object) -> str:
    """A value as text that is the same for the same value only; to JSON, unlike to Python, 1 and true are not."""
    return _encode(value)


def votes_by_item(
    connection: Connection, job: LabelingJob, number: int | None = None, item_ref: str | None = None
) -> dict[str, list[Vote]]:
    """What people said about each item, in the order of the job; of one batch or item, or of all."""
    query = (
        select(
            _ITEMS.item_ref,
            _ITEMS.reviewed_by,
            _ITEMS.status,
            _ITEMS.answer,
            _ITEMS.reject_reason,
            _ITEMS.notes,
            _ITEMS.reviewed_at,
        )
        .join(table(LabelingTask), _TASKS.id == _ITEMS.task_id)
        .where(_ITEMS.job_id == job.id, _TASKS.status == LabelingTaskStatus.APPROVED)
        .where(_ITEMS.gold_answer.is_(None), _ITEMS.status != PairStatus.UNLABELED)
        .order_by(_TASKS.number, _ITEMS.sequence_number, _TASKS.copy_number)
    )
    if number is not None:
        query = query.where(_TASKS.number == number)
    if item_ref is not None:
        query = query.where(_ITEMS.item_ref == item_ref)
    votes: dict[str, list[Vote]] = defaultdict(list)
    for ref, actor, status, answer, reason, notes, at in connection.execute(query):
        comment = "; ".join(part for part in (reason, notes) if part)
        votes[ref].append(Vote(actor, PairStatus(status), answer, comment, at))
    return dict(votes)


def is_unresolved(votes: Iterable[Vote]) -> bool:
    """Whether the votes decide nothing: they differ, or one of them is a flag."""
    decisions = {vote.decision for vote in votes}
    return len(decisions) > 1 or None in decisions


def disagreement_rate(votes: Sequence[Vote]) -> float:
    """Of all pairs of people who voted, the share that does not say the same."""
    pairs = list(combinations(votes, 2))
    return sum(is_unresolved(pair) for pair in pairs) / len(pairs) if pairs else 0.0


def adjudicated(connection: Connection, job: LabelingJob) -> set[str]:
    """The items of the job that were adjudicated."""
    query = select(_EVENTS.after).where(_EVENTS.scope_id == job.id, _EVENTS.action == ADJUDICATE)
    return {after["item_ref"] for after in connection.execute(query).scalars()}


def note_disagreements(connection: Connection, job: LabelingJob, number: int) -> int:
    """Hints to the pairs of the job's training sheet about which a batch's people differ; returns how many."""
    if job.training_sheet_id is None or job.overlap == 1:
        return 0
    votes = votes_by_item(connection, job, number)
    done = adjudicated(connection, job)
    disputed = {ref: some for ref, some in votes.items() if len(some) > 1 and is_unresolved(some) and ref not in done}
    pairs = _pairs(connection, job.training_sheet_id, list(votes))
    _drop(connection, [pair_id for pair_id, _ in pairs])
    sheet_id = job.training_sheet_id
    return rows.add_many(
        connection, (_hint(job, sheet_id, key, disputed[ref]) for key, ref in pairs if ref in disputed)
    )


def drop_disagreement(connection: Connection, job: LabelingJob, item_ref: str) -> None:
    """Take the hint of an item away."""
    if job.training_sheet_id is not None:
        _drop(connection, [pair_id for pair_id, _ in _pairs(connection, job.training_sheet_id, [item_ref])])


def _drop(connection: Connection, pair_ids: Sequence[str]) -> None:
    for some in chunks(pair_ids):
        where = (_HINTS.pair_id.in_(some), _HINTS.kind == HintKind.DISAGREED)
        connection.execute(delete(table(Hint)).where(*where))


def _pairs(connection: Connection, sheet_id: str, refs: Sequence[str]) -> list[tuple[str, str]]:
    return [
        (pair_id, ref)
        for some in chunks(refs)
        for pair_id, ref in connection.execute(
            select(_PAIRS.id, _PAIRS.item_ref).where(_PAIRS.training_sheet_id == sheet_id, _PAIRS.item_ref.in_(some))
        )
    ]


def _hint(job: LabelingJob, sheet_id: str, pair_id: str, votes: Sequence[Vote]) -> Hint:
    return Hint(
        training_sheet_id=sheet_id,
        pair_id=pair_id,
        kind=HintKind.DISAGREED,
        score=disagreement_rate(votes),
        reason=f"{len(votes)} people: {describe_votes(votes)}",
        made_by=f"the labeling job {job.name}",
    )


def describe_votes(votes: Sequence[Vote]) -> str:
    """The votes in words, without names: `2 × minor, 1 × major`."""
    counts = Counter(summary(vote.answer) if vote.status is PairStatus.LABELED else vote.status.value for vote in votes)
    return ", ".join(f"{n} × {what}" for what, n in counts.most_common())


def differing_fields(votes: Iterable[Vote], schema: Mapping[str, object]) -> tuple[str, ...]:
    """The fields in which the answers differ, in the order of the schema."""
    answers = [vote.answer for vote in votes if vote.status is PairStatus.LABELED and vote.answer is not None]
    named = dict.fromkeys([*schema, *(name for answer in answers for name in answer)])
    return tuple(name for name in named if len({value_key(answer.get(name)) for answer in answers}) > 1)
