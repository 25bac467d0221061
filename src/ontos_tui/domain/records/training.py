"""TRAIN: jobs, model versions, their lineage and how well they did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from ontos_tui.domain.records.base import Audited, Record, new_id, now
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.domain.schema import FieldKind


class JobKind(StrEnum):
    GENERATE = "generate"
    TRAIN = "train"
    SERVE = "serve"
    HINTS = "hints"
    WATCH = "watch"
    DEPLOY = "deploy"


class Job(Record):
    """Long work in a process of its own."""

    TABLE: ClassVar[str] = "jobs"
    INDEXES: ClassVar = (("status",), ("created_at",))

    id: str = Field(default_factory=new_id)
    kind: JobKind
    title: str
    params: dict[str, Any] = Field(default_factory=dict)
    status: JobStatus = JobStatus.PENDING
    done: int = Field(0, description="units of work that are finished")
    total: int = Field(0, description="units of work in all; 0 while not known")
    message: str = Field("", description="what it does right now, in words")
    cancel_requested: bool = False
    pid: int | None = None
    process_started: float | None = Field(None, description="start time of the process, to tell it from a later pid")
    result: dict[str, Any] = Field(default_factory=dict)
    error: str = ""
    created_at: datetime = Field(default_factory=now)
    created_by: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class JobEvent(Record):
    """Something that happened to a job, for ever."""

    TABLE: ClassVar[str] = "job_events"
    INDEXES: ClassVar = (("job_id", "at"),)

    id: str = Field(default_factory=new_id)
    job_id: str
    kind: str = Field(description="status, info or error")
    message: str
    at: datetime = Field(default_factory=now)


class Role(StrEnum):
    """What a pair was to a model."""

    TRAIN = "train"
    HELD_OUT = "held_out"


class ClassScore(BaseModel):
    """How well one class of a field is recognized on the held-out pairs."""

    precision: float
    recall: float
    f1: float
    support: int


class Calibration(BaseModel):
    """How far stated confidence and truth lie apart, on answers to pairs that the model had not seen."""

    error: float = Field(description="expected calibration error, from 0 to 1, over ten bins of as many answers each")
    n: int = Field(description="answers that it was measured on")
    shown: bool = Field(description="whether the model may state percentages")


class IntervalCoverage(BaseModel):
    """How often the 90 % interval of a number held the true value, on pairs that the model had not seen."""

    nominal: float
    covered: float
    width: float = Field(description="mean width of the intervals, in the unit of the field")
    groups: int
    rough: bool = Field(description="whether there were too few groups to measure it well")


class FieldScore(BaseModel):
    """How well one field of the answer is predicted on pairs that the model had not seen.

    `metric` is accuracy for classes, mean absolute error for numbers and exact match for texts. `baseline` is the same
    metric for the best constant answer on the very same pairs, `baseline_answer`. `low` and `high` bound `value` with
    95 % confidence; where the pairs have groups, the interval is over groups and `groups` says how many there are.
    """

    field: str
    kind: FieldKind
    metric: str
    higher_is_better: bool
    value: float
    baseline: float
    low: float
    high: float
    n: int
    correct: int | None = Field(None, description="right answers among `n`, where answers are right or wrong")
    baseline_answer: str = Field("", description="the constant answer of the baseline, as a person reads it")
    baseline_correct: int | None = None
    gain_low: float | None = Field(
        None, description="95 % interval of how much better than the baseline it is, in the metric; positive is better"
    )
    gain_high: float | None = None
    groups: int | None = Field(None, description="groups that the interval is over; none where rows are independent")
    group_name: str = ""
    rough: bool = Field(False, description="whether there are too few groups or pairs to trust the interval")
    macro_f1: float | None = None
    baseline_macro_f1: float | None = None
    classes: dict[str, ClassScore] = Field(default_factory=dict)
    confusion: dict[str, dict[str, int]] = Field(
        default_factory=dict, description="true class to predicted class to number of pairs"
    )
    calibration: Calibration | None = None
    coverage: IntervalCoverage | None = None
    worst_segments: list[str] = Field(default_factory=list, description="where it does worst, in words")


class CandidateScore(BaseModel):
    """One way to learn that was tried, by the same folds as the others."""

    base_model: str
    params: dict[str, Any] = Field(default_factory=dict)
    derived: list[str] = Field(default_factory=list, description="derived columns that it learned from as well")
    metric: str
    higher_is_better: bool
    value: float
    low: float
    high: float
    fits: int
    chosen: bool = False
    why: str = ""


class LearningCurvePoint(BaseModel):
    """The score of the same way to learn from fewer labels."""

    labels: int
    value: float
    low: float
    high: float


class Evaluation(BaseModel):
    """How well a model does on pairs that it had not seen, field by field; the first field is the headline."""

    scores: list[FieldScore]
    n: int
    held_out_from: str = Field(description="where the tested pairs come from, in words")
    method: str = Field("", description="how it was measured, in words: 5-fold cross-validation over 42 units")
    notes: list[str] = Field(default_factory=list)
    candidates: list[CandidateScore] = Field(default_factory=list, description="the ways to learn that were tried")
    fits: int = Field(0, description="models that were fitted to choose and to measure")
    curve: list[LearningCurvePoint] = Field(default_factory=list, description="the headline field by number of labels")

    def headline(self) -> FieldScore:
        """The score that one line shows."""
        return self.scores[0]


class ModelVersion(Audited):
    """A trained model and everything that made it."""

    TABLE: ClassVar[str] = "models"
    UNIQUE: ClassVar = (("name", "version"),)

    name: str
    version: int
    training_sheet_id: str
    template_id: str
    template_version: str
    sheet_id: str
    job_id: str
    base_model: str
    engine: str = Field(description="what trained it, with its version")
    params: dict[str, Any] = Field(default_factory=dict)
    features: list[str] = Field(default_factory=list)
    template_snapshot: dict[str, Any] = Field(description="the template as it was when the model was trained")
    evaluation: dict[str, Any] = Field(description="an Evaluation")
    train_count: int
    held_out_count: int
    artifact: str = Field(description="folder of the model's files, relative to the workspace")
    sha256: str = Field(description="of the model's file")
    seconds: float = Field(description="time that the training took")

    def label(self) -> str:
        """The name that people read: `name v3`."""
        return f"{self.name} v{self.version}"


class ModelPair(Record):
    """Lineage: one pair that a model was trained or tested on, as it was then."""

    TABLE: ClassVar[str] = "model_pairs"
    UNIQUE: ClassVar = (("model_id", "pair_id"),)

    id: str = Field(default_factory=new_id)
    model_id: str
    pair_id: str
    role: Role
    pair_version: int
    answer_digest: str
    approved_by: str = ""
    approved_at: datetime | None = None
