"""What every command prints with --json, by its name: the types behind `ontos schema` and docs/json.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import NoneType
from typing import Any

from ontos_tui.cli.core.json_schema import Many, Object, OneOf, Schema, json_schema
from ontos_tui.domain.catalog import CatalogNode
from ontos_tui.domain.learning import BaseModel, Estimate
from ontos_tui.domain.records.data import Column, DataTable, Page, Row, Sheet
from ontos_tui.domain.records.derived import MatchCounts
from ontos_tui.domain.records.gate import DeploymentFloor, MustPassCase
from ontos_tui.domain.records.improve import FeedbackItem, Gap, GapUpdate
from ontos_tui.domain.records.labeling import Hint, HintKind, LabelingJob, LabelingTask, TaskItem
from ontos_tui.domain.records.monitor.alerts import Alert, AlertRule
from ontos_tui.domain.records.monitor.drift import DriftReport, FeatureDrift
from ontos_tui.domain.records.monitor.team_traffic import TeamReading
from ontos_tui.domain.records.pairs import CanonicalLabel, CanonicalLabelVersion, Event, QAPair, TrainingSheet
from ontos_tui.domain.records.serving import Deployment, Endpoint, InferenceRecord
from ontos_tui.domain.records.template import Example, Labelset, Template
from ontos_tui.domain.records.training import Job, JobEvent, ModelVersion
from ontos_tui.domain.rules.deployment_gate import Check
from ontos_tui.domain.rules.model_verdict import Verdict
from ontos_tui.domain.rules.monitor.traffic import Bucket, Health
from ontos_tui.services.admin.backup import BackupReport
from ontos_tui.services.admin.finding import Finding
from ontos_tui.services.admin.restore import RestoreReport
from ontos_tui.services.admin.settings_file import Setting
from ontos_tui.services.data.derived_tables.computed import ComputedReport
from ontos_tui.services.data.derived_tables.joins import JoinReport
from ontos_tui.services.data.folder_tables.watch import WatchLook
from ontos_tui.services.data.quality.report import QualityReport
from ontos_tui.services.data.reading import FileReport
from ontos_tui.services.data.roles import RoleOfColumn
from ontos_tui.services.deploy.items import EndpointItem
from ontos_tui.services.deploy.scoring.service import ScoringReport
from ontos_tui.services.deploy.server import ServerState
from ontos_tui.services.deploy.service import EndpointView
from ontos_tui.services.generate.service import GenerationReport, PreviewPair
from ontos_tui.services.guide.onboarding import SeedReport, UseCase
from ontos_tui.services.guide.overview import Overview
from ontos_tui.services.improve.gaps.service import AnalysisReport
from ontos_tui.services.improve.service import BulkReport, Conversion, FeedbackStats, FeedbackTrace
from ontos_tui.services.improve.tasks.service import TaskView as AnnotationTaskView
from ontos_tui.services.interchange.report import ImportReport, Selection
from ontos_tui.services.interchange.tracking import TrackingReport
from ontos_tui.services.label.decision_service import Batch, PairCounts
from ontos_tui.services.label.hints.service import GroupMember, HintReport
from ontos_tui.services.label.labeling_jobs.adjudication import Undone
from ontos_tui.services.label.labeling_jobs.agreement import Disagreement, JobAgreement
from ontos_tui.services.label.labeling_jobs.labeler_stats import LabelerStats
from ontos_tui.services.label.labeling_jobs.progress import JobView, TaskView
from ontos_tui.services.label.labelsets.service import Coverage, Links
from ontos_tui.services.label.queue import QueueFilter, QueueSort
from ontos_tui.services.monitor.alerts.service import Change
from ontos_tui.services.monitor.nearest_pairs import NearPair
from ontos_tui.services.monitor.service import EndpointSummary, Point, RequestView
from ontos_tui.services.monitor.team_traffic import TeamVersion
from ontos_tui.services.monitor.version_comparison import VersionComparison
from ontos_tui.services.records.model_versions import LineageChanges
from ontos_tui.services.team.conflict_views import TeamConflict
from ontos_tui.services.team.cost import TeamCost
from ontos_tui.services.team.moving import MoveReport
from ontos_tui.services.team.team_log import SharingReport, SharingStatus
from ontos_tui.services.team.verifying import Verification
from ontos_tui.services.templates.comparison import TemplateComparison
from ontos_tui.services.templates.trial import TemplateTrial
from ontos_tui.services.train.comparison import Comparison
from ontos_tui.services.train.learning_curve import Curve
from ontos_tui.services.train.service import Readiness, SplitPlan
from ontos_tui.services.train.warehouse.service import RowsReady
from ontos_tui.store.sharing.queries import Member, Refusal

ERROR = Object({"error": Object({"what": str, "todo": str})})
"""Instead of the document, when a command fails (exit code 1) or is used wrongly (exit code 2)."""

_TRAINING_SHEETS = Many(Object({"training_sheet": TrainingSheet, "sheet": TrainingSheet, "counts": PairCounts}))
_MODEL = Object({"verdict": Verdict}, of=ModelVersion)
_ESTIMATED = Object(
    {
        "readiness": Readiness,
        "estimate": Estimate,
        "plan": SplitPlan | None,
        "recommendation": Object({"key": str, "reason": str}),
    }
)
_ROWS_THERE = Object({"rows": RowsReady, "estimate": Estimate, "base_model": str})
_MODEL_ROW = Object({"verdict": Verdict, "endpoints": list[str]}, of=ModelVersion)
_ENDPOINT = Object({"verdict": Verdict}, of=EndpointView)
_ANSWER = Object({"verdict": Verdict, "item": EndpointItem | None}, of=InferenceRecord)
_VISIBLE_ITEM = Object({"blind": bool}, of=TaskItem, without=("gold_answer",))
_VISIBLE_BATCH = Object({"id": str, "pairs": Many(_VISIBLE_ITEM), "description": str})
_TASK = Object({"counts": PairCounts}, of=LabelingTask)
_VIEW = Object({"name": str, "filter": QueueFilter, "sort": QueueSort, "created_by": str})
_DUPLICATES = Object(
    {
        "key": str,
        "conflict": bool,
        "labels": dict[str, int],
        "undecided": list[str],
        "members": list[GroupMember],
    }
)
_HINTS = Object({"counts": dict[HintKind, int], "hints": Many(Object({"item_ref": str}, of=Hint))})
_FILE_OF_EVENTS = Object({"file": str, "events": int})
_CARD = OneOf((Object({"markdown": str}), Object({"file": str})))
_FILE_OF_PAIRS = Object({"file": str, "pairs": int})
_EXPORTED = Object({"written": int, "held_back": dict[str, int], "files": dict[str, int], "beside": list[str]})
_CHAT = Object({"messages": list[dict[str, str]], "metadata": dict[str, str]})
_TRAFFIC = Object(
    {
        "summary": EndpointSummary,
        "health": Health,
        "verdict": Verdict | None,
        "drift": DriftReport | None,
        "alerts": list[Alert],
        "bucket": Bucket,
        "points": list[Point],
        "requests": list[RequestView],
    }
)
_TEAM_TRAFFIC = Object(
    {
        "summary": EndpointSummary,
        "versions": list[TeamVersion],
        "points": list[Point],
        "reading": TeamReading,
        "since": datetime,
        "until": datetime,
        "bucket": Bucket,
        "away": str,
    }
)
_NEAREST = Object({"pairs": list[NearPair], "looked_at": int, "learned": int})
_RETRAINED = Object({"model": ModelVersion, "verdict": Verdict, "comparison": Comparison | None, "summary": str})

DOCUMENTS: Mapping[str, Any] = {
    "demo": SeedReport,
    "seed": OneOf((list[UseCase], SeedReport, list[SeedReport])),
    "status": Overview,
    "doctor": list[Finding],
    "backup": BackupReport,
    "restore": RestoreReport,
    "schema": dict[str, Any],
    "settings list": list[Setting],
    "settings set": Setting,
    "jobs list": list[Job],
    "jobs show": Object({"job": Job, "events": list[JobEvent], "seconds_left": float | None}),
    "jobs cancel": Job,
    "jobs wait": Job,
    "jobs resume": Job,
    "sync": OneOf(
        (
            Object({"created": list[str], "report": SharingReport, "status": SharingStatus}),
            SharingStatus,
            SharingReport,
            list[TeamConflict],
            Object({"settled": list[TeamConflict], "chosen": int, "open": int}),
            Object({"reopened": int}),
            list[Refusal],
            Object({"dismissed": int}),
            Object({"moved": MoveReport, "report": SharingReport, "status": SharingStatus}),
            Object({"is_equal": bool, "verification": Verification}),
            Object({"version": int, "members": list[Member]}),
            TeamCost,
        )
    ),
    # Data
    "data add": OneOf((list[DataTable], list[FileReport])),
    "data report": list[FileReport],
    "data quality": QualityReport,
    "watch": OneOf((WatchLook, Job)),
    "data list": Many(Object({"address": str, "columns": list[Column], "rows": int, "path": str, "problem": str})),
    "data browse": list[CatalogNode],
    "data preview": Page,
    "data join": OneOf((Object({"table": DataTable, "counts": MatchCounts}), JoinReport)),
    "data unjoin": DataTable,
    "data compute": OneOf((ComputedReport, DataTable)),
    "sheet create": Sheet,
    "sheet edit": Sheet,
    "sheet duplicate": Sheet,
    "sheet roles": list[RoleOfColumn],
    "sheet delete": Sheet,
    "sheet list": list[Sheet],
    "sheet show": Object({"sheet": Sheet, "page": Page}),
    # Generate
    "template list": list[Template],
    "template import": Template,
    "template show": Template,
    "template publish": Template,
    "template create": Template,
    "template edit": Template,
    "template new-version": Template,
    "template diff": TemplateComparison,
    "template try": TemplateTrial,
    "template archive": Template,
    "template delete": Template,
    "examples list": list[Example],
    "examples add": Example,
    "examples remove": Example,
    "examples import": ImportReport,
    "examples export": Object({"file": str, "examples": int}),
    "generate": OneOf((GenerationReport, list[PreviewPair], Job)),
    # Label
    "training-sheets list": _TRAINING_SHEETS,
    "training-sheets show": Object(
        {
            "training_sheet": TrainingSheet,
            "counts": PairCounts,
            "readiness": Readiness,
            "models": list[ModelVersion],
        }
    ),
    "training-sheets card": _CARD,
    "training-sheets archive": TrainingSheet,
    "training-sheets restore": TrainingSheet,
    "label next": list[QAPair],
    "label decide": Batch[QAPair],
    "label apply": Batch[QAPair],
    "label stats": _TRAINING_SHEETS,
    "label export": OneOf((Many(_CHAT), list[Event], _FILE_OF_PAIRS, _FILE_OF_EVENTS)),
    "label undo": OneOf((Batch[QAPair], NoneType)),
    "label hints": OneOf((HintReport, Job, _HINTS)),
    "label groups": Many(_DUPLICATES),
    "label dismiss-hint": Object({"pair_id": str, "kind": HintKind}),
    "label clear-hints": Object({"cleared": int}),
    "label views": Many(_VIEW),
    "label save-view": _VIEW,
    "label delete-view": Object({"deleted": str}),
    "label items": Many(Object({"item_ref": str, "fields": Row})),
    "label put": CanonicalLabel,
    "label edit": CanonicalLabel,
    "label labels": Object({"total": int, "labels": list[CanonicalLabel]}),
    "label versions": Object({"label": CanonicalLabel, "versions": list[CanonicalLabelVersion]}),
    "label restore": CanonicalLabel,
    "label remove": CanonicalLabel,
    "label export-labels": Object({"file": str, "labels": int}),
    "label import-labels": ImportReport,
    "label constrain": CanonicalLabel,
    "label agreement": JobAgreement,
    "label disagreements": list[Disagreement],
    "label adjudicate": CanonicalLabel,
    "label undo-adjudication": OneOf((Undone, NoneType)),
    "label labelers": list[LabelerStats],
    "labelset create": Labelset,
    "labelset from-template": Labelset,
    "labelset add-class": Labelset,
    "labelset publish": Labelset,
    "labelset archive": Labelset,
    "labelset new-version": Labelset,
    "labelset list": Many(Object({"item_count": int}, of=Labelset)),
    "labelset show": Object({"links": Links}, of=Labelset),
    "labelset coverage": Many(Object({"share": float | None}, of=Coverage)),
    "labelset delete": Labelset,
    "labeling create": JobView,
    "labeling list": list[JobView],
    "labeling show": Object({"labeling_tasks": list[TaskView]}, of=JobView),
    "labeling activate": LabelingJob,
    "labeling pause": LabelingJob,
    "labeling complete": LabelingJob,
    "labeling archive": LabelingJob,
    "labeling delete": LabelingJob,
    "labeling assign": _TASK,
    "labeling prioritize": _TASK,
    "labeling claim": OneOf((_TASK, NoneType)),
    "labeling own": _TASK,
    "labeling mine": list[TaskView],
    "labeling next": Many(_VISIBLE_ITEM),
    "labeling decide": _VISIBLE_BATCH,
    "labeling undo": OneOf((_VISIBLE_BATCH, NoneType)),
    "labeling release": _TASK,
    "labeling submit": _TASK,
    "labeling review": _TASK,
    "export": OneOf((_EXPORTED, Selection, _FILE_OF_EVENTS)),
    "import": ImportReport,
    # Train
    "train": OneOf((Job, _MODEL, _ESTIMATED, _ROWS_THERE, Object({"base_models": Many(BaseModel)}))),
    "models list": Many(_MODEL_ROW),
    "models card": _CARD,
    "models note": ModelVersion,
    "models archive": ModelVersion,
    "models unarchive": ModelVersion,
    "track": TrackingReport,
    "models show": Object(
        {"model": ModelVersion, "verdict": Verdict, "training_sheet": TrainingSheet, "changes": LineageChanges}
    ),
    # Deploy
    "deploy": OneOf(
        (
            _ENDPOINT,
            Job,
            Object({"endpoints": Many(_ENDPOINT), "models": Many(_MODEL)}),
            Object({"checks": list[Check]}),
        )
    ),
    "cases list": list[MustPassCase],
    "cases add": MustPassCase,
    "cases remove": MustPassCase,
    "floors list": list[DeploymentFloor],
    "floors set": DeploymentFloor,
    "floors remove": DeploymentFloor,
    "endpoints list": Many(_ENDPOINT),
    "endpoints show": Object(
        {
            "endpoint": Endpoint,
            "model": ModelVersion,
            "verdict": Verdict,
            "columns": list[str],
            "deployments": list[Deployment],
        }
    ),
    "query": OneOf((Many(_ANSWER), Object({"columns": list[str], "input_fields": list[str]}))),
    "predict": OneOf((ScoringReport, Job, Object({"estimate": Estimate, "rows": int}))),
    "serve": Object({"job": Job | None, "server": ServerState}),
    # Monitor
    "monitor": OneOf((_TRAFFIC, _TEAM_TRAFFIC, VersionComparison, _NEAREST, list[Change])),
    "drift": OneOf((DriftReport, FeatureDrift)),
    "alerts list": list[Alert],
    "alerts rules": Many(Object({"rule": AlertRule, "value": float | None, "sample": int, "why": str})),
    "alerts add": AlertRule,
    "alerts edit": AlertRule,
    "alerts remove": Object({"removed": str}),
    "alerts acknowledge": Alert,
    "alerts resolve": Alert,
    "alerts watch": OneOf((list[Change], Job)),
    # Improve
    "feedback add": FeedbackItem,
    "feedback list": list[FeedbackItem],
    "feedback stats": FeedbackStats,
    "feedback show": FeedbackTrace,
    "feedback flag": list[FeedbackItem],
    "feedback dismiss": FeedbackItem,
    "feedback convert": Conversion,
    "feedback bulk-convert": BulkReport,
    "feedback bulk-dismiss": BulkReport,
    "feedback bulk-flag": BulkReport,
    "retrain": OneOf(
        (Object({"model": ModelVersion, "changes": LineageChanges, "readiness": Readiness}), Job, _RETRAINED)
    ),
    "gaps analyze": AnalysisReport,
    "gaps list": list[Gap],
    "gaps show": Object({"gap": Gap, "updates": list[GapUpdate], "tasks": list[AnnotationTaskView]}),
    "gaps update": Gap,
    "gaps task": AnnotationTaskView,
    "tasks list": list[AnnotationTaskView],
    "tasks show": AnnotationTaskView,
    "tasks update": AnnotationTaskView,
    "tasks assign": AnnotationTaskView,
    "tasks fill": AnnotationTaskView,
    "tasks open": Object({"task": AnnotationTaskView, "pairs": list[QAPair]}),
    "improve curve": Curve,
    "import-old-web": Object({"files": list[ImportReport], "dry_run": bool}),
}
"""By command, such as `gaps list`."""


def schema_of(command: str) -> Schema:
    """The JSON schema of what a command prints when it succeeds. Raises KeyError for an unknown command."""
    return json_schema(DOCUMENTS[command], f"ontos {command} --json")


def error_schema() -> Schema:
    """The JSON schema of what every command prints when it fails."""
    return json_schema(ERROR, "a command that fails, with --json")
