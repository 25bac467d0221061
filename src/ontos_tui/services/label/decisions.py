"""The rules of a decision: what each verdict makes of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from ontos_tui.domain.errors import ConflictError, InvalidInputError
from ontos_tui.domain.records.pairs import Decidable, LabelingMode, QAPair, Verdict, answer_digest
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.label.decision_context import DecisionContext

D = TypeVar("D", bound=Decidable)


@dataclass(frozen=True)
class Decision:
    """A decision about one pair, or one item of a labeling task.

    `notes` replaces the pair's notes unless None. `at` is when it was decided, now if None. `version` is the pair's
    version that the person has seen; with it, a decision about something that has changed since is refused. `blind`
    says that the proposal was hidden from the person, `seconds` how long the item was in sight.
    """

    pair_id: str
    verdict: Verdict
    answer: Answer | None = None
    reason: str = ""
    notes: str | None = None
    at: datetime | None = None
    version: int | None = None
    blind: bool = False
    seconds: float | None = None


PAST_TENSE = {
    Verdict.APPROVE: "approved",
    Verdict.EDIT: "edited",
    Verdict.REJECT: "rejected",
    Verdict.FLAG: "flagged",
    Verdict.UNFLAG: "unflagged",
    Verdict.REOPEN: "reopened",
}
"""Each verdict in the past tense."""


def decide(pair: D, decision: Decision, context: DecisionContext, actor: str, at: datetime) -> D:
    """The pair after the decision, apart from its canonical label.

    Approving and editing set the answer, rejecting and reopening take it away, a flag leaves it as it is. Raises
    InvalidInputError for an answer that is missing or does not fit, ConflictError for a flag that is not there.
    """
    notes = pair.notes if decision.notes is None else storable(decision.notes)
    changes: dict[str, object] = {
        "status": decision.verdict.status,
        "notes": notes,
        "reviewed_by": actor,
        "reviewed_at": decision.at or at,
        "was_blind": decision.blind,
        "reject_reason": storable(decision.reason) if decision.verdict is Verdict.REJECT else "",
    }
    match decision.verdict:
        case Verdict.APPROVE | Verdict.EDIT:
            answer = _answer(pair, decision, context)
            changes |= {
                "answer": answer,
                "labeling_mode": _mode(pair, answer, context),
                "was_auto_approved": False,
            }
        case Verdict.REJECT:
            changes |= _UNANSWERED
        case Verdict.FLAG:
            changes |= {"was_auto_approved": False, "canonical_label_id": None}
        case Verdict.UNFLAG | Verdict.REOPEN:
            if decision.verdict is Verdict.UNFLAG and pair.status is not PairStatus.FLAGGED:
                raise ConflictError(f"{pair.item_ref} has no flag; it is {pair.status}.", "Reopen it to decide again.")
            changes |= {"reviewed_by": "", "reviewed_at": None, "was_blind": False}
            if decision.verdict is Verdict.REOPEN:
                changes |= _UNANSWERED
    return pair.model_copy(update=changes)


_UNANSWERED = {"answer": None, "was_auto_approved": False, "canonical_label_id": None}


def _answer(pair: Decidable, decision: Decision, context: DecisionContext) -> Answer:
    answer = decision.answer
    if answer is None and decision.verdict is Verdict.APPROVE:
        answer = pair.answer if pair.answer is not None else pair.proposal
    if answer is None:
        raise InvalidInputError(
            f"{pair.item_ref} has no answer"
            + (" to approve." if decision.verdict is Verdict.APPROVE else ", and an edit needs an answer."),
            "Enter an answer, or reject or flag the pair.",
        )
    reason = context.checker.reason(answer) or context.checker.misplaced(answer, pair.source_data)
    if reason:
        raise InvalidInputError(f"The answer for {pair.item_ref} does not fit: {reason}.", "Correct these fields.")
    return answer


def _mode(pair: Decidable, answer: Answer, context: DecisionContext) -> LabelingMode:
    """Where the decided answer comes from: what was there already, the proposal, or the person."""
    digest = answer_digest(answer)
    if pair.answer is not None and answer_digest(pair.answer) == digest:
        return pair.labeling_mode
    if pair.proposal is None or answer_digest(pair.proposal) != digest:
        return LabelingMode.MANUAL
    return LabelingMode.FEEDBACK if isinstance(pair, QAPair) and pair.feedback_id else context.proposed
