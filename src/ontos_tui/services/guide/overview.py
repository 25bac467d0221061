"""How far the loop is, and what to do next: what the header shows in every stage."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ontos_tui.domain.records.data import Sheet
from ontos_tui.domain.records.improve import Severity
from ontos_tui.domain.records.monitor.alerts import Alert
from ontos_tui.domain.records.pairs import TrainingSheet
from ontos_tui.domain.records.serving import Endpoint
from ontos_tui.domain.records.training import Job, JobKind, ModelVersion
from ontos_tui.domain.rules.model_verdict import Level, Verdict, verdict_of
from ontos_tui.domain.rules.states import FeedbackStatus, PairStatus
from ontos_tui.domain.stages import Stage
from ontos_tui.services.guide.sample_labels import COLLEAGUES, SAMPLES
from ontos_tui.store.connection import Connection
from ontos_tui.store.counts import PairCount, pair_counts, request_counts
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models
from ontos_tui.store.queries.endpoints import ready_endpoints
from ontos_tui.store.queries.models import LineageChanges
from ontos_tui.store.queries.monitor import alerts
from ontos_tui.store.queries.workspace import overview as queries
from ontos_tui.store.queries.workspace.jobs import jobs

MINIMUM = 10
"""Labeled pairs that a first training needs; a test holds it equal to the one in services/train/service.py."""


@dataclass(frozen=True)
class StageState:
    """The state of a stage: `count` things called `unit`, and whether the next stage can start."""

    stage: Stage
    count: int
    unit: str
    done: bool


@dataclass(frozen=True)
class ModelState:
    """The newest model version (`name v3`), and what its score means."""

    name: str
    verdict: Verdict


@dataclass(frozen=True)
class Overview:
    """The state of the loop, the stage to go to next, and what to do there."""

    stages: tuple[StageState, ...]
    next_stage: Stage
    next_step: str
    running: tuple[Job, ...]
    alerts: int = 0
    """Alerts that are not resolved."""
    critical: str = ""
    """The gravest of them in a few words, if it is grave."""
    model: ModelState | None = None


@dataclass(frozen=True)
class _SheetState:
    """A training sheet's pairs as far as the next step depends on them."""

    sheet: TrainingSheet
    undecided: int
    flagged: int
    eligible: int
    supplied: int
    """Of the `eligible` ones, how many got a label that came with the sample data."""

    @property
    def own(self) -> int:
        """Pairs that count for a training and were decided here."""
        return self.eligible - self.supplied


@dataclass
class _State:
    """The facts that the overview is computed from."""

    sheets: list[Sheet]
    training: list[_SheetState]
    pairs: int
    labeled: int
    models: list[ModelVersion]
    endpoints: list[Endpoint]
    requests: dict[str, int]
    feedback: int
    converted: int
    to_convert: int
    from_feedback: int
    running: tuple[Job, ...]
    alerts: list[Alert]
    severe_gaps: int
    gap_tasks: int
    changes_since: Callable[[ModelVersion], LineageChanges] = field(repr=False)

    def newest(self, name: str) -> ModelVersion:
        """The newest version of a model."""
        return max((model for model in self.models if model.name == name), key=lambda model: model.version)


class OverviewService:
    """Reads the state of the loop, again only after a change in the database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: tuple[int, Overview] | None = None

    def overview(self) -> Overview:
        """The state of the loop now. The counts are exact."""
        with self._lock:
            # Read before the state is: a change in between makes the next call read again.
            counter = self._store.change_counter()
            if self._known is None or self._known[0] != counter:
                with self._store.read() as connection:
                    state = _read(connection)
                    stage, step = _next(state)
                overview = Overview(
                    _stages(state), stage, step, state.running, len(state.alerts), _critical(state), _model(state)
                )
                self._known = (counter, overview)
            return self._known[1]


def _read(connection: Connection) -> _State:
    counts = pair_counts(connection)
    feedback = queries.feedback_by_status(connection)
    return _State(
        sheets=queries.active_sheets(connection),
        training=_sheet_states(connection, counts),
        pairs=sum(one.n for one in counts),
        labeled=sum(one.n for one in counts if one.status is PairStatus.LABELED),
        models=models.versions(connection),
        endpoints=ready_endpoints(connection),
        requests=request_counts(connection),
        feedback=sum(feedback.values()),
        converted=feedback.get(FeedbackStatus.CONVERTED, 0),
        to_convert=queries.feedback_to_convert(connection),
        from_feedback=queries.undecided_from_feedback(connection),
        running=tuple(jobs(connection, active_only=True)),
        alerts=alerts.open_alerts(connection),
        severe_gaps=queries.severe_gaps(connection),
        gap_tasks=queries.tasks_with_undecided_pairs(connection),
        changes_since=lambda model: models.changes_written_since(connection, model),
    )


def _sheet_states(connection: Connection, counts: Sequence[PairCount]) -> list[_SheetState]:
    samples = queries.sheets_with_labels_by(connection, COLLEAGUES, SAMPLES)
    return [
        _SheetState(
            sheet,
            undecided=sum(one.n for one in own if one.status is PairStatus.UNLABELED),
            flagged=sum(one.n for one in own if one.status is PairStatus.FLAGGED),
            eligible=sum(one.n for one in own if _is_eligible(one)),
            supplied=sum(one.n for one in own if _is_eligible(one) and one.auto_approved) if is_sample else 0,
        )
        for sheet in queries.training_sheets(connection)
        for own in [[one for one in counts if one.container_id == sheet.id]]
        for is_sample in [sheet.sheet_id in samples]
    ]


def _is_eligible(count: PairCount) -> bool:
    return count.status is PairStatus.LABELED and count.trainable


def _critical(state: _State) -> str:
    """The newest alert of the gravest kind: `live: error rate is 52 %`."""
    for severity in (Severity.CRITICAL, Severity.HIGH):
        for alert in state.alerts:  # the newest first
            if alert.severity is severity:
                return alert.message.partition(";")[0]
    return ""


def _model(state: _State) -> ModelState | None:
    if not state.models:
        return None
    newest = state.models[0]
    return ModelState(newest.label(), verdict_of(newest))


def _stages(state: _State) -> tuple[StageState, ...]:
    eligible = max((one.eligible for one in state.training), default=0)
    return (
        StageState(Stage.DATA, len(state.sheets), "sheets", bool(state.sheets)),
        StageState(Stage.GENERATE, state.pairs, "pairs", state.pairs > 0),
        StageState(Stage.LABEL, state.labeled, "labeled", eligible >= MINIMUM),
        StageState(Stage.TRAIN, len(state.models), "models", bool(state.models)),
        StageState(Stage.DEPLOY, len(state.endpoints), "endpoints", bool(state.endpoints)),
        StageState(Stage.MONITOR, sum(state.requests.values()), "requests", bool(state.requests)),
        StageState(Stage.IMPROVE, state.feedback, "pieces of feedback", state.converted > 0),
    )


def _next(state: _State) -> tuple[Stage, str]:
    """The stage to go to, and what to do there."""
    return _first_model(state) or _first_endpoint(state) or _round_again(state)


def _first_model(state: _State) -> tuple[Stage, str] | None:
    """The way from nothing to a trained model."""
    if state.models:
        return None
    for kind, stage in ((JobKind.TRAIN, Stage.TRAIN), (JobKind.GENERATE, Stage.GENERATE)):
        for job in state.running:
            if job.kind is kind:
                return stage, f"wait until this is done: {job.title}"
    if not state.pairs:
        if not state.sheets:
            return Stage.DATA, "add data or choose a use case"
        return Stage.GENERATE, f"generate training pairs from {state.sheets[0].name}"
    best = max(state.training, key=lambda one: (one.own, one.undecided))
    missing = MINIMUM - best.own
    if missing <= 0 or (best.supplied and not best.undecided):
        return Stage.TRAIN, f"train a model on {best.sheet.name}"
    if best.undecided >= missing:
        return Stage.LABEL, f"label {_count(missing, 'more pair')}"
    if best.undecided + best.flagged >= missing:
        return Stage.LABEL, f"label {_count(missing, 'more pair')}; {best.flagged} are flagged"
    short = missing - best.undecided - best.flagged
    return Stage.DATA, f"add data: {_count(short, 'more item')} to label {_are(short)} needed"


def _first_endpoint(state: _State) -> tuple[Stage, str] | None:
    """The way from a model to feedback on its predictions."""
    if not state.endpoints:
        newest, undecided = state.models[0], sum(one.undecided for one in state.training)
        if undecided and verdict_of(newest).level is Level.NOT_USABLE:
            return Stage.LABEL, f"label more: {newest.label()} is {Level.NOT_USABLE}"
        return Stage.DEPLOY, f"deploy {newest.label()}"
    if not any(state.requests.get(endpoint.name) for endpoint in state.endpoints):
        return Stage.DEPLOY, f"try {state.endpoints[0].name} in the playground"
    if not state.feedback:
        return Stage.MONITOR, "give feedback on a prediction"
    return None


def _round_again(state: _State) -> tuple[Stage, str]:
    """The way from feedback to a better model in its place."""
    if state.to_convert:
        return Stage.IMPROVE, f"convert {_count(state.to_convert, 'piece')} of feedback to pairs"
    if state.from_feedback:
        return Stage.LABEL, f"review {_count(state.from_feedback, 'pair')} created from feedback"
    for job in state.running:
        if job.kind is JobKind.TRAIN:
            return Stage.TRAIN, f"wait until this is done: {job.title}"
    served = {model.id: model for model in state.models}
    for endpoint in state.endpoints:
        model = served.get(endpoint.model_id)
        if model is None:
            continue
        newest = state.newest(model.name)
        changes = state.changes_since(newest)
        if n := changes.new + changes.corrected:
            pairs = "pair" if n == 1 else "pairs"
            return Stage.IMPROVE, f"retrain: {changes.new:,} new, {changes.corrected:,} corrected {pairs}"
        if newest.id not in (model.id, endpoint.previous_model_id):
            return Stage.DEPLOY, f"deploy {newest.label()} to {endpoint.name}"
    if state.gap_tasks:
        return Stage.IMPROVE, f"label for {_count(state.gap_tasks, 'annotation task')} (t)"
    if state.severe_gaps:
        return Stage.IMPROVE, f"create a task for {_count(state.severe_gaps, 'severe gap')} (g)"
    undecided = sum(one.undecided for one in state.training)
    if undecided:
        return Stage.LABEL, f"label more: {_count(undecided, 'pair')} {_are(undecided)} undecided"
    return Stage.MONITOR, f"watch {state.endpoints[0].name}; nothing else to do now"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
