"""Every record that is stored. The SQLite tables and the Delta tables are made from this list and from nothing else."""

from __future__ import annotations

from ontos_tui.domain.records.base import Record
from ontos_tui.domain.records.data import DataTable, Sheet
from ontos_tui.domain.records.gate import DeploymentFloor, MustPassCase
from ontos_tui.domain.records.improve import AnnotationItem, AnnotationTask, FeedbackItem, Gap, GapUpdate
from ontos_tui.domain.records.labeling import Claim, Hint, LabelingJob, LabelingTask, SavedView, TaskItem
from ontos_tui.domain.records.monitor.alerts import Alert, AlertRule
from ontos_tui.domain.records.monitor.drift import DriftReport
from ontos_tui.domain.records.monitor.team_traffic import TeamHour, TeamReading
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, Event, QAPair, TrainingSheet
from ontos_tui.domain.records.serving import Deployment, Endpoint, InferenceRecord
from ontos_tui.domain.records.template import Example, Labelset, Template
from ontos_tui.domain.records.training import Job, JobEvent, ModelPair, ModelVersion

RECORDS: tuple[type[Record], ...] = (
    DataTable,
    Sheet,
    Template,
    Example,
    Labelset,
    TrainingSheet,
    QAPair,
    CanonicalLabel,
    CanonicalLabelVersion,
    LabelingJob,
    LabelingTask,
    TaskItem,
    Claim,
    Hint,
    SavedView,
    Event,
    Job,
    JobEvent,
    ModelVersion,
    ModelPair,
    MustPassCase,
    DeploymentFloor,
    Endpoint,
    Deployment,
    InferenceRecord,
    FeedbackItem,
    Gap,
    GapUpdate,
    AnnotationTask,
    AnnotationItem,
    DriftReport,
    AlertRule,
    Alert,
    TeamHour,
    TeamReading,
)

APPEND_ONLY: tuple[type[Record], ...] = (Event, JobEvent, Deployment, GapUpdate, CanonicalLabelVersion)
"""Records that are written once. The store refuses to change or delete them."""

SHARED: tuple[type[Record], ...] = (
    Sheet,
    Template,
    Example,
    Labelset,
    TrainingSheet,
    QAPair,
    CanonicalLabel,
    CanonicalLabelVersion,
    LabelingJob,
    LabelingTask,
    TaskItem,
    ModelVersion,
    ModelPair,
    MustPassCase,
    DeploymentFloor,
    Endpoint,
    Deployment,
    FeedbackItem,
    Gap,
    GapUpdate,
    AnnotationTask,
    AnnotationItem,
    Event,
)
"""Records that a team shares, in an order in which each comes after what it refers to."""
