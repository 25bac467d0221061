"""LABEL: decide about the pairs of training sheets, take decisions back, and take the result out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontos_tui.domain.errors import InvalidInputError
from ontos_tui.domain.records.pairs import Event, QAPair, TrainingSheet
from ontos_tui.domain.records.template import Template
from ontos_tui.domain.rules.governance import Gate, gate
from ontos_tui.services.label.decision_service import Batch, DecisionService, PairCounts
from ontos_tui.services.label.decisions import Decision
from ontos_tui.services.label.queue import Queue, QueueFilter, QueueRow, QueueSort
from ontos_tui.services.label.sheet_source import SheetSource
from ontos_tui.services.records.training_sheets import set_archived
from ontos_tui.store import rows
from ontos_tui.store.counts import PairCount, pair_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.queries.label.pairs import labeled_pairs_after
from ontos_tui.store.queries.training import sheets as training_sheets

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
]


@dataclass(frozen=True)
class TrainingSheetView:
    """A training sheet and how far it is."""

    sheet: TrainingSheet
    counts: PairCounts


class LabelService:
    """Training sheets, and decisions about their pairs. What is approved becomes the canonical label of its item.

    `decisions` does the deciding; what is called most is here as well.
    """

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor
        self.decisions = DecisionService(store, actor, SheetSource())

    # Pairs, as DecisionService says

    def counts(self, training_sheet_id: str) -> PairCounts:
        """How many pairs are in which state, right now."""
        return self.decisions.counts(training_sheet_id)

    def open(
        self,
        training_sheet_id: str,
        filter: QueueFilter = QueueFilter(),  # noqa: B008  # the contract's word; it is frozen
        sort: QueueSort = QueueSort.ORDER,
        session: str = "",
    ) -> Queue:
        """The pairs that pass the filter, as a list that is read where it is looked at."""
        return self.decisions.open(training_sheet_id, filter, sort, session)

    def pair(self, pair_id: str) -> QAPair:
        """The pair with this id, or with an id that begins so. Raises NotFoundError or ConflictError."""
        return self.decisions.pair(pair_id)

    def pairs(self, ids: Sequence[str]) -> list[QAPair]:
        """The pairs with these ids, in that order. Raises NotFoundError when one is missing."""
        return self.decisions.pairs(ids)

    def history(self, pair_id: str) -> list[Event]:
        """Every change of a pair, the oldest first."""
        return self.decisions.history(pair_id)

    def next_unlabeled(self, training_sheet_id: str, after: int = 0) -> QAPair | None:
        """The first unlabeled pair whose sequence number is above `after`."""
        return self.decisions.next_unlabeled(training_sheet_id, after)

    def decide(self, decisions: Sequence[Decision]) -> Batch[QAPair]:
        """Carry out decisions about pairs of one training sheet: all or none. Errors are those of DecisionService."""
        return self.decisions.decide(decisions)

    def undo(self, training_sheet_id: str) -> Batch[QAPair] | None:
        """Take back this person's last batch that is not undone yet. Errors are those of DecisionService."""
        return self.decisions.undo(training_sheet_id)

    def redo(self, training_sheet_id: str) -> Batch[QAPair] | None:
        """Bring back what this person undid last. Errors are those of DecisionService."""
        return self.decisions.redo(training_sheet_id)

    # Training sheets

    def training_sheets(self, *, archived: bool = False) -> list[TrainingSheetView]:
        """The training sheets by name, with their counts; the archived ones too, where `archived`."""
        with self._store.read() as connection:
            sheets = training_sheets.training_sheets(connection, archived=archived)
            counts: dict[str, list[PairCount]] = {}
            for count in pair_counts(connection):
                counts.setdefault(count.container_id, []).append(count)
        sheets.sort(key=lambda sheet: (sheet.name.casefold(), sheet.created_at))
        return [TrainingSheetView(sheet, PairCounts.of(counts.get(sheet.id, []))) for sheet in sheets]

    def training_sheet(self, ref: str) -> TrainingSheet:
        """The training sheet that `ref` (id, name or the beginning of an id) means."""
        with self._store.read() as connection:
            return rows.resolve(connection, TrainingSheet, ref)

    def archive(self, ref: str) -> TrainingSheet:
        """Put a training sheet out of sight; its pairs, labels and models stay. Raises ConflictError."""
        with self._store.write() as connection:
            return set_archived(connection, ref, self._actor, archived=True)

    def restore(self, ref: str) -> TrainingSheet:
        """Bring an archived training sheet back. Raises ConflictError when it is not archived."""
        with self._store.write() as connection:
            return set_archived(connection, ref, self._actor, archived=False)

    def hide_proposals(self, ref: str, share: float) -> TrainingSheet:
        """Hide the proposals of this share of the pairs, 0 to 1, from those who decide; always of the same pairs.

        Raises InvalidInputError for another number.
        """
        if not 0 <= share <= 1:
            raise InvalidInputError(f"{share:g} is not between 0 and 1.", "Give a number from 0 to 1, such as 0.1.")
        with self._store.write() as connection:
            sheet = rows.resolve(connection, TrainingSheet, ref)
            changed = rows.change(connection, sheet, blind_share=share, updated_by=self._actor)
            before, after = {"blind_share": sheet.blind_share}, {"blind_share": share}
            rows.log(connection, sheet, "change", self._actor, before=before, after=after, scope_id=sheet.id)
        return changed

    # In and out

    def export(self, training_sheet_id: str) -> Iterator[dict[str, Any]]:
        """Chat messages of every pair that is labeled and allowed for training, in the order of the sheet.

        The metadata of each names its item, so that the lines can come back.
        """
        from ontos_tui.services.templates.prompt import Prompt

        sheet = self.training_sheet(training_sheet_id)
        prompt = Prompt(Template.model_validate(sheet.template_snapshot))
        after = 0
        while True:
            with self._store.read() as connection:
                pairs = labeled_pairs_after(connection, sheet.id, after, limit=500)
            if not pairs:
                return
            for pair in pairs:
                if gate(pair) is Gate.TRAINING:
                    messages = [dict(message) for message in prompt.messages(pair.source_data, pair.answer)]
                    yield {"messages": messages, "metadata": {"item_ref": pair.item_ref}}
            after = pairs[-1].sequence_number

    def apply_file(self, training_sheet_ref: str, path: Path) -> Batch[QAPair]:
        """Carry out the decisions of a JSONL or CSV file as one batch; what a line holds: decision_files.py.

        Raises InvalidInputError with every line that cannot be used; nothing is decided then.
        """
        from ontos_tui.services.label.decision_files import read_decisions

        sheet = self.training_sheet(training_sheet_ref)
        return self.decide(read_decisions(self._store, sheet, path))
