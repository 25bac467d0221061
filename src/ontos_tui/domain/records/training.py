"""TRAIN: jobs, model versions, their lineage and how well they did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from ontos_tui.domain.evaluation import Calibration as Calibration  # noqa: PLC0414  # stored with a model
from ontos_tui.domain.evaluation import CandidateScore as CandidateScore  # noqa: PLC0414
from ontos_tui.domain.evaluation import ClassScore as ClassScore  # noqa: PLC0414
from ontos_tui.domain.evaluation import Evaluation as Evaluation  # noqa: PLC0414
from ontos_tui.domain.evaluation import FieldScore as FieldScore  # noqa: PLC0414
from ontos_tui.domain.evaluation import IntervalCoverage as IntervalCoverage  # noqa: PLC0414
from ontos_tui.domain.evaluation import LearningCurvePoint as LearningCurvePoint  # noqa: PLC0414
from ontos_tui.domain.records.base import Audited, Record, new_id, now
from ontos_tui.domain.rules.states import JobStatus


class JobKind(StrEnum):
    GENERATE = "generate"
    TRAIN = "train"
    SERVE = "serve"
    HINTS = "hints"
    WATCH = "watch"
    WATCH_FOLDER = "watch_folder"
    DEPLOY = "deploy"
    PREDICT = "predict"


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
    registration: dict[str, Any] = Field(
        default_factory=dict, description="where in Unity Catalog it is registered, and what a row of it holds there"
    )
    note: str = Field("", description="what people should know of it, in their own words")
    archived: bool = Field(False, description="whether lists leave it out")

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
