"""LABEL: decide about pairs, take decisions back, and take the result out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ontos_tui.domain.errors import ConflictError, InvalidInputError, NotFoundError
from ontos_tui.domain.governance import Gate, gate
from ontos_tui.domain.pairs import Event, QAPair, TrainingSheet, Verdict
from ontos_tui.domain.states import PairStatus
from ontos_tui.domain.template import Template
from ontos_tui.services import undo as undoing
from ontos_tui.services.answers import AnswerChecker
from ontos_tui.services.canonical import LabelKeeper
from ontos_tui.services.changes import Changes, pairs_by_id
from ontos_tui.services.decisions import DONE, Decision, decide, storable
from ontos_tui.services.queue import Queue, QueueFilter, QueueRow, QueueSort, summary
from ontos_tui.store import rows
from ontos_tui.store.counts import PairCount, pair_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.tables import table

__all__ = [
    "Batch",
    "Decision",
    "LabelService",
    "PairCounts",
    "Queue",
    "QueueFilter",
    "QueueRow",
    "QueueSort",
    "TrainingSheetView",
    "summary",
]

_PAIRS = table(QAPair).c


@dataclass(frozen=True)
class PairCounts:
    """How many pairs of a training sheet are in which state.

    `auto_approved` of the labelled ones were approved by a canonical label without a review; `failed` of the unlabeled
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
        """The sums of the kept counts."""
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
class TrainingSheetView:
    """A training sheet and how far it is."""

    sheet: TrainingSheet
    counts: PairCounts


@dataclass(frozen=True)
class Batch:
    """Decisions that were made, and are undone, together: the pairs as they are now, and in words what was done."""

    id: str
    pairs: tuple[QAPair, ...]
    description: str


class LabelService:
    """Decisions are logged under `actor`; undo and redo walk through that person's own."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor
        self._sheets: dict[str, tuple[str, TrainingSheet, AnswerChecker]] = {}

    # Looking

    def training_sheets(self) -> list[TrainingSheetView]:
        """All training sheets by name, with their counts."""
        with self._store.read() as connection:
            sheets = rows.find(connection, TrainingSheet)
            kept: dict[str, list[PairCount]] = {}
            for count in pair_counts(connection):
                kept.setdefault(count.container_id, []).append(count)
        sheets.sort(key=lambda sheet: (sheet.name.casefold(), sheet.created_at))
        return [TrainingSheetView(sheet, PairCounts.of(kept.get(sheet.id, []))) for sheet in sheets]

    def training_sheet(self, ref: str) -> TrainingSheet:
        """The training sheet that `ref` (id, name or the beginning of an id) means."""
        with self._store.read() as connection:
            return rows.resolve(connection, TrainingSheet, ref)

    def counts(self, training_sheet_id: str) -> PairCounts:
        """How many pairs are in which state, right now."""
        with self._store.read() as connection:
            return PairCounts.of(pair_counts(connection, training_sheet_id))

    def queue(
        self,
        training_sheet_id: str,
        filter: QueueFilter = QueueFilter(),  # noqa: B008  # the contract's word; it is frozen
        sort: QueueSort = QueueSort.ORDER,
    ) -> Queue:
        """The pairs that pass the filter, as a list that is read where it is looked at."""
        return Queue(self._store, training_sheet_id, filter, sort)

    def pair(self, pair_id: str) -> QAPair:
        """The pair with this id, or with an id that begins so. Raises NotFoundError or ConflictError."""
        with self._store.read() as connection:
            return rows.resolve(connection, QAPair, pair_id)

    def pairs(self, ids: Sequence[str]) -> list[QAPair]:
        """The pairs with these ids, in that order. Raises NotFoundError when one is missing."""
        with self._store.read() as connection:
            return _all(pairs_by_id(connection, ids), ids)

    def history(self, pair_id: str) -> list[Event]:
        """Every change of a pair, the oldest first."""
        with self._store.read() as connection:
            return undoing.history(connection, pair_id)

    def next_unlabeled(self, training_sheet_id: str, after: int = 0) -> QAPair | None:
        """The first unlabeled pair whose sequence number is above `after`."""
        where = (
            _PAIRS.training_sheet_id == training_sheet_id,
            _PAIRS.status == PairStatus.UNLABELED,
            _PAIRS.sequence_number > after,
        )
        with self._store.read() as connection:
            found = rows.find(connection, QAPair, *where, order_by=(_PAIRS.sequence_number,), limit=1)
        return found[0] if found else None

    # Deciding

    def decide(self, decisions: Sequence[Decision]) -> Batch:
        """Carry out decisions about pairs of one training sheet: all or none, in one transaction, as one batch.

        Raises NotFoundError for an unknown pair, InvalidInputError for an answer that does not fit or a pair that is
        decided twice, ConflictError when a pair has changed since the version that the decision names.
        """
        if not decisions:
            raise InvalidInputError("There is nothing to decide.", "Name at least one pair.")
        ids = [decision.pair_id for decision in decisions]
        repeated = [key for key, times in Counter(ids).items() if times > 1]
        if repeated:
            raise InvalidInputError(
                f"The pair {repeated[0]} is decided more than once in one batch.", "Decide it once, or one by one."
            )
        with self._store.write() as connection:
            pairs = _all(pairs_by_id(connection, ids), ids)
            sheets = {pair.training_sheet_id for pair in pairs}
            if len(sheets) > 1:
                raise InvalidInputError(
                    "The pairs belong to different training sheets.", "Decide those of each training sheet together."
                )
            return self._decide(connection, sheets.pop(), pairs, decisions)

    def _decide(
        self, connection: Connection, sheet_id: str, pairs: Sequence[QAPair], decisions: Sequence[Decision]
    ) -> Batch:
        sheet, checker = self._sheet(connection, sheet_id)
        changes = Changes(connection, sheet, self._actor)
        labels = LabelKeeper(connection, sheet, pairs, changes, self._actor)
        done, notes = [], []
        for pair, decision in zip(pairs, decisions, strict=True):
            _check_version(connection, pair, decision)
            after = decide(pair, decision, sheet, checker, self._actor, changes.at)
            if after.status is PairStatus.LABELED:
                after = labels.settle(after)
            elif pair.status is PairStatus.LABELED:
                notes.append(labels.withdraw(pair))
            done.append(changes.pair(pair, after, decision.verdict.value, storable(decision.reason)))
        changes.write()
        return Batch(changes.id, tuple(done), _described(done, decisions, [note for note in notes if note]))

    def _sheet(self, connection: Connection, sheet_id: str) -> tuple[TrainingSheet, AnswerChecker]:
        """The training sheet as it is now. Its template is read again only when it has changed: it may be long."""
        now = connection.exec_driver_sql("SELECT updated_at FROM training_sheets WHERE id = ?", (sheet_id,)).scalar()
        known = self._sheets.get(sheet_id)
        if known is None or known[0] != now:
            sheet = rows.get(connection, TrainingSheet, sheet_id)
            known = (str(now), sheet, AnswerChecker(sheet.template_snapshot["output_schema"]))
            self._sheets[sheet_id] = known
        return known[1], known[2]

    def undo(self, training_sheet_id: str) -> Batch | None:
        """Take back this person's last batch that is not undone yet; None when there is none.

        Raises ConflictError when somebody has changed one of its pairs since; the next undo goes on before that batch.
        """
        return self._walk(training_sheet_id, undoing.UNDO)

    def redo(self, training_sheet_id: str) -> Batch | None:
        """Bring back what this person undid last, unless they have decided something since. Else as `undo`."""
        return self._walk(training_sheet_id, undoing.REDO)

    def _walk(self, training_sheet_id: str, action: str) -> Batch | None:
        find = undoing.next_to_undo if action == undoing.UNDO else undoing.next_to_redo
        with self._store.write() as connection:
            sheet = rows.get(connection, TrainingSheet, training_sheet_id)
            batch_id = find(connection, sheet.id, self._actor)
            if batch_id is None:
                return None
            outcome = undoing.take_back(connection, sheet, self._actor, batch_id, action)
        if isinstance(outcome, ConflictError):
            raise outcome
        which = outcome.pairs[0].item_ref if len(outcome.pairs) == 1 else f"{len(outcome.pairs):,} pairs"
        told = "; ".join([f"{action}: {which} {outcome.pairs[0].status}", *_few(outcome.notes)])
        return Batch(outcome.batch_id, outcome.pairs, told)

    # In and out

    def export(self, training_sheet_id: str) -> Iterator[dict[str, Any]]:
        """Chat messages of every pair that is labeled and allowed for training, in the order of the sheet."""
        from ontos_tui.services.prompts import Prompt

        sheet = self.training_sheet(training_sheet_id)
        prompt = Prompt(Template.model_validate(sheet.template_snapshot))
        after = 0
        where = (_PAIRS.training_sheet_id == sheet.id, _PAIRS.status == PairStatus.LABELED)
        while True:
            with self._store.read() as connection:
                found = rows.find(
                    connection,
                    QAPair,
                    *where,
                    _PAIRS.sequence_number > after,
                    order_by=(_PAIRS.sequence_number,),
                    limit=500,
                )
            if not found:
                return
            for pair in found:
                if gate(pair) is Gate.TRAINING:
                    yield {"messages": [dict(message) for message in prompt.messages(pair.source_data, pair.answer)]}
            after = found[-1].sequence_number

    def apply_file(self, training_sheet_ref: str, path: Path) -> Batch:
        """Carry out the decisions of a JSONL or CSV file as one batch; what a line holds: services/label_files.py.

        Raises InvalidInputError with every line that cannot be used; nothing is decided then.
        """
        from ontos_tui.services.label_files import read_decisions

        sheet = self.training_sheet(training_sheet_ref)
        return self.decide(read_decisions(self._store, sheet, path))


def _all(found: dict[str, QAPair], ids: Sequence[str]) -> list[QAPair]:
    missing = [key for key in ids if key not in found]
    if missing:
        raise NotFoundError(f"There is no pair {missing[0]!r}.", "Look at the queue again.")
    return [found[key] for key in ids]


def _check_version(connection: Connection, pair: QAPair, decision: Decision) -> None:
    """Refuse a decision about something else than what the person saw."""
    if decision.version is None or decision.version >= pair.version:
        return
    changed = [event for event in undoing.history(connection, pair.id) if event.after]
    if changed and changed[-1].after["version"] > decision.version:  # type: ignore[index]
        raise ConflictError(
            f"{pair.item_ref} was decided meanwhile {undoing.last_change(connection, pair.id)}: it is {pair.status}.",
            "Look at it again, and decide if you disagree.",
        )
    if decision.verdict is Verdict.APPROVE and decision.answer is None:
        raise ConflictError(f"A new answer has been proposed for {pair.item_ref} meanwhile.", "Look at it first.")


def _described(pairs: Sequence[QAPair], decisions: Sequence[Decision], notes: Sequence[str]) -> str:
    if len(pairs) == 1:
        told = f"{DONE[decisions[0].verdict]} {pairs[0].item_ref}"
    else:
        kinds = Counter(DONE[decision.verdict] for decision in decisions)
        told = ", ".join(f"{n:,} {kind}" for kind, n in kinds.items())
    return "; ".join([told, *_few(notes)])


def _few(notes: Sequence[str]) -> list[str]:
    """The first notes, and how many more there are."""
    return [*notes[:2], *([f"and so for {len(notes) - 2} more"] if len(notes) > 2 else [])]
