"""LABEL: training sheets, their Q&A pairs, canonical labels, and the log of every decision."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ontos_tui.domain.records.base import Audited, Record, now
from ontos_tui.domain.rules.governance import ALL_USES, Classification
from ontos_tui.domain.rules.states import PairStatus, TrainingSheetStatus
from ontos_tui.domain.schema import Answer


class GenerationMode(StrEnum):
    """Where a sheet's answers come from."""

    AI = "ai"
    MANUAL = "manual"
    COLUMN = "column"

    @property
    def proposal_mode(self) -> LabelingMode:
        """Where a pair's answer comes from when it is the proposal of a sheet generated like this."""
        return _PROPOSAL_MODES[self]


class LabelingMode(StrEnum):
    """Where one pair's answer comes from."""

    AI_GENERATED = "ai_generated"
    MANUAL = "manual"
    EXISTING_COLUMN = "existing_column"
    CANONICAL = "canonical"
    FEEDBACK = "feedback"


_PROPOSAL_MODES = {
    GenerationMode.AI: LabelingMode.AI_GENERATED,
    GenerationMode.COLUMN: LabelingMode.EXISTING_COLUMN,
    GenerationMode.MANUAL: LabelingMode.MANUAL,
}


class TrainingSheet(Audited):
    """The Q&A pairs that one template made from one sheet. Keeps the template exactly as it was used."""

    TABLE: ClassVar[str] = "training_sheets"
    UNIQUE: ClassVar = (("sheet_id", "template_id"),)

    name: str
    sheet_id: str
    template_id: str
    template_version: str
    template_snapshot: dict[str, Any] = Field(description="the template as it was when the pairs were made")
    label_type: str
    use_case: str = ""
    generation_mode: GenerationMode
    model_used: str = Field("", description="what proposed the answers, called what it is")
    generation_params: dict[str, Any] = Field(default_factory=dict)
    status: TrainingSheetStatus = TrainingSheetStatus.GENERATING
    generation_error: str = ""
    blind_share: float = Field(0.0, ge=0, le=1, description="share of the pairs whose proposal is hidden at labeling")
    source_fingerprint: str = Field("", description="size and modification time of the source when pairs were made")


CERTAINTY = "stands for a confidence that is not calibrated, which then only orders: '4 of 5 agree', 'likely', 'unsure'"


class Decidable(Audited):
    """One item with what is proposed and what is decided about it. Subclasses say what it belongs to."""

    CONTAINER: ClassVar[str] = ""
    """The column that names what the item belongs to: a training sheet, a labeling task."""
    if TYPE_CHECKING:  # a column that came later stands behind those of the subclasses, which declare it
        certainty: str = ""

    sheet_id: str
    item_ref: str
    sequence_number: int = Field(description="order in what it belongs to, from 1")
    source_data: dict[str, Any] = Field(description="the item's fields when this was made")
    proposal: Answer | None = Field(None, description="the answer as proposed; never changes after generation")
    confidence: float | None = Field(None, description="0 to 1, as stated by what proposed the answer")
    proposed_by: str = Field("", description="what proposed it and why, in words")
    generation_error: str = Field("", description="why no answer could be proposed for this item")
    answer: Answer | None = Field(None, description="the answer as decided; empty until then")
    status: PairStatus = PairStatus.UNLABELED
    labeling_mode: LabelingMode = LabelingMode.MANUAL
    canonical_label_id: str | None = None
    was_auto_approved: bool = False
    was_blind: bool = Field(False, description="the proposal was hidden from who decided")
    reject_reason: str = ""
    notes: str = ""
    allowed_uses: list[str] = Field(default_factory=lambda: list(ALL_USES))
    prohibited_uses: list[str] = Field(default_factory=list)
    usage_reason: str = ""
    data_classification: Classification = Classification.INTERNAL
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    version: int = Field(1, description="counts the changes, for sync and for lineage")

    @property
    def container_id(self) -> str:
        """The id of what it belongs to."""
        return str(getattr(self, self.CONTAINER))


class QAPair(Decidable):
    """One question made from one item, with the proposed answer and the decided one."""

    TABLE: ClassVar[str] = "qa_pairs"
    CONTAINER: ClassVar[str] = "training_sheet_id"
    UNIQUE: ClassVar = (("training_sheet_id", "item_ref"),)
    INDEXES: ClassVar = (
        ("training_sheet_id", "sequence_number"),
        ("training_sheet_id", "status", "sequence_number"),
    )

    training_sheet_id: str
    feedback_id: str | None = Field(None, description="the feedback that this pair was made from")
    certainty: str = Field("", description=CERTAINTY)


FROM_FEEDBACK, FROM_REQUEST, FROM_CHAT = "feedback:", "request:", "import:"
"""How the references of items begin that are no rows of their sheet: requests, with feedback and without, and chats."""

CONFIDENCES = ("high", "medium", "low")
"""How sure an expert is of a canonical label."""


class CanonicalLabel(Audited):
    """The truth about one item for one label type, apart from any prompt: label once, reuse everywhere."""

    TABLE: ClassVar[str] = "canonical_labels"
    UNIQUE: ClassVar = (("sheet_id", "item_ref", "label_type"),)

    sheet_id: str
    item_ref: str
    label_type: str
    label_data: Answer
    confidence: str = Field("high", description="high, medium or low, as the expert says")
    notes: str = ""
    source: str = Field("review", description="review, labeling, adjudication, ground_truth or import")
    training_sheet_id: str | None = None
    allowed_uses: list[str] = Field(default_factory=lambda: list(ALL_USES))
    prohibited_uses: list[str] = Field(default_factory=list)
    usage_reason: str = ""
    data_classification: Classification = Classification.INTERNAL
    reuse_count: int = Field(0, description="pairs that were approved by this label without a review")
    last_reused_at: datetime | None = None
    version: int = 1


class CanonicalLabelVersion(Record):
    """What a canonical label said before it was changed."""

    TABLE: ClassVar[str] = "canonical_label_versions"
    UNIQUE: ClassVar = (("canonical_label_id", "version"),)

    id: str
    canonical_label_id: str
    version: int
    label_data: Answer
    confidence: str = "high"
    notes: str = ""
    source: str = "review"
    modified_by: str
    modified_at: datetime


class Verdict(StrEnum):
    """What an expert can say about a pair."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    FLAG = "flag"
    UNFLAG = "unflag"
    REOPEN = "reopen"

    @property
    def status(self) -> PairStatus:
        """The status that a pair has after this verdict."""
        return _STATUS_AFTER[self]


_STATUS_AFTER = {
    Verdict.APPROVE: PairStatus.LABELED,
    Verdict.EDIT: PairStatus.LABELED,
    Verdict.REJECT: PairStatus.REJECTED,
    Verdict.FLAG: PairStatus.FLAGGED,
    Verdict.UNFLAG: PairStatus.UNLABELED,
    Verdict.REOPEN: PairStatus.UNLABELED,
}


class Event(Record):
    """One change, for ever: who, when, before, after. Nothing updates or deletes an event."""

    TABLE: ClassVar[str] = "events"
    INDEXES: ClassVar = (("entity_type", "entity_id", "at"), ("scope_id", "actor", "batch_id"))

    id: str = Field(description="random, made by the client")
    entity_type: str = Field(description="the table of what changed")
    entity_id: str
    scope_id: str = Field("", description="the training sheet or other thing that contains what changed")
    action: str
    actor: str
    at: datetime = Field(default_factory=now)
    before: dict[str, Any] | None = Field(None, description="the changed columns as they were")
    after: dict[str, Any] | None = Field(None, description="the changed columns as they are")
    reason: str = ""
    batch_id: str = Field("", description="decisions that were made, and are undone, together")
    undoes: str = Field("", description="the batch that this event takes back, or brings back")
    seconds: float | None = Field(None, description="from the item in sight to the decision, where it was measured")


def _sorted_json() -> Callable[[Any], str]:
    """JSON with sorted keys, by an encoder that is made once: json makes one for each call."""
    plain = json.JSONEncoder(sort_keys=True, ensure_ascii=False)
    if c_make_encoder is None:
        return plain.encode
    encode = c_make_encoder(None, plain.default, encode_basestring, None, ": ", ", ", True, False, True)
    return lambda value: "".join(encode(value, 0))


_SORTED = _sorted_json()


def answer_digest(answer: Answer | None) -> str:
    """A short fingerprint of an answer, to see later whether it was corrected."""
    text = _SORTED(answer)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
