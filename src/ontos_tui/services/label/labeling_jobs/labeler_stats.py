"""LABEL: who decided how much, how fast and how well, and how far proposals sway them. For a lead.

What counts are the decisions that stand now; what a canonical label approved is not a decision. Only speed is of
every decision that was timed, also of those that were taken back.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from statistics import median

from ontos_tui.domain.records.labeling import LabelingJob, TaskItem
from ontos_tui.domain.records.pairs import Decidable, QAPair, TrainingSheet
from ontos_tui.domain.rules.agreement import Share
from ontos_tui.domain.rules.states import LabelingTaskStatus, PairStatus
from ontos_tui.services.label.labeling_jobs.disagreements import value_key
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.labeling_jobs import tasks
from ontos_tui.store.queries.labeling_jobs.labelers import LabelerDecision, decision_times, decisions

__all__ = ["LabelerService", "LabelerStats", "Share"]

TOO_FAST = 0.3
"""Seconds: who decides sooner has hardly read. It is less than a skilled typist's key and the eye's reaction."""

BREAK = 300.0
"""Seconds: who takes longer was away; such a time says nothing of the pace."""

_SUBMITTED = (LabelingTaskStatus.SUBMITTED, LabelingTaskStatus.APPROVED)


@dataclass(frozen=True)
class LabelerStats:
    """What one person has decided.

    `seconds_median` is from the item in sight to the decision, `per_minute` the pace without breaks, `too_fast` counts
    decisions in less than 0.3 s. `gold`: given the known truth, of the gold items labeled or rejected in submitted
    tasks. `agreement`: said the same, of all comparisons with others on the same items, gold left out. `seen`: labeled
    as proposed, of those labeled with the proposal in sight. `blind`: the same of those whose proposal was hidden. When
    `seen` is far above `blind`, proposals sway. None where there is nothing to count.
    """

    actor: str
    decisions: int = 0
    labeled: int = 0
    rejected: int = 0
    flagged: int = 0
    seconds_median: float | None = None
    per_minute: float | None = None
    too_fast: int = 0
    gold: Share | None = None
    agreement: Share | None = None
    seen: Share | None = None
    blind: Share | None = None


@dataclass
class _Tally:
    """What is counted of one person."""

    statuses: Counter[PairStatus] = field(default_factory=Counter)
    shares: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    seconds: list[float] = field(default_factory=list)

    def note(self, what: str, right: bool) -> None:
        """One more for a share."""
        self.shares[what][0] += right
        self.shares[what][1] += 1

    def stats(self, actor: str) -> LabelerStats:
        """The figures."""
        paced = [one for one in self.seconds if one <= BREAK]
        shares = {what: Share(right, of) for what, (right, of) in self.shares.items()}
        return LabelerStats(
            actor,
            self.statuses.total(),
            self.statuses[PairStatus.LABELED],
            self.statuses[PairStatus.REJECTED],
            self.statuses[PairStatus.FLAGGED],
            median(self.seconds) if self.seconds else None,
            60 * len(paced) / sum(paced) if sum(paced) else None,
            sum(one < TOO_FAST for one in self.seconds),
            **shares,
        )


class LabelerService:
    """Statistics of the people who label. Reads only."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_sheet(self, training_sheet_ref: str) -> list[LabelerStats]:
        """Who decided about the pairs of a training sheet, the busiest first.

        There is one decision about each pair and no gold, so `agreement` and `gold` are None.
        """
        with self._store.read() as connection:
            sheet = rows.resolve(connection, TrainingSheet, training_sheet_ref)
            return _stats(connection, QAPair, [sheet.id])

    def of_job(self, job_ref: str) -> list[LabelerStats]:
        """Who decided about the items of a labeling job, the busiest first; also in tasks that are not finished.

        `gold` counts submitted tasks only: a figure that moved with each decision would say which items are gold.
        """
        with self._store.read() as connection:
            job = rows.resolve(connection, LabelingJob, job_ref)
            statuses = tasks.statuses(connection, job.id)
            submitted = {task for task, status in statuses.items() if status in _SUBMITTED}
            return _stats(connection, TaskItem, list(statuses), submitted)


def _stats(
    connection: Connection,
    record: type[Decidable],
    containers: Sequence[str],
    submitted: Collection[str] = (),
) -> list[LabelerStats]:
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    decided = []
    for container in containers:
        for one in decisions(connection, record, container):
            decided.append(one)
            if one.gold is not None and one.status is not PairStatus.FLAGGED and container in submitted:
                tallies[one.actor].note("gold", one.status is PairStatus.LABELED and _same(one.answer, one.gold))
    for one in decided:
        tally = tallies[one.actor]
        tally.statuses[one.status] += 1
        if one.status is PairStatus.LABELED and one.proposal is not None:
            tally.note("blind" if one.was_blind else "seen", _same(one.answer, one.proposal))
    if record is TaskItem:
        _compare(decided, tallies)
    for container in containers:
        for actor, seconds in decision_times(connection, record, container):
            tallies[actor].seconds.append(seconds)
    stats = [tally.stats(actor) for actor, tally in tallies.items()]
    return sorted(stats, key=lambda one: (-one.decisions, one.actor))


def _compare(decided: Iterable[LabelerDecision], tallies: dict[str, _Tally]) -> None:
    """Note for each two people whether they said the same about an item. Who flags it has not said anything."""
    decisions: dict[str, dict[str, str]] = defaultdict(dict)
    for one in decided:
        if one.gold is None and one.status is not PairStatus.FLAGGED:
            labeled = one.status is PairStatus.LABELED and one.answer is not None
            decisions[one.item_ref][one.actor] = _key(one.answer) if labeled else one.status.value  # type: ignore[arg-type]
    for people in decisions.values():
        for actor, other in permutations(people, 2):
            tallies[actor].note("agreement", people[actor] == people[other])


def _same(one: str | None, other: str | None) -> bool:
    """Whether two answers, as they are stored, are the same; mostly their texts are equal already."""
    return one == other or (one is not None and other is not None and _key(one) == _key(other))


def _key(stored: str) -> str:
    return value_key(json.loads(stored))
