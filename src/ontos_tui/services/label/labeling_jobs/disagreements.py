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

from ontos_tui.domain.answers import summary
from ontos_tui.domain.records.labeling import Hint, HintKind, LabelingJob
from ontos_tui.domain.records.pairs import CanonicalLabel, QAPair
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import versions
from ontos_tui.store.queries.labeling_jobs import votes as queries
from ontos_tui.store.queries.labeling_jobs.adjudications import adjudications


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
    votes: dict[str, list[Vote]] = defaultdict(list)
    for one in queries.votes(connection, job.id, number, item_ref):
        comment = "; ".join(part for part in (one.reject_reason, one.notes) if part)
        votes[one.item_ref].append(Vote(one.actor, one.status, one.answer, comment, one.at))
    return dict(votes)


def is_unresolved(votes: Iterable[Vote]) -> bool:
    """Whether the votes decide nothing: they differ, or one of them is a flag."""
    decisions = {vote.decision for vote in votes}
    return len(decisions) > 1 or None in decisions


def disagreement_rate(votes: Sequence[Vote]) -> float:
    """Of all pairs of people who voted, the share that does not say the same."""
    pairs = list(combinations(votes, 2))
    return sum(is_unresolved(pair) for pair in pairs) / len(pairs) if pairs else 0.0


def note_disagreements(connection: Connection, job: LabelingJob, number: int) -> int:
    """Hints to the pairs of the job's training sheet about which a batch's people differ; returns how many."""
    if job.training_sheet_id is None or job.overlap == 1:
        return 0
    votes = votes_by_item(connection, job, number)
    done = adjudications(connection, job.id)
    disputed = {ref: some for ref, some in votes.items() if len(some) > 1 and is_unresolved(some) and ref not in done}
    pairs = queries.pairs_of_items(connection, job.training_sheet_id, list(votes))
    queries.remove_disagreements(connection, [pair_id for pair_id, _ in pairs])
    sheet_id = job.training_sheet_id
    return rows.add_many(
        connection, (_hint(job, sheet_id, key, disputed[ref]) for key, ref in pairs if ref in disputed)
    )


def note_rejected(connection: Connection, job: LabelingJob, labels: Mapping[str, CanonicalLabel]) -> None:
    """Hints to the pairs that a person rejected and whose item has got a label by other people."""
    rejected = [
        pair
        for pair in queries.rejected_pairs(connection, job, list(labels))
        if pair.reviewed_by != labels[pair.item_ref].updated_by
    ]
    queries.remove_disagreements(connection, [pair.id for pair in rejected])
    rows.add_many(connection, (_rejected_hint(pair, labels[pair.item_ref]) for pair in rejected))


def _rejected_hint(pair: QAPair, label: CanonicalLabel) -> Hint:
    said = summary(label.label_data)
    return Hint(
        training_sheet_id=pair.training_sheet_id,
        pair_id=pair.id,
        kind=HintKind.DISAGREED,
        score=1.0,
        reason=f"two decisions: {pair.reviewed_by}: rejected; {label.updated_by}: {said}",
        engine=queries.TWO_DECISIONS,
    )


def votes_elsewhere(
    connection: Connection, job: LabelingJob, votes: Mapping[str, Sequence[Vote]], labels: Mapping[str, CanonicalLabel]
) -> dict[str, list[Vote]]:
    """What was decided about the job's items outside of it, where that and the job's answers are in dispute."""
    disputed: dict[str, list[Vote]] = {}
    for pair in queries.disputed_pairs(connection, job, list(votes)):
        known = {vote.decision for vote in votes[pair.item_ref]}
        elsewhere = [Vote(pair.reviewed_by, pair.status, pair.answer, pair.notes, pair.reviewed_at)]
        label = labels.get(pair.item_ref)
        for old in [] if label is None else versions(connection, label.id):
            said = Vote(old.modified_by, PairStatus.LABELED, old.label_data, old.notes, old.modified_at)
            elsewhere.append(said)
        others = {vote.decision: vote for vote in reversed(elsewhere) if vote.decision not in known}
        if others:
            disputed.setdefault(pair.item_ref, list(others.values()))
    return disputed


def drop_disagreement(connection: Connection, job: LabelingJob, item_ref: str) -> None:
    """Take the hints of an item away, in every training sheet of the type."""
    queries.remove_disagreements(connection, queries.pairs_of_type(connection, job, item_ref))


def _hint(job: LabelingJob, sheet_id: str, pair_id: str, votes: Sequence[Vote]) -> Hint:
    return Hint(
        training_sheet_id=sheet_id,
        pair_id=pair_id,
        kind=HintKind.DISAGREED,
        score=disagreement_rate(votes),
        reason=f"{len(votes)} people: {describe_votes(votes)}",
        engine=f"the labeling job {job.name}",
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
