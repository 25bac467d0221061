"""The labeled pairs of a canonical label's item: where the label gets another answer, they get it too.

Those that were labeled without a label, from a column or a file, are linked to it then.

A pair whose template cannot hold the new answer is flagged instead, with the reason, and is no longer linked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ontos_tui.domain.records.pairs import CanonicalLabel, LabelingMode, QAPair, TrainingSheet
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.services.records.answers import AnswerChecker
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.canonical_labels import pairs_with_other_answers

CORRECT = "correct"
"""The event of a pair that got the new answer of its canonical label."""


@dataclass(frozen=True)
class Move:
    """A pair before and after its label got another answer, and why."""

    before: QAPair
    after: QAPair
    reason: str


def moves(connection: Connection, labels: Sequence[CanonicalLabel], except_pairs: Collection[str]) -> Iterator[Move]:
    """What becomes of the labeled pairs of these labels' items, as the labels are now; `except_pairs` are ids.

    It depends on the label alone, so that two workspaces which correct a pair by it do the same.
    """
    by_type = {(label.sheet_id, label.item_ref, label.label_type): label for label in labels}
    sheets: dict[str, TrainingSheet] = {}
    checkers: dict[str, AnswerChecker] = {}
    for pair in pairs_with_other_answers(connection, labels, except_pairs):
        sheet_id = pair.training_sheet_id
        if sheet_id not in sheets:
            sheets[sheet_id] = rows.get(connection, TrainingSheet, sheet_id)
            checkers[sheet_id] = AnswerChecker(sheets[sheet_id].template_snapshot["output_schema"])
        label = by_type[pair.sheet_id, pair.item_ref, sheets[sheet_id].label_type]
        checker = checkers[sheet_id]
        problem = checker.reason(label.label_data) or checker.misplaced(label.label_data, pair.source_data)
        yield _flagged(pair, label, problem) if problem else _corrected(pair, label)


def _corrected(pair: QAPair, label: CanonicalLabel) -> Move:
    columns = {
        "answer": label.label_data,
        "canonical_label_id": label.id,
        "labeling_mode": LabelingMode.CANONICAL,
        "was_blind": False,
        "reviewed_by": label.updated_by,
        "reviewed_at": label.updated_at,
    }
    return Move(pair, pair.model_copy(update=columns), "its canonical label was corrected")


def _flagged(pair: QAPair, label: CanonicalLabel, problem: str) -> Move:
    columns = {
        "status": PairStatus.FLAGGED,
        "canonical_label_id": None,
        "was_auto_approved": False,
        "reviewed_by": label.updated_by,
        "reviewed_at": label.updated_at,
    }
    reason = f"its canonical label was corrected to an answer that does not fit this template: {problem}"
    return Move(pair, pair.model_copy(update=columns), reason)
