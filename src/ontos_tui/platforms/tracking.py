"""MLflow as the place where a team looks at its trainings: a run for each model version, and feedback as assessments.

MLflow's own client writes them, whatever is behind the address: a server, a database file, a folder, or Databricks. It
is an extra, and is imported when something is written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontos_tui.domain.errors import PlatformError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from PIL.Image import Image

EXPERIMENT = "ontos"
RUN_TAG, TRACE_TAG = "ontos_model_id", "ontos_feedback_id"
"""The tags by which it is seen what was written before."""
INSTALL = "Install it: pip install 'ontos-tui[mlflow]', or in a clone ONTOS_EXTRAS=mlflow ./ontos."
LONGEST_PARAMETER = 500
_CELL, _EDGE = 72, 160
_METRIC = re.compile(r"[^\w\-. /]+", re.ASCII)


@dataclass(frozen=True)
class TrainingRun:
    """A training as a run. `files` are texts by their name, `confusion` counts by field, true and given class."""

    model_id: str
    name: str
    started_at: datetime
    seconds: float
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    files: Mapping[str, str]
    confusion: Mapping[str, Mapping[str, Mapping[str, int]]]
    model: Path | None = None
    register_as: str = ""


@dataclass(frozen=True)
class FeedbackTrace:
    """A rated answer as a trace: what was asked and answered, and what a person said of it."""

    feedback_id: str
    endpoint: str
    input: Mapping[str, Any]
    output: Mapping[str, Any] | None
    at: datetime
    rating: int
    comment: str
    correction: Mapping[str, Any] | None
    by: str
    tags: Mapping[str, str] = field(default_factory=dict)


class MlflowTracking:
    """One tracking address. Nothing is written twice."""

    def __init__(self, uri: str, experiment: str = EXPERIMENT) -> None:
        self._uri = uri
        self._experiment = experiment

    def log_training(self, run: TrainingRun) -> str:
        """The id of the run, which is written unless it is there. Raises PlatformError saying what is wrong."""
        client, errors = self._client()
        try:
            experiment_id = self._experiment_id(client)
            known = client.search_runs([experiment_id], f"tags.{RUN_TAG} = '{run.model_id}'", max_results=1)
            if known and known[0].info.status == "FINISHED":
                return str(known[0].info.run_id)
            return self._write_run(client, experiment_id, run)
        except errors as error:
            raise self._failed(error) from error

    def log_feedback(self, trace: FeedbackTrace) -> bool:
        """Whether it was written now; not where it is there already. Raises PlatformError saying what is wrong."""
        client, errors = self._client()
        try:
            experiment_id = self._experiment_id(client)
            known = client.search_traces(
                locations=[experiment_id],
                filter_string=f"tag.{TRACE_TAG} = '{trace.feedback_id}'",
                max_results=1,
                include_spans=False,
            )
            if not known:
                self._write_trace(client, experiment_id, trace)
            return not known
        except errors as error:
            raise self._failed(error) from error

    def _write_run(self, client: MlflowClient, experiment_id: str, run: TrainingRun) -> str:
        from mlflow.entities import Metric, Param

        start = _milliseconds(run.started_at)
        end = start + round(run.seconds * 1_000)
        tags = {**run.tags, RUN_TAG: run.model_id}
        created = client.create_run(experiment_id, start_time=start, tags=tags, run_name=run.name)
        run_id = str(created.info.run_id)
        metrics = [Metric(_METRIC.sub("_", name), value, end, 0) for name, value in run.metrics.items()]
        params = [Param(_METRIC.sub("_", name), str(value)[:LONGEST_PARAMETER]) for name, value in run.params.items()]
        client.log_batch(run_id, metrics=metrics, params=params)
        for name, text in run.files.items():
            client.log_text(run_id, text, name)
        for name, counts in run.confusion.items():
            client.log_image(run_id, confusion_picture(counts), artifact_file=f"confusion_{_METRIC.sub('_', name)}.png")
        if run.model is not None:
            client.log_artifacts(run_id, str(run.model), "model")
            # A workspace registers models in Unity Catalog, by `ontos deploy MODEL --on databricks`.
            if run.register_as and not self._in_workspace:
                self._register(client, run_id, f"{created.info.artifact_uri}/model", run.register_as)
        client.set_terminated(run_id, "FINISHED", end)
        return run_id

    def _register(self, client: MlflowClient, run_id: str, source: str, name: str) -> None:
        """A version in the registry beside the tracking server."""
        from mlflow.exceptions import MlflowException

        try:
            client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        version = client.create_model_version(name, source, run_id)
        client.set_registered_model_alias(name, "challenger", version.version)

    def _write_trace(self, client: MlflowClient, experiment_id: str, trace: FeedbackTrace) -> None:
        import mlflow
        from mlflow.entities import AssessmentSource

        at = _milliseconds(trace.at) * 1_000_000
        span = client.start_trace(
            trace.endpoint,
            inputs=dict(trace.input),
            tags={**trace.tags, TRACE_TAG: trace.feedback_id},
            experiment_id=experiment_id,
            start_time_ns=at,
        )
        client.end_trace(span.trace_id, outputs=dict(trace.output or {}), end_time_ns=at)
        mlflow.flush_trace_async_logging()
        source = AssessmentSource(source_type="HUMAN", source_id=trace.by or "unknown")
        mlflow.log_feedback(
            trace_id=span.trace_id,
            name="rating",
            value=trace.rating,
            rationale=trace.comment or None,
            source=source,
            metadata={TRACE_TAG: trace.feedback_id},
        )
        if trace.correction is not None:
            mlflow.log_expectation(trace_id=span.trace_id, name="answer", value=dict(trace.correction), source=source)

    def _experiment_id(self, client: MlflowClient) -> str:
        name = self._experiment
        if self._in_workspace and not name.startswith("/"):
            name = f"/Users/{self._user()}/{name}"  # there, an experiment is a path in the workspace
        known = client.get_experiment_by_name(name)
        return str(known.experiment_id if known is not None else client.create_experiment(name))

    @property
    def _in_workspace(self) -> bool:
        """Whether the address is a Databricks workspace: `databricks`, or `databricks://PROFILE`."""
        return self._uri.partition(":")[0] == "databricks"

    def _user(self) -> str:
        """Who is logged in there."""
        from databricks.sdk import WorkspaceClient  # which MLflow's client brings

        return str(WorkspaceClient(profile=self._uri.partition("://")[2] or None).current_user.me().user_name)

    def _client(self) -> tuple[MlflowClient, tuple[type[Exception], ...]]:
        """The client, and what it raises. Raises PlatformError where the extra is not installed."""
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # which is for our own output
        try:
            import mlflow
            from mlflow.exceptions import MlflowException
        except ImportError as error:
            raise PlatformError("MLflow's client is not installed.", INSTALL) from error
        mlflow.set_tracking_uri(self._uri)
        return mlflow.MlflowClient(tracking_uri=self._uri), (MlflowException, OSError)

    def _failed(self, error: Exception) -> PlatformError:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
        return PlatformError(
            f"MLflow at {self._uri} does not take it: {reason}",
            "Check mlflow_tracking_uri; then `ontos track` writes what is missing.",
        )


def confusion_picture(counts: Mapping[str, Mapping[str, int]]) -> Image:
    """How often each true class (down) was given which class (across): darker is more, right ones are framed."""
    from PIL import Image, ImageDraw

    names = list(dict.fromkeys((*counts, *(given for row in counts.values() for given in row))))
    size = _EDGE + _CELL * len(names)
    image = Image.new("RGB", (size + 16, size + 16), "white")
    draw = ImageDraw.Draw(image)
    most = max((n for row in counts.values() for n in row.values()), default=0)
    draw.text((8, 8), "true (down), given (across)", fill="black")
    for place, name in enumerate(names):
        at = _EDGE + _CELL * place
        draw.text((8, at + _CELL // 2 - 6), _short(name, 22), fill="black")
        draw.text((at + 4, _EDGE - 18), _short(name, 10), fill="black")
    for down, true in enumerate(names):
        for across, given in enumerate(names):
            n = counts.get(true, {}).get(given, 0)
            shade = 255 - round(200 * n / most) if most else 255
            left, top = _EDGE + _CELL * across, _EDGE + _CELL * down
            outline = "black" if down == across else (200, 200, 200)
            box = (left, top, left + _CELL - 2, top + _CELL - 2)
            draw.rectangle(box, fill=(shade, shade, 255), outline=outline, width=2 if down == across else 1)
            draw.text((left + 8, top + _CELL // 2 - 6), str(n), fill="white" if shade < 128 else "black")
    return image


def _short(name: str, most: int) -> str:
    """A name in the letters that the picture's font has."""
    plain = name.encode("latin-1", "replace").decode("latin-1")
    return plain if len(plain) <= most else f"{plain[: most - 1]}."


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000)


def metric_names(field: str, parts: Sequence[tuple[str, float | None]]) -> dict[str, float]:
    """Metrics of a field by name; those that are not measured are left out."""
    return {f"{field}.{name}": float(value) for name, value in parts if value is not None}
