"""What is done for each kind of job: its parameters in, a message and a result out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ontos_tui.domain.errors import JobCancelledError, OntosError
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.records.serving import Platform
from ontos_tui.domain.records.training import Job, JobKind, ModelVersion
from ontos_tui.domain.rules.model_verdict import verdict_of
from ontos_tui.domain.text.storable import storable
from ontos_tui.services.data.folder_tables.watch import look_message
from ontos_tui.services.deploy.scoring.targets import in_warehouse
from ontos_tui.services.generate.service import GenerationReport
from ontos_tui.services.monitor.alerts.service import ChangeKind
from ontos_tui.services.train.service import WAREHOUSE, WHERE
from ontos_tui.worker.reporter import Reporter
from ontos_tui.worker.serving import serve
from ontos_tui.workspace import Workspace

LOG = logging.getLogger(__name__)

Work = Callable[[Workspace, Job, Reporter], tuple[str, dict[str, Any]]]


def _train(workspace: Workspace, job: Job, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    there = job.params.get(WHERE) == WAREHOUSE
    service = workspace.train.warehouse if there else workspace.train.models
    model = service.run(job.params, job.id, reporter)
    verdict = verdict_of(model)
    result = {"model_id": model.id, "name": model.name, "version": model.version}
    tracked = _tracked(workspace, model)
    return storable(f"{model.label()}: {verdict.text}{tracked}"), {**result, "verdict": storable(verdict.text)}


def _tracked(workspace: Workspace, model: ModelVersion) -> str:
    """Write the training to MLflow, where an address is set; a remark where that fails, since the model is there."""
    if not workspace.settings.mlflow_tracking_uri:
        return ""
    try:
        workspace.tracking.push_model(model)
    except OntosError as error:
        LOG.warning("%s: %s", model.label(), error)
        return f"; not written to MLflow: {error.what} Run `ontos track` later."
    return ""


def _generate(workspace: Workspace, job: Job, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    params = {**job.params, "mode": GenerationMode(job.params["mode"])}
    report = workspace.generate.generation.generate(**params, progress=reporter)
    message = _pairs_message(report)
    counts = {name: value for name, value in vars(report).items() if isinstance(value, int | float)}
    failures = [[storable(ref), storable(reason)] for ref, reason in report.failures]
    return message, {"training_sheet_id": report.training_sheet.id, **counts, "failures": failures}


def _pairs_message(report: GenerationReport) -> str:
    existing = f", {report.existing:,} existed already" if report.existing else ""
    failed = f", {report.failed:,} without a proposal" if report.failed else ""
    return f"{report.created:,} pairs made{existing}{failed}"


def _deploy(workspace: Workspace, job: Job, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    model_id, name, despite = job.params["model_id"], job.params["endpoint"], str(job.params.get("despite", ""))
    on = Platform(job.params["on"]) if "on" in job.params else None
    endpoint = workspace.deploy.endpoints.deploy(model_id, name, reporter, despite=despite, on=on)
    view = workspace.deploy.endpoints.endpoint(endpoint.name)
    return f"{endpoint.name} answers with {view.model.label()}", {"endpoint": endpoint.name, "model_id": view.model.id}


def _predict(workspace: Workspace, job: Job, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    if in_warehouse(str(job.params["out"])):
        there = workspace.deploy.warehouse_scoring
        named = (str(job.params[name]) for name in ("model", "source", "out"))
        plan = there.plan(*named, spark=bool(job.params.get("spark")))
        report = there.run(plan, reporter)
    else:
        service = workspace.deploy.scoring
        report = service.run(service.plan(**job.params), reporter)
    failed = f", {report.failed:,} without an answer" if report.failed else ""
    outside = f", {report.outside:,} outside of what was learned" if report.outside else ""
    return storable(f"{report.rows:,} rows scored{failed}{outside}: {report.table or report.out}"), _plain(vars(report))


def _hints(workspace: Workspace, job: Job, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    report = workspace.label.hints.run(job.params, reporter)
    parts = [f"{n:,} {kind}" for kind, n in report.counts.items() if kind not in report.skipped]
    parts += [f"no {kind}: {reason}" for kind, reason in report.skipped.items()]
    return storable("; ".join(parts)), {name: _plain(value) for name, value in vars(report).items()}


def _plain(value: Any) -> Any:
    """Counts and words by kind, as a record keeps them."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return storable(value) if isinstance(value, str) else value


def _watch(workspace: Workspace, job: Job, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    every, ended = float(job.params["every"]), threading.Event()
    reporter.on_stop = ended.set
    opened = resolved = 0
    while not ended.is_set():
        try:
            changes = workspace.monitor.alerts.evaluate()
        except OntosError as error:
            LOG.warning("the rules could not be checked: %s", error)  # the next check may succeed
            reporter.update(0, 0, storable(f"the last check failed: {error.what}"))
        else:
            opened += sum(change.kind is ChangeKind.OPENED for change in changes)
            resolved += sum(change.kind is ChangeKind.RESOLVED for change in changes)
            reporter.update(0, 0, f"{opened:,} alerts opened, {resolved:,} resolved since the start")
        ended.wait(every)
    raise JobCancelledError("The watch was stopped.", "Start it again when you need it.")


def _watch_folder(workspace: Workspace, job: Job, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    ended, files = threading.Event(), 0
    reporter.on_stop = ended.set
    reporter.update(0, 0, storable(f"looking at {job.params['path']}"))

    def pause(seconds: float) -> None:
        ended.wait(seconds)

    for seen in workspace.data.watching.run(job.params, pause):
        files += len(seen.look.new) + len(seen.look.changed) if seen.look is not None else 0
        message = look_message(seen)
        if message:
            LOG.info("%s", storable(message))
        reporter.update(files, 0, storable(message))
    raise JobCancelledError("The watch was stopped.", "Start it again when you need it.")


WORK: Mapping[JobKind, Work] = {
    JobKind.TRAIN: _train,
    JobKind.GENERATE: _generate,
    JobKind.SERVE: serve,
    JobKind.HINTS: _hints,
    JobKind.WATCH: _watch,
    JobKind.WATCH_FOLDER: _watch_folder,
    JobKind.DEPLOY: _deploy,
    JobKind.PREDICT: _predict,
}
