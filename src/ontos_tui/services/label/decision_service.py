"""Deciding items one by one or many at once, and taking decisions back: the same for pairs and for a task's items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.nouns import no_such
from ontos_tui.domain.records.pairs import Decidable, Event, Verdict
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.rules.value_context import ValueContext
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.canonical.writer import CanonicalLabelWriter
from ontos_tui.services.label import undo as undoing
from ontos_tui.services.label.decision_context import DecisionContext
from ontos_tui.services.label.decisions import PAST_TENSE, D, Decision, decide
from ontos_tui.services.label.queue import Queue, QueueFilter, QueueSort
from ontos_tui.services.label.value_context import ValueContexts
from ontos_tui.services.records.change_log import ChangeBatch
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import PairCount, pair_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.change_log import pair_events, pairs_by_id
from ontos_tui.store.queries.label import claims
from ontos_tui.store.queries.label.labeling_queue import Place
from ontos_tui.store.queries.label.pairs import next_unlabeled


@dataclass(frozen=True)
class PairCounts:
    """How many pairs of a training sheet, or items of a task, are in which state.

    `auto_approved` of the labeled ones were approved by a canonical label without a review; `failed` of the unlabeled
    ones could not be given a proposal.
    """

    total: int = 0
    unlabeled: int = 0
    labeled: int = 0
    rejected: int = 0
    flagged: int = 0
    auto_approved: int = 0
    failed: int = 0

    @classmethod
    def of(cls, counts: Sequence[PairCount]) -> PairCounts:
        """The sums of the stored counts."""
        by_status = Counter[PairStatus]()
        for count in counts:
            by_status[count.status] += count.n
        return cls(
            total=by_status.total(),
            unlabeled=by_status[PairStatus.UNLABELED],
            labeled=by_status[PairStatus.LABELED],
            rejected=by_status[PairStatus.REJECTED],
            flagged=by_status[PairStatus.FLAGGED],
            auto_approved=sum(one.n for one in counts if one.status is PairStatus.LABELED and one.auto_approved),
            failed=sum(one.n for one in counts if one.status is PairStatus.UNLABELED and one.failed),
        )


@dataclass(frozen=True)
class Batch(Generic[D]):
    """Decisions that were made, and are undone, together: the pairs as they are now, and in words what was done."""

    id: str
    pairs: tuple[D, ...]
    description: str


S_co = TypeVar("S_co", bound=Decidable, covariant=True)


class DecisionSource(Protocol[S_co]):
    """Where the items stand that are decided about: in training sheets, or in labeling tasks."""

    @property
    def record(self) -> type[S_co]:
        """The record of an item."""
        ...

    def context(self, connection: Connection, container_id: str, actor: str) -> DecisionContext:
        """The context of the training sheet or task. Raises OntosError when this person may not decide."""
        ...

    def check(self, decisions: Sequence[Decision]) -> None:
        """Raises InvalidInputError for a decision that makes no sense here."""
        ...


class DecisionService(Generic[D]):
    """Decides about the items of a source. It is logged under `actor`; undo and redo walk through that person's own."""

    def __init__(self, store: Store, actor: str, source: DecisionSource[D]) -> None:
        self._store = store
        self._actor = actor
        self._source = source
        self._record = source.record
        self._contexts = ValueContexts(store)

    # Looking

    def counts(self, container_id: str) -> PairCounts:
        """How many are in which state, right now."""
        with self._store.read() as connection:
            return PairCounts.of(pair_counts(connection, container_id, self._record))

    def open(
        self,
        container_id: str,
        filter: QueueFilter = QueueFilter(),  # noqa: B008  # the contract's word; it is frozen
        sort: QueueSort = QueueSort.ORDER,
        session: str = "",
    ) -> Queue:
        """The pairs that pass the filter, as a list that is read where it is looked at.

        What others have claimed is marked, but not what was claimed in this `session`.
        """
        return Queue(self._store, self._record, container_id, filter, sort, session)

    def value_context(self, container_id: str) -> ValueContext:
        """Where numbers usually lie here, and which columns tell answers apart; from a sample where there are many."""
        counts = self.counts(container_id)
        return self._contexts.of(Place(self._record, container_id), counts.total, counts.labeled)

    def pair(self, pair_id: str) -> D:
        """The pair with this id, or with an id that begins so. Raises NotFoundError or ConflictError."""
        with self._store.read() as connection:
            return rows.resolve(connection, self._record, pair_id)

    def pairs(self, ids: Sequence[str]) -> list[D]:
        """The pairs with these ids, in that order. Raises NotFoundError when one is missing."""
        with self._store.read() as connection:
            return _all(connection, self._record, ids)

    def history(self, pair_id: str) -> list[Event]:
        """Every change of a pair, the oldest first."""
        with self._store.read() as connection:
            return pair_events(connection, pair_id)

    def next_unlabeled(self, container_id: str, after: int = 0) -> D | None:
        """The first unlabeled pair whose sequence number is above `after`."""
        with self._store.read() as connection:
            return next_unlabeled(connection, self._record, container_id, after)

    # Deciding

    def decide(self, decisions: Sequence[Decision]) -> Batch[D]:
        """Carry out decisions about pairs of one training sheet: all or none, in one transaction, as one batch.

        Raises NotFoundError for an unknown pair, InvalidInputError for an answer that does not fit or a pair that is
        decided twice, ConflictError when a pair has changed since the version that the decision names.
        """
        if not decisions:
            raise InvalidInputError("No decisions were given.", "Name at least one pair.")
        self._source.check(decisions)
        ids = [decision.pair_id for decision in decisions]
        repeated = [key for key, times in Counter(ids).items() if times > 1]
        if repeated:
            raise InvalidInputError(
                f"The pair {repeated[0]} is decided more than once in one batch.", "Decide it once, or one by one."
            )
        with self._store.write() as connection:
            pairs = _all(connection, self._record, ids)
            containers = {pair.container_id for pair in pairs}
            if len(containers) > 1:
                raise InvalidInputError(
                    "The pairs belong to different training sheets.",
                    "Decide the pairs of one training sheet at a time.",
                )
            context = self._source.context(connection, containers.pop(), self._actor)
            return self._decide(connection, context, pairs, decisions)

    def _decide(
        self, connection: Connection, context: DecisionContext, pairs: Sequence[D], decisions: Sequence[Decision]
    ) -> Batch[D]:
        changes = ChangeBatch(connection, context.id, self._actor)
        labels = None
        if context.writes_labels:
            refs = [pair.item_ref for pair in pairs]
            labels = CanonicalLabelWriter(connection, context.origin, refs, changes, self._actor)
        done: list[D] = []
        notes = []
        for pair, decision in zip(pairs, decisions, strict=True):
            _check_version(connection, pair, decision)
            after = decide(pair, decision, context, self._actor, changes.at)
            if labels is not None and after.status is PairStatus.LABELED:
                after = labels.link(after)
            elif labels is not None and pair.status is PairStatus.LABELED:
                notes.append(labels.withdraw(pair))
            done.append(changes.pair(pair, after, decision.verdict.value, storable(decision.reason), decision.seconds))
        changes.write()
        claims.remove_of_pairs(connection, [pair.id for pair in done])
        return Batch(changes.id, tuple(done), _described(done, decisions, [note for note in notes if note]))

    def undo(self, container_id: str) -> Batch[D] | None:
        """Take back this person's last batch that is not undone yet; None when there is none.

        Raises ConflictError when another person has changed one of its pairs since; the next undo goes on before that
        batch.
        """
        return self._walk(container_id, undoing.UNDO)

    def redo(self, container_id: str) -> Batch[D] | None:
        """Bring back what this person undid last, unless they have decided something since. Else as `undo`."""
        return self._walk(container_id, undoing.REDO)

    def _walk(self, container_id: str, action: str) -> Batch[D] | None:
        find = undoing.next_to_undo if action == undoing.UNDO else undoing.next_to_redo
        with self._store.write() as connection:
            context = self._source.context(connection, container_id, self._actor)
            batch_id = find(connection, context.id, self._actor)
            if batch_id is None:
                return None
            outcome = undoing.revert(connection, self._record, context, self._actor, batch_id, action)
        if isinstance(outcome, ConflictError):
            raise outcome
        which = outcome.pairs[0].item_ref if len(outcome.pairs) == 1 else f"{len(outcome.pairs):,} pairs"
        description = "; ".join([f"{action}: {which} {outcome.pairs[0].status}", *_few(outcome.notes)])
        return Batch(outcome.batch_id, outcome.pairs, description)


def _all(connection: Connection, record: type[D], ids: Sequence[str]) -> list[D]:
    records = pairs_by_id(connection, record, ids)
    missing = [key for key in ids if key not in records]
    if missing:
        raise no_such(record, missing[0])
    return [records[key] for key in ids]


def _check_version(connection: Connection, pair: Decidable, decision: Decision) -> None:
    """Refuse a decision about something else than what the person saw."""
    if decision.version is None or decision.version >= pair.version:
        return
    changed = [event for event in pair_events(connection, pair.id) if event.after]
    if changed and changed[-1].after["version"] > decision.version:  # type: ignore[index]
        raise ConflictError(
            f"{pair.item_ref} was decided {undoing.describe_last_change(connection, pair.id)}. "
            f"It is now {pair.status}.",
            "Look at it again. Decide only if you disagree.",
        )
    if decision.verdict is Verdict.APPROVE and decision.answer is None:
        raise ConflictError(f"A new answer was proposed for {pair.item_ref} while you decided.", "Look at it first.")


def _described(pairs: Sequence[Decidable], decisions: Sequence[Decision], notes: Sequence[str]) -> str:
    if len(pairs) == 1:
        description = f"{PAST_TENSE[decisions[0].verdict]} {pairs[0].item_ref}"
    else:
        kinds = Counter(PAST_TENSE[decision.verdict] for decision in decisions)
        description = ", ".join(f"{n:,} {kind}" for kind, n in kinds.items())
    return "; ".join([description, *_few(notes)])


def _few(notes: Sequence[str]) -> list[str]:
    """The first notes, and how many more there are."""
    return [*notes[:2], *([f"the same for {len(notes) - 2} more"] if len(notes) > 2 else [])]
