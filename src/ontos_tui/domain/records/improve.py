"""IMPROVE: feedback, gaps, and the tasks that close them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from ontos_tui.domain.records.base import Audited, Record, new_id, now
from ontos_tui.domain.rules.states import FeedbackStatus, GapStatus, TaskStatus
from ontos_tui.domain.schema import Answer


class FeedbackItem(Audited):
    """A person's rating of a prediction, and the right answer if they know it."""

    TABLE: ClassVar[str] = "feedback_items"
    INDEXES: ClassVar = (("endpoint", "created_at"), ("request_id",))

    endpoint: str
    request_id: str
    model_id: str
    rating: int = Field(ge=1, le=5, description="5 is good, 1 is bad; thumbs are 5 and 1")
    comment: str = ""
    correction: Answer | None = Field(None, description="the right answer, fitting the output schema")
    input: dict[str, Any]
    output: Answer | None = None
    flagged: bool = False
    status: FeedbackStatus = FeedbackStatus.NEW
    qa_pair_id: str | None = Field(None, description="the pair that it was converted to")


@dataclass(frozen=True)
class FeedbackFilter:
    """Which feedback to list.

    `ratings` names some of 1 to 5; `text` is looked for, in any case, in the comment, the input, the answers and who
    said it.
    """

    endpoint: str | None = None
    status: FeedbackStatus | None = None
    ratings: tuple[int, ...] = ()
    flagged: bool | None = None
    corrected: bool | None = None
    text: str = ""


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class GapType(StrEnum):
    """What a gap is a lack of, and so where its evidence comes from."""

    CAPABILITY = "capability"
    """The model is wrong more often in one segment than elsewhere."""
    COVERAGE = "coverage"
    """A class or value has few labeled pairs for how often it occurs."""
    QUALITY = "quality"
    """The labels of one class are in doubt."""
    DISTRIBUTION = "distribution"
    """Requests hold values that the model never learned."""
    EDGE_CASE = "edge_case"
    """The model itself is unsure of its answers."""


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Gap(Audited):
    """Something that the model does not know well enough, with the evidence."""

    TABLE: ClassVar[str] = "identified_gaps"
    INDEXES: ClassVar = (("status",),)

    model_name: str
    template_id: str
    gap_type: GapType
    fingerprint: str = Field(description="what the gap is about, so that a second run finds it again")
    severity: Severity
    description: str
    evidence: dict[str, Any] = Field(default_factory=dict)
    affected_count: int = Field(0, description="rows of the evidence that it concerns")
    error_rate: float | None = Field(None, description="share of wrong answers, where answers can be wrong")
    suggested_action: str = ""
    estimated_records_needed: int = 0
    estimate_basis: str = Field("", description="how the number of records was estimated, in words")
    seen_at: datetime | None = Field(None, description="when an analysis last found it")
    status: GapStatus = GapStatus.IDENTIFIED
    resolution_notes: str = ""


class GapUpdate(Record):
    """One change to a gap, for ever."""

    TABLE: ClassVar[str] = "gap_updates"
    INDEXES: ClassVar = (("gap_id", "at"),)

    id: str = Field(default_factory=new_id)
    gap_id: str
    field: str = Field(description="status, severity or suggested_action")
    before: str
    after: str
    note: str = ""
    by_analysis: bool = Field(False, description="changed by an analysis or by new labels, not by a person")
    at: datetime = Field(default_factory=now)
    by: str = ""


class AnnotationTask(Audited):
    """Work for labelers that closes a gap."""

    TABLE: ClassVar[str] = "annotation_tasks"
    INDEXES: ClassVar = (("gap_id",), ("status",))

    gap_id: str
    title: str
    description: str = ""
    instructions: str = ""
    priority: Priority = Priority.NORMAL
    status: TaskStatus = TaskStatus.PENDING
    assignee: str = ""
    target_record_count: int = Field(100, ge=1)
    due_date: date | None = None
    training_sheet_id: str | None = Field(None, description="where its pairs are")


class AnnotationItem(Record):
    """One pair of an annotation task."""

    TABLE: ClassVar[str] = "annotation_task_items"
    UNIQUE: ClassVar = (("task_id", "pair_id"),)
    INDEXES: ClassVar = (("pair_id",),)

    id: str = Field(default_factory=new_id)
    task_id: str
    pair_id: str
    was_open: bool = Field(description="undecided when it was added; else its label is to be looked at again")
    added_at: datetime = Field(default_factory=now)
