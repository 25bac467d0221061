"""The process of one job: `python -m ontos_tui.worker JOB_ID --home DIR`. Exits with 0 when it succeeded, else 1."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from ontos_tui.domain.errors import JobCancelledError, NotFoundError, OntosError
from ontos_tui.domain.learning import EndpointRequest
from ontos_tui.domain.records.improve import FeedbackItem
from ontos_tui.domain.records.pairs import GenerationMode
from ontos_tui.domain.records.serving import Platform
from ontos_tui.domain.records.training import Job, JobKind, ModelVersion
from ontos_tui.domain.rules.model_verdict import verdict_of
from ontos_tui.domain.rules.states import JobStatus
from ontos_tui.domain.schema import Answer
from ontos_tui.domain.text.storable import storable
from ontos_tui.jobs.loopback import listen, listen_on_socket, remove_socket, socket_url, url
from ontos_tui.jobs.queue import RESUME, JobQueue
from ontos_tui.jobs.server_access import ServerAccess
from ontos_tui.private import hide_new_files
from ontos_tui.services.data.folder_tables.watch import look_message
from ontos_tui.services.deploy.answering import Answered
from ontos_tui.services.deploy.refusals import RefusalLog
from ontos_tui.services.deploy.scoring.targets import in_warehouse
from ontos_tui.services.deploy.service import EndpointView
from ontos_tui.services.generate.service import GenerationReport
from ontos_tui.services.monitor.alerts.service import ChangeKind
from ontos_tui.services.monitor.retention import SteadyRetention
from ontos_tui.services.train.service import WAREHOUSE, WHERE
from ontos_tui.workspace import Workspace

LOG = logging.getLogger("ontos_tui.worker")  # as a program its own name is __main__
REPORT_SECONDS = 0.2
"""Progress reaches the store at most five times a second, whatever the pace of the work."""
LOG_BYTES = 1_000_000
NICE = 5
"""A little lower priority, so that the interface stays quick."""
GRACEFUL_SECONDS = 8
"""Requests that are being answered when the server is stopped may take this long; a job that stops has ten."""
RETENTION_SECONDS = 3_600.0


class Reporter:
    """The job's progress: `update` leaves it in memory; a thread writes it to the store and notices a cancel."""

    def __init__(self, jobs: JobQueue, job_id: str) -> None:
        self._jobs = jobs
        self._job_id = job_id
        self._latest: tuple[int, int, str] | None = None
        self._over = threading.Event()
        self._stop = threading.Event()
        self._failure: OntosError | None = None
        self._thread = threading.Thread(target=self._carry, name="progress", daemon=True)
        self.on_stop: Callable[[], None] = _nothing

    def update(self, done: int, total: int, message: str = "") -> None:
        """`done` of `total` units are finished. Raises JobCancelledError when the job was cancelled."""
        if self._stop.is_set():
            raise JobCancelledError("The job was cancelled.", RESUME)
        if self._failure is not None:
            raise self._failure
        self._latest = (done, total, message)

    def stop(self) -> None:
        """Let the next `update` end the work."""
        self._stop.set()
        self.on_stop()

    def __enter__(self) -> Reporter:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _carry(self) -> None:
        reported, counter, last = None, -1, False
        while not last:
            last = self._over.wait(REPORT_SECONDS)
            try:
                if (latest := self._latest) is not None and latest != reported:
                    done, total, message = reported = latest
                    self._jobs.report(self._job_id, done=done, total=total, message=message)
                if (moved := self._jobs.store.change_counter()) != counter:
                    counter = moved
                    if not self._stop.is_set() and self._jobs.should_stop(self._job_id):
                        self.stop()
            except OntosError as error:
                self._failure = error
                return


def _nothing() -> None:
    """What happens at a stop besides the next `update`: nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one job to its end."""
    parser = argparse.ArgumentParser(prog="ontos_tui.worker", description="Run one job of a workspace.")
    parser.add_argument("job_id")
    parser.add_argument("--home", required=True, type=Path)
    options = parser.parse_args(arguments)
    os.nice(NICE)
    hide_new_files()
    try:
        with Workspace(options.home) as workspace:
            _log_to(workspace.jobs.log_path(options.job_id), workspace.settings.secrets())
            return run(workspace, options.job_id)
    except OntosError as error:
        print(error, file=sys.stderr)
        return 1


def run(workspace: Workspace, job_id: str) -> int:
    """Claim the job, do its work, and write how it ended."""
    jobs = workspace.jobs
    reporter = Reporter(jobs, job_id)
    signal.signal(signal.SIGTERM, lambda *_: reporter.stop())
    job = jobs.claim(job_id, os.getpid())
    LOG.info("%s: begun", job.title)
    try:
        with reporter:
            message, result = WORK[job.kind](workspace, job, reporter)
    except JobCancelledError as error:
        LOG.info("%s: cancelled", job.title)
        ended = jobs.finish(job_id, JobStatus.CANCELLED, error.what)
    except OntosError as error:
        LOG.warning("%s: %s", job.title, error)
        ended = jobs.finish(job_id, JobStatus.FAILED, error=storable(str(error)))
    except Exception as error:
        LOG.exception("%s: unexpected error", job.title)
        reason = f"{type(error).__name__}: {error}"
        ended = jobs.finish(
            job_id,
            JobStatus.FAILED,
            error=storable(f"It failed ({reason}). See the log: {jobs.log_path(job_id)}"),
        )
    else:
        ended = jobs.finish(job_id, JobStatus.SUCCEEDED, message, result=result)
    LOG.info("%s: %s", job.title, ended.status)
    return 0 if ended.status is JobStatus.SUCCEEDED else 1


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


def _serve(workspace: Workspace, job: Job, reporter: Reporter) -> tuple[str, dict[str, Any]]:
    from ontos_tui.platforms.local.http_server.access import Access
    from ontos_tui.platforms.local.http_server.admission import Limits
    from ontos_tui.platforms.local.http_server.app import make_app
    from ontos_tui.platforms.local.http_server.connections import give_memory_back, make_server

    give_memory_back()
    chosen = ServerAccess.of_job(job.params)
    access = Access(chosen.hosts, chosen.token(workspace.settings))
    path, port, limits = Path(chosen.socket), workspace.settings.serve_port, Limits()
    with listen_on_socket(path) if chosen.socket else listen(port) as listener:
        backend = _ServingBackend(workspace)
        for endpoint, error in workspace.deploy.endpoints.load_models():
            LOG.warning("%s cannot answer: %s", endpoint, error)
        gc.collect()
        gc.freeze()  # what is there now stays; to look through it again and again would hold requests up
        server = make_server(make_app(backend, access, limits), limits, GRACEFUL_SECONDS)

        def stop_server() -> None:
            server.should_exit = True

        reporter.on_stop = stop_server
        address = socket_url(path) if chosen.socket else url(port)
        workspace.jobs.report(job.id, result={"url": address})
        reporter.update(0, 0, f"answering at {address}")
        try:
            with _forgetting_old_requests(workspace), backend.syncing():
                server.run(sockets=[listener])
        finally:
            if chosen.socket:
                remove_socket(path)
    raise JobCancelledError("The server was stopped.", "Start it again when you need it.")


@contextmanager
def _forgetting_old_requests(workspace: Workspace) -> Iterator[None]:
    """Take requests that are older than the settings say out of the log, now and every hour."""
    over = threading.Event()
    retention = SteadyRetention(lambda: workspace.monitor.retention)

    def forget() -> None:
        while True:
            try:
                if retention.round(over.is_set) is None:
                    LOG.warning("old requests stay in the log for now: the clock has jumped, or the log was silent")
            except OntosError as error:
                LOG.warning("old requests could not be taken out of the log: %s", error)
            if over.wait(RETENTION_SECONDS):
                return

    thread = threading.Thread(target=forget, name="retention", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class _ServingBackend:
    """What the loopback server offers, by the services."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._deploy = workspace.deploy.endpoints  # created here once, before several threads use it
        self._monitor = workspace.monitor.traffic
        self._logged = threading.Event()
        self._refusals = RefusalLog(workspace.store)

    def endpoints(self) -> list[EndpointView]:
        """Every endpoint with its model."""
        return self._deploy.endpoints()

    def answer(self, requests: Sequence[EndpointRequest]) -> list[Answered]:
        """Answer requests; every row is logged. A kill loses nothing; the disk has the log a moment later."""
        answered = self._deploy.query_many(requests, on_disk=False)
        self._logged.set()
        return answered

    def refused(self, name: str, status: int, reason: str) -> None:
        """A request to this endpoint was refused before its model saw it; the log has it a moment later."""
        self._refusals.add(name, status, reason)
        self._logged.set()

    @contextmanager
    def syncing(self) -> Iterator[None]:
        """Bring the log to the disk after answers, in a thread, as often as the disk allows."""
        over = threading.Event()

        def sync() -> None:
            while not over.is_set():
                self._logged.wait(1 if self._refusals.waiting else None)
                self._logged.clear()
                try:
                    if self._refusals.is_due or over.is_set():
                        self._refusals.write()
                    self._deploy.sync()
                except (OSError, OntosError) as error:
                    LOG.warning("the log of requests could not be brought to the disk: %s", error)

        thread = threading.Thread(target=sync, name="log", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            self._logged.set()
            thread.join()

    def feedback(
        self, name: str, request_id: str, rating: int, comment: str, correction: Answer | None
    ) -> FeedbackItem:
        """Store feedback on a request to this endpoint."""
        if self._monitor.request(request_id).record.endpoint != name:
            raise NotFoundError(f"The endpoint {name!r} has no request {request_id!r}.", "Check the id and the name.")
        item: FeedbackItem = self._workspace.improve.feedback.add_feedback(request_id, rating, comment, correction)
        return item


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
    JobKind.SERVE: _serve,
    JobKind.HINTS: _hints,
    JobKind.WATCH: _watch,
    JobKind.WATCH_FOLDER: _watch_folder,
    JobKind.DEPLOY: _deploy,
    JobKind.PREDICT: _predict,
}


def _log_to(path: Path, secrets: Sequence[str]) -> None:
    """Write the log of this process to `path`, bounded, without the secrets."""

    class Discreet(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            text = super().format(record)
            for secret in secrets:
                text = text.replace(secret, "•••")
            return text

    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(Discreet("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("ontos_tui").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


if __name__ == "__main__":
    sys.exit(main())
