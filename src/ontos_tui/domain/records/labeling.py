"""LABEL, by several people: jobs, the tasks that they are cut into, the items of a task, claims and hints."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from ontos_tui.domain.records.base import Audited, Record, new_id, now
from ontos_tui.domain.records.pairs import CERTAINTY, Decidable
from ontos_tui.domain.rules.states import LabelingJobStatus, LabelingTaskStatus
from ontos_tui.domain.schema import Answer


class LabelingJob(Audited):
    """Items of one sheet that people label, to populate a labelset."""

    TABLE: ClassVar[str] = "labeling_jobs"
    INDEXES: ClassVar = (("sheet_id",), ("status",))

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    sheet_id: str
    training_sheet_id: str | None = Field(None, description="where the proposals come from and the labels go, if any")
    labelset_id: str | None = None
    label_type: str
    response_schema: dict[str, Any] = Field(description="JSON schema of an answer, as it was when the job was made")
    instructions: str = ""
    batch_size: int = Field(50, ge=1, le=500, description="items of a task")
    overlap: int = Field(1, ge=1, le=10, description="how many people label each item")
    needs_review: bool = Field(False, description="a submitted task counts only when a reviewer has approved it")
    blind_share: float = Field(0.0, ge=0, le=1, description="share of the items whose proposal is hidden")
    gold_share: float = Field(0.0, ge=0, le=1, description="share of hidden items whose truth is known already")
    lease_minutes: int = Field(30, ge=1, description="a claimed task in which nothing happens is free again after this")
    is_personal: bool = Field(False, description="one person's own list; its labels are canonical at once")
    status: LabelingJobStatus = LabelingJobStatus.DRAFT
    total_items: int = 0
    shows_proposals: bool = Field(True, description="whether its items come with their proposals")

    @property
    def labels_at_once(self) -> bool:
        """Whether a decision makes the canonical label, instead of being one vote or waiting for a review."""
        return self.is_personal and self.overlap == 1 and not self.needs_review


class LabelingTask(Audited):
    """A batch of a job's items for one person."""

    TABLE: ClassVar[str] = "labeling_tasks"
    UNIQUE: ClassVar = (("job_id", "number", "copy_number"),)
    INDEXES: ClassVar = (("job_id", "status"), ("assignee", "status"))

    job_id: str
    number: int = Field(description="which batch of the job, from 1")
    copy_number: int = Field(1, description="which of the batch's overlapping copies, from 1")
    item_count: int = 0
    status: LabelingTaskStatus = LabelingTaskStatus.PENDING
    assignee: str = ""
    assigned_at: datetime | None = None
    lease_until: datetime | None = Field(None, description="free for others after this; empty when assigned for good")
    priority: str = Field("normal", description="low, normal, high or urgent")
    due_date: date | None = None
    started_at: datetime | None = None
    submitted_at: datetime | None = None
    reviewer: str = ""
    reviewed_at: datetime | None = None
    review_notes: str = ""

    @property
    def sent_back(self) -> str:
        """Who sent the task back and what they wrote; empty when it was not, or is handed in again."""
        is_over = self.status in (LabelingTaskStatus.SUBMITTED, LabelingTaskStatus.APPROVED)
        return f"sent back by {self.reviewer}: {self.review_notes}" if self.review_notes and not is_over else ""


class TaskItem(Decidable):
    """One item of a task, with one person's answer. Agreement compares the answers to the same item."""

    TABLE: ClassVar[str] = "labeling_items"
    CONTAINER: ClassVar[str] = "task_id"
    UNIQUE: ClassVar = (("task_id", "item_ref"),)
    INDEXES: ClassVar = (
        ("task_id", "sequence_number"),
        ("task_id", "status", "sequence_number"),
        ("job_id", "item_ref"),
        ("sheet_id", "item_ref"),
    )

    task_id: str
    job_id: str
    gold_answer: Answer | None = Field(None, description="the known truth; such an item only measures the labeler")
    certainty: str = Field("", description=CERTAINTY)


class Claim(Record):
    """Somebody is about to decide this item; others pass it over until the claim runs out."""

    TABLE: ClassVar[str] = "claims"
    KEY: ClassVar[str] = "item_id"
    INDEXES: ClassVar = (("container_id", "until"), ("actor", "session"))

    item_id: str = Field(description="a Q&A pair")
    container_id: str = Field(description="its training sheet")
    sequence_number: int
    actor: str
    session: str = Field(description="one of the person's terminals")
    until: datetime


class HintKind(StrEnum):
    """Why a pair deserves a look before others."""

    UNSURE = "unsure"
    SUSPECT = "suspect"
    DISAGREED = "disagreed"
    DUPLICATE = "duplicate"


class Hint(Record):
    """What an engine noticed about a pair: how much, and why in words."""

    TABLE: ClassVar[str] = "pair_hints"
    UNIQUE: ClassVar = (("pair_id", "kind"),)
    INDEXES: ClassVar = (("training_sheet_id", "kind", "score"), ("training_sheet_id", "kind", "group_key"))

    id: str = Field(default_factory=new_id)
    training_sheet_id: str
    pair_id: str
    kind: HintKind
    score: float = Field(description="0 to 1, the more the sooner")
    group_key: str = Field("", description="near-duplicates have the same")
    reason: str = Field("", description="why, in words for the screen")
    engine: str = Field("", description="the model or method, called what it is")
    computed_at: datetime = Field(default_factory=now)


class SavedView(Audited):
    """A filter and an order of a training sheet's queue under a name, to be labeled like any session."""

    TABLE: ClassVar[str] = "saved_views"
    UNIQUE: ClassVar = (("training_sheet_id", "name"),)

    training_sheet_id: str
    name: str = Field(min_length=1, max_length=60)
    filter: dict[str, Any] = Field(
        default_factory=dict, description="the conditions of the filter; an absent one filters nothing"
    )
    sort: str = Field("order", description="the order, as services/label/queue.py calls it")


def is_blind(container_id: str, item_ref: str, share: float) -> bool:
    """Whether this item belongs to the share whose proposal is hidden: always the same ones, spread evenly."""
    digest = hashlib.sha256(f"{container_id}\0{item_ref}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
