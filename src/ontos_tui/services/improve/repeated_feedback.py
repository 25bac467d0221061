"""Feedback about what has a pair already: it is said at that pair, and no second one is made.

It has one where the same request was converted before, or where an open pair of the training sheet is of the same row.
"""

from __future__ import annotations

from typing import Any

from ontos_tui.domain.answers import summary
from ontos_tui.domain.records.data import Row
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.labeling import Hint, HintKind
from ontos_tui.domain.records.pairs import (
    FROM_FEEDBACK,
    FROM_REQUEST,
    LabelingMode,
    QAPair,
    TrainingSheet,
    answer_digest,
)
from ontos_tui.domain.rules.ratings import is_bad
from ontos_tui.domain.rules.states import PairStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.store import rows
from ontos_tui.store.connection import Connection
from ontos_tui.store.queries.improve.feedback import open_pairs_like, pair_of_request
from ontos_tui.store.queries.labeling_jobs.votes import TWO_DECISIONS, remove_disagreements

FEEDBACK_ENGINE = "from_feedback"
"""The event of a pair that feedback has created or added to."""


def request_ref(request_id: str) -> str:
    """The item reference of a request without feedback."""
    return f"{FROM_REQUEST}{request_id}"


def known_pair(connection: Connection, request_id: str, sheet_id: str) -> QAPair | None:
    """The pair that a request became already, by feedback or without; None when there is none."""
    return pair_of_request(connection, request_id, sheet_id, request_ref(request_id))


def open_pair_of_row(connection: Connection, sheet: TrainingSheet, fields: Row) -> QAPair | None:
    """The only open pair of a training sheet with this row, else the only one of them that a request has created."""
    same = [pair for pair in open_pairs_like(connection, sheet.id, fields) if same_row(fields, pair.source_data)]
    created = [pair for pair in same if is_of_request(pair)]
    return next((some[0] for some in (same, created) if len(some) == 1), None)


def is_of_request(pair: QAPair) -> bool:
    """Whether a request has created the pair, with feedback or without."""
    return pair.item_ref.startswith((FROM_FEEDBACK, FROM_REQUEST))


def same_row(fields: Row, row: Row) -> bool:
    """Whether a row has every field of a request with the same value."""
    return bool(fields) and all(name in row and row[name] == value for name, value in fields.items())


def add_to_pair(
    connection: Connection, pair: QAPair, item: FeedbackItem, proposal: Answer | None, source: str, actor: str
) -> QAPair:
    """Say a feedback at a pair that is there: its comment, and its answer as the proposal while nobody has decided.

    `proposal` is the feedback's answer, with its source in words. Where it contradicts what another feedback or a
    decision says, the pair is disputed: it gets a hint with both.
    """
    said, by = _said(pair)
    if proposal is not None and said is not None and answer_digest(said) != answer_digest(proposal):
        _dispute(connection, pair, f"{by}: {summary(said)}; {item.created_by}: {summary(proposal)}")
    new: dict[str, Any] = {"feedback_id": pair.feedback_id or item.id}
    if item.comment and item.comment not in pair.notes:
        new["notes"] = "; ".join(filter(None, (pair.notes, item.comment)))
    if pair.status is PairStatus.UNLABELED and pair.answer is None:
        if proposal is not None:
            new |= {"proposal": proposal, "proposed_by": source, "confidence": None, "certainty": ""}
            new["labeling_mode"] = LabelingMode.FEEDBACK
        elif is_bad(item.rating) and pair.proposal is not None and pair.proposal == item.output:
            new |= {"proposal": None, "proposed_by": "", "confidence": None, "certainty": ""}
    return _changed(connection, pair, new, actor)


def _said(pair: QAPair) -> tuple[Answer | None, str]:
    """What a person has said about a pair already, and who."""
    if pair.status is PairStatus.LABELED:
        return pair.answer, pair.reviewed_by
    if pair.labeling_mode is LabelingMode.FEEDBACK:
        return pair.proposal, pair.proposed_by
    return None, ""


def _dispute(connection: Connection, pair: QAPair, both: str) -> None:
    remove_disagreements(connection, [pair.id])
    rows.add(
        connection,
        Hint(
            training_sheet_id=pair.training_sheet_id,
            pair_id=pair.id,
            kind=HintKind.DISAGREED,
            score=1.0,
            reason=f"two decisions: {both}",
            engine=TWO_DECISIONS,
        ),
    )


def _changed(connection: Connection, pair: QAPair, new: dict[str, Any], actor: str) -> QAPair:
    if all(getattr(pair, name) == value for name, value in new.items()):
        return pair
    changed = rows.change(connection, pair, **new, version=pair.version + 1, updated_by=actor)
    names = {*new, "version"}
    before, after = (one.model_dump(mode="json", include=names) for one in (pair, changed))
    rows.log(connection, pair, FEEDBACK_ENGINE, actor, before=before, after=after, scope_id=pair.training_sheet_id)
    return changed
