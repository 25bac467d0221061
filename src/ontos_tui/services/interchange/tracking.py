"""Trainings and feedback for MLflow: every model version is a run, every rated answer a trace with assessments."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ontos_tui.domain.learning import ELSEWHERE, NoProgress, Progress
from ontos_tui.domain.records.base import now
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.training import Evaluation, FieldScore, ModelVersion
from ontos_tui.domain.rules.model_verdict import verdict_of
from ontos_tui.platforms.tracking import FeedbackTrace, TrainingRun, metric_names
from ontos_tui.services.train.cards import CardService
from ontos_tui.store import rows
from ontos_tui.store.engine import Store
from ontos_tui.store.queries import models as queries

MODEL_CARD, DATA_CARD, PAIRS = "model_card.md", "data_card.md", "pairs.json"
"""Files of a run. The pairs are a table: their ids, which find them again here, and what each was to the model."""


class Tracking(Protocol):
    """Where runs and traces are written; nothing twice."""

    def log_training(self, run: TrainingRun) -> str:
        """The id of the run."""
        ...

    def log_feedback(self, trace: FeedbackTrace) -> bool:
        """Whether it was written now."""
        ...


@dataclass(frozen=True)
class TrackingReport:
    """Runs that there are now, of how many models, and the feedback that was written."""

    runs: Mapping[str, str]
    feedback: int


class TrackingService:
    """Writes what is missing at the tracking address."""

    def __init__(self, store: Store, home: Path, tracking: Tracking, cards: CardService) -> None:
        self._store = store
        self._home = home
        self._tracking = tracking
        self._cards = cards

    def push(self, progress: Progress | None = None) -> TrackingReport:
        """Write every model version and all feedback that is not there yet. Raises PlatformError."""
        reporter = progress or NoProgress()
        with self._store.read() as connection:
            models = queries.versions(connection)[::-1]
            items = rows.find(connection, FeedbackItem, order_by=("created_at",))
        runs = {}
        for number, model in enumerate(models, 1):
            reporter.update(number, len(models), f"writing {model.label()}")
            runs[model.label()] = self.push_model(model)
        written = 0
        for number, item in enumerate(items, 1):
            reporter.update(number, len(items), "writing feedback")
            written += self._tracking.log_feedback(_trace(item))
        return TrackingReport(runs, written)

    def push_model(self, model: ModelVersion) -> str:
        """Write one version as a run; the id of the run. Raises PlatformError."""
        source = self._home / model.artifact
        if (source / ELSEWHERE).exists():
            return self._tracking.log_training(self._run(model, None))
        from ontos_tui.platforms.local.pyfunc.package import pack

        with tempfile.TemporaryDirectory(prefix="ontos-model-") as place:
            folder = Path(place) / "model"
            pack(source, model.sha256, model.template_snapshot["output_schema"], folder, {}, now())
            return self._tracking.log_training(self._run(model, folder))

    def _run(self, model: ModelVersion, folder: Path | None) -> TrainingRun:
        evaluation = Evaluation.model_validate(model.evaluation)
        with self._store.read() as connection:
            pairs = queries.lineage(connection, model.id)
        columns = ["pair_id", "role", "pair_version", "answer_digest"]
        data = [[one.pair_id, one.role.value, one.pair_version, one.answer_digest] for one in pairs]
        card = self._cards.model_card(model.id)
        return TrainingRun(
            model_id=model.id,
            name=model.label(),
            started_at=model.created_at,
            seconds=model.seconds,
            params=_params(model),
            metrics={name: value for score in evaluation.scores for name, value in _metrics(score).items()},
            tags={
                "ontos_model": model.label(),
                "ontos_training_sheet": model.training_sheet_id,
                "ontos_template": str(model.template_snapshot.get("name", "")),
                "mlflow.note.content": f"{verdict_of(model).text}.\n\n{card}",
            },
            files={
                MODEL_CARD: card,
                DATA_CARD: self._cards.data_card(model.training_sheet_id),
                PAIRS: json.dumps({"columns": columns, "data": data}),
            },
            confusion={score.field: score.confusion for score in evaluation.scores if score.confusion},
            model=folder,
            register_as=model.name,
        )


def _params(model: ModelVersion) -> dict[str, Any]:
    return {
        "base_model": model.base_model,
        "engine": model.engine,
        "train_pairs": model.train_count,
        "held_out_pairs": model.held_out_count,
        "features": ", ".join(model.features),
        **{name: value for name, value in model.params.items() if not isinstance(value, (dict, list))},
    }


def _metrics(score: FieldScore) -> dict[str, float]:
    """The score of a field with its interval and its baseline, and what else was measured of it."""
    return metric_names(
        score.field,
        [
            (score.metric, score.value),
            (f"{score.metric}.low", score.low),
            (f"{score.metric}.high", score.high),
            (f"{score.metric}.baseline", score.baseline),
            ("macro_f1", score.macro_f1),
            ("calibration_error", None if score.calibration is None else score.calibration.error),
            ("interval_coverage", None if score.coverage is None else score.coverage.covered),
            ("pairs", score.n),
        ],
    )


def _trace(item: FeedbackItem) -> FeedbackTrace:
    tags = {"ontos_request_id": item.request_id, "ontos_model_id": item.model_id}
    tags |= {"ontos_pair_id": item.qa_pair_id} if item.qa_pair_id else {}
    return FeedbackTrace(
        feedback_id=item.id,
        endpoint=item.endpoint,
        input=item.input,
        output=item.output,
        at=item.created_at,
        rating=item.rating,
        comment=item.comment,
        correction=item.correction,
        by=item.created_by,
        tags=tags,
    )
